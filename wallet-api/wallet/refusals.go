package wallet

import "github.com/destinasia/dollars/chaincode/dollars"

// refused is a refusal that the ledger would give, with what to tell of it: it gives only codes.
func refused(code dollars.Code, field string) *Error {
	if field == "" {
		field = refusalFields[code]
	}
	return &Error{Code: code, Detail: refusals[code], Field: field}
}

// Refusal is what to tell of what the ledger refused with a code; "" where the code says it all.
func Refusal(code dollars.Code) string { return refusals[code] }

// refusals are what to tell of what the ledger refuses.
var refusals = map[dollars.Code]string{
	dollars.CodeAmountNegative:   "the amount is negative; nothing was accepted",
	dollars.CodeAmountZero:       "the amount is zero; nothing was accepted",
	dollars.CodeAmountTooLarge:   "the amount is more than " + dollars.MaxAmount.String() + "; nothing was accepted",
	dollars.CodeSignatureInvalid: "the order is not signed by a key of the account, or was signed for another ledger or with other fields; nothing was accepted",
	dollars.CodeSignatureHighS:   "the signature has a high s; nothing was accepted: sign with a low s (EIP-2)",
	dollars.CodeDeadlinePassed:   "the order's deadline has passed; nothing was accepted: sign a new order",
	dollars.CodeDeadlineTooFar:   "the order's deadline is more than 7 days ahead; nothing was accepted: sign one with a nearer deadline",
	dollars.CodeNonceUsed:        "an order with this nonce was applied before; this one was not accepted: sign it with the account's next nonce",
	dollars.CodeNonceTooHigh:     "the nonce is too far ahead; nothing was accepted: sign with the account's next nonce",
	dollars.CodeSelfTransfer:     "the order is from an account to itself; nothing was accepted",
	dollars.CodeZeroAddress:      "nobody owns the zero address; nothing was accepted",
	dollars.CodeAccountFrozen:    "the account is frozen: it can receive but not spend, and its balance tells the reason; nothing was accepted, ask Destinasia",
	dollars.CodeBalance:          "the account has fewer points available than the amount; nothing was accepted",
	dollars.CodeStaleCredits:     "the account has fewer points available than the amount; nothing was accepted",
	dollars.CodeUntilInvalid:     "a hold ends in the future, and within 30 days; nothing was accepted",

	dollars.CodeOrderLimit:   "this is more than one order may move; nothing was accepted, send less",
	dollars.CodeDayLimit:     "with what went out of the account today this is more than may go out in a day (UTC); nothing was accepted, send less or tomorrow",
	dollars.CodeCoolingLimit: "this account was first sent points only lately, and until that has cooled off only little may be sent there; nothing was accepted, send less or later",

	dollars.CodeReasonInvalid: "a reason is a code of up to 24 letters, digits, and . _ / -, and no personal data; nothing was changed",
	dollars.CodeOwnApproval:   "this must be approved by somebody else than who proposed it, and a recovery by another organisation; nothing was changed",

	dollars.CodeNotMerchant:     "this is for another merchant; nothing was changed",
	dollars.CodeReference:       "this reference was used before for another amount; nothing was changed",
	dollars.CodeHoldUnknown:     "there is no such hold; nothing was changed",
	dollars.CodeHoldEnded:       "nothing is left of the hold: it was captured whole, or released; nothing was captured",
	dollars.CodeHoldExpired:     "the hold has ended; its points are back with the member, or on their way; nothing was captured",
	dollars.CodeHoldOpen:        "until its end only the merchant may release the hold; nothing was changed: at its end it is released by itself",
	dollars.CodeCaptureOverHold: "this is more than is left of the hold; nothing was captured",
	dollars.CodeHoldCaptures:    "the hold was captured in as many parts as are possible; nothing was captured",

	dollars.CodeRewardInvalid:  "this cannot be a reward: an id of up to 24 of a-z, 0-9 and -, a price, an end after the start, and at least a day to use the voucher; nothing was changed",
	dollars.CodeRewardUnknown:  "there is no such reward in the catalogue; nothing was accepted",
	dollars.CodeRewardClosed:   "the reward cannot be claimed now: see its dates in the catalogue; nothing was accepted",
	dollars.CodeRewardPrice:    "the reward has another price by now; nothing was accepted: look it up and claim it again",
	dollars.CodeRewardSoldOut:  "nothing is left of this reward; nothing was accepted",
	dollars.CodeRewardStock:    "a stock counts all that was ever offered and can only be raised; nothing was changed",
	dollars.CodeVoucherTaken:   "another voucher has this code; nothing was accepted: choose another and claim again",
	dollars.CodeVoucherUnknown: "no voucher has this code; nothing was changed",
	dollars.CodeVoucherUsed:    "this voucher was used before; it was not taken again",
	dollars.CodeVoucherExpired: "this voucher could be used until its end, which has passed; it was not taken",

	dollars.CodeHouseholdUnknown: "this account is no household; nothing was accepted",
	dollars.CodeHouseholdMember:  "who is in a household cannot be in another; nothing was accepted",
	dollars.CodeHouseholdInvite:  "there is no invitation to this household on these terms; nothing was accepted: ask its head",
	dollars.CodeHouseholdOther:   "the account is in no household, or not in this one; nothing was accepted",
	dollars.CodeHouseholdHead:    "only the head invites members, says what they may spend and has them leave; the head has no limit, and leaves last: all others, the invited too, have to leave first; nothing was accepted",
	dollars.CodeHouseholdFull:    "the household has as many members as are possible; nothing was accepted",
	dollars.CodeHouseholdLimit:   "this is more than the member may spend of the household's points today; nothing was accepted",

	dollars.CodeKeyInvalid:      "name a key to add that does not sign for the account yet, or one to remove that does and is not the last; nothing was accepted",
	dollars.CodeKeysFull:        "the account has as many keys as are possible; nothing was accepted: remove one first",
	dollars.CodeRecoveryUnknown: "no recovery of this account with this key is under way; nothing was changed",
	dollars.CodeRecoveryPending: "a recovery of this account is approved and waits; nothing was changed: it is completed, or a key of the account objects",
	dollars.CodeRecoveryWaiting: "the recovery is not approved yet, or its waiting period is not over; nothing was changed",

	dollars.CodeAdjustmentInvalid:  "this cannot be an adjustment: it takes an account, an amount, a reason and, only where points are granted, for how many months; nothing was proposed",
	dollars.CodeAdjustmentUnknown:  "no adjustment with this id was proposed; nothing was changed",
	dollars.CodeAdjustmentConflict: "an adjustment with this id and other content was proposed before; nothing was changed",
	dollars.CodeAdjustmentLimit:    "the policy in force lets no more be adjusted today (UTC); nothing was changed: approve it another day",
}

// refusalFields are the fields of a request that refusals are about.
var refusalFields = map[dollars.Code]string{
	dollars.CodeAmountNegative:   "/amount",
	dollars.CodeAmountZero:       "/amount",
	dollars.CodeAmountTooLarge:   "/amount",
	dollars.CodeBalance:          "/amount",
	dollars.CodeStaleCredits:     "/amount",
	dollars.CodeOrderLimit:       "/amount",
	dollars.CodeDayLimit:         "/amount",
	dollars.CodeCoolingLimit:     "/amount",
	dollars.CodeHouseholdLimit:   "/amount",
	dollars.CodeRewardPrice:      "/amount",
	dollars.CodeUntilInvalid:     "/until",
	dollars.CodeSignatureInvalid: "/signed/signature",
	dollars.CodeSignatureHighS:   "/signed/signature",
	dollars.CodeDeadlinePassed:   "/signed/deadline",
	dollars.CodeDeadlineTooFar:   "/signed/deadline",
	dollars.CodeNonceUsed:        "/signed/nonce",
	dollars.CodeNonceTooHigh:     "/signed/nonce",
	dollars.CodeSelfTransfer:     "/to",
	dollars.CodeZeroAddress:      "/to",
}
