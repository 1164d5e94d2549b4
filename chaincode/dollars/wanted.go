package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// wanted collects keys that are not in the overlay yet, and how to put their values there.
type wanted struct {
	b    *batch
	keys []string
	put  []func(value []byte) error
}

func (w *wanted) add(key string, put func([]byte) error) {
	w.keys = append(w.keys, key)
	w.put = append(w.put, put)
}

// want wants a record, unless it is in the overlay.
func want[K comparable, R record](w *wanted, slots map[K]*slot[R], name K, key func(K) string, decode func([]byte) (R, error)) {
	if slots[name] != nil {
		return
	}
	s := &slot[R]{}
	slots[name] = s
	w.add(key(name), func(value []byte) (err error) {
		s.rec, err = decode(value)
		s.found = true
		return err
	})
}

func (w *wanted) booking(id BookingID) {
	want(w, w.b.bookings, id, BookingKey, DecodeBookingRecord)
}

func (w *wanted) account(a Account, refs []CreditRef) {
	want(w, w.b.accounts, a, AccountKey, DecodeAccountRecord)
	for _, ref := range refs {
		c := ref.Of(a)
		if w.b.credits[c] != nil {
			continue
		}
		slot := &creditSlot{}
		w.b.credits[c] = slot
		w.add(c.Key(), func(value []byte) (err error) {
			slot.amount, err = DecodeCredit(value)
			return err
		})
	}
}

func (w *wanted) read() error {
	if len(w.keys) == 0 {
		return nil
	}
	values, err := w.b.state.Get(w.keys)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	keys, put := w.keys, w.put
	w.keys, w.put = nil, nil
	if len(values) != len(keys) {
		return fmt.Errorf("read state: %d values for %d keys", len(values), len(keys))
	}
	for i, value := range values {
		if len(value) == 0 {
			continue
		}
		if err := put[i](value); err != nil {
			// Not wrapped: what is wrong in the state is no refusal of an operation.
			return fmt.Errorf("state under %s does not hold what was written there: %v", keys[i], err)
		}
	}
	return nil
}

// operation wants what an operation names.
func (w *wanted) operation(op Operation, check orderCheck) {
	switch o := op.(type) {
	case Confirm:
		w.booking(o.Booking)
		w.rules()
	case Complete:
		w.booking(o.Booking)
		w.rules()
	case Cancel:
		w.booking(o.Booking)
		w.rules()
	case SignedOrder:
		if check.err == nil && len(o.Credits) <= MaxCredits {
			w.order(o, check)
		}
	case Absorb:
		if len(o.Credits) <= MaxCredits {
			w.account(o.Account, o.Credits)
		}
	case Expire:
		if len(o.Credits) <= MaxCredits {
			w.account(o.Account, o.Credits)
		}
	case SetFrozen:
		w.account(o.Account, nil)
	case ProposeRules, ApproveRules, PublishRules:
		w.rules()
		w.proposal()
	case SetReward:
		if isRewardID(o.ID) {
			w.reward(o.ID)
			w.pot(StockName(o.ID))
		}
	case Recovery:
		w.recovery(o.Account)
		w.account(o.Account, nil)
		w.rules()
	case ProposeAdjustment:
		w.adjustment(o.ID)
	case ApproveAdjustment:
		w.adjustment(o.ID)
		w.adjusted(DateOf(w.b.env.Time))
		w.rules()
	}
}

// order wants what an order names.
func (w *wanted) order(o SignedOrder, check orderCheck) {
	switch {
	case o.From.IsZero():
	case o.ByMerchant(): // whose own points are not touched
		w.account(o.From, nil)
	default:
		w.account(o.From, o.Credits)
	}
	if o.Spends() {
		w.rules()
	}
	switch o.Order.Kind {
	case KindCapture, KindRelease:
		w.hold(HoldID{o.To, OrderID(o.Ref)})
	case KindHold:
		w.hold(HoldID{o.From, check.id})
	case KindClaim:
		if id := rewardName(o.Ref); isRewardID(id) {
			w.reward(id)
		}
		w.voucher(o.Reference)
	case KindUse:
		w.voucher(CodeHash(o.Ref))
	case KindForm:
		w.account(NewHousehold(check.id), nil)
	case KindInvite, KindJoin, KindContribute:
		w.account(o.To, nil)
	case KindLeave:
		w.account(o.To, nil)
		w.account(o.Other, nil)
	case KindObject:
		w.recovery(o.From)
	}
}

// behind wants what only the records that an operation names tell.
func (w *wanted) behind(op Operation, check orderCheck) {
	switch o := op.(type) {
	case SignedOrder:
		if check.err != nil || len(o.Credits) > MaxCredits {
			return
		}
		if from := w.b.accounts[o.From]; from != nil && from.rec.Pool != nil {
			w.signer(from.rec.Pool, check.signer)
		}
		policy := w.b.policy()
		if gives := o.Order.Kind == KindTransfer || o.Order.Kind == KindContribute; gives && policy.CoolingSeconds > 0 {
			w.payee(Payee{o.From, o.To})
		}
		if id := rewardName(o.Ref); o.Order.Kind == KindClaim && w.b.stocked(id) {
			w.share(StockName(id))
		}
	case ApproveAdjustment:
		// Who is granted points has them in a credit: an account that is not read is none to conflict over.
		if rec := w.b.adjustments[o.ID].rec; rec.Burn && len(o.Credits) <= MaxCredits {
			w.account(rec.Account, o.Credits)
		}
	}
}

// signer wants the member of a household whose address the key is of or, where that is nobody, all that it could be of.
func (w *wanted) signer(pool *Pool, key Account) {
	if pool.member(key) != nil {
		w.account(key, nil)
		return
	}
	w.members(pool)
}

// members wants all who may sign for a household.
func (w *wanted) members(pool *Pool) {
	for _, m := range pool.Members {
		if m.Joined {
			w.account(m.Account, nil)
		}
	}
}

// wantVersions wants the rule sets by which the batch's bookings are promised and counted, and those that it publishes
// though they are over.
func (b *batch) wantVersions(w *wanted, ops []Operation) {
	now := b.rules.schedule.At(b.env.Time)
	for _, op := range ops {
		switch o := op.(type) {
		case Confirm:
			if now.Version != 0 {
				w.version(now.Version)
			}
		case Complete:
			if now.Members {
				w.version(now.Version)
			}
		case PublishRules:
			w.over(o.Version)
		}
	}
}

// wantEarnings wants the records that those rule sets look at. What only turns out to be needed later is read then.
func (b *batch) wantEarnings(w *wanted, ops []Operation) {
	now := b.rules.schedule.At(b.env.Time)
	v := b.rules.versions[now.Version]
	trips := v != nil && v.rules != nil && v.rules.UsesBooking()
	for _, op := range ops {
		switch o := op.(type) {
		case Confirm:
			if now.Members {
				w.member(o.Account)
			}
			if trips {
				w.trip(o.Booking.Trip())
			}
		case Complete:
			if rec := b.bookings[o.Booking].rec; now.Members && rec.State == BookingPending {
				w.member(rec.Account)
			}
		case Cancel:
			if rec := b.bookings[o.Booking].rec; rec.Live() {
				w.heldBy(o.Booking, rec)
			}
		}
	}
}

// heldBy wants the records that change when a booking is cancelled.
func (w *wanted) heldBy(id BookingID, rec BookingRecord) {
	if rec.TouchesMember() {
		w.member(rec.Account)
	}
	if rec.holdsFor(earn.LimitBooking) {
		w.trip(id.Trip())
	}
	for _, p := range rec.Parts {
		if p.HoldsBudget() {
			w.share(p.ID)
		}
	}
}

func (w *wanted) hold(id HoldID) { want(w, w.b.holds, id, HoldKey, DecodeHoldRecord) }

func (w *wanted) reward(id string) { want(w, w.b.rewards, id, RewardKey, DecodeRewardRecord) }

func (w *wanted) voucher(codeHash [32]byte) {
	want(w, w.b.vouchers, codeHash, VoucherKey, DecodeVoucherRecord)
}

func (w *wanted) payee(p Payee) { want(w, w.b.payees, p, PayeeKey, DecodePayeeRecord) }

func (w *wanted) recovery(a Account) {
	want(w, w.b.recoveries, a, RecoveryKey, DecodeRecoveryRecord)
}

func (w *wanted) adjustment(id [32]byte) {
	want(w, w.b.adjustments, id, AdjustmentKey, DecodeAdjustmentRecord)
}

func (w *wanted) adjusted(day Date) {
	want(w, w.b.adjusted, day, AdjustedKey, DecodeAdjustedRecord)
}
