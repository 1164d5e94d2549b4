package statement

import (
	"encoding/hex"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Of says whose a statement is, beside the account.
type Of struct {
	Member wallet.MemberID // "" for a household
	Asset  string          // the code of the currency
}

func utc(unix int64) time.Time { return time.Unix(unix, 0).UTC() }

// reference is what a movement is known by elsewhere, as the API writes it.
func reference(m wallet.Movement) string {
	switch {
	case m.Ref == [32]byte{}:
		return ""
	case m.Kind == dollars.KindComplete || m.Kind == dollars.KindCancel || m.Kind == dollars.KindApproveAdjustment:
		return hex.EncodeToString(m.Ref[:])
	}
	return dollars.OrderID(m.Ref).String()
}

// account writes an account; nobody's is left empty.
func account(a dollars.Account) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}
