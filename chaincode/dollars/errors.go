package dollars

import "errors"

// Code is the stable name of a refusal. Codes are part of the ledger and of the API: never rename one.
type Code string

// The codes, grouped by what they speak of.
const (
	CodeMalformed     Code = "malformed"      // bytes that are no operation, record or journal
	CodeNotAuthorized Code = "not_authorized" // the caller's certificate does not allow the operation

	CodeAmountInvalid   Code = "amount_invalid"   // not a decimal number with at most two decimals
	CodeAmountNegative  Code = "amount_negative"  // below zero
	CodeAmountZero      Code = "amount_zero"      // nothing to move
	CodeAmountTooLarge  Code = "amount_too_large" // above MaxAmount or MaxPrice
	CodeAmountOverflow  Code = "amount_overflow"  // a sum that leaves the integers
	CodeAccountInvalid  Code = "account_invalid"  // not a 20-byte address, or a wrong EIP-55 checksum
	CodeDateInvalid     Code = "date_invalid"     // not a calendar date, or an end before its start
	CodeKindUnknown     Code = "kind_unknown"     // not hotel, car or flight
	CodeCurrencyUnknown Code = "currency_unknown" // a price in a currency the rules in force do not know

	CodeFactInvalid Code = "fact_invalid" // a fact of a booked item that is no code, or a number out of bounds

	CodeRulesMissing     Code = "rules_missing"      // no rule set is in force yet
	CodeRulesInvalid     Code = "rules_invalid"      // a rule set that fails its own check
	CodeRulesVersion     Code = "rules_version"      // not the version that is to come next, or that is proposed; or a second proposal in a batch
	CodeRulesChanged     Code = "rules_changed"      // another rule set than the one that is proposed under this number
	CodeRulesOwnProposal Code = "rules_own_proposal" // approved by the certificate that proposed it
	CodeRulesUnapproved  Code = "rules_unapproved"   // published before it was approved, or long after
	CodeRulesBudget      Code = "rules_budget"       // a row's budget is another than in an earlier version
	CodeRulesFull        Code = "rules_full"         // too many versions wait for their start, or were in force in the last hour
	CodeRulesOverlap     Code = "rules_overlap"      // two rows match where only one may; the booking cannot be confirmed

	CodeBookingUnknown   Code = "booking_unknown"   // completed, but never confirmed
	CodeBookingConflict  Code = "booking_conflict"  // confirmed again with other facts
	CodeBookingCancelled Code = "booking_cancelled" // completed, but cancelled before

	CodeSignatureInvalid Code = "signature_invalid" // not by the account's key, or over something else
	CodeSignatureHighS   Code = "signature_high_s"  // valid elsewhere, malleable, refused here
	CodeDeadlinePassed   Code = "deadline_passed"   // the transaction's time is after the order's deadline
	CodeDeadlineTooFar   Code = "deadline_too_far"  // more than MaxOrderLifetime ahead
	CodeNonceUsed        Code = "nonce_used"        // an order with this nonce was applied before, or it left the window
	CodeNonceTooHigh     Code = "nonce_too_high"    // more than MaxNonceJump ahead
	CodeSelfTransfer     Code = "self_transfer"     // from and to are one account
	CodeZeroAddress      Code = "zero_address"      // to or from nobody
	CodeAccountFrozen    Code = "account_frozen"    // the account may not spend until it is unfrozen
	CodeBalance          Code = "insufficient_balance"
	CodeStaleCredits     Code = "stale_credits"    // too little, but a credit the order named was gone: try again with fresh ones
	CodeTooManyCredits   Code = "too_many_credits" // more than MaxCredits named by one operation

	CodeReasonInvalid Code = "reason_invalid"     // no reason, or one that is no code
	CodeOwnApproval   Code = "own_approval"       // approved by whom, or by whose organisation, it was proposed
	CodeNotMerchant   Code = "not_merchant"       // the hold or voucher is for another merchant
	CodeReference     Code = "reference_conflict" // the merchant's reference was used before for another amount
	CodeUntilInvalid  Code = "until_invalid"      // an end in the past, or too far ahead

	CodeHoldUnknown     Code = "hold_unknown"      // there is no such hold
	CodeHoldEnded       Code = "hold_ended"        // released, or captured whole
	CodeHoldExpired     Code = "hold_expired"      // captured after its end
	CodeHoldOpen        Code = "hold_open"         // released before its end by somebody else than its merchant
	CodeCaptureOverHold Code = "capture_over_hold" // more than is left of it
	CodeHoldCaptures    Code = "hold_captures"     // captured in more parts than MaxCaptures

	CodeRewardInvalid  Code = "reward_invalid"  // what cannot be a reward
	CodeRewardUnknown  Code = "reward_unknown"  // not in the catalogue
	CodeRewardClosed   Code = "reward_closed"   // not yet, or no longer, to be claimed
	CodeRewardPrice    Code = "reward_price"    // the order names another price
	CodeRewardSoldOut  Code = "reward_sold_out" // nothing is left of the stock
	CodeRewardStock    Code = "reward_stock"    // a stock that would be lower, or limited only now
	CodeVoucherTaken   Code = "voucher_taken"   // the hash of a code that another voucher has
	CodeVoucherUnknown Code = "voucher_unknown" // no voucher has this code
	CodeVoucherUsed    Code = "voucher_used"    // it was used before
	CodeVoucherExpired Code = "voucher_expired" // it is past its end

	CodeHouseholdUnknown Code = "household_unknown"     // the account is no household
	CodeHouseholdMember  Code = "household_member"      // the account is, or is in, a household already
	CodeHouseholdInvite  Code = "household_not_invited" // not invited, or on other terms
	CodeHouseholdOther   Code = "household_not_member"  // not a member of this household
	CodeHouseholdHead    Code = "household_head"        // only the head may do it, or the head may not
	CodeHouseholdFull    Code = "household_full"        // more than MaxHousehold members
	CodeHouseholdLimit   Code = "household_limit"       // more than the member may spend of it today

	CodeKeyInvalid Code = "key_invalid" // a key to add that signs already, to remove that does not, or the last one
	CodeKeysFull   Code = "keys_full"   // more than MaxKeys

	CodeRecoveryUnknown Code = "recovery_unknown" // none, or of another key
	CodeRecoveryPending Code = "recovery_pending" // another is under way
	CodeRecoveryWaiting Code = "recovery_waiting" // not approved yet, or its waiting period is not over

	CodeOrderLimit   Code = "order_limit"   // more than one order may move
	CodeDayLimit     Code = "day_limit"     // more than an account may send in a day
	CodeCoolingLimit Code = "cooling_limit" // more than a new payee may be sent yet

	CodeAdjustmentInvalid  Code = "adjustment_invalid"  // what cannot be an adjustment
	CodeAdjustmentUnknown  Code = "adjustment_unknown"  // not proposed
	CodeAdjustmentConflict Code = "adjustment_conflict" // proposed before with other content
	CodeAdjustmentLimit    Code = "adjustment_limit"    // more than may be adjusted in a day
)

// Error is a refusal: a code for programs and a sentence for people, without personal data.
type Error struct {
	Code   Code
	Detail string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

// CodeOf finds the code in an error's chain; ok is false where it holds none.
func CodeOf(err error) (code Code, ok bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Code, true
	}
	return "", false
}

func refuse(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }
