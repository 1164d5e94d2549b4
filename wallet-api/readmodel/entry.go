package readmodel

import (
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// touched is an account that an entry does something to, and what it has after it.
type touched struct {
	account dollars.Account
	balance balance
}

// entry folds what one operation did into supply, balances, histories and lists.
func (f *fold) entry(at txPlace, index int, e dollars.Entry) error {
	if e.Outcome != dollars.Applied {
		return nil
	}
	if err := f.supply.Fold(e); err != nil {
		return err
	}
	if e.Account.IsZero() { // a cancellation noted before its booking, rules, or a reward
		return nil
	}
	f.touched, f.lines = f.touched[:0], f.lines[:0]
	if err := f.balances(e); err != nil {
		return err
	}
	for i := range f.touched {
		t := &f.touched[i]
		f.set(balanceKey(t.account), t.balance.encode())
		f.line(t.account)
	}
	if changedNothing(e) {
		return nil
	}
	if err := f.witnesses(e); err != nil {
		return err
	}
	e.Explanation = [32]byte{} // The ledger keeps it for those who do not believe us, and the mirror holds what it is of.
	value := encodeEntry(e)
	for i, a := range f.lines {
		key := historyKey(a, at, index)
		f.set(key, value)
		if form := dollars.FormOf(e.Kind); i == 0 && form != nil && form.Has(dollars.FieldNonce) {
			f.set(orderKey(dollars.OrderID(e.Ref)), key) // the Account's own
		}
	}
	if e.Kind == dollars.KindClaim {
		f.set(listKey(vouchersOf, e.Account, at, index), e.Link[:])
	}
	return nil
}

// changedNothing tells entries that are no news to anyone's history: of points that only went from one form to the other,
// and of adjustments that nobody has approved.
func changedNothing(e dollars.Entry) bool {
	return (e.Kind == dollars.KindAbsorb || e.Kind == dollars.KindProposeAdjustment) && len(e.Expired) == 0 && len(e.Repaid) == 0
}

// balances folds the entry into the balances of everyone it took points from or gave points to.
func (f *fold) balances(e dollars.Entry) error {
	if err := f.touch(e.Account, func(b *balance) error { return b.fold(e) }); err != nil {
		return err
	}
	switch e.Kind {
	case dollars.KindTransfer, dollars.KindContribute, dollars.KindLeave:
		return f.touch(e.Other, func(b *balance) error { return b.foldOther(e) })
	}
	for _, x := range e.Recalled {
		if err := f.touch(x.Account, func(b *balance) error { return b.buckets.minus(x.Moved) }); err != nil {
			return err
		}
	}
	return nil
}

// touch changes an account's balance in this step.
func (f *fold) touch(a dollars.Account, change func(*balance) error) error {
	i := slices.IndexFunc(f.touched, func(t touched) bool { return t.account == a })
	if i < 0 {
		b, err := readBalance(f.txn, a)
		if err != nil {
			return err
		}
		i = len(f.touched)
		f.touched = append(f.touched, touched{a, b})
	}
	return change(&f.touched[i].balance)
}

// line puts the entry into an account's history.
func (f *fold) line(a dollars.Account) {
	if !a.IsZero() && !slices.Contains(f.lines, a) {
		f.lines = append(f.lines, a)
	}
}

// witnesses puts the entry into the histories of those it concerns though it moved none of their points.
func (f *fold) witnesses(e dollars.Entry) error {
	switch e.Kind {
	case dollars.KindForm, dollars.KindJoin, dollars.KindCapture, dollars.KindUse:
		f.line(e.Other)
	case dollars.KindInvite:
		f.line(e.Other)
		f.line(f.touched[0].balance.household) // the head's
	}
	if e.By.IsZero() {
		return nil
	}
	// Who signed is a member of the household, or else another key, which has no history.
	by, err := readBalance(f.txn, e.By)
	if err == nil && by.household == e.Account {
		f.line(e.By)
	}
	return err
}
