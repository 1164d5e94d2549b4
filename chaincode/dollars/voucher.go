package dollars

import (
	"encoding/hex"

	"github.com/ethereum/go-ethereum/crypto"
)

// A voucher is what a member has for the points of a claim. Its code is known to the member alone until a merchant takes
// it; that the merchant can name it is what shows that the member handed it over.

// CodeHash is what the ledger knows of a voucher's code until it is used: keccak256 of it.
func CodeHash(code [32]byte) [32]byte { return [32]byte(crypto.Keccak256(code[:])) }

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
	rec.Until = r.int64()
	r.fixed(rec.Merchant[:])
	rec.Used = r.int64()
	r.fixed(rec.Reference[:])
	unusedWithReference := rec.Used == 0 && rec.Reference != [32]byte{}
	if !r.end() || version != recordVersion || rec.Account.IsZero() || unusedWithReference {
		return VoucherRecord{}, malformed("voucher record")
	}
	return rec, nil
}

// VoucherKey is the state key of the voucher with that hash of its code.
func VoucherKey(codeHash [32]byte) string { return voucherPrefix + hex.EncodeToString(codeHash[:]) }

// use takes a voucher. That its account is frozen by now is no matter: its points are burned already.
func (b *batch) use(o SignedOrder, e Entry) (Entry, error) {
	slot := b.vouchers[CodeHash(o.Ref)]
	rec := slot.rec
	switch {
	case !slot.found:
		return e, refuse(CodeVoucherUnknown, "no voucher has this code")
	case rec.Merchant != o.From:
		return e, notMerchant()
	case rec.Used != 0 && rec.Reference != o.Reference:
		return e, refuse(CodeVoucherUsed, "the voucher was used before")
	case rec.Used == 0 && b.env.Time >= rec.Until:
		return e, refuse(CodeVoucherExpired, "the voucher is past its end")
	}
	e.Account, e.Other, e.Name, e.Link = rec.Account, rec.Merchant, rec.Reward, o.Reference
	if rec.Used != 0 {
		e.Outcome = Duplicate
		return e, nil
	}
	e.Outcome = Applied
	rec.Used, rec.Reference = max(b.env.Time, 1), o.Reference // 0 would be unused
	slot.put(rec)
	return e, nil
}
