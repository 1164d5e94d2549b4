package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/eip712"
)

const (
	// MaxOrderLifetime is how far ahead, in seconds, an order's deadline may be: 7 days. Until its deadline, a signed
	// order that was refused for lack of points could still be applied, so it must not live on for ever.
	MaxOrderLifetime = 7 * secondsPerDay

	// MaxHold is how far ahead, in seconds, a hold may end: 30 days.
	MaxHold = 30 * secondsPerDay
)

// Order is what is signed for an account. It is intent only and names no credits, so that a conflict is retried
// without asking the signer again. Which of the fields it has is said by the Form of its kind:
//
//	transfer    Amount from From to To
//	redeem      Amount of From's is burned
//	hold        Amount of From's is set aside until Until (Unix seconds), for the merchant To to capture; To zero: for
//	            whoever has a certificate of a merchant
//	capture     Amount of the hold Ref of the account To is burned; From is the merchant
//	release     what is left of the hold Ref goes back to the account To; From is the merchant
//	claim       the reward Ref (RewardID) for Amount, which is burned; Reference is the hash of the voucher's code
//	use         the voucher with the code Ref; From is the merchant
//	form        a household, whose head From is; its account is NewHousehold of the order's id
//	invite      the account Other into the household To, to spend up to Amount a day; or other terms for who is in it
//	join        the household To on those terms
//	contribute  Amount of From's to the household To
//	leave       Other leaves the household To, by their own wish (From) or the head's, with what is theirs; its head does
//	            when nobody else is in it or invited, and then its account is one of theirs like any other
//	change-keys To may sign for From from now on, Other no longer; either may be zero
//	object      to the recovery of From by the key To
//
// Captures, releases and uses have no nonce: their Reference, which the merchant chooses, makes them count once. With From
// zero they carry no signature: then the caller's certificate is the merchant's.
type Order struct {
	Kind      Kind
	From      Account
	To        Account
	Other     Account
	Amount    Amount
	Until     int64 // Unix seconds
	Ref       [32]byte
	Reference [32]byte
	Nonce     uint64
	Deadline  int64    // Unix seconds; the order is refused after it
	MemoHash  [32]byte // keccak256 of the memo, or zero; the memo itself never reaches the ledger
	ChainID   uint64   // 0, or the chain id the signer's wallet put into the domain
}

// OrderID is the order's EIP-712 digest: the very bytes that are signed.
type OrderID [32]byte

func (id OrderID) String() string { return WordText(id) }

// ParseOrderID reads 0x and 64 hex digits.
func ParseOrderID(s string) (OrderID, error) {
	if word, ok := ParseWord(s); ok {
		return word, nil
	}
	return OrderID{}, refuse(CodeMalformed, fmt.Sprintf("%q is not an order id: 0x and 64 hex digits", clip(s)))
}

// ID is what is signed for this order on the ledger of that channel and chaincode.
func (o Order) ID(c Currency, channel, chaincode string) OrderID {
	separator := c.Domain(channel, chaincode, o.ChainID).Separator()
	return OrderID(eip712.Digest(separator, o.hash(forms[o.Kind], eip712.String(c.Asset))))
}

// NewHousehold is the account of the household that the order with this id forms. Nobody has a key for it.
func NewHousehold(id OrderID) Account { return Account(id[12:]) }

// ByMerchant tells an order that a merchant gives: for points or a voucher of somebody else.
func (o Order) ByMerchant() bool {
	return o.Kind == KindCapture || o.Kind == KindRelease || o.Kind == KindUse
}

// Spends tells an order that takes Amount out of From's points.
func (o Order) Spends() bool {
	switch o.Kind {
	case KindTransfer, KindRedeem, KindHold, KindClaim, KindContribute:
		return true
	}
	return false
}

// Check refuses what no state could make right: amounts, addresses and deadlines. now is in Unix seconds.
func (o Order) Check(now int64) error {
	form := FormOf(o.Kind)
	switch {
	case form == nil:
		return malformed("order")
	case o.Amount < 0:
		return refuse(CodeAmountNegative, "the amount is negative")
	case o.Amount == 0 && form.Has(FieldAmount) && o.Kind != KindInvite && o.Kind != KindJoin:
		return refuse(CodeAmountZero, "the amount is zero")
	case o.Amount > MaxAmount:
		return refuse(CodeAmountTooLarge, fmt.Sprintf("the amount is more than %s", MaxAmount))
	case o.From.IsZero() && o.ByMerchant():
		return nil // the certificate counts, and its transaction has a time of its own
	case o.From.IsZero():
		return refuse(CodeZeroAddress, "the order is from the zero address")
	}
	if err := o.checkParties(); err != nil {
		return err
	}
	switch {
	case o.Deadline < now:
		return refuse(CodeDeadlinePassed, "the order's deadline has passed; sign a new order")
	case o.Deadline > now+MaxOrderLifetime:
		return refuse(CodeDeadlineTooFar, "the order's deadline is more than 7 days ahead")
	case form.Has(FieldUntil) && (o.Until <= now || o.Until > now+MaxHold):
		return refuse(CodeUntilInvalid, "a hold ends in the future, and within 30 days")
	}
	return nil
}

// checkParties refuses accounts that cannot be meant.
func (o Order) checkParties() error {
	switch o.Kind {
	case KindTransfer, KindContribute, KindJoin:
		if o.To.IsZero() {
			return refuse(CodeZeroAddress, "the order is to the zero address; points sent there would be lost")
		}
		if o.To == o.From {
			return refuse(CodeSelfTransfer, "the order is from an account to itself")
		}
	case KindInvite, KindLeave:
		if o.To.IsZero() || o.Other.IsZero() {
			return refuse(CodeZeroAddress, "the zero address is no household and no member of one")
		}
	case KindChangeKeys:
		if o.To == o.Other {
			return refuse(CodeKeyInvalid, "name a key to add, a key to remove, or two different ones")
		}
	case KindObject:
		if o.To.IsZero() {
			return refuse(CodeZeroAddress, "the zero address is no key")
		}
	}
	return nil
}

// Signer is the address whose key signed the order with this id. Whether it may sign for the account is in the
// account's record.
func Signer(id OrderID, sig eip712.Signature) (Account, error) {
	signer, err := eip712.Recover(eip712.Word(id), sig)
	switch {
	case err == eip712.ErrHighS:
		return Account{}, refuse(CodeSignatureHighS, err.Error())
	case err != nil:
		return Account{}, refuse(CodeSignatureInvalid, err.Error())
	}
	return signer, nil
}

func notSigned() error {
	return refuse(CodeSignatureInvalid, "the order is not signed by a key of the account, or was signed for another ledger or with other fields")
}
