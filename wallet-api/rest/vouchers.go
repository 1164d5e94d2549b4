package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ListVouchers answers a page of what a member has claimed.
func (s *Server) ListVouchers(c *gin.Context, id MemberID, params ListVouchersParams) {
	ctx := c.Request.Context()
	account, err := s.wallet.AccountOf(ctx, id, params.FromHousehold)
	var vouchers []wallet.Voucher
	var next string
	if err == nil {
		vouchers, next, err = s.wallet.Vouchers(ctx, account, params.Cursor, pageSize(params.Limit))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page := Vouchers{Vouchers: make([]Voucher, len(vouchers)), Next: next}
	for i, v := range vouchers {
		page.Vouchers[i] = voucherOf(v)
	}
	reply(c, http.StatusOK, page)
}

func voucherOf(v wallet.Voucher) Voucher {
	out := Voucher{
		CodeHash: dollars.WordText(v.CodeHash), Reward: v.Record.Reward, Amount: v.Claimed.Entry.Amount, Merchant: v.Record.Merchant,
		Order: dollars.OrderID(v.Claimed.Entry.Ref).String(), Claimed: timeOf(v.Claimed.Time), Until: timeOf(v.Record.Until),
	}
	if v.Record.Used != 0 {
		out.Used = timeOf(v.Record.Used)
	}
	return out
}

// GetVoucherCode answers a voucher's code. It is worth what the voucher is: only the member's own token gets here, and
// nothing that is logged has it.
func (s *Server) GetVoucherCode(c *gin.Context, id MemberID, raw CodeHash) {
	hash, ok := dollars.ParseWord(raw)
	if !ok {
		s.fail(c, errUnseen)
		return
	}
	code, err := s.wallet.VoucherCode(c.Request.Context(), id, hash)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, VoucherCode{Code: dollars.WordText(code)})
}
