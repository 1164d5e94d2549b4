package wallet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
)

// MerchantSignature is what a merchant with a key of their own signed: a capture, a release or a use.
type MerchantSignature struct {
	Merchant  dollars.Account
	Deadline  int64 // Unix seconds
	ChainID   uint64
	Signature eip712.Signature
}

// Capture takes part of a hold. The reference is the merchant's name for it: asked for again under the same one it is the
// same capture, and with another amount a conflict. Without a signature it is Destinasia's checkout that asks.
func (s *Service) Capture(ctx context.Context, owner string, hold dollars.HoldID, amount dollars.Amount, reference [32]byte, by *MerchantSignature) (Receipt, error) {
	if amount <= 0 {
		return Receipt{}, refused(dollars.CodeAmountZero, "/amount")
	}
	o := dollars.Order{Kind: dollars.KindCapture, To: hold.Account, Ref: hold.Order, Amount: amount, Reference: reference}
	w := s.merchantWork(owner, o, by)
	w.ID = namedWork("capture", hold.Order, reference)
	w.Digest = sha256.Sum256(fmt.Append(w.ID[:], amount, by == nil))
	receipt, err := s.acceptOne(ctx, w)
	if errors.Is(err, ErrConflict) {
		err = refused(dollars.CodeReference, "/reference")
	}
	return receipt, err
}

// Release gives back what is left of a hold before its end.
func (s *Service) Release(ctx context.Context, owner string, hold dollars.HoldID, by *MerchantSignature) (Receipt, error) {
	o := dollars.Order{Kind: dollars.KindRelease, To: hold.Account, Ref: hold.Order}
	w := s.merchantWork(owner, o, by)
	w.ID, w.Digest = namedWork("release", hold.Order), [32]byte{}
	return s.acceptOne(ctx, w)
}

// UseVoucher takes a voucher. The reference is the merchant's name for it.
func (s *Service) UseVoucher(ctx context.Context, owner string, code, reference [32]byte, by *MerchantSignature) (Receipt, error) {
	o := dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: reference}
	w := s.merchantWork(owner, o, by)
	w.ID, w.Digest = namedWork("use", dollars.CodeHash(code), reference), [32]byte{}
	return s.acceptOne(ctx, w)
}

// merchantWork is a merchant's order as the intake takes it, signed or by the service's certificate for merchants.
func (s *Service) merchantWork(owner string, o dollars.Order, by *MerchantSignature) Work {
	signed := dollars.SignedOrder{Order: o}
	if by != nil {
		signed.From, signed.Deadline, signed.ChainID = by.Merchant, by.Deadline, by.ChainID
		signed.Signature = by.Signature
		return s.work(ClassOrder, AsIssuer, owner, signed)
	}
	return s.work(ClassAdmin, AsMerchant, owner, signed)
}

// Hold is a hold as the ledger has it, or hold_unknown.
func (s *Service) Hold(id dollars.HoldID) (dollars.HoldRecord, error) {
	rec, err := ledgerRecord(s, dollars.HoldKey(id), dollars.DecodeHoldRecord)
	if err == nil && rec.Until == 0 {
		err = refused(dollars.CodeHoldUnknown, "")
	}
	return rec, err
}

// VoucherCode works out the code of a member's voucher from the key in custody. Nobody else can, and it is kept nowhere.
func (s *Service) VoucherCode(ctx context.Context, member string, codeHash [32]byte) ([32]byte, error) {
	m, err := s.Member(ctx, member)
	if err != nil {
		return [32]byte{}, err
	}
	v, err := ledgerRecord(s, dollars.VoucherKey(codeHash), dollars.DecodeVoucherRecord)
	if err != nil {
		return [32]byte{}, err
	}
	household, _ := s.householdOf(m.Account)
	if v.Account.IsZero() || (v.Account != m.Account && v.Account != household) {
		return [32]byte{}, refused(dollars.CodeVoucherUnknown, "")
	}
	rec, err := ledgerRecord(s, dollars.AccountKey(v.Account), dollars.DecodeAccountRecord)
	if err != nil {
		return [32]byte{}, err
	}
	// The newest claims first: those are the ones that are asked for.
	for nonce := rec.Window.Next() - 1; nonce > 0; nonce-- {
		code, err := s.voucherCode(ctx, m.ID, v.Account, nonce)
		if err != nil {
			return [32]byte{}, fmt.Errorf("work out a voucher's code: %w", err)
		}
		if dollars.CodeHash(code) == codeHash {
			return code, nil
		}
		if err := ctx.Err(); err != nil {
			return [32]byte{}, err
		}
	}
	return [32]byte{}, &Error{Code: CodeNoCustody, Detail: "the code of this voucher was not made with the key in custody; the member's own key knows it"}
}
