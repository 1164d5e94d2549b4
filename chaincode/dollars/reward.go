package dollars

import (
	"bytes"
	"encoding/hex"

	"github.com/ethereum/go-ethereum/crypto"
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

// stockName is the name under which a reward's stock is kept like a budget: a pot, and a share for each lane. No row of
// rules can have it.
func stockName(id string) string { return "@" + id }

// CodeHash is what the ledger knows of a voucher's code until it is used: keccak256 of it.
func CodeHash(code [32]byte) [32]byte { return [32]byte(crypto.Keccak256(code[:])) }

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
	w.From, w.Until = int64(r.uintMax(1<<63-1)), int64(r.uintMax(1<<63-1))
	w.Days = uint32(r.uintMax(1<<32 - 1))
	r.fixed(w.Merchant[:])
	return w
}

// VoucherRecord is what the ledger keeps of a voucher, under the hash of its code.
type VoucherRecord struct {
	Account   Account // whose claim it was
	Reward    string
	Until     int64    // Unix seconds until which it can be used, excluded
	Merchant  Account  // who takes it, as the reward says at the claim
	Used      int64    // Unix seconds; 0 before
	Reference [32]byte // the merchant's, once used
}

// Encode writes the record.
func (r VoucherRecord) Encode() []byte {
	b := append([]byte{recordVersion}, r.Account[:]...)
	b = appendBytes(b, []byte(r.Reward))
	b = append(appendUint(b, uint64(r.Until)), r.Merchant[:]...)
	return append(appendUint(b, uint64(r.Used)), r.Reference[:]...)
}

// DecodeVoucherRecord reads what Encode wrote.
func DecodeVoucherRecord(data []byte) (VoucherRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec VoucherRecord
	r.fixed(rec.Account[:])
	rec.Reward = string(r.bytes(MaxFactCode))
	rec.Until = int64(r.uintMax(1<<63 - 1))
	r.fixed(rec.Merchant[:])
	rec.Used = int64(r.uintMax(1<<63 - 1))
	r.fixed(rec.Reference[:])
	if !r.end() || version != recordVersion || rec.Account.IsZero() {
		return VoucherRecord{}, malformed("voucher record")
	}
	return rec, nil
}

// RewardKey is the state key of the reward's record.
func RewardKey(id string) string { return rewardPrefix + id }

// RewardRange is the range of state keys, the end excluded, that holds the catalogue.
func RewardRange() (start, end string) { return rewardPrefix, "w0" }

// VoucherKey is the state key of the voucher with that hash of its code.
func VoucherKey(codeHash [32]byte) string { return voucherPrefix + hex.EncodeToString(codeHash[:]) }
