package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Same reads the blocks of the first of several peers, and compares each with what the others have in its place. What
// must be the same is headers, transactions and which of these are valid. Not the same need be:
//
//   - signatures: each orderer signs for itself;
//   - why a transaction is invalid: of two reasons Fabric's peers find one or the other first. From there on their
//     commit hashes differ, too; until then they must not.
type Same struct {
	peers []named
	apart []bool // by peer: its commit hashes differ, and may
}

// named is a Peer.
type named interface {
	blocks
	Name() string
}

// Compare reads from peers, of which there must be one at least.
func Compare(peers ...*Peer) *Same {
	s := &Same{apart: make([]bool, len(peers))}
	for _, p := range peers {
		s.peers = append(s.peers, p)
	}
	return s
}

// Next is the next block if all peers have the same one.
func (s *Same) Next(ctx context.Context) ([]byte, error) {
	name := s.peers[0].Name()
	first, err := s.peers[0].Next(ctx)
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return nil, err
	}
	for i, other := range s.peers[1:] {
		raw, otherErr := other.Next(ctx)
		if ended && errors.Is(otherErr, io.EOF) {
			continue
		}
		if otherErr != nil || ended {
			return nil, fmt.Errorf("%s and %s do not have equally many blocks: %w", name, other.Name(), errors.Join(err, otherErr))
		}
		difference, err := compare(first, raw, &s.apart[i+1])
		if err != nil {
			return nil, fmt.Errorf("block of %s or %s: %w", name, other.Name(), err)
		}
		if difference != nil {
			difference.Peers = [2]string{name, other.Name()}
			return nil, difference
		}
	}
	return first, err
}

// Difference says that two peers have different blocks in the same place.
type Difference struct {
	Block  uint64
	Peers  [2]string
	Reason string
}

func (d *Difference) Error() string {
	return fmt.Sprintf("block %d of %s differs from that of %s: %s", d.Block, d.Peers[0], d.Peers[1], d.Reason)
}

// compare tells what two blocks differ in. apart remembers that commit hashes are no longer the same.
func compare(a, b []byte, apart *bool) (*Difference, error) {
	if bytes.Equal(a, b) {
		return nil, nil
	}
	var x, y common.Block
	if err := errors.Join(proto.Unmarshal(a, &x), proto.Unmarshal(b, &y)); err != nil {
		return nil, err
	}
	differ := func(reason string, args ...any) (*Difference, error) {
		return &Difference{Block: x.GetHeader().GetNumber(), Reason: fmt.Sprintf(reason, args...)}, nil
	}
	if !proto.Equal(x.GetHeader(), y.GetHeader()) {
		return differ("the headers are not the same, which is a fork")
	}
	if !proto.Equal(x.GetData(), y.GetData()) {
		return differ("the transactions are not the same")
	}
	codes, others := metadata(&x, common.BlockMetadataIndex_TRANSACTIONS_FILTER), metadata(&y, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	if len(codes) != len(others) {
		return differ("one has %d validation codes and the other %d", len(codes), len(others))
	}
	for i := range codes {
		if (codes[i] == 0) != (others[i] == 0) {
			return differ("transaction %d is %s for one and %s for the other", i, peer.TxValidationCode(codes[i]), peer.TxValidationCode(others[i]))
		}
	}
	*apart = *apart || !bytes.Equal(codes, others)
	if !*apart && !bytes.Equal(metadata(&x, common.BlockMetadataIndex_COMMIT_HASH), metadata(&y, common.BlockMetadataIndex_COMMIT_HASH)) {
		return differ("what they wrote to their states is not the same, by their commit hashes")
	}
	return nil, nil
}

func metadata(b *common.Block, index common.BlockMetadataIndex) []byte {
	if list := b.GetMetadata().GetMetadata(); int(index) < len(list) {
		return list[index]
	}
	return nil
}
