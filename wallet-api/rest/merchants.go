package rest

import (
	"context"
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// maxReference bounds a merchant's reference, in bytes.
const maxReference = 100

// merchantBody is what the bodies of merchants' requests have.
type merchantBody struct {
	amount    dollars.Amount
	code      [32]byte
	reference [32]byte // of what the merchant calls it only the hash goes further: it may name a person
	signed    *wallet.MerchantSignature
}

func readCapture(r *reader) merchantBody    { return readMerchant(r, "amount", "reference") }
func readVoucherUse(r *reader) merchantBody { return readMerchant(r, "code", "reference") }
func readRelease(r *reader) merchantBody    { return readMerchant(r) }

// readMerchant reads a body with these fields and, where the merchant has a key of their own, a signature.
func readMerchant(r *reader, fields ...string) (m merchantBody) {
	given := map[string]bool{"signed": true}
	for _, field := range fields {
		given[field] = false
	}
	r.object(func(raw []byte) bool {
		name := string(raw)
		if _, known := given[name]; !known {
			return false
		}
		given[name] = true
		switch name {
		case "amount":
			r.amount(&m.amount)
		case "code":
			m.code = r.word()
		case "reference":
			m.reference = r.reference()
		case "signed":
			m.signed = readMerchantSignature(r)
		}
		return true
	})
	for _, field := range fields {
		r.require("/"+field, given[field])
	}
	return m
}

func (r *reader) reference() [32]byte {
	var s string
	if r.text(&s); r.err == nil && (s == "" || len(s) > maxReference) {
		r.fail("a reference has 1 to %d bytes", maxReference)
	}
	return wallet.ReferenceHash(s)
}

func readMerchantSignature(r *reader) *wallet.MerchantSignature {
	var m wallet.MerchantSignature
	var merchant, deadline, signature bool
	r.object(func(name []byte) bool {
		switch string(name) {
		case "merchant":
			if a := r.account(); a != nil {
				m.Merchant, merchant = *a, true
			}
		case "deadline":
			m.Deadline, deadline = int64(r.whole(math.MaxInt64)), true
		case "chainId":
			m.ChainID = r.whole(math.MaxUint64)
		case "signature":
			m.Signature, signature = r.signature(), true
		default:
			return false
		}
		return true
	})
	r.require("/merchant", merchant)
	r.require("/deadline", deadline)
	r.require("/signature", signature)
	return &m
}

// parseHold reads which hold a path means.
func parseHold(account HoldAccount, order HoldOrder) (id dollars.HoldID, err error) {
	if id.Account, err = dollars.ParseAccount(account); err == nil {
		id.Order, err = dollars.ParseOrderID(order)
	}
	return id, err
}

// GetHold answers a hold.
func (s *Server) GetHold(c *gin.Context, account HoldAccount, order HoldOrder) {
	id, err := parseHold(account, order)
	var rec dollars.HoldRecord
	var height uint64
	if err == nil {
		rec, height, err = s.wallet.Hold(c.Request.Context(), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	out := holdOf(id, rec)
	out.Height = height
	reply(c, http.StatusOK, out)
}

// CaptureHold takes points of a hold.
func (s *Server) CaptureHold(c *gin.Context, account HoldAccount, order HoldOrder, params CaptureHoldParams) {
	id, err := parseHold(account, order)
	s.merchant(c, err, params.Prefer, readCapture, func(ctx context.Context, owner string, m merchantBody) (wallet.Receipt, error) {
		return s.wallet.Capture(ctx, owner, id, m.amount, m.reference, m.signed)
	})
}

// ReleaseHold gives back what is left of a hold.
func (s *Server) ReleaseHold(c *gin.Context, account HoldAccount, order HoldOrder, params ReleaseHoldParams) {
	id, err := parseHold(account, order)
	s.merchant(c, err, params.Prefer, readRelease, func(ctx context.Context, owner string, m merchantBody) (wallet.Receipt, error) {
		return s.wallet.Release(ctx, owner, id, m.signed)
	})
}

// UseVoucher takes a voucher.
func (s *Server) UseVoucher(c *gin.Context, params UseVoucherParams) {
	s.merchant(c, nil, params.Prefer, readVoucherUse, func(ctx context.Context, owner string, m merchantBody) (wallet.Receipt, error) {
		return s.wallet.UseVoucher(ctx, owner, m.code, m.reference, m.signed)
	})
}

// merchant asks for a merchant's change, unless the path was refused with err. It takes no Idempotency-Key: what a merchant
// takes has a name already.
func (s *Server) merchant(c *gin.Context, err error, prefer string, read func(*reader) merchantBody,
	ask func(ctx context.Context, owner string, m merchantBody) (wallet.Receipt, error),
) {
	var m merchantBody
	if err == nil {
		m, _, err = jsonBody(c, maxBody, read)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.change(c, nil, prefer, "", func(ctx context.Context, _ *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return ask(ctx, callerOf(c).owner(), m)
	})
}
