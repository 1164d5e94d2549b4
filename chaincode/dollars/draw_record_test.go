package dollars

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Draws of the records of what accounts arrange, hold and claim.

func drawWord(t *rapid.T, label string) [32]byte { return [32]byte(drawBytes(t, 32, label)) }

// drawSomebody is any account but nobody's.
func drawSomebody(t *rapid.T) Account {
	return rapid.Custom(drawAccount).Filter(func(a Account) bool { return !a.IsZero() }).Draw(t, "somebody")
}

// drawAccountRecord draws all that an account's record can hold, each there or not.
func drawAccountRecord(t *rapid.T) AccountRecord {
	rec := drawMemberRecord(t)
	rec.Frozen, rec.Debt, rec.Buckets, rec.Given = drawReason(t), drawAmount(t), drawBuckets(t), drawGiven(t)
	rec.Window = Window{Floor: rapid.Uint64().Draw(t, "floor")}
	return rec
}

func drawHoldRecord(t *rapid.T) HoldRecord {
	rec := HoldRecord{
		Merchant: drawAccount(t), Until: rapid.Int64Min(1).Draw(t, "until"), Buckets: drawBuckets(t), Member: drawAccount(t),
	}
	if rapid.Bool().Draw(t, "of a household") {
		rec.Borne = []Borne{{drawAccount(t), max(1, drawAmount(t))}, {drawAccount(t), 1}}
	}
	rec.Released = len(rec.Buckets) == 0 && rapid.Bool().Draw(t, "released")
	for range rapid.IntRange(0, 3).Draw(t, "captures") {
		rec.Captures = append(rec.Captures, Captured{drawWord(t, "reference"), drawAmount(t)})
	}
	return rec
}

func drawVoucherRecord(t *rapid.T) VoucherRecord {
	rec := VoucherRecord{Account: drawSomebody(t), Reward: drawReason(t), Until: rapid.Int64Min(0).Draw(t, "until"), Merchant: drawAccount(t)}
	if rec.Used = rapid.Int64Min(0).Draw(t, "used"); rec.Used != 0 {
		rec.Reference = drawWord(t, "reference")
	}
	return rec
}

// TestLaterRecordsRoundTrip: any record of accounts, holds, rewards and vouchers reads back as itself.
func TestLaterRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		readsAs(t, drawAccountRecord(t), DecodeAccountRecord)
		readsAs(t, drawHoldRecord(t), DecodeHoldRecord)
		readsAs(t, drawVoucherRecord(t), DecodeVoucherRecord)
		reward := drawReward(t)
		reward.Price = max(1, reward.Price)
		readsAs(t, RewardRecord{reward}, DecodeRewardRecord)
	})
}

func readsAs[R record](t *rapid.T, rec R, decode func([]byte) (R, error)) {
	if got, err := decode(rec.Encode()); err != nil || !reflect.DeepEqual(got, rec) {
		t.Fatalf("%+v reads back as %+v, %v", rec, got, err)
	}
}
