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

// ReferenceHash is what the ledger knows a merchant's reference by. The reference itself may name a person.
func ReferenceHash(reference string) [32]byte { return sha256.Sum256([]byte(reference)) }

// Capture takes part of a hold. The reference is the merchant's name for it: asked for again under the same one it is the
// same capture. With another amount it is a conflict, unless the first was refused, which the ledger knows. Without a
// signature it is Destinasia's checkout that asks.
func (s *Service) Capture(ctx context.Context, owner string, hold dollars.HoldID, amount dollars.Amount, reference [32]byte, by *MerchantSignature) (Receipt, error) {
	if amount <= 0 {
		return Receipt{}, refused(dollars.CodeAmountZero, "/amount")
	}
	o := dollars.Order{Kind: dollars.KindCapture, To: hold.Account, Ref: hold.Order, Amount: amount, Reference: reference}
	return s.acceptOne(ctx, s.merchantWork(owner, o, by))
}

// Release gives back what is left of a hold before its end.
func (s *Service) Release(ctx context.Context, owner string, hold dollars.HoldID, by *MerchantSignature) (Receipt, error) {
	o := dollars.Order{Kind: dollars.KindRelease, To: hold.Account, Ref: hold.Order}
	return s.acceptOne(ctx, s.merchantWork(owner, o, by))
}

// UseVoucher takes a voucher. The reference is the merchant's name for it.
func (s *Service) UseVoucher(ctx context.Context, owner string, code, reference [32]byte, by *MerchantSignature) (Receipt, error) {
	o := dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: reference}
	return s.acceptOne(ctx, s.merchantWork(owner, o, by))
}

// merchantWork is a merchant's order as the intake takes it, signed or by the service's certificate for merchants. Its name
// is of all that the order says, the merchant included: who asks for what another has taken is to hear what the ledger says
// of that, and not that it is done. The signature is not in it, for it may be made again with a later deadline.
func (s *Service) merchantWork(owner string, o dollars.Order, by *MerchantSignature) (w Work) {
	signed := dollars.SignedOrder{Order: o}
	if by != nil {
		signed.From, signed.Deadline, signed.ChainID = by.Merchant, by.Deadline, by.ChainID
		signed.Signature = by.Signature
		w = s.work(ClassOrder, AsIssuer, owner, signed)
	} else {
		w = s.work(ClassAdmin, AsMerchant, owner, signed)
	}
	ref := o.Ref
	if o.Kind == dollars.KindUse {
		ref = dollars.CodeHash(o.Ref) // the code itself is a secret
	}
	w.ID = namedWork(fmt.Sprintf("%s/%s/%s/%d", o.Kind, signed.From, o.To, o.Amount), ref, o.Reference)
	w.Digest = [32]byte{}
	return w
}

// Hold is a hold as the ledger has it, and the height at which it was so, or hold_unknown.
func (s *Service) Hold(ctx context.Context, id dollars.HoldID) (dollars.HoldRecord, uint64, error) {
	rec, height, err := readAt(ctx, s.Views, dollars.HoldKey(id), dollars.DecodeHoldRecord)
	if errors.Is(err, ErrNotFound) {
		err = refused(dollars.CodeHoldUnknown, "")
	}
	return rec, height, err
}

// VoucherCode works out the code of a member's voucher from the key in custody. Nobody else can, and it is kept nowhere.
func (s *Service) VoucherCode(ctx context.Context, member string, codeHash [32]byte) ([32]byte, error) {
	m, err := s.Member(ctx, member)
	if err != nil {
		return [32]byte{}, err
	}
	v, err := read(s.Views, dollars.VoucherKey(codeHash), dollars.DecodeVoucherRecord)
	if err != nil {
		return [32]byte{}, err
	}
	household, _ := s.householdOf(m.Account)
	if v.Account.IsZero() || (v.Account != m.Account && v.Account != household) {
		return [32]byte{}, refused(dollars.CodeVoucherUnknown, "")
	}
	rec, err := read(s.Views, dollars.AccountKey(v.Account), dollars.DecodeAccountRecord)
	if err != nil {
		return [32]byte{}, err
	}
	// The newest claims first: those are the ones that are asked for. Nonces may be far ahead of what was ever ordered.
	newest := rec.Window.Next() - 1
	for nonce := newest; nonce > 0 && newest-nonce < maxWalked; nonce-- {
		code, err := s.voucherCode(ctx, m.ID, v.Account, nonce)
		if errors.Is(err, ErrNotFound) {
			break
		}
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
