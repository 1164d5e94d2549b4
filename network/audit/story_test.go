package audit

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
)

func sortedSet(keys []string) []string {
	keys = slices.Sorted(slices.Values(keys))
	return slices.Compact(keys)
}

// blocksOf is a Fetcher.
type blocksOf struct {
	blocks [][]byte
	next   int
}

func (b *blocksOf) Next(context.Context) ([]byte, error) {
	if b.next == len(b.blocks) {
		return nil, io.EOF
	}
	b.next++
	return b.blocks[b.next-1], nil
}

func (w *world) audit(blocks [][]byte) (Report, error) {
	return Run(context.Background(), &blocksOf{blocks: blocks}, Options{Roots: w.roots, Chaincode: "dsd"})
}

// alice holds her key herself.
var alice = func() *ecdsa.PrivateKey {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("alice")))
	if err != nil {
		panic(err)
	}
	return key
}()

func account(key *ecdsa.PrivateKey) dollars.Account {
	return dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
}

func spend(o dollars.Order, credits ...dollars.CreditRef) dollars.Operation {
	o.From, o.Deadline = account(alice), noon.Unix()+60
	currency, _ := dollars.CurrencyOf("dsd")
	id := o.ID(currency, "dollars", "dsd")
	sig, err := crypto.Sign(id[:], alice)
	if err != nil {
		panic(err)
	}
	return dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig), Credits: credits}
}

func book(n byte, price dollars.Amount) dollars.Operation {
	return dollars.Confirm{
		Booking: dollars.BookingID{n}, Account: account(alice),
		Facts: dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: 20_000, End: 20_001},
	}
}

// spring is the story's rule set: half of what bookings earn is a promotion with a budget that ends with the third.
var spring = func() []byte {
	row := func(id string, budget earn.Cents) earn.Row {
		return earn.Row{ID: id, BasisPoints: 250, Budget: budget, Months: 24}
	}
	return earn.RuleSet{Name: "spring", Currency: "EUR", Tables: []earn.Table{
		{Name: "base", Hit: earn.First, Rows: []earn.Row{row("standard", 0)}},
		{Name: "promotion", Hit: earn.First, Rows: []earn.Row{row("spring", 15_00), row("after", 0)}},
	}}.Encode()
}()

// definition is the transaction that commits the chaincode with a policy of all these organisations' peers.
func definition(w *world, mspIDs ...string) request {
	policy := &common.SignaturePolicyEnvelope{}
	var rules []*common.SignaturePolicy
	for i, id := range mspIDs {
		policy.Identities = append(policy.Identities, &msp.MSPPrincipal{Principal: marshal(&msp.MSPRole{MspIdentifier: id, Role: msp.MSPRole_PEER})})
		rules = append(rules, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(i)}})
	}
	policy.Rule = &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: int32(len(rules)), Rules: rules}}}
	info := marshal(&lifecycle.ChaincodeValidationInfo{
		ValidationPlugin:    "vscc",
		ValidationParameter: marshal(&peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{SignaturePolicy: policy}}),
	})
	set := &kvrwset.KVRWSet{
		Reads: []*kvrwset.KVRead{{Key: "namespaces/metadata/dsd"}},
		Writes: []*kvrwset.KVWrite{
			{Key: "namespaces/fields/dsd/Sequence", Value: marshal(&lifecycle.StateData{Type: &lifecycle.StateData_Int64{Int64: 1}})},
			{Key: "namespaces/fields/dsd/ValidationInfo", Value: marshal(&lifecycle.StateData{Type: &lifecycle.StateData_Bytes{Bytes: info}})},
			{Key: "namespaces/metadata/dsd", Value: marshal(&lifecycle.StateMetadata{Datatype: "ChaincodeDefinition"})},
		},
	}
	return request{
		creator: w.issuer, chaincode: lifecycleNamespace, args: [][]byte{[]byte("CommitChaincodeDefinition")},
		sets: []*rwset.NsReadWriteSet{{Namespace: lifecycleNamespace, Rwset: marshal(set)}},
	}
}

// plot is what somebody does to the story: to its requests, by name, and to verdicts.
type plot struct {
	policy  []string                      // of the endorsement policy; both organisations if empty
	request map[string]func(*request)     // changes one
	codes   func(block int, codes []byte) // changes the verdicts of a block
	chain   func(*chain)
}

const (
	conflict   = byte(peer.TxValidationCode_MVCC_READ_CONFLICT)
	duplicate  = byte(peer.TxValidationCode_DUPLICATE_TXID)
	unendorsed = byte(peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
)

// The story's blocks.
const (
	defining = iota + 1
	proposing
	approving
	publishing
	confirming
	awarding // two transactions
	invalids // valid, conflicting, duplicate, endorsed by one
	spending
)

// tell builds the story's chain.
func tell(t testing.TB, w *world, p plot) [][]byte {
	t.Helper()
	c := newChain(w)
	if p.chain != nil {
		p.chain(c)
	}
	make := func(name string, r request) []byte {
		if edit := p.request[name]; edit != nil {
			edit(&r)
		}
		return c.envelope(t, r)
	}
	order := func(codes []byte, envelopes ...[]byte) {
		if p.codes != nil {
			p.codes(len(c.blocks), codes)
		}
		c.order(codes, envelopes...)
	}
	if p.policy == nil {
		p.policy = []string{"DestinasiaMSP", "AircncMSP"}
	}
	order([]byte{0}, make("define", definition(w, p.policy...)))
	order([]byte{0}, make("propose", request{creator: w.planner, ops: []dollars.Operation{dollars.ProposeRules{Version: 1, Set: spring}}}))
	order([]byte{0}, make("approve", request{creator: w.controller, ops: []dollars.Operation{
		dollars.ApproveRules{Version: 1, Hash: earn.HashOf(spring)},
	}}))
	order([]byte{0}, make("publish", request{creator: w.planner, ops: []dollars.Operation{
		dollars.PublishRules{Version: 1, Hash: earn.HashOf(spring)},
	}}))
	order([]byte{0}, make("confirm", request{creator: w.issuer, ops: []dollars.Operation{
		book(1, 100_00), book(2, 200_00), book(3, 300_00), book(4, 400_00), book(1, 100_00),
	}}))
	award := func(n byte) request {
		return request{creator: w.issuer, ops: []dollars.Operation{dollars.Complete{Booking: dollars.BookingID{n}}}}
	}
	first := make("award", award(1))
	order([]byte{0, 0}, first, make("award too", award(2)))
	before := c.state.copy()
	late := award(3)
	late.reads = before
	order([]byte{0, conflict, duplicate, unendorsed},
		make("third", award(3)), make("late", late), first,
		make("alone", request{creator: w.issuer, ops: []dollars.Operation{book(9, 1_00)}, endorsers: []*signer{w.peer}}))
	credit := creditOf(t, c)
	order([]byte{0}, make("spend", request{creator: w.issuer, ops: []dollars.Operation{
		spend(dollars.Order{Kind: dollars.KindTransfer, To: dollars.Account{7}, Amount: 1_00, Nonce: 1}, credit),
		spend(dollars.Order{Kind: dollars.KindRedeem, Amount: 50, Nonce: 2}),
		dollars.Cancel{Booking: dollars.BookingID{2}},
		dollars.Cancel{Booking: dollars.BookingID{4}},
	}}))
	return c.blocks
}

// creditOf finds Alice's largest credit.
func creditOf(t testing.TB, c *chain) dollars.CreditRef {
	t.Helper()
	var largest dollars.Amount
	var found dollars.CreditRef
	for key, e := range c.state.entries[place{"dsd", ""}] {
		k := dollars.ParseStateKey(key)
		if k.Kind != dollars.StateCredit || k.Credit.Account != account(alice) {
			continue
		}
		amount, err := dollars.DecodeCredit(e.value)
		if err != nil {
			t.Fatal(err)
		}
		if amount > largest {
			largest, found = amount, dollars.CreditRef{Expiry: k.Credit.Expiry, TxID: k.Credit.TxID}
		}
	}
	return found
}

func TestTheStoryIsRight(t *testing.T) {
	w := newWorld(t)
	r, err := w.audit(tell(t, w, plot{}))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%d blocks, %d transactions, %d invalid, %d operations, %s minted, %s reversed, %s redeemed, %s outstanding",
		r.Height, r.Transactions, r.Invalid, r.Operations, r.Supply.Minted, r.Supply.Reversed, r.Supply.Redeemed, r.Outstanding)
	want := "9 blocks, 13 transactions, 3 invalid, 15 operations, 30.00 minted, 10.00 reversed, 0.50 redeemed, 19.50 outstanding"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
