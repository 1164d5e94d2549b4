package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

const hotel = earn.Hotel

// snapshot is what a block left of the accounts it touched, by the model.
type snapshot struct {
	books  map[dollars.Account]*book
	supply dollars.Supply
}

// observe has the model take in a block, and holds the state against it.
func (w *world) observe(b *block) {
	touched := map[dollars.Account]bool{}
	for i, tx := range b.txs {
		if tx.code != valid || tx.by == lifecycle {
			continue
		}
		if err := w.model.apply(tx, place{b.number, i, valid}); err != nil {
			w.fail("block %d, transaction %s: %v", b.number, tx.id, err)
			return
		}
		journal, err := dollars.DecodeJournal(tx.event)
		if err != nil {
			w.fail("block %d: %v", b.number, err)
			return
		}
		for _, e := range journal.Entries {
			w.totals.outcomes[fmt.Sprintf("%s %s %s", e.Kind, e.Outcome, e.Code)]++
			w.trace.add("  %s %s %s %s of %s", e.Kind, e.Outcome, e.Code, e.Amount, e.Account)
			touched[e.Account], touched[e.Other] = true, true
			for _, r := range e.Recalled {
				touched[r.Account] = true
			}
		}
	}
	delete(touched, dollars.Account{})
	left := snapshot{map[dollars.Account]*book{}, w.model.supply}
	credits := w.creditsOf(touched)
	for _, a := range sortedAccounts(touched) {
		m := w.model.book(a)
		left.books[a] = m.copied()
		w.checkState(a, m, credits[a])
	}
	w.books[b.number+1] = left
}

// creditsOf sums the credits of accounts in the state.
func (w *world) creditsOf(of map[dollars.Account]bool) map[dollars.Account]map[dollars.Expiry]dollars.Amount {
	sums := map[dollars.Account]map[dollars.Expiry]dollars.Amount{}
	for key, v := range w.chain.state {
		if !strings.HasPrefix(key, "c/") {
			continue
		}
		c := dollars.ParseStateKey(key).Credit
		if !of[c.Account] {
			continue
		}
		points, err := dollars.DecodeCredit(v.value)
		if err != nil {
			w.fail("%s: %v", key, err)
		}
		if sums[c.Account] == nil {
			sums[c.Account] = map[dollars.Expiry]dollars.Amount{}
		}
		sums[c.Account][c.Expiry] += points
	}
	return sums
}

// checkState holds what the state has of an account against the model.
func (w *world) checkState(a dollars.Account, m *book, points map[dollars.Expiry]dollars.Amount) {
	if points == nil {
		points = map[dollars.Expiry]dollars.Amount{}
	}
	var rec dollars.AccountRecord
	if v, ok := w.chain.state[dollars.AccountKey(a)]; ok {
		var err error
		if rec, err = dollars.DecodeAccountRecord(v.value); err != nil {
			w.fail("record of %s: %v", a, err)
			return
		}
	}
	for _, x := range rec.Buckets {
		points[x.Expiry] += x.Amount
	}
	if !maps.Equal(points, m.points) || rec.Debt != m.debt || (rec.Frozen != "") != m.frozen {
		w.fail("the state has of %s %v, debt %s, frozen %q; it should be %v, debt %s, frozen %t",
			a, points, rec.Debt, rec.Frozen, m.points, m.debt, m.frozen)
	}
}

// checkViews holds a replica's views, of the accounts that the block before their height touched, against the model.
func (w *world) checkViews(p *process) {
	ctx := context.Background()
	height, err := p.views.Height(ctx)
	p.r.known = max(p.r.known, height)
	if err != nil {
		w.fail("%s: %v", p.name, err)
		return
	}
	want, known := w.books[height]
	if !known {
		if height > 0 {
			w.fail("%s has views of height %d, and there are %d blocks", p.name, height, w.chain.height())
		}
		return
	}
	for _, a := range sortedAccounts(want.books) {
		w.checkBalance(p, a, want.books[a], height)
	}
	if s, err := p.views.Supply(ctx); err != nil || s.Supply != want.supply {
		w.fail("%s has a supply of %+v at height %d (%v); it should be %+v", p.name, s.Supply, height, err, want.supply)
	}
}

func (w *world) checkBalance(p *process, a dollars.Account, want *book, height uint64) {
	b, err := p.views.Balance(context.Background(), a, 0) // as of 1970, when nothing had expired
	if err != nil {
		w.fail("%s: %v", p.name, err)
		return
	}
	points := map[dollars.Expiry]dollars.Amount{}
	for _, x := range b.Buckets {
		points[x.Expiry] += x.Amount
	}
	if !maps.Equal(points, want.points) || b.Debt != want.debt || b.Held != want.held || b.Pending != want.pending || (b.Frozen != "") != want.frozen {
		w.fail("%s at height %d shows of %s %v, debt %s, held %s, pending %s, frozen %q; it should be %v, debt %s, held %s, pending %s, frozen %t",
			p.name, height, a, points, b.Debt, b.Held, b.Pending, b.Frozen, want.points, want.debt, want.held, want.pending, want.frozen)
	}
}

// checkDurable tells whether an envelope that is submitted is on the disk, so that it outlives the process.
func (w *world) checkDurable(p *process, id string) {
	if f := p.r.disk.folders["inbox"]; f != nil {
		if _, err := (files{p, f}).Read(id); err == nil {
			return
		}
	}
	w.fail("%s submitted %s, which is not on its disk", p.name, id)
}

// told is an outcome that a client was told: the ledger has it.
func (w *world) told(q *request, p *process, st wallet.Status) {
	at, known := w.chain.decided[st.TxID]
	if !known || at.code != valid || at.block != st.Block {
		w.fail("%s was told of transaction %s in block %d, which is %q in block %d", q.name, st.TxID, st.Block, at.code, at.block)
		return
	}
	// Known is what they had at any time: after a power loss they may have to fold again what was told before.
	if st.Block >= p.r.known {
		w.fail("%s was told of block %d before the views of %s had it", q.name, st.Block, p.name)
	}
	tx := w.chain.blocks[at.block].txs[at.index]
	journal, err := dollars.DecodeJournal(tx.event)
	if err != nil || len(st.Results) != len(st.Work.Ops) {
		w.fail("%s was told %d results of %d operations (%v)", q.name, len(st.Results), len(st.Work.Ops), err)
		return
	}
	for i, op := range st.Work.Ops {
		ref := refOf(st.Work.ID, op)
		if !slices.ContainsFunc(journal.Entries, func(e dollars.Entry) bool {
			return e.Kind == op.Kind() && (ref == [32]byte{} || e.Ref == ref) && wallet.ResultOf(e) == st.Results[i]
		}) {
			w.fail("%s was told %+v, which is not what transaction %s did", q.name, st.Results[i], st.TxID)
		}
	}
	w.toldAgain(q, promise{p.r.number, st.Work.ID}, st)
	if q.order != (dollars.OrderID{}) {
		w.toldOrder(q, st, at)
	}
}

// toldAgain is an outcome that was told before: it stays, unless the work was wholly refused, and accepted anew.
func (w *world) toldAgain(q *request, of promise, st wallet.Status) {
	before, known := w.outcomes[of]
	if known && !before.Rejected() && (before.TxID != st.TxID || !slices.Equal(before.Results, st.Results)) {
		w.fail("%s was told %+v of %s, and before that %+v of %s", q.name, st.Results, st.TxID, before.Results, before.TxID)
	}
	w.outcomes[of] = st
}

// toldOrder is the same of an order: that it was applied, or that it was not before.
func (w *world) toldOrder(q *request, st wallet.Status, at place) {
	applied, was := w.model.orders[q.order]
	switch st.Results[0].Outcome {
	case dollars.Applied:
		if q.applied = true; !was || applied != at {
			w.fail("%s was told that it is applied in block %d; it is in %d (%t)", q.name, at.block, applied.block, was)
		}
	default:
		if was && (applied.block < at.block || applied.block == at.block && applied.index < at.index) {
			w.fail("%s was told that it is refused in block %d, but it was applied in block %d", q.name, at.block, applied.block)
		}
	}
}

func refOf(id wallet.WorkID, op dollars.Operation) [32]byte {
	switch o := op.(type) {
	case dollars.Confirm:
		return o.Booking
	case dollars.Complete:
		return o.Booking
	case dollars.Cancel:
		return o.Booking
	case dollars.ProposeAdjustment:
		return o.ID
	case dollars.ApproveAdjustment:
		return o.ID
	case dollars.SignedOrder:
		if o.ByMerchant() {
			return o.Ref
		}
		return id
	}
	return [32]byte{}
}

// unfinished is what is not done yet of what there is to do; "" once everything is.
func (w *world) unfinished() string {
	if w.open > 0 {
		return fmt.Sprintf("%d requests have no answer", w.open)
	}
	if len(w.chain.pending) > 0 {
		return "the orderer has transactions"
	}
	ctx := context.Background()
	for _, r := range w.replicas {
		p := r.proc
		if !p.serves {
			return fmt.Sprintf("replica %d does not serve", r.number)
		}
		for _, c := range []wallet.Class{wallet.ClassBooking, wallet.ClassOrder, wallet.ClassAdmin} {
			if n := p.inbox.Depth(c); n > 0 {
				return fmt.Sprintf("%s has %d works of class %s", p.name, n, c)
			}
		}
		if height, err := p.views.Height(ctx); err != nil || height < w.chain.height() || p.folding {
			return fmt.Sprintf("%s has folded %d of %d blocks (%v)", p.name, height, w.chain.height(), err)
		}
		if ended, err := p.views.HoldsPast(ctx, w.now().Add(-time.Minute).Unix(), 1); err != nil || len(ended) > 0 {
			return fmt.Sprintf("%s has not released a hold that ended a minute ago (%v)", p.name, err)
		}
	}
	return ""
}

// checkKept tells an envelope that is still kept though not all its work is settled. One whose work is may stay until the
// next start, where its file could not be removed.
func (w *world) checkKept(p *process) {
	kept, err := p.inbox.Submissions(context.Background())
	if err != nil {
		w.fail("%s: %v", p.name, err)
	}
	for _, s := range kept {
		for _, work := range s.Work {
			if st, err := p.inbox.Status(context.Background(), work.ID); err != nil || !st.Done {
				w.fail("%s still keeps %s, with work that is not done (%v)", p.name, s.TxID, err)
			}
		}
	}
}

// conclude holds everything against everything, once nothing moves any more.
func (w *world) conclude() {
	for at, q := range w.promises {
		st, err := w.replicas[at.replica].proc.wallet.Status(context.Background(), at.work)
		if err != nil || !st.Done {
			w.fail("%s was accepted as %s by replica %d, and is not done (%v)", q.name, at.work, at.replica, err)
			return
		}
		w.told(q, w.replicas[at.replica].proc, st)
	}
	applied := map[dollars.OrderID]bool{}
	for _, q := range w.placed {
		applied[q.order] = applied[q.order] || q.accepted || q.unsure
	}
	for _, q := range w.ordersOnce() {
		if _, was := w.model.orders[q.order]; was && !applied[q.order] {
			w.fail("%s was refused by everyone who was asked, and applied", q.name)
		}
	}
	w.checkSums()
	for _, r := range w.replicas {
		w.checkReplica(r.proc)
	}
}

// checkSums holds the sums over the state against the journals'.
func (w *world) checkSums() {
	var t dollars.Tally
	start, end := dollars.TallyRange()
	for _, key := range slices.Sorted(maps.Keys(w.chain.state)) {
		if key < start || key >= end {
			continue
		}
		if err := t.Add(key, w.chain.state[key].value); err != nil {
			w.fail("state under %s: %v", key, err)
			return
		}
	}
	s := w.model.supply
	if t.Outstanding != s.Outstanding() || t.Held != s.Held || t.Debt != s.Debt || t.Pending != s.Pending || t.Bookings != s.Bookings {
		w.fail("the state adds up to %+v, the journals to %+v", t, s)
	}
	var points, debt dollars.Amount
	for _, b := range w.model.accounts {
		points, debt = points+total(b.points), debt+b.debt
	}
	if points != s.Outstanding() || debt != s.Debt {
		w.fail("members have %s and owe %s; outstanding are %s and owed %s: %s", points, debt, s.Outstanding(), s.Debt, s.Equation())
	}
}

// checkReplica holds all of a replica's views against the state and the model.
func (w *world) checkReplica(p *process) {
	w.checkKept(p)
	if err := p.views.Check(context.Background()); err != nil {
		w.fail("%s: %v", p.name, err)
	}
	keys := slices.Sorted(maps.Keys(w.chain.state))
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == lifecycleKey })
	values, err := p.views.Get(keys)
	if err != nil {
		w.fail("%s: %v", p.name, err)
		return
	}
	for i, key := range keys {
		if !bytes.Equal(values[i], w.chain.state[key].value) {
			w.fail("%s has under %s %x; the state has %x", p.name, key, values[i], w.chain.state[key].value)
			return
		}
	}
	for _, a := range sortedAccounts(w.model.accounts) {
		w.checkBalance(p, a, w.model.accounts[a], w.chain.height())
	}
}

// hide is a mutation: the views are shown a block in which an entry moves nothing.
func hide(b *wallet.Block) {
	for i := range b.Transactions {
		for k, e := range b.Transactions[i].Journal.Entries {
			if e.Kind == dollars.KindTransfer && len(e.Moved) > 0 {
				b.Transactions[i].Journal.Entries[k].Moved = nil
				return
			}
		}
	}
}
