package audit

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// generous is a rule set whose policy lets operators adjust.
var generous = earn.RuleSet{
	Name: "generous", Currency: "EUR", Policy: &earn.Policy{AdjustmentDayMost: 100_00, DayMost: 1_000_00, CoolingSeconds: 60, CoolingMost: 50_00},
	Tables: []earn.Table{{Name: "base", Hit: earn.First, Rows: []earn.Row{{ID: "plain", BasisPoints: 500, Months: 24}}}},
}.Encode()

// life is what happens to Alice's points after the story: transactions by the name of what they show.
func life(w *world, credits ...dollars.CreditRef) (names []string, requests map[string]request) {
	code, reference := [32]byte{1}, [32]byte{2}
	alices := account(alice)
	hold := spend(dollars.Order{Kind: dollars.KindHold, Amount: 5_00, Until: noon.Unix() + 3_600, Nonce: 3}, credits...).(dollars.SignedOrder)
	form := spend(dollars.Order{Kind: dollars.KindForm, Nonce: 5}).(dollars.SignedOrder)
	currency, _ := dollars.CurrencyOf("dsd")
	id := [32]byte(hold.ID(currency, "dollars", "dsd"))
	household := dollars.NewHousehold(form.ID(currency, "dollars", "dsd"))
	grant := dollars.Adjustment{Account: alices, Amount: 7_00, Months: 12, Reason: "goodwill"}
	fine := dollars.Adjustment{Account: alices, Amount: 50, Burn: true, Reason: "correction"}
	merchants := func(o dollars.Order) dollars.Operation { return dollars.SignedOrder{Order: o} }
	for _, step := range []struct {
		name string
		by   *signer
		ops  []dollars.Operation
	}{
		{"propose", w.planner, []dollars.Operation{dollars.ProposeRules{Version: 2, Set: generous}}},
		{"approve", w.controller, []dollars.Operation{dollars.ApproveRules{Version: 2, Hash: earn.HashOf(generous)}}},
		{"publish", w.planner, []dollars.Operation{dollars.PublishRules{Version: 2, Hash: earn.HashOf(generous)}}},
		{"catalogue", w.merchant, []dollars.Operation{dollars.SetReward{ID: "mug", Reward: dollars.Reward{Price: 2_00, Stock: 5, Until: noon.Unix() + 1, Days: 1}}}},
		{"orders", w.issuer, []dollars.Operation{
			hold,
			spend(dollars.Order{Kind: dollars.KindClaim, Ref: dollars.RewardID("mug"), Reference: dollars.CodeHash(code), Amount: 2_00, Nonce: 4}),
			form,
			spend(dollars.Order{Kind: dollars.KindContribute, To: household, Amount: 3_00, Nonce: 6}),
			spend(dollars.Order{Kind: dollars.KindChangeKeys, To: dollars.Account{0xbb}, Nonce: 7}),
			spend(dollars.Order{Kind: dollars.KindTransfer, To: dollars.Account{8}, Amount: 1_00, Nonce: 8}),
		}},
		{"merchants", w.merchant, []dollars.Operation{
			merchants(dollars.Order{Kind: dollars.KindCapture, To: alices, Ref: id, Amount: 2_00, Reference: reference}),
			merchants(dollars.Order{Kind: dollars.KindRelease, To: alices, Ref: id}),
			merchants(dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: reference}),
		}},
		{"operators", w.operator, []dollars.Operation{
			dollars.ProposeAdjustment{ID: [32]byte{1}, Adjustment: grant},
			dollars.ProposeAdjustment{ID: [32]byte{2}, Adjustment: fine},
			dollars.Recovery{Step: dollars.KindProposeRecovery, Account: dollars.Account{7}, Key: dollars.Account{0xcc}},
			dollars.SetFrozen{Account: dollars.Account{8}, Frozen: true, Reason: "fraud"},
		}},
		{"approver", w.approver, []dollars.Operation{
			dollars.ApproveAdjustment{ID: [32]byte{1}},
			dollars.ApproveAdjustment{ID: [32]byte{2}},
			dollars.Recovery{Step: dollars.KindApproveRecovery, Account: dollars.Account{7}, Key: dollars.Account{0xcc}},
		}},
	} {
		names = append(names, step.name)
		if requests == nil {
			requests = map[string]request{}
		}
		requests[step.name] = request{creator: step.by, ops: step.ops}
	}
	return names, requests
}

// live appends a life to the story, one of whose transactions somebody changes.
func live(t *testing.T, w *world, changed string, change func(*request)) [][]byte {
	t.Helper()
	var c *chain
	tell(t, w, plot{chain: func(begun *chain) { c = begun }})
	names, requests := life(w, creditOf(t, c))
	for _, name := range names {
		r := requests[name]
		if name == changed {
			change(&r)
		}
		c.order([]byte{0}, c.envelope(t, r))
		if name == changed {
			break // what comes after would be endorsed on what is wrong
		}
	}
	return c.blocks
}

func TestTheWholeLifeIsRight(t *testing.T) {
	w := newWorld(t)
	r, err := w.audit(live(t, w, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	const want = "30.00 minted + 7.00 adjusted - 10.00 reversed - 4.50 redeemed - 0.00 expired - 0.50 written off = 22.00 outstanding"
	if got := r.Supply.Equation(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestWhatIsToldAddsUpToTheState: who follows an audit's transactions arrives at the state it found.
func TestWhatIsToldAddsUpToTheState(t *testing.T) {
	w := newWorld(t)
	folded, last, operations := map[string][]byte{}, uint64(0), 0
	r, err := Run(t.Context(), &blocksOf{blocks: live(t, w, "", nil)}, Options{Roots: w.roots, Chaincode: "dsd", Applied: func(a Applied) error {
		if a.Block < last || a.TxID == (dollars.TxID{}) || a.Time == 0 || a.Caller.MSP == "" {
			t.Errorf("after block %d came %+v", last, a)
		}
		last, operations = a.Block, operations+len(a.Journal.Entries)
		for _, write := range a.Writes {
			if folded[write.Key] = write.Value; write.Value == nil {
				delete(folded, write.Key)
			}
		}
		return nil
	}})
	if err != nil || operations != r.Operations || r.Operations == 0 {
		t.Fatalf("%d operations were told of, the report has %d: %v", operations, r.Operations, err)
	}
	if state := maps.Collect(r.State()); !maps.EqualFunc(state, folded, bytes.Equal) || len(state) != r.Keys {
		t.Errorf("what was told comes to %d keys, the state has %d", len(folded), len(state))
	}
	enough := errors.New("enough")
	if _, err := Run(t.Context(), &blocksOf{blocks: live(t, w, "", nil)}, Options{
		Roots: w.roots, Chaincode: "dsd", Applied: func(Applied) error { return enough },
	}); !errors.Is(err, enough) {
		t.Errorf("an audit that was told to end ended with %v", err)
	}
}

// TestEveryWriteOfALifeIsChecked: whatever a modified peer writes otherwise, of any record, is named.
func TestEveryWriteOfALifeIsChecked(t *testing.T) {
	w := newWorld(t)
	names, _ := life(w)
	kinds := map[string]bool{}
	for _, name := range names {
		for i, more := 0, true; more; i++ {
			var key string
			blocks := live(t, w, name, func(r *request) {
				r.onSet = func(set *kvrwset.KVRWSet) {
					if more = i < len(set.Writes); !more {
						return
					}
					write := set.Writes[i]
					key = write.Key
					if write.IsDelete {
						write.IsDelete, write.Value = false, []byte{1}
						return
					}
					write.Value[len(write.Value)-1] ^= 1
				}
			})
			if !more {
				break
			}
			var d *Divergence
			if _, err := w.audit(blocks); !errors.As(err, &d) || d.Key != key {
				t.Errorf("%s: the write of %s is changed, and the audit says %v", name, key, err)
			}
			prefix, _, _ := strings.Cut(key, "/")
			kinds[prefix] = true
		}
	}
	for _, prefix := range strings.Fields("a c d h j k n p r v w") {
		if !kinds[prefix] {
			t.Errorf("no record under %s/ was changed: the life does not show it", prefix)
		}
	}
}
