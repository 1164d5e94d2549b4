package audittest

import (
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// Who acts in a Life.
var (
	Issuer     = Caller("DestinasiaMSP", dollars.RoleIssuer, "issuer")
	operator   = Caller("DestinasiaMSP", dollars.RoleOperator, "operator")
	planner    = Caller("DestinasiaMSP", dollars.RoleRules, "planner")
	controller = Caller("DestinasiaMSP", dollars.RoleRules, "controller")
	merchant   = Caller("DestinasiaMSP", dollars.RoleMerchant, "merchant")
	approver   = Caller("AircncMSP", dollars.RoleOperator, "approver")
)

// Publish puts rules in force that give five points in a hundred, for two years, and let operators adjust.
func (l *Ledger) Publish() {
	l.t.Helper()
	set := earn.RuleSet{
		Name: "plain", Currency: "EUR", Policy: &earn.Policy{AdjustmentDayMost: 1_000_00, Reversal: earn.ReversalRecall, RecallDays: 30},
		Tables: []earn.Table{{Name: "base", Hit: earn.First, Rows: []earn.Row{{ID: "plain", BasisPoints: 500, Months: 24}}}},
	}.Encode()
	l.Must(planner, dollars.ProposeRules{Version: 1, Set: set})
	l.Must(controller, dollars.ApproveRules{Version: 1, Hash: earn.HashOf(set)})
	l.Must(planner, dollars.PublishRules{Version: 1, Hash: earn.HashOf(set)})
}

// Stay is a confirmed night at a hotel.
func Stay(booking string, a dollars.Account, price dollars.Amount) dollars.Confirm {
	return dollars.Confirm{
		Booking: dollars.NewBookingID("urn:test", booking, "1"), Account: a,
		Facts: dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: 22_000, End: 22_001},
	}
}

// Life is a ledger on which every kind of operation that moves points has happened, and some were refused.
func Life(t testing.TB) *Ledger {
	t.Helper()
	l := New(t)
	l.Publish()
	ann, ben := NewMember("ann"), NewMember("ben")
	id := func(booking string) dollars.BookingID { return dollars.NewBookingID("urn:test", booking, "1") }
	l.Must(Issuer, Stay("one", ann.Account, 400_00), Stay("two", ann.Account, 100_00), Stay("three", ben.Account, 60_00),
		Stay("gone", ben.Account, 80_00), Stay("open", ben.Account, 20_00), Stay("lent", ann.Account, 40_00))
	l.Do(Issuer, dollars.Complete{Booking: id("one")}, dollars.Complete{Booking: id("two")}, dollars.Complete{Booking: id("three")},
		dollars.Cancel{Booking: id("gone"), Cause: "no-show"}, dollars.Cancel{Booking: id("early")}, dollars.Complete{Booking: id("never")},
		dollars.Complete{Booking: id("one")})
	// The ledger goes on in the next month, so that points differ in when they end.
	l.Now = l.Now.AddDate(0, 1, 0)
	l.Must(Issuer, dollars.Complete{Booking: id("lent")})
	l.orders(ann, ben)
	l.household(ann, ben)
	l.operators(ann.Account)
	// What ann has left does not cover the first: some is asked back from whom she gave it. The second is owed, and what she
	// earns next repays a part of it.
	l.Must(Issuer, dollars.Cancel{
		Booking: id("one"), Cause: "fraud", Credits: l.Credits(ann.Account),
		Recall: []dollars.NamedCredits{{Account: ben.Account, Credits: l.Credits(ben.Account)}},
	})
	l.Must(Issuer, dollars.Cancel{Booking: id("lent")})
	l.Must(Issuer, Stay("late", ann.Account, 10_00), dollars.Complete{Booking: id("late")})
	l.Must(Issuer, dollars.Absorb{Account: ann.Account, Credits: l.Credits(ann.Account)})
	l.Must(operator, dollars.SetFrozen{Account: ben.Account, Frozen: true, Reason: "-fraud"})
	// Whoever has not been here for two years has lost what they had.
	l.Now = l.Now.AddDate(2, 0, 0)
	l.Must(Issuer, dollars.Expire{Account: ben.Account, Credits: l.Credits(ben.Account)})
	l.Must(Issuer, Stay("new", ben.Account, 200_00), dollars.Complete{Booking: id("new")})
	return l
}

// orders are what members and merchants do with points.
func (l *Ledger) orders(ann, ben *Member) {
	l.t.Helper()
	do := func(m *Member, o dollars.Order) dollars.OrderID {
		l.t.Helper()
		signed, id := l.Order(m, o)
		l.Must(Issuer, signed)
		return id
	}
	merchants := func(o dollars.Order) dollars.Operation { return dollars.SignedOrder{Order: o} }
	code, reference := [32]byte{1}, [32]byte{2}
	do(ann, dollars.Order{Kind: dollars.KindTransfer, To: ben.Account, Amount: 10_00})
	do(ben, dollars.Order{Kind: dollars.KindRedeem, Amount: 1_50})
	hold := do(ann, dollars.Order{Kind: dollars.KindHold, Amount: 4_00, Until: l.Now.Unix() + 3_600})
	do(ann, dollars.Order{Kind: dollars.KindHold, Amount: 75, Until: l.Now.Add(48 * time.Hour).Unix()})
	l.Must(merchant,
		merchants(dollars.Order{Kind: dollars.KindCapture, To: ann.Account, Ref: hold, Amount: 2_00, Reference: reference}),
		merchants(dollars.Order{Kind: dollars.KindRelease, To: ann.Account, Ref: hold}),
		dollars.SetReward{ID: "mug", Reward: dollars.Reward{Price: 2_00, Stock: 5, Until: l.Now.Unix() + 3_600, Days: 1}},
	)
	do(ann, dollars.Order{Kind: dollars.KindClaim, Ref: dollars.RewardID("mug"), Reference: dollars.CodeHash(code), Amount: 2_00})
	l.Must(merchant, merchants(dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: reference}))
	signed, _ := l.Order(ben, dollars.Order{Kind: dollars.KindTransfer, To: ann.Account, Amount: 1_000_00})
	if e := l.Do(Issuer, signed).Entries[0]; e.Code != dollars.CodeBalance {
		l.t.Fatalf("sending what is not there is %s %s", e.Outcome, e.Code)
	}
}

// household is formed, filled, spent from, and left.
func (l *Ledger) household(ann, ben *Member) {
	l.t.Helper()
	do := func(m *Member, o dollars.Order) dollars.OrderID {
		l.t.Helper()
		signed, id := l.Order(m, o)
		l.Must(Issuer, signed)
		return id
	}
	house := dollars.NewHousehold(do(ann, dollars.Order{Kind: dollars.KindForm}))
	do(ann, dollars.Order{Kind: dollars.KindInvite, To: house, Other: ben.Account, Amount: 2_00})
	do(ben, dollars.Order{Kind: dollars.KindJoin, To: house, Amount: 2_00})
	do(ann, dollars.Order{Kind: dollars.KindContribute, To: house, Amount: 3_00})
	do(ben, dollars.Order{Kind: dollars.KindContribute, To: house, Amount: 2_00})
	do(ben, dollars.Order{Kind: dollars.KindRedeem, From: house, Amount: 1_00, Nonce: 1})
	do(ben, dollars.Order{Kind: dollars.KindLeave, To: house, Other: ben.Account})
}

// operators give ann some, and take a part of it back.
func (l *Ledger) operators(ann dollars.Account) {
	l.t.Helper()
	grant := dollars.Adjustment{Account: ann, Amount: 7_00, Months: 12, Reason: "goodwill"}
	fine := dollars.Adjustment{Account: ann, Amount: 50, Burn: true, Reason: "correction"}
	l.Must(operator, dollars.ProposeAdjustment{ID: [32]byte{1}, Adjustment: grant}, dollars.ProposeAdjustment{ID: [32]byte{2}, Adjustment: fine})
	l.Must(approver, dollars.ApproveAdjustment{ID: [32]byte{1}})
	l.Must(approver, dollars.ApproveAdjustment{ID: [32]byte{2}, Credits: l.Credits(ann)})
}
