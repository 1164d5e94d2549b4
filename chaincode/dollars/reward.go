package dollars

import (
	"bytes"
	"fmt"
	"strings"
)

// Reward is something that members can claim for points.
type Reward struct {
	Price    Amount
	Stock    Amount  // pieces ever offered; 0 is without end
	From     int64   // Unix seconds from which it can be claimed
	Until    int64   // Unix seconds until which, excluded; also when it is taken out of the catalogue
	Days     uint32  // that a voucher can be used after the claim
	Merchant Account // who takes vouchers; zero: whoever has a merchant's certificate
}

// Bounds of a reward.
const (
	MaxRewardID           = MaxFactCode // bytes
	MaxStock       Amount = 1_000_000_000
	MaxVoucherDays        = 3_660
)

// RewardID is a reward's id as orders sign it: its bytes, and zeros behind them.
func RewardID(id string) (ref [32]byte) {
	copy(ref[:], id)
	return ref
}

// rewardName is the id that RewardID wrote.
func rewardName(ref [32]byte) string { return string(bytes.TrimRight(ref[:], "\x00")) }

// isRewardID tells what can be in the catalogue. Whatever else an order names is not even looked up: it need not be text,
// and no peer takes a key that is not.
func isRewardID(s string) bool {
	return s != "" && len(s) <= MaxRewardID && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// StockName is the name under which a reward's stock is kept like a budget: a pot, and a share for each lane. No row of
// rules can have it.
func StockName(id string) string { return "@" + id }

// IsStock tells whether what has this name is a stock, and not the budget of a row.
func IsStock(name string) bool { return strings.HasPrefix(name, "@") }

// RewardRecord is what the ledger keeps of a reward.
type RewardRecord struct{ Reward }

// Encode writes the record.
func (r RewardRecord) Encode() []byte { return appendReward([]byte{recordVersion}, r.Reward) }

// DecodeRewardRecord reads what Encode wrote.
func DecodeRewardRecord(data []byte) (RewardRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := RewardRecord{r.reward()}
	if !r.end() || version != recordVersion || rec.Price == 0 {
		return RewardRecord{}, malformed("reward record")
	}
	return rec, nil
}

func appendReward(b []byte, w Reward) []byte {
	b = appendAmount(appendAmount(b, w.Price), w.Stock)
	b = appendUint(appendUint(b, uint64(w.From)), uint64(w.Until))
	return append(appendUint(b, uint64(w.Days)), w.Merchant[:]...)
}

func (r *reader) reward() (w Reward) {
	w.Price, w.Stock = r.amount(), r.amount()
	w.From, w.Until = r.int64(), r.int64()
	w.Days = uint32(r.uintMax(1<<32 - 1))
	r.fixed(w.Merchant[:])
	return w
}

// RewardKey is the state key of the reward's record.
func RewardKey(id string) string { return rewardPrefix + id }

// RewardRange is the range of state keys, the end excluded, that holds the catalogue.
func RewardRange() (start, end string) { return rewardPrefix, "w0" }

// Check refuses what cannot be a reward.
func (o SetReward) Check() error {
	switch {
	case !isRewardID(o.ID):
		return refuse(CodeRewardInvalid, fmt.Sprintf("%q is not an id: 1 to %d of a-z, 0-9 and -", clip(o.ID), MaxRewardID))
	case o.Price < 1 || o.Price > MaxAmount:
		return refuse(CodeRewardInvalid, fmt.Sprintf("the price is not between 0.01 and %s", MaxAmount))
	case o.Stock < 0 || o.Stock > MaxStock:
		return refuse(CodeRewardInvalid, fmt.Sprintf("the stock is not between 0 and %d pieces", int64(MaxStock)))
	case o.From < 0 || o.Until <= o.From:
		return refuse(CodeRewardInvalid, "it can never be claimed: its end is not after its start")
	case o.Days < 1 || o.Days > MaxVoucherDays:
		return refuse(CodeRewardInvalid, fmt.Sprintf("vouchers are not valid for 1 to %d days", MaxVoucherDays))
	}
	return nil
}

func (b *batch) setReward(o SetReward) (Entry, error) {
	e := Entry{Kind: KindSetReward, Ref: RewardID(o.ID)}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if err := o.Check(); err != nil {
		return e, err
	}
	e.Outcome, e.Name, e.Amount = Applied, o.ID, o.Price
	slot := b.rewards[o.ID]
	before := slot.rec.Stock
	switch {
	case !slot.found:
	case slot.rec.Reward == o.Reward:
		e.Outcome = Duplicate
		return e, nil
	case o.Stock < before || (o.Stock == 0) != (before == 0):
		return e, refuse(CodeRewardStock, "the stock counts what was ever offered: it can be raised, but not lowered, and neither begin nor cease to have an end; close the reward, or make a new one")
	}
	if more := o.Stock - before; more > 0 {
		pot := b.pots[StockName(o.ID)]
		pot.put(BudgetRecord{Total: pot.rec.Total + more, Left: pot.rec.Left + more})
	}
	slot.put(RewardRecord{o.Reward})
	return e, nil
}

// claim makes the voucher for which the points in the entry are burned.
func (b *batch) claim(o SignedOrder, e *Entry) error {
	if o.Reference == [32]byte{} {
		return refuse(CodeMalformed, "the order names no hash of a voucher's code")
	}
	id := rewardName(o.Ref)
	reward := b.rewards[id]
	voucher := b.vouchers[o.Reference]
	switch {
	case reward == nil || !reward.found:
		return refuse(CodeRewardUnknown, "the catalogue has no such reward")
	case b.env.Time < reward.rec.From || b.env.Time >= reward.rec.Until:
		return refuse(CodeRewardClosed, "the reward cannot be claimed yet, or no longer")
	case o.Amount != reward.rec.Price:
		return refuse(CodeRewardPrice, fmt.Sprintf("the reward costs %s; sign a new order", reward.rec.Price))
	case voucher.found:
		return refuse(CodeVoucherTaken, "another voucher has this code; draw a new one, at random")
	}
	if b.stocked(id) {
		if err := b.takePiece(id); err != nil {
			return err
		}
	}
	voucher.put(VoucherRecord{
		Account: o.From, Reward: id, Merchant: reward.rec.Merchant,
		Until: b.env.Time + int64(reward.rec.Days)*secondsPerDay,
	})
	e.Name, e.Link = id, o.Reference
	return nil
}

// stocked tells a reward that is in the catalogue, and not without end.
func (b *batch) stocked(id string) bool {
	reward := b.rewards[id]
	return reward != nil && reward.rec.Stock > 0
}

// takePiece takes one piece of a reward's stock.
func (b *batch) takePiece(id string) error {
	stock := StockName(id)
	left, err := b.budgetLeft(stock, 1)
	if err != nil {
		return err
	}
	if left < 1 {
		return refuse(CodeRewardSoldOut, "nothing is left of the reward's stock")
	}
	return b.spendBudget(stock, 1)
}
