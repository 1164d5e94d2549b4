package dollars

import (
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// This file is what each operation does, or which file tells. Every operation returns the entry of the journal, or the
// refusal; on a refusal it has changed nothing, because it touches the overlay only after the last check.

func (b *batch) apply(i int, op Operation) (Entry, error) {
	switch o := op.(type) {
	case Confirm:
		return b.confirm(o)
	case Complete:
		return b.complete(o)
	case Cancel:
		return b.cancel(o)
	case SignedOrder:
		return b.order(o, b.orders[i])
	case Absorb:
		return b.touch(o.Kind(), o.Account, o.Credits)
	case Expire:
		return b.touch(o.Kind(), o.Account, o.Credits)
	case SetFrozen:
		return b.setFrozen(o)
	case ProposeRules:
		return b.proposeRules(o)
	case ApproveRules:
		return b.approveRules(o)
	case PublishRules:
		return b.publishRules(o)
	case SetReward:
		return b.setReward(o)
	case Recovery:
		return b.recovery(o)
	case ProposeAdjustment:
		return b.proposeAdjustment(o)
	case ApproveAdjustment:
		return b.approveAdjustment(o)
	}
	return Entry{Kind: KindUnreadable}, malformed("operation")
}

// authorize lets only certificates with the operation's role pass, and but for recoveries and approvals, in which other
// organisations have a say, only the issuer's.
func (b *batch) authorize(op Operation) error {
	var role string
	anyMSP := false
	switch o := op.(type) {
	case Confirm, Complete, Cancel:
		role = RoleIssuer
	case SetFrozen, ProposeAdjustment:
		role = RoleOperator
	case ApproveAdjustment:
		role, anyMSP = RoleOperator, true
	case Recovery:
		if o.Step == KindRecover {
			return nil // what counts is the approval, and the time
		}
		role, anyMSP = RoleOperator, true
	case ProposeRules, ApproveRules, PublishRules:
		role = RoleRules
	case SetReward:
		role = RoleMerchant
	case SignedOrder:
		if !o.From.IsZero() || !o.ByMerchant() || o.Order.Kind == KindRelease {
			return nil // what counts is the signature or, at a hold's end, the time
		}
		role = RoleMerchant
	default:
		return nil
	}
	issuer := b.env.Currency.IssuerMSP
	if b.env.Caller.Role == role && (anyMSP || b.env.Caller.MSP == issuer) {
		return nil
	}
	of := " of " + issuer
	if anyMSP {
		of = ""
	}
	return refuse(CodeNotAuthorized, fmt.Sprintf("this needs a certificate%s with role=%s", of, role))
}

// isMerchant tells whether the caller's certificate is the issuer's merchant's.
func (b *batch) isMerchant() bool {
	return b.env.Caller.MSP == b.env.Currency.IssuerMSP && b.env.Caller.Role == RoleMerchant
}

func (b *batch) confirm(o Confirm) (Entry, error) {
	e := Entry{Kind: KindConfirm, Ref: o.Booking}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if o.Account.IsZero() {
		return e, refuse(CodeZeroAddress, "the booking is for the zero address")
	}
	if err := o.Facts.Check(); err != nil {
		return e, err
	}
	slot := b.bookings[o.Booking]
	switch slot.rec.State {
	case BookingNone, BookingNoted:
	default:
		if slot.rec.Account != o.Account || !slot.rec.Facts.same(o.Facts) {
			return e, refuse(CodeBookingConflict, "the booking was confirmed before with other facts, or for another account")
		}
		return duplicate(e, slot.rec)
	}
	v, err := b.inForce()
	if err != nil {
		return e, err
	}
	rec, err := b.promise(o, v)
	if err != nil {
		return e, err
	}
	if slot.rec.State == BookingNoted {
		rec.State = BookingCancelled
		for i := range rec.Parts {
			rec.Parts[i].Held, rec.Parts[i].ID = 0, ""
		}
	}
	if e, err = moved(e, slot.rec, rec); err != nil {
		return e, err
	}
	e.Explanation = earn.Digest(v.rules.Hash(), rec.Item(), rec.EarnParts())
	if err := b.take(o.Booking, rec); err != nil {
		return e, err
	}
	slot.put(rec)
	return e, nil
}

func (b *batch) complete(o Complete) (Entry, error) {
	e := Entry{Kind: KindComplete, Ref: o.Booking}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	slot := b.bookings[o.Booking]
	switch slot.rec.State {
	case BookingPending:
	case BookingAwarded, BookingReversed: // reversed was awarded first, by the completion this one repeats
		return duplicate(e, slot.rec)
	case BookingCancelled:
		return e, refuse(CodeBookingCancelled, "the booking was cancelled before")
	default:
		return e, refuse(CodeBookingUnknown, "the booking was never confirmed; report the confirmation first, then this again")
	}
	rec := slot.rec
	rec.State, rec.Awarded = BookingAwarded, monthOf(b.env.Time)
	e, err := moved(e, slot.rec, rec)
	if err != nil {
		return e, err
	}
	if e.Moved, err = rec.buckets(b.env.Time); err != nil {
		return e, err
	}
	if err := b.award(&rec, &e); err != nil {
		return e, err
	}
	slot.put(rec)
	return e, nil
}

// award gives the account what was minted, and counts it towards the member's tier where the rules in force have tiers.
func (b *batch) award(rec *BookingRecord, e *Entry) (err error) {
	if rec.Counted, err = b.tiersInForce(); err != nil {
		return err
	}
	if !rec.Counted {
		return b.credit(rec.Account, e.Moved)
	}
	member, err := b.member(rec.Account)
	if err != nil {
		return err
	}
	earned, err := member.rec.earn(rec.Awarded, e.Amount, rec.Facts.nights())
	if err != nil {
		return err
	}
	if err := b.credit(rec.Account, e.Moved); err != nil {
		return err
	}
	member.put(earned)
	return nil
}

func (b *batch) cancel(o Cancel) (Entry, error) {
	e := Entry{Kind: KindCancel, Ref: o.Booking}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if o.Cause != "" {
		if err := CheckReason(o.Cause); err != nil {
			return e, err
		}
	}
	slot := b.bookings[o.Booking]
	rec := slot.rec
	switch rec.State {
	case BookingNone:
		rec.State = BookingNoted
	case BookingPending:
		rec.State = BookingCancelled
	case BookingAwarded:
		rec.State = BookingReversed
	default:
		return duplicate(e, rec)
	}
	e, err := moved(e, slot.rec, rec)
	if err != nil {
		return e, err
	}
	e.Name = o.Cause
	if rec.State == BookingReversed {
		if err := b.reverse(&e, rec, o); err != nil {
			return e, err
		}
	}
	if err := b.giveBack(o.Booking, rec); err != nil {
		return e, err
	}
	slot.put(rec)
	return e, nil
}

func (b *batch) order(o SignedOrder, check orderCheck) (Entry, error) {
	e := Entry{Kind: o.Kind(), Ref: check.id}
	if o.ByMerchant() {
		return b.byMerchant(o, check)
	}
	if check.err != nil {
		return e, check.err
	}
	p, err := b.open(o.From, o.Credits)
	if err != nil {
		return e, err
	}
	if e.By, err = b.signedFor(p, check.signer); err != nil {
		return e, err
	}
	if p.rec.Frozen != "" && o.Order.Kind != KindObject {
		return e, refuse(CodeAccountFrozen, "the account is frozen; it can receive but not spend")
	}
	if p.rec.Window, err = p.rec.Window.use(o.Nonce); err != nil {
		return e, err
	}
	p.spender = e.By
	switch {
	case o.Spends():
		err = b.spend(o, check, p, &e)
	case o.Order.Kind == KindLeave:
		p, err = b.leave(o, p, &e)
	default:
		err = b.arrange(o, check, p, &e)
	}
	if err != nil {
		return e, err
	}
	b.close(p, &e)
	return e, nil
}

// spend takes an order's amount out of the purse and brings it to where the order says.
func (b *batch) spend(o SignedOrder, check orderCheck, p *purse, e *Entry) error {
	have, err := p.rec.Buckets.Total()
	if err != nil {
		return err
	}
	if have < o.Amount {
		if p.stale {
			return refuse(CodeStaleCredits, "a credit named with the order is gone, and without it the points do not suffice")
		}
		return refuse(CodeBalance, "the account has fewer points than the order's amount")
	}
	if err := b.householdLimit(o, p, e.By); err != nil {
		return err
	}
	if err := b.limit(o, p); err != nil {
		return err
	}
	e.Amount, e.Moved = o.Amount, p.rec.Buckets.take(o.Amount)
	switch o.Order.Kind {
	case KindTransfer, KindContribute:
		return b.give(o, p, e)
	case KindHold:
		return b.hold(o, check.id, p, e)
	case KindClaim:
		return b.claim(o, e)
	}
	return nil
}

// arrange does what an order says that moves nothing out of the purse.
func (b *batch) arrange(o SignedOrder, check orderCheck, p *purse, e *Entry) error {
	switch o.Order.Kind {
	case KindForm:
		return b.form(NewHousehold(check.id), p, e)
	case KindInvite:
		return b.invite(o, e)
	case KindJoin:
		return b.join(o, p, e)
	case KindChangeKeys:
		return b.changeKeys(o, p, e)
	}
	return b.object(o, e)
}

// touch folds credits into an account's record, with what follows from that: what has expired is burned, and debt repaid.
// To expire is asked for the former only, and not granted where nothing has.
func (b *batch) touch(kind Kind, a Account, refs []CreditRef) (Entry, error) {
	e := Entry{Kind: kind}
	if a.IsZero() {
		return e, refuse(CodeZeroAddress, "the zero address has no points")
	}
	p, err := b.open(a, refs)
	if err != nil {
		return e, err
	}
	reasons := len(p.expired)
	if kind == KindAbsorb {
		reasons += len(p.absorbed) + len(b.births[a]) + len(p.repaid)
	}
	if reasons == 0 {
		// Anyone may ask; nobody shall fill the ledger, or get into a spender's way, by asking for nothing.
		e.Outcome, e.Account = Duplicate, a
		return e, nil
	}
	b.close(p, &e)
	return e, nil
}

func (b *batch) setFrozen(o SetFrozen) (Entry, error) {
	e := Entry{Kind: o.Kind()}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if o.Account.IsZero() {
		return e, refuse(CodeZeroAddress, "the zero address cannot be frozen")
	}
	if err := CheckReason(o.Reason); err != nil {
		return e, err
	}
	slot := b.accounts[o.Account]
	e.Account, e.Name, e.Outcome = o.Account, o.Reason, Applied
	if (slot.rec.Frozen != "") == o.Frozen {
		e.Outcome, e.Name = Duplicate, slot.rec.Frozen
		return e, nil
	}
	rec := slot.rec
	if rec.Frozen = ""; o.Frozen {
		rec.Frozen = o.Reason
	}
	slot.put(rec)
	return e, nil
}

// moved is the entry of a booking that went from one state to the next.
func moved(e Entry, before, after BookingRecord) (Entry, error) {
	points, err := after.Points()
	e.Outcome, e.Account, e.Amount = Applied, after.Account, points
	e.Version = after.Version
	e.Before, e.After = before.State, after.State
	return e, err
}

// duplicate is the entry of a booking that had gone this way before: the first outcome as the record has it.
func duplicate(e Entry, rec BookingRecord) (Entry, error) {
	e, err := moved(e, rec, rec)
	e.Outcome = Duplicate
	return e, err
}

// credit gives an account points, reading nothing: at the end of the batch they become one key per expiry.
func (b *batch) credit(a Account, points Buckets) error {
	births := slices.Clone(b.births[a])
	if err := births.addAll(points); err != nil {
		return err
	}
	b.births[a] = births
	return nil
}

// purse is an account opened for one operation: a copy of its record with its credits folded in, what expired burned
// and its debt repaid. Nothing of it is true until close.
type purse struct {
	account  Account
	rec      AccountRecord
	absorbed []*creditSlot
	expired  Buckets
	repaid   Buckets
	stale    bool    // a credit that was named is not there
	spender  Account // of a household's purse: the member whose share bears first what is taken out; zero: the head's
}

func (b *batch) open(a Account, refs []CreditRef) (*purse, error) {
	if len(refs) > MaxCredits {
		return nil, refuse(CodeTooManyCredits, fmt.Sprintf("%d credits named; at most %d", len(refs), MaxCredits))
	}
	// Already there but for reversals, whose account is known only from their booking.
	w := wanted{b: b}
	w.account(a, refs)
	if err := w.read(); err != nil {
		return nil, err
	}
	p := &purse{account: a, rec: b.accounts[a].rec}
	p.rec.Buckets, p.rec.Pool = slices.Clone(p.rec.Buckets), p.rec.Pool.clone()
	if err := b.absorb(p, refs); err != nil {
		return nil, err
	}
	if err := p.rec.Buckets.addAll(b.births[a]); err != nil {
		return nil, err
	}
	p.expired = p.rec.Buckets.takeExpired(b.env.Time)
	p.repaid = p.rec.Buckets.take(p.rec.Debt)
	repaid, err := p.repaid.Total()
	p.rec.Debt -= repaid
	if p.rec.Pool != nil {
		p.rec.Pool.expire(b.env.Time)
		p.rec.Pool.settle(p.rec.Buckets, Account{})
	}
	return p, err
}

// absorb folds credits into a purse.
func (b *batch) absorb(p *purse, refs []CreditRef) error {
	for _, ref := range refs {
		slot := b.credits[ref.Of(p.account)]
		if slot.amount == 0 || slices.Contains(p.absorbed, slot) {
			p.stale = p.stale || (slot.amount == 0 && !slot.spent)
			continue
		}
		p.absorbed = append(p.absorbed, slot)
		if err := p.rec.Buckets.add(ref.Expiry, slot.amount); err != nil {
			return err
		}
	}
	return nil
}

// spendAbsorbed makes true that the purse's credits are in its record.
func (p *purse) spendAbsorbed() {
	for _, slot := range p.absorbed {
		slot.amount, slot.spent = 0, true
	}
}

// close makes true what was done with the purse, and completes the entry.
func (b *batch) close(p *purse, e *Entry) {
	p.spendAbsorbed()
	delete(b.births, p.account)
	if p.rec.Pool != nil {
		p.rec.Pool.settle(p.rec.Buckets, p.spender)
	}
	slot := b.accounts[p.account]
	slot.put(p.rec)
	e.Outcome, e.Account = Applied, p.account
	e.Expired, e.Repaid = p.expired, p.repaid
}
