package dollars

import "slices"

// This file is the model's holds, rewards and vouchers.

type modelHold struct {
	merchant Account
	borne    []Borne // of a household: whose it is
	until    int64
	points   map[Expiry]Amount // what is left
	captured map[[32]byte]Amount
}

type modelVoucher struct {
	owner, merchant Account
	reward          string
	until           int64
	used            bool
	reference       [32]byte
}

func (m *model) merchant(o SignedOrder) (Outcome, Code) {
	if code := m.meant(o.Order); code != "" {
		return Rejected, code
	}
	key, code := Account{}, Code("")
	if (o.From != Account{}) {
		key, code = m.signature(o)
	}
	switch {
	case code != "":
		return Rejected, code
	case len(o.Credits) > 256:
		return Rejected, CodeTooManyCredits
	case o.Order.Kind != KindRelease && o.Reference == [32]byte{}:
		return Rejected, CodeMalformed
	case o.From == Account{}:
	case m.person(o.From).modelHousehold != nil || !slices.Contains(m.person(o.From).keys, key):
		return Rejected, CodeSignatureInvalid
	case m.person(o.From).frozen != "":
		return Rejected, CodeAccountFrozen
	}
	if o.Order.Kind == KindUse {
		return m.use(o)
	}
	hold := m.holds[HoldID{o.To, o.Ref}]
	if hold == nil {
		return Rejected, CodeHoldUnknown
	}
	if o.Order.Kind == KindCapture {
		return m.capture(o, hold)
	}
	return m.release(o, hold)
}

func (m *model) capture(o SignedOrder, hold *modelHold) (Outcome, Code) {
	before, known := hold.captured[o.Reference]
	left := sum(hold.points)
	switch {
	case hold.merchant != o.From:
		return Rejected, CodeNotMerchant
	case known && before != o.Amount:
		return Rejected, CodeReference
	case known:
		return Duplicate, ""
	case left == 0:
		return Rejected, CodeHoldEnded
	case m.now >= hold.until:
		return Rejected, CodeHoldExpired
	case o.Amount > left:
		return Rejected, CodeCaptureOverHold
	case len(hold.captured) == 32:
		return Rejected, CodeHoldCaptures
	}
	hold.captured[o.Reference] = o.Amount
	m.take(&modelPerson{points: hold.points}, o.Amount, Account{})
	hold.pay(o.Amount)
	m.sums.Held -= o.Amount
	m.sums.Redeemed += o.Amount
	return Applied, ""
}

// pay takes cents out of a hold, and tells whose the last was.
func (h *modelHold) pay(a Amount) (owner Account) {
	for ; a > 0 && len(h.borne) > 0; a-- {
		owner = h.borne[0].Account
		if h.borne[0].Amount--; h.borne[0].Amount == 0 {
			h.borne = h.borne[1:]
		}
	}
	return owner
}

func (m *model) release(o SignedOrder, hold *modelHold) (Outcome, Code) {
	left, early := sum(hold.points), m.now < hold.until
	switch {
	case left == 0:
		return Duplicate, ""
	case early && o.From == Account{} && (m.caller.MSP != "DestinasiaMSP" || m.caller.Role != RoleMerchant):
		return Rejected, CodeHoldOpen
	case early && hold.merchant != o.From:
		return Rejected, CodeNotMerchant
	}
	for _, b := range bucketsOf(hold.points) {
		for range b.Amount {
			owner := hold.pay(1)
			if b.Expiry.Passed(m.now) {
				m.sums.Expired++
			} else {
				m.giveBack(o.To, owner, b.Expiry, 1)
			}
		}
	}
	m.sums.Held -= left
	hold.points = map[Expiry]Amount{}
	return Applied, ""
}

// hold sets points aside.
func (m *model) hold(o SignedOrder, taken map[Expiry]Amount) {
	hold := &modelHold{merchant: o.To, until: o.Until, points: taken, captured: map[[32]byte]Amount{}}
	if p := m.person(o.From); p.modelHousehold != nil {
		hold.borne = slices.Clone(p.borne)
	}
	m.holds[HoldID{o.From, m.idOf(o)}] = hold
	m.sums.Held += o.Amount
}

// giveBack returns what was held: of a household to whose it was, or its head if they are no longer in it.
func (m *model) giveBack(to, member Account, e Expiry, a Amount) {
	p := m.person(to)
	if p.modelHousehold == nil {
		m.give(to, e, a)
		return
	}
	place := p.place(member)
	if place == nil || !place.joined {
		place = p.places[0]
	}
	p.points[e] += a
	place.share[e] += a
}

func (m *model) setReward(o SetReward) (Outcome, Code) {
	before := m.rewards[o.ID]
	switch {
	case !slices.Contains(storyRewards, o.ID), o.Price < 1 || o.Price > MaxAmount, o.Stock > 1_000_000_000,
		o.Until <= o.From, o.Days < 1 || o.Days > 3_660:
		return Rejected, CodeRewardInvalid
	case before != nil && *before == o.Reward:
		return Duplicate, ""
	case before != nil && (o.Stock < before.Stock || (o.Stock == 0) != (before.Stock == 0)):
		return Rejected, CodeRewardStock
	}
	if before == nil {
		before = &Reward{}
	}
	m.totals[StockName(o.ID)] += o.Stock - before.Stock
	m.pots[StockName(o.ID)] += o.Stock - before.Stock
	m.rewards[o.ID] = &o.Reward
	return Applied, ""
}

// noClaim tells why a reward cannot be claimed.
func (m *model) noClaim(o SignedOrder) Code {
	if o.Reference == [32]byte{} {
		return CodeMalformed
	}
	id := rewardName(o.Ref)
	reward := m.rewards[id]
	switch {
	case reward == nil:
		return CodeRewardUnknown
	case m.now < reward.From || m.now >= reward.Until:
		return CodeRewardClosed
	case o.Amount != reward.Price:
		return CodeRewardPrice
	case m.vouchers[o.Reference] != nil:
		return CodeVoucherTaken
	case reward.Stock > 0 && m.pots[StockName(id)]+m.shares[ShareKey(StockName(id), m.lane)] == 0:
		return CodeRewardSoldOut
	}
	return ""
}

func (m *model) claim(o SignedOrder) {
	id := rewardName(o.Ref)
	reward := m.rewards[id]
	if reward.Stock > 0 {
		m.takeBudget(StockName(id), 1)
	}
	m.vouchers[o.Reference] = &modelVoucher{
		owner: o.From, merchant: reward.Merchant, reward: id, until: m.now + int64(reward.Days)*24*3600,
	}
	m.sums.Redeemed += o.Amount
}

func (m *model) use(o SignedOrder) (Outcome, Code) {
	v := m.vouchers[CodeHash(o.Ref)]
	switch {
	case v == nil:
		return Rejected, CodeVoucherUnknown
	case v.merchant != o.From:
		return Rejected, CodeNotMerchant
	case v.used && v.reference != o.Reference:
		return Rejected, CodeVoucherUsed
	case v.used:
		return Duplicate, ""
	case m.now >= v.until:
		return Rejected, CodeVoucherExpired
	}
	v.used, v.reference = true, o.Reference
	return Applied, ""
}
