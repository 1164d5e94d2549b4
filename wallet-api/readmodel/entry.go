package readmodel

import (
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// touched is an account that a step does something to, as it is after it.
type touched struct {
	id dollars.Account
	account
}

// entry folds what one operation did into supply, balances, histories and lists.
func (f *fold) entry(at place, e *dollars.Entry) error {
	if e.Outcome != dollars.Applied {
		return nil
	}
	if err := f.supply.Fold(*e); err != nil {
		return err
	}
	if e.Account.IsZero() { // a cancellation noted before its booking, rules, or a reward
		return nil
	}
	if err := f.changes(e); err != nil {
		return err
	}
	if !isNews(e) {
		return nil
	}
	f.line = at
	for i := range f.touched {
		f.addLine(f.touched[i].id)
	}
	if err := f.witnesses(e); err != nil {
		return err
	}
	if form := dollars.FormOf(e.Kind); form != nil && form.Has(dollars.FieldNonce) {
		f.set(orderKey(dollars.OrderID(e.Ref)), at.encode())
	}
	if e.Kind == dollars.KindClaim {
		f.set(listKey(vouchersOf, e.Account, at), e.Link[:])
	}
	return nil
}

// isNews tells entries that belong into somebody's history. Others changed nothing, or nobody's account, or only the form
// that points are in, or are of adjustments that nobody has approved.
func isNews(e *dollars.Entry) bool {
	if e.Outcome != dollars.Applied || e.Account.IsZero() {
		return false
	}
	quiet := e.Kind == dollars.KindAbsorb || e.Kind == dollars.KindProposeAdjustment
	return !quiet || len(e.Expired) > 0 || len(e.Repaid) > 0
}

// changes folds the entry into the balances of everyone it took points from or gave points to.
func (f *fold) changes(e *dollars.Entry) error {
	if err := f.touch(e.Account, func(b *account) error { return b.fold(e) }); err != nil {
		return err
	}
	switch e.Kind {
	case dollars.KindTransfer, dollars.KindContribute, dollars.KindLeave:
		return f.touch(e.Other, func(b *account) error { return b.foldOther(e) })
	}
	for _, x := range e.Recalled {
		if err := f.touch(x.Account, func(b *account) error { return b.buckets.minus(x.Moved) }); err != nil {
			return err
		}
	}
	return nil
}

// touch changes an account in this step.
func (f *fold) touch(a dollars.Account, change func(*account) error) error {
	i := slices.IndexFunc(f.touched, func(t touched) bool { return t.id == a })
	if i < 0 {
		own, err := f.account(a)
		if err != nil {
			return err
		}
		i = len(f.touched)
		f.touched = append(f.touched, touched{a, own.copied()}) // the step may not be of this transaction
	}
	return change(&f.touched[i].account)
}

// account is an account after the steps before this one. It is not the caller's to change.
func (f *fold) account(id dollars.Account) (account, error) {
	if own, changed := f.accounts[id]; changed {
		return own, nil
	}
	if own, known := f.recent.get(id); known {
		return own, nil
	}
	return readAccount(f.txn, id)
}

// addLine puts the entry into an account's history.
func (f *fold) addLine(a dollars.Account) {
	if !a.IsZero() && !slices.Contains(f.lines, a) {
		f.lines = append(f.lines, a)
	}
}

// witnesses puts the entry into the histories of those it concerns though it moved none of their points.
func (f *fold) witnesses(e *dollars.Entry) error {
	switch e.Kind {
	case dollars.KindForm, dollars.KindJoin, dollars.KindCapture, dollars.KindUse:
		f.addLine(e.Other)
	case dollars.KindInvite:
		f.addLine(e.Other)
		f.addLine(f.touched[0].household) // the head's
	}
	if e.By.IsZero() {
		return nil
	}
	// Who signed is a member of the household, or else another key, which has no history.
	by, err := f.account(e.By)
	if err == nil && by.household == e.Account {
		f.addLine(e.By)
	}
	return err
}
