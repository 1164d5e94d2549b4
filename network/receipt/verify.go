package receipt

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
)

// Proof is what a receipt was found to prove.
type Proof struct {
	Channel     string    `json:"channel"`
	Chaincode   string    `json:"chaincode"`
	OrderID     string    `json:"orderId"`
	Entry       Entry     `json:"entry"`
	Operation   int       `json:"operation"`
	Transaction string    `json:"transaction"`
	Time        time.Time `json:"time"`
	Block       uint64    `json:"block"`
	HeaderHash  string    `json:"headerHash"`
	SentBy      Signer    `json:"sentBy"`
	OrderedBy   []Signer  `json:"orderedBy"`
	EndorsedBy  []Signer  `json:"endorsedBy"`
	// NotProven is what nobody signs, so that no receipt can prove it, and what it takes to be sure.
	NotProven []string `json:"notProven"`
}

// Signer is whose signature was right, and the trusted authority that issued its certificate.
type Signer struct {
	Name      string `json:"name"`
	MSP       string `json:"msp"`
	Authority string `json:"authority"`
}

func (s Signer) String() string {
	return fmt.Sprintf("%s of %s, certified by %s", s.Name, s.MSP, s.Authority)
}

// Verify proves a receipt, believing nothing but the root certificates: one is the authority of the ordering service,
// the others are those of the organisations that must all have endorsed, two at least. The error is the first thing
// that is wrong.
func Verify(r Receipt, roots []*x509.Certificate) (Proof, error) {
	order, err := dollars.ParseOrderID(r.OrderID)
	if err != nil {
		return Proof{}, fmt.Errorf("order id: %w", err)
	}
	raw, err := proof.Parse(r.RawBlock)
	if err != nil {
		return Proof{}, fmt.Errorf("block: %w", err)
	}
	want, err := Make(r.RawBlock, r.Transaction, order)
	if err != nil {
		return Proof{}, err
	}
	if err := r.compare(want); err != nil {
		return Proof{}, err
	}
	v := newVerifier(want.Channel, roots)
	p := Proof{
		Channel: want.Channel, Chaincode: want.Chaincode, OrderID: want.OrderID, Entry: want.Entry, Operation: want.Operation,
		Transaction: want.Transaction, Time: want.Time, Block: want.Block, HeaderHash: want.HeaderHash, NotProven: notProven(want),
	}
	if p.OrderedBy, err = v.ordered(raw); err != nil {
		return Proof{}, err
	}
	t, err := v.transaction(raw, want, order)
	if err != nil {
		return Proof{}, fmt.Errorf("transaction: %w", err)
	}
	if p.SentBy, err = v.signer(t.Creator); err != nil {
		return Proof{}, err
	}
	p.EndorsedBy, err = v.endorsed(t)
	return p, err
}

func notProven(r Receipt) []string {
	return []string{
		fmt.Sprintf("that block %d of channel %s is this one: compare its header hash with a copy of the ledger", r.Block, r.Channel),
		"that the transaction took effect: every peer finds that out for itself, and none signs it; an audited copy of the ledger tells",
	}
}

// Confirm compares what was proven with the block of the same number in a copy of the ledger, which settles what no
// receipt proves, if the copy is right.
func (p *Proof) Confirm(copied []byte) error {
	order, err := dollars.ParseOrderID(p.OrderID)
	if err != nil {
		return err
	}
	if _, err := proof.Parse(copied); err != nil {
		return fmt.Errorf("the copy's block %d: %w", p.Block, err)
	}
	same, err := Make(copied, p.Transaction, order)
	if err != nil {
		return fmt.Errorf("the copy of the ledger: %w", err)
	}
	if same.HeaderHash != p.HeaderHash {
		return fmt.Errorf("the copy's block %d is %s; the receipt's is %s", p.Block, same.HeaderHash, p.HeaderHash)
	}
	p.NotProven = []string{"that the copy of the ledger is right: `destinasia audit` tells"}
	return nil
}

// compare tells where a receipt says something else than its block.
func (r Receipt) compare(want Receipt) error {
	text := func(v any) string {
		b, _ := json.Marshal(v) // want can be encoded, and so can what Decode has read
		return string(b)
	}
	for _, f := range []struct {
		name      string
		got, want any
	}{
		{"format", r.Format, want.Format},
		{"channel", r.Channel, want.Channel},
		{"chaincode", r.Chaincode, want.Chaincode},
		{"order id", r.OrderID, want.OrderID},
		{"block number", r.Block, want.Block},
		{"header hash", r.HeaderHash, want.HeaderHash},
		{"transaction", r.Transaction, want.Transaction},
		{"time", r.Time, want.Time},
		{"operation", r.Operation, want.Operation},
		{"entry", r.Entry, want.Entry},
		{"endorsements", r.EndorsedBy, want.EndorsedBy},
	} {
		if got, want := text(f.got), text(f.want); got != want {
			at := differs([]byte(got), []byte(want))
			return fmt.Errorf("%s: it says %s; its block says %s", f.name, around(got, at), around(want, at))
		}
	}
	if !bytes.Equal(r.RawBlock, want.RawBlock) {
		return errors.New("block: it holds metadata that nothing vouches for, which receipts do not have")
	}
	return nil
}

// around is what a text says at a place, if it is long.
func around(text string, at int) string {
	const before, after = 40, 60
	if len(text) <= before+after {
		return text
	}
	from, to := max(0, at-before), min(len(text), at+after)
	return "…" + text[from:to] + "…"
}

// units are the organisational units by which certificates of all the organisations name roles.
var units = map[string]proof.Unit{
	"client": {Role: msp.MSPRole_CLIENT}, "peer": {Role: msp.MSPRole_PEER},
	"admin": {Role: msp.MSPRole_ADMIN}, "orderer": {Role: msp.MSPRole_ORDERER},
}

// verifier knows organisations by their root certificates: what an MSP is called is said in no certificate, so the name
// is taken from who signs, and must stand for one root throughout.
type verifier struct {
	channel  *proof.Channel
	roots    []*x509.Certificate
	ordering map[string]bool              // roots, by their bytes
	rootOf   map[string]*x509.Certificate // by MSP
}

func newVerifier(channel string, roots []*x509.Certificate) *verifier {
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	return &verifier{
		channel: &proof.Channel{Name: channel, Organisation: func(mspID string) *proof.Organisation {
			return &proof.Organisation{MSPID: mspID, Roots: pool, Units: units}
		}},
		roots: roots, ordering: map[string]bool{}, rootOf: map[string]*x509.Certificate{},
	}
}

// signer remembers which root an MSP has.
func (v *verifier) signer(id *proof.Identity) (Signer, error) {
	for mspID, root := range v.rootOf {
		if (mspID == id.MSPID) != root.Equal(id.Root) {
			return Signer{}, fmt.Errorf("%s is certified by %q: one authority stands for one organisation, and %q is that of %s",
				id, id.Root.Subject.CommonName, root.Subject.CommonName, mspID)
		}
	}
	v.rootOf[id.MSPID] = id.Root
	return Signer{Name: id.Cert.Subject.CommonName, MSP: id.MSPID, Authority: id.Root.Subject.CommonName}, nil
}

// ordered checks who signed the block's header.
func (v *verifier) ordered(b *common.Block) (signers []Signer, err error) {
	orderers, err := v.channel.Orderers(b)
	if err != nil {
		return nil, err
	}
	for _, id := range orderers {
		s, err := v.signer(id)
		if err != nil {
			return nil, err
		}
		if id.Role != msp.MSPRole_ORDERER {
			return nil, fmt.Errorf("orderer's signature: %s is no orderer", id)
		}
		v.ordering[string(id.Root.Raw)] = true
		signers = append(signers, s)
	}
	if len(signers) == 0 {
		return nil, errors.New("orderer's signature: there is none")
	}
	return signers, nil
}

// transaction checks that the transaction is whole: what its creator signed is what was endorsed.
func (v *verifier) transaction(b *common.Block, r Receipt, order dollars.OrderID) (*proof.Transaction, error) {
	decoded, err := block.Decode(b)
	if err != nil {
		return nil, err
	}
	at, err := find(decoded, r.Transaction)
	if err != nil {
		return nil, err
	}
	t := v.channel.Read(b.GetData().GetData()[at])
	switch {
	case t.Fault != nil:
		return nil, t.Fault
	case t.Late != nil:
		return nil, t.Late
	case t.Kind != common.HeaderType_ENDORSER_TRANSACTION || t.ID != r.Transaction:
		return nil, errors.New("it is another")
	case t.Chaincode != r.Chaincode:
		return nil, fmt.Errorf("it is of chaincode %q", t.Chaincode)
	case t.Action.GetResponse().GetStatus() != 200:
		return nil, fmt.Errorf("it failed with status %d", t.Action.GetResponse().GetStatus())
	case t.Event.GetEventName() != dollars.JournalEvent || t.Event.GetTxId() != t.ID:
		return nil, errors.New("its event is not its journal")
	}
	// What was compared with the receipt's text was read by another decoder.
	operation, entry, err := entryOf(t.Event.GetPayload(), order)
	if err != nil {
		return nil, err
	}
	if operation != r.Operation || !bytes.Equal(readable(entry), r.Entry) {
		return nil, errors.New("what was endorsed is not the entry")
	}
	return t, nil
}

// endorsed checks that a peer of every organisation of the roots endorsed, but for that of the ordering service.
func (v *verifier) endorsed(t *proof.Transaction) (signers []Signer, err error) {
	if t.Forged > 0 {
		return nil, fmt.Errorf("endorsements: %d of them do not verify", t.Forged)
	}
	endorsing := map[string]bool{}
	for _, id := range t.Endorsers {
		s, err := v.signer(id)
		if err != nil {
			return nil, fmt.Errorf("endorsements: %w", err)
		}
		if id.Role != msp.MSPRole_PEER {
			return nil, fmt.Errorf("endorsements: %s is no peer", id)
		}
		endorsing[string(id.Root.Raw)] = true
		signers = append(signers, s)
	}
	needed := 0
	for _, root := range v.roots {
		if v.ordering[string(root.Raw)] {
			continue
		}
		needed++
		if !endorsing[string(root.Raw)] {
			return nil, fmt.Errorf("endorsements: no peer certified by %q endorsed it", root.Subject.CommonName)
		}
	}
	if needed < 2 {
		return nil, errors.New("endorsements: the roots must be those of the ordering service and of two organisations that endorse, at least")
	}
	return signers, nil
}
