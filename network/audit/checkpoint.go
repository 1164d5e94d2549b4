package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// checkpointFormat is the layout of checkpoints, statement and state, that this program writes and reads.
const checkpointFormat = 1

const (
	statementFile = "checkpoint.json"
	maxStatement  = 16 << 20 // bytes; it has some thousands
	// signedFor begins what is signed, so that a checkpoint's signature is good for nothing else.
	signedFor = "checkpoint of an audit of a Destinasia ledger\n"
	// auditorName is who may sign: of which the certificate's common name is this, alone or before an @.
	auditorName = "auditor"
)

// Hash is a SHA-256 that is written as hexadecimal digits.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes what String does.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	if n, err := hex.Decode(h[:], text[:min(len(text), 2*len(h))]); err != nil || n != len(h) || len(text) != 2*len(h) {
		return fmt.Errorf("%q is no SHA-256", text)
	}
	return nil
}

// Statement is what an auditor signs: what the blocks below a height came to, and the state from which to go on.
type Statement struct {
	Format       int       `json:"format"`
	Channel      string    `json:"channel"`
	Chaincode    string    `json:"chaincode"`
	Height       uint64    `json:"height"` // how many blocks
	HeaderHash   Hash      `json:"headerHash"`
	StateDigest  Hash      `json:"stateDigest"`
	StateFile    Hash      `json:"stateFile"` // of its bytes; it is named by them
	Transactions int       `json:"transactions"`
	Invalid      int       `json:"invalid"`
	Unjudged     int       `json:"unjudged"`
	Operations   int       `json:"operations"`
	Supply       supply    `json:"supply"`
	Believed     []string  `json:"believed,omitempty"` // whose checkpoints it was made from, directly or not, but the signer's own
	Signed       time.Time `json:"signed"`
	MSPID        string    `json:"mspId"`
	Certificate  string    `json:"certificate"` // PEM
	Signature    []byte    `json:"signature"`   // over the rest

	signer string
}

// supply is a dollars.Supply as checkpoints spell it.
type supply struct {
	Minted     dollars.Amount `json:"minted"`
	Adjusted   dollars.Amount `json:"adjusted"`
	Reversed   dollars.Amount `json:"reversed"`
	Redeemed   dollars.Amount `json:"redeemed"`
	Expired    dollars.Amount `json:"expired"`
	WrittenOff dollars.Amount `json:"writtenOff"`
	Held       dollars.Amount `json:"held"`
	Pending    dollars.Amount `json:"pending"`
	Debt       dollars.Amount `json:"debt"`
	Forgiven   dollars.Amount `json:"forgiven"`

	Bookings [dollars.BookingNoted + 1]int64 `json:"bookings"` // by state
}

// Signer is the auditor of an organisation.
type Signer struct {
	Certificate []byte // PEM
	Sign        func(message []byte) ([]byte, error)
}

// Signer says who signed.
func (s Statement) Signer() string { return s.signer }

// Signers are all whom it takes to believe: who signed, and whose checkpoints that one went on from.
func (s Statement) Signers() []string {
	return append([]string{s.signer}, s.Believed...)
}

// encode is the one way to write a statement.
func (s Statement) encode() ([]byte, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// message is what is signed.
func (s Statement) message() ([]byte, error) {
	s.Signature = nil
	text, err := s.encode()
	return append([]byte(signedFor), text...), err
}

// Checkpoint is where an audit ended and another may go on.
type Checkpoint struct {
	Statement
	config  *config
	genesis []byte
	state   *state
	seen    *txIDs
	books   books
	codes   []byte
	commit  []byte
}

// Last is the number of the block with which an audit that goes on begins: the last of those behind the checkpoint, which
// must be the one there.
func (c *Checkpoint) Last() uint64 { return c.Height - 1 }

// restore puts an audit where the checkpoint is.
func (c *Checkpoint) restore(a *Auditor) error {
	if c.Chaincode != a.options.Chaincode {
		return fmt.Errorf("the checkpoint is of chaincode %s, and %s is to be audited", c.Chaincode, a.options.Chaincode)
	}
	a.config, a.genesis, a.state, a.seen, a.books, a.codes, a.commit = c.config, c.genesis, c.state, c.seen, c.books, c.codes, c.commit
	a.report = Report{
		Height: c.Height, HeaderHash: c.HeaderHash, Transactions: c.Transactions, Invalid: c.Invalid, Unjudged: c.Unjudged,
		Operations: c.Operations, Supply: c.books.supply, Outstanding: c.books.tally.Outstanding, Believed: &c.Statement,
	}
	return nil
}

// resume begins an audit at its checkpoint, whose last block must be there.
func (a *Auditor) resume(raw []byte, err error) error {
	from := a.options.From
	switch {
	case errors.Is(err, io.EOF):
		return wrongBlock(from.Last(), "it is not there, and the checkpoint that %s signed ends with it: the end of the chain was taken away, or it is another chain", from.Signer())
	case err != nil:
		return a.judgeVersions(err)
	}
	if err := a.checkLast(raw); err != nil {
		return err
	}
	return a.tell()
}

// otherPeer ends what is said where two honest peers may differ.
const otherPeer = ". If the checkpoint was made from another peer, that may be rightful: audit this one from the genesis block, without the checkpoint"

// checkLast compares the last block behind the checkpoint with the one that is there.
func (a *Auditor) checkLast(raw []byte) error {
	last := a.options.From.Last()
	var b *prepared
	if last == 0 {
		var err error
		if _, b, err = readGenesis(raw, a.options.Roots); err != nil {
			return err
		}
	} else {
		b = a.config.prepare(raw)
		if err := b.checkPlace(last); err != nil {
			return err
		}
	}
	if b.hash != a.report.HeaderHash {
		return wrongBlock(last, "its hash is %x; the checkpoint that %s signed ends with %x: they are of different chains",
			b.hash, a.options.From.Signer(), a.report.HeaderHash)
	}
	if codes := proof.Metadata(b.raw, common.BlockMetadataIndex_TRANSACTIONS_FILTER); !bytes.Equal(codes, a.codes) {
		return wrongBlock(last, "its validity codes are %v; by the checkpoint that %s signed they are %v%s", codes, a.options.From.Signer(), a.codes, otherPeer)
	}
	var recorded common.Metadata
	if err := proto.Unmarshal(proof.Metadata(b.raw, common.BlockMetadataIndex_COMMIT_HASH), &recorded); err != nil || !bytes.Equal(recorded.GetValue(), a.commit) {
		return wrongBlock(last, "the peer summed it up as %x; by the checkpoint that %s signed it comes to %x%s",
			recorded.GetValue(), a.options.From.Signer(), a.commit, otherPeer)
	}
	return nil
}

// OpenCheckpoint reads the checkpoint of a directory and believes it only if an auditor signed it whose organisation is of
// the channel that the roots trust. The error is fs.ErrNotExist where there is none.
func OpenCheckpoint(dir string, roots Roots) (*Checkpoint, error) {
	c, err := openCheckpoint(dir, roots)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the checkpoint in %s is not believed: %w; without it the audit can start from the genesis block", dir, err)
	}
	return c, err
}

func openCheckpoint(dir string, roots Roots) (*Checkpoint, error) {
	unlock, err := lockDir(dir, syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	defer unlock()
	text, err := readStatementFile(filepath.Join(dir, statementFile))
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{}
	if c.Statement, err = readStatement(text); err != nil {
		return nil, err
	}
	file, _, err := openRegular(filepath.Join(dir, stateName(c.StateFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("its state, %s, is not there", stateName(c.StateFile))
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := c.checkState(file); err != nil {
		return nil, err
	}
	r, err := newStateReader(file)
	if err != nil {
		return nil, err
	}
	// The genesis block comes first: it says, as far as the roots trust it, who may sign.
	c.genesis = r.bytes()
	if r.err != nil {
		return nil, r.err
	}
	if c.config, _, err = readGenesis(c.genesis, roots); err != nil {
		if first := (*Divergence)(nil); errors.As(err, &first) {
			err = fmt.Errorf("it is not of the network that is trusted: %s", first.Reason)
		}
		return nil, err
	}
	if err := c.verify(); err != nil {
		return nil, err
	}
	return c, c.load(r)
}

// readStatementFile reads no more than a statement can be: nobody has vouched for the file yet.
func readStatementFile(name string) ([]byte, error) {
	file, size, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > maxStatement {
		return nil, fmt.Errorf("%s has %d bytes, and no statement more than %d", statementFile, size, maxStatement)
	}
	return io.ReadAll(io.LimitReader(file, maxStatement))
}

// checkState looks whether a file is the state that was signed, before its bytes are made anything of.
func (c *Checkpoint) checkState(file *os.File) error {
	content := sha256.New()
	if _, err := io.Copy(content, file); err != nil {
		return err
	}
	if err := c.isState(content); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

// isState compares the hash of a state with the one that was signed.
func (c *Checkpoint) isState(content hash.Hash) error {
	if Hash(content.Sum(nil)) != c.StateFile {
		return fmt.Errorf("%s is not the state that was signed", stateName(c.StateFile))
	}
	return nil
}

// readStatement takes no spelling of a statement but its own, so that every byte of it counts.
func readStatement(text []byte) (Statement, error) {
	var format struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &format); err != nil {
		return Statement{}, fmt.Errorf("%s cannot be read: %w", statementFile, err)
	}
	if format.Format != checkpointFormat {
		return Statement{}, fmt.Errorf("it is of format %d, and this version of the program reads format %d", format.Format, checkpointFormat)
	}
	var s Statement
	if err := json.Unmarshal(text, &s); err != nil {
		return Statement{}, fmt.Errorf("%s cannot be read: %w", statementFile, err)
	}
	if again, err := s.encode(); err != nil || !bytes.Equal(again, text) {
		return Statement{}, fmt.Errorf("%s was changed: it is not written as this program writes it", statementFile)
	}
	if s.Height == 0 {
		return Statement{}, fmt.Errorf("%s is of no block", statementFile)
	}
	return s, nil
}

// verify checks who signed, and what.
func (c *Checkpoint) verify() error {
	if c.Channel != c.config.channel.Name {
		return fmt.Errorf("it is of channel %s, and its genesis block of %s", c.Channel, c.config.channel.Name)
	}
	id, err := c.config.auditor(c.MSPID, []byte(c.Certificate))
	if err != nil {
		return err
	}
	message, err := c.message()
	if err != nil {
		return err
	}
	c.signer = id.String()
	return id.VerifyExactly(c.Signature, message)
}

// auditor admits a certificate as that of a member organisation's auditor.
func (c *config) auditor(mspID string, certificate []byte) (*proof.Identity, error) {
	if _, member := c.members[mspID]; !member {
		return nil, fmt.Errorf("%q is no member of the channel", mspID)
	}
	wire, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: certificate})
	if err != nil {
		return nil, err
	}
	id, err := c.channel.Identify(wire)
	if err != nil {
		return nil, err
	}
	if name, _, _ := strings.Cut(id.Cert.Subject.CommonName, "@"); name != auditorName || id.Role != msp.MSPRole_CLIENT {
		return nil, fmt.Errorf("%s is no auditor, who alone may sign checkpoints", id)
	}
	return id, nil
}

// Save writes a checkpoint of where the audit is into a directory, in the place of the one there. It may be called between
// blocks: from Options.Progress, and after Run unless that found something wrong. Whoever is interrupted leaves the one
// before.
func (a *Auditor) Save(dir string, by Signer, now time.Time) (Statement, error) {
	if !a.sound {
		return Statement{}, errors.New("no checkpoint: the audit did not end after a block that was right")
	}
	r := a.report
	s := Statement{
		Format: checkpointFormat, Channel: a.config.channel.Name, Chaincode: a.options.Chaincode,
		Height: r.Height, HeaderHash: r.HeaderHash, StateDigest: a.state.digest(a.options.Chaincode),
		Transactions: r.Transactions, Invalid: r.Invalid, Unjudged: r.Unjudged, Operations: r.Operations,
		Supply: supply(r.Supply), Signed: now.UTC().Truncate(time.Second), Certificate: string(by.Certificate),
	}
	var err error
	for _, mspID := range slices.Sorted(maps.Keys(a.config.members)) {
		var id *proof.Identity
		if id, err = a.config.auditor(mspID, by.Certificate); err == nil {
			s.MSPID, s.signer = mspID, id.String()
			break
		}
	}
	if from := r.Believed; from != nil {
		s.Believed = slices.DeleteFunc(from.Signers(), func(name string) bool { return name == s.signer })
	}
	if err == nil {
		err = a.save(dir, &s, by)
	}
	if err != nil {
		return Statement{}, fmt.Errorf("no checkpoint was written: %w", err)
	}
	return s, nil
}

func (a *Auditor) save(dir string, s *Statement, by Signer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := lockDir(dir, syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	if s.StateFile, err = a.saveState(dir); err != nil {
		return err
	}
	message, err := s.message()
	if err != nil {
		return err
	}
	if s.Signature, err = by.Sign(message); err != nil {
		return err
	}
	text, err := s.encode()
	if err != nil {
		return err
	}
	aside := filepath.Join(dir, statementFile+".part")
	if err := writeFile(aside, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}); err != nil {
		return err
	}
	if err := rename(aside, filepath.Join(dir, statementFile)); err != nil {
		return err
	}
	return removeOtherStates(dir, s.StateFile)
}
