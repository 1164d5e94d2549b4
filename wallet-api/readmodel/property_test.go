package readmodel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// interrupted is a context that ends while a block is being folded, as a crash between two commits would.
type interrupted struct {
	context.Context
	commits int
}

func (c *interrupted) Err() error {
	if c.commits--; c.commits < 0 {
		return context.Canceled
	}
	return nil
}

// TestViewsAreTheNaiveModel folds random blocks, with interruptions, restarts and repeats, in a store so small that
// blocks do not fit its transactions, and compares with what the state and the journals say when simply looked at.
func TestViewsAreTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "views")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		g := &generator{rapid: rt, chain: newChain(rt), signed: map[dollars.OrderID]bool{}}
		for n := range byte(3) {
			g.members = append(g.members, newMember(rt, n+1))
		}
		if g.int("limits", 0, 1) == 1 {
			g.chain.publish(2, loyalty())
		}
		small := rapid.SampledFrom([]int64{64 << 10, 1 << 20}).Draw(rt, "memtable")
		v, err := open(dir, small, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = v.Close() }()
		for i, m := range g.members {
			g.chain.add(g.chain.apply(dollars.RoleIssuer, confirm(i, m.account, 800), dollars.Complete{Booking: bookingID(i)}))
		}
		foldAll(rt, v, g.chain.blocks...)
		for range rapid.IntRange(1, 6).Draw(rt, "blocks") {
			g.block()
			b := g.chain.blocks[len(g.chain.blocks)-1]
			for commits := range rapid.IntRange(0, 3).Draw(rt, "interruptions") {
				err := v.Fold(&interrupted{ctx, commits}, b)
				if err != nil && !errors.Is(err, context.Canceled) {
					rt.Fatal(err)
				}
				if err != nil { // what of the block is there already is not shown yet
					g.compareLedger(v, g.chain.blocks[:len(g.chain.blocks)-1])
				}
			}
			// Fold remembers nothing, so an interruption is as good as a restart, and much faster.
			if g.int("restart", 0, 19) == 0 {
				if err := v.Close(); err != nil {
					rt.Fatal(err)
				}
				if v, err = open(dir, small, Options{}); err != nil {
					rt.Fatal(err)
				}
			}
			foldAll(rt, v, b)
			foldAll(rt, v, rapid.SampledFrom(g.chain.blocks).Draw(rt, "repeat"))
			if err := v.Check(ctx); err != nil {
				rt.Fatal(err)
			}
			g.compare(v)
			g.compareAccounts(v)
			g.compareLedger(v, g.chain.blocks)
		}
	})
}

type generator struct {
	rapid   *rapid.T
	chain   *chain
	members []*member
	signed  map[dollars.OrderID]bool

	homeNonce uint64 // of households, the last
}

func (g *generator) int(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(g.rapid, label)
}

func (g *generator) member() *member { return rapid.SampledFrom(g.members).Draw(g.rapid, "member") }

// block is up to four transactions, some of them invalid, some copies of earlier ones.
func (g *generator) block() {
	g.chain.time += int64(g.int("days", 0, 150)) * 24 * 3600
	var txs []wallet.Transaction
	for range g.int("transactions", 0, 4) {
		switch g.int("validity", 0, 5) {
		case 0:
			g.chain.txs++
			txs = append(txs, wallet.Transaction{ID: txID(g.chain.txs).String(), Code: "PHANTOM_READ_CONFLICT"})
		case 1:
			txs = append(txs, wallet.Transaction{ID: txID(uint64(g.int("copied", 1, int(g.chain.txs)))).String(), Code: "DUPLICATE_TXID"})
		default:
			var ops []dollars.Operation
			for range g.int("operations", 1, 30) {
				ops = append(ops, g.operation())
			}
			txs = append(txs, g.chain.apply(dollars.RoleIssuer, ops...))
			if g.int("shop", 0, 1) == 0 {
				txs = append(txs, g.chain.apply(dollars.RoleMerchant, g.takings()...))
			}
			if g.int("adjust", 0, 3) == 0 {
				txs = append(txs, g.adjust()...)
			}
			if g.int("freeze", 0, 5) == 0 {
				op := dollars.SetFrozen{Account: g.member().account, Frozen: g.int("frozen", 0, 1) == 1, Reason: "test"}
				txs = append(txs, g.chain.apply(dollars.RoleOperator, op))
			}
		}
	}
	for i := range txs { // whoever makes transactions dates them
		txs[i].Time -= int64(g.int("seconds late", 0, 3)) * 30_000
	}
	g.chain.add(txs...)
}

func (g *generator) operation() dollars.Operation {
	m := g.member()
	booking := bookingID(g.int("booking", 0, 25))
	switch g.int("kind", 0, 13) {
	case 0, 1, 2:
		return confirm(int(booking[7]), m.account, dollars.Amount(g.int("points", 0, 500)))
	case 3, 4:
		return dollars.Complete{Booking: booking}
	case 5:
		return dollars.Cancel{Booking: booking, Credits: g.credits(m.account)}
	case 6:
		return dollars.Absorb{Account: m.account, Credits: g.credits(m.account)}
	case 7, 8:
		o := dollars.Order{Kind: dollars.KindHold, Amount: dollars.Amount(g.int("amount", 1, 300)), Until: g.chain.time + int64(g.int("until", 1, 2_000_000))}
		return g.sign(m, o)
	case 9, 10, 11:
		return g.sign(m, g.ofHousehold(m))
	}
	o := dollars.Order{Kind: dollars.KindTransfer, Amount: dollars.Amount(g.int("amount", 0, 300))}
	if o.To = g.member().account; o.To == m.account {
		o.Kind, o.To = dollars.KindRedeem, dollars.Account{}
	}
	return g.sign(m, o)
}

// sign makes an order of the member's; some of those that spend are of their household's points.
func (g *generator) sign(m *member, o dollars.Order) dollars.Operation {
	o.Deadline = g.chain.time + 60
	payer := m.account
	if home := g.record(m.account).Household; o.Kind <= dollars.KindHold && !home.IsZero() && g.int("of household", 0, 1) == 1 {
		g.homeNonce++
		payer, o.From, o.Nonce = home, home, g.homeNonce
	}
	signed, id := m.order(g.rapid, o, g.credits(payer))
	g.signed[id] = true
	return signed
}

// ofHousehold is an order about the first member's household, most of which make sense.
func (g *generator) ofHousehold(m *member) dollars.Order {
	head := g.members[0]
	home := g.record(head.account).Household
	kinds := []dollars.Kind{dollars.KindJoin, dollars.KindContribute, dollars.KindContribute, dollars.KindLeave}
	if m == head {
		kinds = []dollars.Kind{dollars.KindInvite, dollars.KindInvite, dollars.KindContribute, dollars.KindLeave}
	}
	o := dollars.Order{Kind: rapid.SampledFrom(kinds).Draw(g.rapid, "household")}
	o.To, o.Amount = home, 70
	switch {
	case home.IsZero() && m == head:
		o = dollars.Order{Kind: dollars.KindForm}
	case o.Kind == dollars.KindInvite:
		o.Other = g.members[1+g.int("whom", 0, 1)].account
	case o.Kind == dollars.KindLeave && m == head: // who is the last, or is refused
		o.Other = g.members[g.int("leaver", 0, 2)].account
	case o.Kind == dollars.KindLeave:
		o.Other = m.account
	}
	if form := dollars.FormOf(o.Kind); !form.Has(dollars.FieldAmount) {
		o.Amount = 0
	}
	return o
}

func (g *generator) record(a dollars.Account) dollars.AccountRecord {
	raw := g.chain.state[dollars.AccountKey(a)]
	if raw == nil {
		return dollars.AccountRecord{}
	}
	rec, err := dollars.DecodeAccountRecord(raw)
	if err != nil {
		g.rapid.Fatal(err)
	}
	return rec
}

// takings are captures and releases of what is held.
func (g *generator) takings() (ops []dollars.Operation) {
	for _, key := range slices.Sorted(maps.Keys(g.chain.state)) {
		k := dollars.ParseStateKey(key)
		if k.Kind != dollars.StateHold || g.int("take", 0, 2) == 0 {
			continue
		}
		o := dollars.Order{Kind: dollars.KindRelease, To: k.Hold.Account, Ref: k.Hold.Order}
		if g.int("capture", 0, 2) > 0 {
			o.Kind, o.Amount, o.Reference = dollars.KindCapture, dollars.Amount(g.int("part", 1, 200)), [32]byte{byte(g.int("reference", 1, 9))}
		}
		ops = append(ops, dollars.SignedOrder{Order: o})
	}
	return ops
}

// adjust proposes an adjustment, and has another certificate approve it.
func (g *generator) adjust() []wallet.Transaction {
	id := [32]byte{byte(g.int("adjustment", 1, 50))}
	a := dollars.Adjustment{
		Account: g.member().account, Amount: dollars.Amount(g.int("amount", 1, 100)), Burn: g.int("burn", 0, 1) == 1, Reason: "goodwill",
	}
	if !a.Burn {
		a.Months = 5
	}
	by := func(n byte) dollars.Caller {
		return dollars.Caller{Role: dollars.RoleOperator, ID: dollars.CertificateID{n}}
	}
	return []wallet.Transaction{
		g.chain.applyAs(by(1), dollars.ProposeAdjustment{ID: id, Adjustment: a}),
		g.chain.applyAs(by(2), dollars.ApproveAdjustment{ID: id, Credits: g.credits(a.Account)}),
	}
}

// credits are those the account has in the state; the batch may have spent them already.
func (g *generator) credits(a dollars.Account) (refs []dollars.CreditRef) {
	for key := range g.chain.state {
		if k := dollars.ParseStateKey(key); k.Kind == dollars.StateCredit && k.Credit.Account == a {
			refs = append(refs, dollars.CreditRef{Expiry: k.Credit.Expiry, TxID: k.Credit.TxID})
		}
	}
	slices.SortFunc(refs, func(x, y dollars.CreditRef) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return refs[:g.int("credits", 0, len(refs))]
}

// compare holds every view against the state and the journals.
func (g *generator) compare(v *Views) {
	t := g.rapid
	supply := wallet.SupplyAt{Height: uint64(len(g.chain.blocks))}
	history := map[dollars.Account][]wallet.HistoryEntry{}
	orders := map[dollars.OrderID]wallet.OrderAt{}
	homes := map[dollars.Account]dollars.Account{}
	var accounts []dollars.Account
	for _, b := range g.chain.blocks {
		for _, tx := range b.Transactions {
			for i, e := range tx.Journal.Entries {
				if err := supply.Supply.Fold(e); err != nil {
					t.Fatal(err)
				}
				silent := e.Kind == dollars.KindAbsorb || e.Kind == dollars.KindProposeAdjustment
				if e.Outcome != dollars.Applied || (silent && len(e.Expired)+len(e.Repaid) == 0) {
					continue
				}
				if e.Kind == dollars.KindForm {
					accounts = append(accounts, e.Other)
				}
				e.Explanation = [32]byte{} // not kept
				h := wallet.HistoryEntry{Block: b.Number, TxID: tx.ID, Index: i, Time: tx.Time, Entry: e}
				for a := range concerned(e, homes) {
					history[a] = append([]wallet.HistoryEntry{h}, history[a]...)
				}
				if g.signed[dollars.OrderID(e.Ref)] && e.Kind != dollars.KindCapture && e.Kind != dollars.KindRelease {
					orders[dollars.OrderID(e.Ref)] = wallet.OrderAt{TxID: tx.ID, Block: b.Number, Time: tx.Time, Entry: e}
				}
			}
		}
	}
	if at, err := v.Supply(ctx); err != nil || at != supply {
		t.Fatalf("supply %+v, want %+v, %v", at, supply, err)
	}
	for id := range g.signed {
		at, err := v.Order(ctx, id)
		if want, applied := orders[id]; applied == errors.Is(err, wallet.ErrNotFound) || cmp.Diff(want, at, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("order %s: %v %s", id, err, cmp.Diff(want, at, cmpopts.EquateEmpty()))
		}
	}
	for _, m := range g.members {
		accounts = append(accounts, m.account)
	}
	for _, a := range accounts {
		var seen []wallet.HistoryEntry
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := v.History(ctx, a, cursor, 7)
			if err != nil {
				t.Fatal(err)
			}
			seen, cursor = append(seen, page...), next
		}
		if diff := cmp.Diff(history[a], seen, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("history of %s: %s", a, diff)
		}
		g.compareBalance(v, a)
	}
}

// concerned are those who have an entry in their history. It keeps track of who is in which household.
func concerned(e dollars.Entry, homes map[dollars.Account]dollars.Account) map[dollars.Account]bool {
	who := map[dollars.Account]bool{e.Account: true}
	for _, r := range e.Recalled {
		who[r.Account] = true
	}
	if home := homes[e.By]; !home.IsZero() && home == e.Account {
		who[e.By] = true
	}
	switch e.Kind {
	case dollars.KindForm, dollars.KindJoin:
		homes[e.Account] = e.Other
		who[e.Other] = true
	case dollars.KindInvite:
		who[e.Other], who[homes[e.Account]] = true, true
	case dollars.KindLeave:
		who[e.Other] = true
		delete(homes, e.Other)
	case dollars.KindTransfer, dollars.KindContribute:
		who[e.Other] = true
	}
	return who
}

func (g *generator) compareBalance(v *Views, a dollars.Account) {
	t := g.rapid
	want := wallet.Balance{Account: a, Height: uint64(len(g.chain.blocks)), NextNonce: 1}
	sums := map[dollars.Expiry]dollars.Amount{}
	var mirrored []string
	for key, value := range g.chain.state {
		mirrored = append(mirrored, key)
		switch k := dollars.ParseStateKey(key); {
		case k.Kind == dollars.StateAccount && k.Account == a:
			rec, _ := dollars.DecodeAccountRecord(value)
			want.Debt, want.Frozen, want.NextNonce = rec.Debt, rec.Frozen, rec.Window.Next()
			want.Household, want.Keys, want.Pool = rec.Household, rec.Keys, rec.Pool
			if rec.Day.Day == dollars.DateOf(g.chain.time) {
				want.SpentToday = rec.Day.Amount
			}
			for _, x := range rec.Buckets {
				sums[x.Expiry] += x.Amount
			}
		case k.Kind == dollars.StateCredit && k.Credit.Account == a:
			points, _ := dollars.DecodeCredit(value)
			sums[k.Credit.Expiry] += points
		case k.Kind == dollars.StateHold && k.Hold.Account == a:
			rec, _ := dollars.DecodeHoldRecord(value)
			left, _ := rec.Buckets.Total()
			want.Held += left
		case k.Kind == dollars.StateBooking:
			if rec, _ := dollars.DecodeBookingRecord(value); rec.Account == a && rec.State == dollars.BookingPending {
				points, _ := rec.Points()
				want.Pending += points
			}
		}
	}
	for e := dollars.Expiry(0); len(sums) > 0; e++ {
		if sum, ok := sums[e]; ok && !e.Passed(g.chain.time) {
			want.Buckets = append(want.Buckets, dollars.Bucket{Expiry: e, Amount: sum})
		}
		delete(sums, e)
	}
	b, err := v.Balance(ctx, a, g.chain.time)
	if diff := cmp.Diff(want, b); diff != "" || err != nil {
		t.Fatalf("balance of %s: %v %s", a, err, diff)
	}
	mirrored = append(mirrored, "a/none")
	values, err := v.Get(mirrored)
	expect, _ := g.chain.state.Get(mirrored)
	if diff := cmp.Diff(expect, values); diff != "" || err != nil {
		t.Fatalf("mirror: %v %s", err, diff)
	}
}
