package dollars

import (
	"encoding/hex"
	"fmt"

	"github.com/destinasia/dollars/chaincode/eip712"
)

// MaxOrderLifetime is how far ahead, in seconds, an order's deadline may be: 7 days. Until its deadline, a signed
// order that was refused for lack of points could still be applied, so it must not live on for ever.
const MaxOrderLifetime = 7 * secondsPerDay

// Order is what a member signs: a transfer to another account, or a redemption, which burns. It is intent only and
// names no credits, so that a conflict is retried without asking the member again.
type Order struct {
	Redeem   bool // a redemption; To is then zero and not part of what is signed
	From     Account
	To       Account
	Amount   Amount
	Nonce    uint64
	Deadline int64    // Unix seconds; the order is refused after it
	MemoHash [32]byte // keccak256 of the memo, or zero; the memo itself never reaches the ledger
	ChainID  uint64   // 0, or the chain id the member's wallet put into the domain
}

// OrderID is the order's EIP-712 digest: the very bytes that are signed.
type OrderID [32]byte

func (id OrderID) String() string { return "0x" + hex.EncodeToString(id[:]) }

// ParseOrderID reads 0x and 64 hex digits.
func ParseOrderID(s string) (OrderID, error) {
	if len(s) == 66 && s[:2] == "0x" {
		if raw, err := hex.DecodeString(s[2:]); err == nil {
			return OrderID(raw), nil
		}
	}
	return OrderID{}, refuse(CodeMalformed, fmt.Sprintf("%q is not an order id: 0x and 64 hex digits", clip(s)))
}

// The EIP-712 types of the two orders. They differ by name, so a signed redemption is never a transfer.
const (
	TransferType = "Transfer(address from,address to,string asset,uint256 amount,uint256 nonce,uint256 deadline,bytes32 memoHash)"
	RedeemType   = "Redeem(address from,string asset,uint256 amount,uint256 nonce,uint256 deadline,bytes32 memoHash)"
)

var (
	transferType = eip712.NewType(TransferType)
	redeemType   = eip712.NewType(RedeemType)
)

// ID is what the member signs for this order on the ledger of that channel and chaincode.
func (o Order) ID(c Currency, channel, chaincode string) OrderID {
	separator := c.Domain(channel, chaincode, o.ChainID).Separator()
	return OrderID(eip712.Digest(separator, o.hash(eip712.String(c.Asset))))
}

func (o Order) hash(asset eip712.Word) eip712.Word {
	from := eip712.Address(o.From)
	amount, nonce := eip712.Uint64(uint64(o.Amount)), eip712.Uint64(o.Nonce)
	deadline, memo := eip712.Uint64(uint64(o.Deadline)), eip712.Word(o.MemoHash)
	if o.Redeem {
		return redeemType.Hash(from, asset, amount, nonce, deadline, memo)
	}
	return transferType.Hash(from, eip712.Address(o.To), asset, amount, nonce, deadline, memo)
}

// Check refuses what no state could make right: amounts, addresses and deadlines. now is in Unix seconds.
func (o Order) Check(now int64) error {
	switch {
	case o.Amount < 0:
		return refuse(CodeAmountNegative, "the amount is negative")
	case o.Amount == 0:
		return refuse(CodeAmountZero, "the amount is zero")
	case o.Amount > MaxAmount:
		return refuse(CodeAmountTooLarge, fmt.Sprintf("the amount is more than %s", MaxAmount))
	case o.From.IsZero():
		return refuse(CodeZeroAddress, "the order is from the zero address")
	case !o.Redeem && o.To.IsZero():
		return refuse(CodeZeroAddress, "the transfer is to the zero address; points sent there would be lost")
	case !o.Redeem && o.To == o.From:
		return refuse(CodeSelfTransfer, "the transfer is from an account to itself")
	case o.Deadline < now:
		return refuse(CodeDeadlinePassed, "the order's deadline has passed; sign a new order")
	case o.Deadline > now+MaxOrderLifetime:
		return refuse(CodeDeadlineTooFar, "the order's deadline is more than 7 days ahead")
	}
	return nil
}

// Verify checks that the account's key signed the order with this id.
func (o Order) Verify(id OrderID, sig eip712.Signature) error {
	signer, err := eip712.Recover(eip712.Word(id), sig)
	switch {
	case err == eip712.ErrHighS:
		return refuse(CodeSignatureHighS, err.Error())
	case err != nil:
		return refuse(CodeSignatureInvalid, err.Error())
	case Account(signer) != o.From:
		return refuse(CodeSignatureInvalid, "the order is not signed by the account's key, or was signed for another ledger or with other fields")
	}
	return nil
}
