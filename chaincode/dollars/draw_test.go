package dollars

import (
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"pgregory.net/rapid"
)

// Draws of any value that can be encoded, sensible or not.

func drawBytes(t *rapid.T, n int, label string) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label)
}

func drawAmount(t *rapid.T) Amount { return Amount(rapid.Int64Min(0).Draw(t, "amount")) }

func drawExpiry(t *rapid.T) Expiry {
	return Expiry(rapid.Uint32Range(0, uint32(maxExpiry)).Draw(t, "expiry"))
}

func drawAccount(t *rapid.T) Account { return Account(drawBytes(t, 20, "account")) }

func drawBookingID(t *rapid.T) BookingID { return BookingID(drawBytes(t, 32, "booking")) }

func drawCredits(t *rapid.T) (refs []CreditRef) {
	for range rapid.IntRange(0, 4).Draw(t, "credits") {
		refs = append(refs, CreditRef{drawExpiry(t), TxID(drawBytes(t, 32, "txid"))})
	}
	return refs
}

func drawBuckets(t *rapid.T) (b Buckets) {
	for _, e := range slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.Custom(drawExpiry), 0, 4, rapid.ID).Draw(t, "months"))) {
		b = append(b, Bucket{e, Amount(rapid.Int64Min(1).Draw(t, "amount"))})
	}
	return b
}

func drawCode(t *rapid.T, label string) string { return rapid.StringN(0, 64, 64).Draw(t, label) }

func drawFacts(t *rapid.T) Facts {
	f := Facts{
		Kind: earn.Kind(rapid.Byte().Draw(t, "kind")), Price: drawAmount(t),
		Currency: rapid.StringN(0, 8, 8).Draw(t, "currency"),
		Start:    Date(rapid.Int32Min(0).Draw(t, "start")), End: Date(rapid.Int32Min(0).Draw(t, "end")),
	}
	if rapid.Bool().Draw(t, "with more") {
		f.Booked = Date(rapid.Int32Min(0).Draw(t, "booked"))
		for _, code := range f.codes() {
			*code = drawCode(t, "code")
		}
		for _, n := range f.numbers() {
			*n.value = rapid.Uint32().Draw(t, "number")
		}
	}
	return f
}

func drawBookingRecord(t *rapid.T) BookingRecord {
	rec := BookingRecord{
		State:   BookingState(rapid.Uint8Range(uint8(BookingPending), uint8(BookingReversed)).Draw(t, "state")),
		Account: drawAccount(t), Facts: drawFacts(t), Time: rapid.Int64Min(0).Draw(t, "time"),
		Version: rapid.Uint32().Draw(t, "version"), Tier: rapid.StringN(0, 40, 40).Draw(t, "tier"),
		Awarded: drawExpiry(t), Counted: rapid.Bool().Draw(t, "counted"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		p := Part{Held: limits(rapid.Byte().Draw(t, "held")) & knownLimits}
		if p.Held != 0 {
			p.ID = rapid.StringN(1, earn.MaxName, earn.MaxName).Draw(t, "id")
		}
		p.Table = rapid.IntRange(0, earn.MaxTables-1).Draw(t, "table")
		p.Row = rapid.IntRange(0, earn.MaxRows-1).Draw(t, "row")
		p.Earned, p.Points = int64(drawAmount(t)), int64(drawAmount(t))
		p.Months = rapid.Uint32Range(0, earn.MaxValidMonths).Draw(t, "months")
		for range rapid.IntRange(0, 2).Draw(t, "cuts") {
			p.Cuts = append(p.Cuts, earn.Cut{Limit: earn.Limit(rapid.Byte().Draw(t, "limit")), Left: int64(drawAmount(t))})
		}
		rec.Parts = append(rec.Parts, p)
	}
	return rec
}

func drawUses(t *rapid.T) (uses []Use) {
	rows := rapid.SliceOfNDistinct(rapid.StringN(1, 40, 40), 0, 3, rapid.ID).Draw(t, "rows")
	for _, row := range slices.Sorted(slices.Values(rows)) {
		uses = append(uses, Use{row, Amount(rapid.Int64Min(1).Draw(t, "used"))})
	}
	return uses
}

func drawEarningRecord(t *rapid.T) (rec EarningRecord) {
	for _, b := range drawBuckets(t) {
		rec.Months = append(rec.Months, EarnedMonth{b.Expiry, b.Amount, uint64(rapid.Uint32().Draw(t, "nights"))})
	}
	for _, b := range drawBuckets(t) {
		if uses := drawUses(t); len(uses) > 0 {
			rec.Uses = append(rec.Uses, MonthUses{b.Expiry, uses})
		}
	}
	return rec
}

func drawAnyOrder(t *rapid.T) SignedOrder {
	o := SignedOrder{Order: drawForm(t)}
	o.Signature = eip712.Signature(drawBytes(t, 65, "signature"))
	o.Credits = drawCredits(t)
	return o
}

// orderKinds are the kinds that are orders.
var orderKinds = func() (list []Kind) {
	for k, form := range forms {
		if form != nil {
			list = append(list, Kind(k))
		}
	}
	return list
}()

// drawForm draws an order of any kind, with every field that its form has.
func drawForm(t *rapid.T) Order {
	o := Order{Kind: rapid.SampledFrom(orderKinds).Draw(t, "order"), ChainID: rapid.Uint64().Draw(t, "chain id")}
	for _, m := range forms[o.Kind].Members {
		switch m.Field {
		case FieldFrom:
			o.From = drawAccount(t)
		case FieldTo:
			o.To = drawAccount(t)
		case FieldOther:
			o.Other = drawAccount(t)
		case FieldAmount:
			o.Amount = drawAmount(t)
		case FieldUntil:
			o.Until = rapid.Int64Min(0).Draw(t, "until")
		case FieldRef:
			o.Ref = [32]byte(drawBytes(t, 32, "ref"))
		case FieldReference:
			o.Reference = [32]byte(drawBytes(t, 32, "reference"))
		case FieldNonce:
			o.Nonce = rapid.Uint64().Draw(t, "nonce")
		case FieldDeadline:
			o.Deadline = rapid.Int64Min(0).Draw(t, "deadline")
		case FieldMemoHash:
			o.MemoHash = [32]byte(drawBytes(t, 32, "memo"))
		}
	}
	return o
}

func drawReason(t *rapid.T) string {
	return rapid.StringN(0, MaxFactCode, MaxFactCode).Draw(t, "reason")
}

// drawOperation draws one of any kind: orders together weigh as much as each of the others.
func drawOperation(t *rapid.T) Operation {
	switch kind := rapid.SampledFrom([]Kind{
		KindConfirm, KindComplete, KindCancel, KindTransfer, KindAbsorb, KindExpire, KindFreeze,
		KindSetReward, KindRecover, KindProposeAdjustment, KindApproveAdjustment, KindProposeRules,
	}).Draw(t, "kind"); kind {
	case KindConfirm:
		return Confirm{drawBookingID(t), drawAccount(t), drawFacts(t)}
	case KindComplete:
		return Complete{drawBookingID(t)}
	case KindCancel:
		o := Cancel{Booking: drawBookingID(t), Cause: drawReason(t), Credits: drawCredits(t)}
		for range rapid.IntRange(0, 2).Draw(t, "recall") {
			o.Recall = append(o.Recall, NamedCredits{drawAccount(t), drawCredits(t)})
		}
		return o
	case KindTransfer:
		return drawAnyOrder(t)
	case KindAbsorb:
		return Absorb{drawAccount(t), drawCredits(t)}
	case KindExpire:
		return Expire{drawAccount(t), drawCredits(t)}
	case KindFreeze:
		return SetFrozen{drawAccount(t), rapid.Bool().Draw(t, "frozen"), drawReason(t)}
	case KindSetReward:
		return SetReward{rapid.StringN(0, MaxRewardID, MaxRewardID).Draw(t, "id"), drawReward(t)}
	case KindRecover:
		step := rapid.SampledFrom([]Kind{KindProposeRecovery, KindApproveRecovery, KindRecover}).Draw(t, "step")
		return Recovery{step, drawAccount(t), drawAccount(t)}
	case KindProposeAdjustment:
		return ProposeAdjustment{drawWord(t, "id"), drawAdjustment(t)}
	case KindApproveAdjustment:
		return ApproveAdjustment{drawWord(t, "id"), drawCredits(t)}
	}
	return drawRules(t)
}

func drawRules(t *rapid.T) Operation {
	version, hash := rapid.Uint32().Draw(t, "version"), earn.Hash(drawBytes(t, 32, "hash"))
	switch rapid.IntRange(0, 2).Draw(t, "step") {
	case 0:
		return ProposeRules{version, rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "set")}
	case 1:
		return ApproveRules{version, hash}
	}
	return PublishRules{version, hash}
}

func drawReward(t *rapid.T) Reward {
	return Reward{
		Price: drawAmount(t), Stock: drawAmount(t), From: rapid.Int64Min(0).Draw(t, "from"), Until: rapid.Int64Min(0).Draw(t, "until"),
		Days: rapid.Uint32().Draw(t, "days"), Merchant: drawAccount(t),
	}
}

func drawEntry(t *rapid.T) Entry {
	e := Entry{
		Kind:    Kind(rapid.Uint8Range(0, kinds-1).Draw(t, "kind")),
		Outcome: Outcome(rapid.Uint8Range(uint8(Applied), uint8(Rejected)).Draw(t, "outcome")),
		Version: rapid.Uint32().Draw(t, "version"),
		Before:  BookingState(rapid.Uint8Range(0, uint8(BookingNoted)).Draw(t, "before")),
		After:   BookingState(rapid.Uint8Range(0, uint8(BookingNoted)).Draw(t, "after")),
		Moved:   drawBuckets(t), Expired: drawBuckets(t), Repaid: drawBuckets(t),
	}
	if e.Outcome == Rejected {
		e.Code = Code(rapid.StringN(0, 64, 64).Draw(t, "code"))
	}
	// Each of the rest is there or not: absent ones take another path through the encoding.
	if rapid.Bool().Draw(t, "with parties") {
		e.Ref, e.Account, e.Other = [32]byte(drawBytes(t, 32, "ref")), drawAccount(t), drawAccount(t)
	}
	if rapid.Bool().Draw(t, "with amounts") {
		e.Amount, e.Debt = drawAmount(t), drawAmount(t)
	}
	if rapid.Bool().Draw(t, "explained") {
		e.Explanation = [32]byte(drawBytes(t, 32, "explanation"))
	}
	if rapid.Bool().Draw(t, "with what is rare") {
		e.By, e.Forgiven, e.Name, e.Burn, e.Link = drawAccount(t), drawAmount(t), drawReason(t), rapid.Bool().Draw(t, "burn"), drawWord(t, "link")
		for range rapid.IntRange(0, 2).Draw(t, "recalled") {
			e.Recalled = append(e.Recalled, Recalled{drawAccount(t), drawBuckets(t)})
		}
	}
	return e
}
