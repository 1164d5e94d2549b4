package dollars

import "slices"

// This file draws the orders of stories. Most of them make sense when they are signed; what became of them until they
// are applied, and the few that never did, is what the ledger has to deal with.

// draft is an order that is not filled in yet: with what, is known when it is sent.
type draft struct {
	kind   Kind
	who    member
	amount Amount
	n, m   int // any numbers, to choose with
	wrong  int // below 100: what of the content cannot be meant
	nonce  int
	trouble
}

func drawDraft(d dice, kind Kind) draft {
	f := draft{kind: kind, who: pick(d, people...), n: d.roll(1 << 10), m: d.roll(1 << 10), nonce: d.roll(100), wrong: d.roll(100)}
	f.amount = Amount(1 + d.roll(pick(d, 3, 8, 8, 30, 80)))
	if seldom(d, 400) {
		f.nonce = 100
	}
	if seldom(d, 40) {
		f.trouble = trouble(d.roll(int(troubles)))
	}
	return f
}

// drawOrder draws an order of a kind that a member signs.
func drawOrder(d dice, kind Kind) intent {
	f := drawDraft(d, kind)
	if kind.spends() && seldom(d, 5) && (kind != KindContribute || f.n%8 == 0) {
		f.wrong = ofHousehold
	}
	return func(l *ledger) Operation { return f.order(l) }
}

// ofHousehold is in the place of something wrong: the order spends a household's points.
const ofHousehold = 1_000

func (k Kind) spends() bool { return Order{Kind: k}.Spends() }

// order fills the draft in, and signs it.
func (f draft) order(l *ledger) SignedOrder {
	f.kind = f.possible(l)
	o := Order{Kind: f.kind, From: f.who.account, Amount: f.amount, Deadline: l.env.Time + secondsPerDay}
	if f.fill(l, &o); f.wrong == ofHousehold {
		o.From = l.household(f.n)
	}
	by := l.keyOf(l.actor(o.From, f.n), f.m)
	f.spoil(l, &o)
	o.Nonce = l.cast.nonce(o.From, f.nonce)
	if form := FormOf(o.Kind); !form.Has(FieldAmount) {
		o.Amount = 0
	}
	id, sig := l.cast.sign(o, by, f.trouble)
	switch o.Kind {
	case KindHold:
		l.cast.holds = append(l.cast.holds, HoldID{o.From, id})
	case KindForm:
		l.cast.households = append(l.cast.households, NewHousehold(id))
	}
	return SignedOrder{Order: o, Signature: sig, Credits: f.name(l.state.credits(o.From))}
}

// name adds to the credits there are, seldom, one that there is not, or far too many.
func (f draft) name(refs []CreditRef) []CreditRef {
	unknown := CreditRef{monthOf(storyStart), TxID{0xff}}
	switch {
	case f.m%32 == 0:
		return append(refs, unknown)
	case f.m == 1 && f.n%2 == 0:
		return slices.Repeat([]CreditRef{unknown}, MaxCredits+1)
	}
	return refs
}

// possible is what comes first where there is no household yet, or no recovery to object to.
func (f draft) possible(l *ledger) Kind {
	switch {
	case f.wrong > 94 && f.wrong < 100:
	case f.kind == KindInvite || f.kind == KindJoin || f.kind == KindContribute || f.kind == KindLeave:
		if l.account(l.household(0)).Pool == nil {
			return KindForm
		}
	case f.kind == KindObject && f.m%3 > 0: // or no recovery would come to its end
		return KindTransfer
	case f.kind == KindObject:
		for _, m := range people {
			if _, underWay := l.recovery(m.account); underWay {
				return KindObject
			}
		}
		return KindChangeKeys
	}
	return f.kind
}

// actor is who signs for an account: of a household one of those in it.
func (l *ledger) actor(a Account, n int) Account {
	if rec := l.account(a); rec.Pool != nil {
		return latest(rec.Pool.Members, n, func(m Pooled) bool { return m.Joined }).Account
	}
	return a
}

// fill says what the order is about.
func (f draft) fill(l *ledger, o *Order) {
	household := l.household(f.n)
	switch f.kind {
	case KindTransfer:
		if o.To = people[f.m%len(people)].account; o.To == o.From {
			o.To = people[(f.m+1)%len(people)].account
		}
		if f.n%8 == 0 {
			o.To = [...]Account{merchant.account, household, strange}[f.n/8%3]
		}
	case KindHold:
		o.To = [...]Account{{}, merchant.account}[f.n%2]
		o.Until = l.env.Time + [...]int64{1, 60, 3_600, secondsPerDay, 5 * secondsPerDay, MaxHold, MaxHold, secondsPerDay}[f.m%8]
	case KindClaim:
		f.claim(l, o)
	case KindForm:
		if o.From = people[f.n%2].account; f.wrong > 90 { // few are heads, or nobody would be left to join
			o.From = f.who.account
		}
		if !l.account(o.From).Household.IsZero() && f.n%8 > 0 {
			o.From = people[1-f.n%2].account
		}
	case KindInvite:
		f.invite(l, o, household)
	case KindJoin:
		f.join(l, o, household)
	case KindContribute:
		o.To = household
		if m := l.actor(household, f.m); f.n%10 != 0 && m != household {
			o.From = m
		}
	case KindLeave:
		in := l.pool(household).Members
		leaver := latest(in[1:], f.m, func(m Pooled) bool { return m.Joined || f.n%8 == 0 })
		if len(in) == 1 && f.m%4 == 0 { // not always, or households would not grow
			leaver = in[0]
		}
		o.To, o.Other = household, leaver.Account
		if o.From = o.Other; f.n%3 == 0 {
			o.From = in[0].Account
		}
	case KindChangeKeys:
		f.changeKeys(l, o)
	case KindObject:
		if o.To = heirs[f.n%len(heirs)].account; f.n%5 != 0 {
			f.object(l, o)
		}
	}
}

func (f draft) claim(l *ledger, o *Order) {
	id := storyRewards[f.n%len(storyRewards)]
	o.Ref, o.Amount = RewardID(id), 5
	if value := l.state[RewardKey(id)]; value != nil {
		if rec, err := DecodeRewardRecord(value); err == nil {
			o.Amount = rec.Price
		}
	}
	code := l.cast.fresh()
	if f.m%16 == 0 && len(l.cast.codes) > 0 {
		code = recent(l.cast.codes, 8, f.m)
	}
	l.cast.codes = append(l.cast.codes, code)
	o.Reference = CodeHash(code)
}

func (f draft) invite(l *ledger, o *Order, household Account) {
	o.From, o.To = l.pool(household).Members[0].Account, household
	o.Amount = [...]Amount{0, 5, 20, 1_000}[f.m%4]
	switch o.Other = people[f.m/4%len(people)].account; {
	case f.n%5 < 2:
		o.Other = Account{1: 0x57, 19: byte(1 + f.m%20)} // whoever that is
	case f.n%31 == 0:
		o.Other = household
	case f.n%17 == 0:
		o.From = people[f.m%len(people)].account
	}
}

// join is by somebody who was invited, on these terms, if there is anybody.
func (f draft) join(l *ledger, o *Order, household Account) {
	o.To, o.Amount = household, 20
	for _, m := range l.pool(household).Members {
		if _, known := owners[m.Account]; known && !m.Joined && f.n%8 != 0 {
			o.From, o.Amount = m.Account, m.DayLimit
		}
	}
}

func (f draft) changeKeys(l *ledger, o *Order) {
	keys := l.account(o.From)
	heir := heirs[f.n%len(heirs)].account
	one := keys.KeysOf(o.From)[f.n%len(keys.KeysOf(o.From))]
	switch few := len(keys.KeysOf(o.From)) < 7+f.m%3; {
	case few:
		o.To = heir
	case f.m%3 == 0:
		o.To, o.Other = heir, one
	default:
		o.Other = one
	}
}

// object is to a recovery that is under way.
func (f draft) object(l *ledger, o *Order) {
	for i := range people {
		who := people[(f.m+i)%len(people)].account
		if rec, underWay := l.recovery(who); underWay {
			o.From, o.To = who, rec.Key
			return
		}
	}
}

func (l *ledger) recovery(a Account) (rec RecoveryRecord, underWay bool) {
	value := l.state[RecoveryKey(a)]
	if value == nil {
		return rec, false
	}
	rec, err := DecodeRecoveryRecord(value)
	return rec, err == nil
}

// spoil makes nonsense of a few orders.
func (f draft) spoil(l *ledger, o *Order) {
	switch f.wrong {
	case 99:
		o.Amount = 0
	case 98:
		o.Amount = MaxAmount + 1
	case 97:
		o.To, o.Other = Account{}, Account{}
	case 96:
		o.To, o.Other = o.From, o.From
	case 95:
		o.Deadline = l.env.Time - 1
	case 94:
		o.Deadline = l.env.Time + MaxOrderLifetime + int64(f.n%2)
	case 93:
		o.Until = l.env.Time + [...]int64{0, -1, MaxHold + 1}[f.n%3]
	case 92:
		o.Amount++
	case 91:
		o.Amount += 10_00
	case 90:
		o.From = Account{}
	case 89:
		o.Ref = RewardID("nothing-of-this")
	case 88:
		o.Ref, o.Reference = RewardID("NOT AN ID"), [32]byte{}
	}
}

// storyRewards are the catalogue of stories.
var storyRewards = []string{"mug", "night", "trip-2"}

// drawMerchant draws what a merchant does: by signature, or by certificate.
func drawMerchant(d dice, kind Kind, certified bool) intent {
	f := drawDraft(d, kind)
	if certified = certified != seldom(d, 20); certified {
		f.who = member{}
	} else {
		f.who = merchant
	}
	return func(l *ledger) Operation { return f.merchants(l) }
}

func (f draft) merchants(l *ledger) SignedOrder {
	o := Order{Kind: f.kind, From: f.who.account, Deadline: l.env.Time + secondsPerDay, Reference: word(uint64(1 + f.n%4))}
	if f.m%4 == 0 {
		o.Reference = l.cast.fresh()
	}
	hold := l.holdFor(f.who.account, f.n)
	switch f.kind {
	case KindCapture:
		o.To, o.Ref, o.Amount = hold.Account, hold.Order, [...]Amount{1, 1, f.amount, 5}[f.m%4]
	case KindRelease:
		o.To, o.Ref, o.Reference = hold.Account, hold.Order, [32]byte{}
	case KindUse:
		o.Ref = l.voucherFor(o.From, f.n)
	}
	switch f.wrong {
	case 99:
		o.Amount = 0
	case 98:
		o.Amount = MaxAmount + 1
	case 97:
		o.To = strange
	case 96:
		o.Ref = word(7)
	case 95:
		o.Deadline = l.env.Time - 1
	case 94:
		o.Deadline = l.env.Time + MaxOrderLifetime + 1
	case 93:
		o.Reference = [32]byte{}
	}
	if form := FormOf(o.Kind); !form.Has(FieldAmount) {
		o.Amount = 0
	}
	signed := SignedOrder{Order: o}
	if o.From.IsZero() {
		signed.Deadline = 0
		return signed
	}
	_, signed.Signature = l.cast.sign(o, l.keyOf(o.From, f.m), f.trouble)
	return signed
}

// holdFor is a hold lately made, mostly one for this merchant.
func (l *ledger) holdFor(m Account, n int) HoldID {
	return latest(l.cast.holds, n, func(id HoldID) bool {
		value := l.state[HoldKey(id)]
		if value == nil {
			return false
		}
		rec, err := DecodeHoldRecord(value)
		return err == nil && rec.Merchant == m && (len(rec.Buckets) > 0 || n%8 == 0)
	})
}

// voucherFor is the code of a voucher lately claimed, mostly one for this merchant.
func (l *ledger) voucherFor(m Account, n int) [32]byte {
	return latest(l.cast.codes, n, func(code [32]byte) bool {
		value := l.state[VoucherKey(CodeHash(code))]
		if value == nil {
			return false
		}
		rec, err := DecodeVoucherRecord(value)
		return err == nil && rec.Merchant == m
	})
}
