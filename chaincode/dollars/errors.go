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
