package source

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/destinasia/dollars/network/audit"
)

// print is what of a block must be the same on all peers, small enough to be kept for a peer that is behind. Not the same
// need be:
//
//   - signatures: each orderer signs for itself;
//   - why a transaction is invalid: of two reasons Fabric's peers find one or the other first. From there on their
//     commit hashes differ, too; until then they must not.
type print struct {
	header, data [sha256.Size]byte
	codes        []byte
	commit       []byte
}

func printOf(raw []byte) (print, error) {
	var b common.Block
	if err := proto.Unmarshal(raw, &b); err != nil {
		return print{}, fmt.Errorf("what came is no block: %w", err)
	}
	deterministic := proto.MarshalOptions{Deterministic: true}
	header, err := deterministic.Marshal(b.GetHeader())
	if err != nil {
		return print{}, err
	}
	data, err := deterministic.Marshal(b.GetData())
	if err != nil {
		return print{}, err
	}
	return print{
		sha256.Sum256(header), sha256.Sum256(data),
		metadata(&b, common.BlockMetadataIndex_TRANSACTIONS_FILTER), metadata(&b, common.BlockMetadataIndex_COMMIT_HASH),
	}, nil
}

func metadata(b *common.Block, index common.BlockMetadataIndex) []byte {
	if list := b.GetMetadata().GetMetadata(); int(index) < len(list) {
		return list[index]
	}
	return nil
}

// differ tells what two blocks differ in; "" if in nothing that must be the same. apart remembers that commit hashes are
// rightly no longer the same.
func (p print) differ(other print, apart *bool) string {
	switch {
	case p.header != other.header:
		return "the headers are not the same, which is a fork"
	case p.data != other.data:
		return "the transactions are not the same"
	case len(p.codes) != len(other.codes):
		return fmt.Sprintf("one has %d validation codes and the other %d", len(p.codes), len(other.codes))
	}
	for i := range p.codes {
		if (p.codes[i] == 0) != (other.codes[i] == 0) {
			return fmt.Sprintf("transaction %d is %s for one and %s for the other", i, peer.TxValidationCode(p.codes[i]), peer.TxValidationCode(other.codes[i]))
		}
	}
	*apart = *apart || !bytes.Equal(p.codes, other.codes)
	if !*apart && !bytes.Equal(p.commit, other.commit) {
		return "what they wrote to their states is not the same, by their commit hashes"
	}
	return ""
}

// Difference says that peers have different blocks in the same place and, where that can be known, which of them are wrong.
type Difference struct {
	Block  uint64
	Sides  []Side // the one with the most peers first
	Reason string // what the second differs from the first in

	judged bool
	fork   bool // it is the headers that differ
}

// wording is which peers have a block as it was handed out, to the byte, and which have it in other words: with signatures of
// other orderers, or other reasons why transactions are invalid.
type wording struct{ same, other []string }

// maxWorded is how many blocks an audit may be behind what it was handed out, and many more.
const maxWorded = 1000

// keep remembers the wording of the block that is handed out.
func (s *Compared) keep(w wording) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.worded, s.next-maxWorded)
	if len(w.other) > 0 {
		s.worded[s.next] = w
	}
}

// Named makes a *Difference of an audit's divergence in a block that not all peers have in the same words: the audit has
// refused that of some, and they are the ones to name. Any other error it leaves as it is.
func (s *Compared) Named(failed error) error {
	var d *audit.Divergence
	if !errors.As(failed, &d) {
		return failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w, several := s.worded[d.Block]
	if !several {
		return failed
	}
	return &Difference{
		Block: d.Block, Sides: []Side{{Peers: w.same, Fault: d}, {Peers: w.other}},
		Reason: "orderers' signatures, or why transactions are invalid, are not the same", judged: true,
	}
}

// Side is peers that have the same block.
type Side struct {
	Peers []string
	Fault error // what an audit found wrong with their block

	print   print
	version audit.Version // without a block where the audit has taken it already
}

func newDifference(number uint64, sides []Side, reason string) *Difference {
	first := sides[0].Peers[0]
	slices.SortStableFunc(sides, func(a, b Side) int { return len(b.Peers) - len(a.Peers) })
	if again := sides[0].print.differ(sides[1].print, new(bool)); again != "" && sides[0].Peers[0] != first {
		reason = again
	}
	return &Difference{Block: number, Sides: sides, Reason: reason, fork: sides[0].print.header != sides[1].print.header}
}

// Versions are the blocks for an audit to judge.
func (d *Difference) Versions() []audit.Version {
	var list []audit.Version
	for _, s := range d.Sides {
		if s.version.Block != nil {
			list = append(list, s.version)
		}
	}
	return list
}

// Judged takes what an audit found wrong with each version.
func (d *Difference) Judged(faults []error) error {
	j := &Difference{Block: d.Block, Sides: slices.Clone(d.Sides), Reason: d.Reason, judged: true, fork: d.fork}
	for i := range j.Sides {
		if s := &j.Sides[i]; s.version.Block != nil {
			s.Fault, faults = faults[0], faults[1:]
		}
	}
	return j
}

// Wrong names the peers that are known to be wrong: those whose block an audit refuses or, where it refuses none, those
// that stand against more others. Nobody is named where neither tells.
func (d *Difference) Wrong() []string {
	var refused, others []string
	for i, s := range d.Sides {
		if s.Fault != nil {
			refused = append(refused, s.Peers...)
		}
		if i > 0 {
			others = append(others, s.Peers...)
		}
	}
	switch {
	case len(refused) > 0:
		return refused
	case d.judged && !d.fork && d.taken() >= 0:
		return d.Sides[1-d.taken()].Peers
	case len(d.Sides[0].Peers) > len(d.Sides[1].Peers):
		return others
	}
	return nil
}

// taken is which side's block an audit had taken already before the other came, and found right; -1 if there is none.
func (d *Difference) taken() int {
	return slices.IndexFunc(d.Sides, func(s Side) bool { return s.version.Block == nil })
}

// Peers are all that were compared.
func (d *Difference) Peers() []string {
	var all []string
	for _, s := range d.Sides {
		all = append(all, s.Peers...)
	}
	return all
}

func (d *Difference) Error() string {
	text := fmt.Sprintf("block %d of %s differs from that of %s: %s", d.Block, names(d.Sides[0].Peers), names(d.Sides[1].Peers), d.Reason)
	wrong := d.Wrong()
	var faults []string
	for _, s := range d.Sides {
		if s.Fault != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", names(s.Peers), s.Fault))
		}
	}
	switch {
	case len(faults) == len(d.Sides):
		return text + ". None of them is right. " + strings.Join(faults, ". ")
	case len(faults) > 0:
		return text + ". Wrong is " + strings.Join(faults, ". ")
	case d.judged && d.fork:
		text += ". The audit can tell neither from a right one: the orderers signed two chains"
	case d.judged && len(wrong) > 0 && d.taken() >= 0:
		return text + ". Wrong is " + names(wrong) + ": the block of the other is what the audit finds right"
	}
	if len(wrong) > 0 {
		text += ". Against most of the peers stands " + names(wrong)
	}
	return text
}

func names(list []string) string { return strings.Join(list, " and ") }
