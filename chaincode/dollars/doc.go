// Package dollars is the rulebook of the currency: what an amount, an account, a booking and an order are, and what
// Apply does with a batch of operations on them.
//
// It is pure Go: no Fabric, no clock, no randomness, no I/O. The same batch on the same state gives the same bytes on
// every machine; the contract on each organisation's peer, the wallet's preview and the auditor all run this one
// Apply, so no second rulebook exists.
//
// # State
//
// Balances are not one number under one key, because then every payment to a popular account would collide:
//
//   - an account record (AccountRecord) is written only when the account spends or is administered;
//   - a credit is an append-only entry, written without reading anything, so that payments to one account never
//     conflict; the account absorbs its credits when it next spends;
//   - a booking record counts one booked item once, and keeps what it earned by which rows of which rules;
//   - the schedule says which version of the earning rules is in force when, and what its policy is, so that orders need no
//     rule set; every published version is kept, and so is the one that is proposed to come next (RulesRecord);
//   - what rows' limits beyond one item have given is kept by booking (TripRecord), by member (EarningRecord, which also
//     knows what counts towards the member's tier) and, for budgets, in a pot and a share for each lane of batches;
//   - which keys sign for an account, of which household it is, and of a household its members and whose its points are, is
//     in the account's record; a recovery of lost keys that is under way has its own (RecoveryRecord);
//   - a hold has points that were taken out of an account for a merchant to capture (HoldRecord), in a key of its own, so
//     that merchant and member do not get into each other's way;
//   - a reward is in the catalogue (RewardRecord), and its stock is kept like a budget; a voucher is found by the hash of
//     its code (VoucherRecord);
//   - an adjustment that an operator proposed, or that was made, has a record (AdjustmentRecord), and what was adjusted in
//     a day a sum (AdjustedRecord);
//   - whom an account sent to first, and when, is kept while the policy keeps such transfers small (PayeeRecord).
//
// An account's points are its record's buckets plus its credits, by expiry; its debt is repaid out of them before
// anything else. What is held is not among them.
//
// # Batches
//
// Apply answers every operation with one Entry of the Journal: applied, duplicate, or rejected with a stable Code. A
// rejected operation changes nothing, and never spoils its neighbours. Operations see what earlier ones in the batch
// did. The entries say exactly what moved, so that supply (Supply.Fold), balances and histories are derived from
// journals alone.
//
// What a booked item earns is decided when it is confirmed, by package earn and the version then in force; what that
// takes of limits is given back when the booking is cancelled. Everything that went into the decision is in the booking's
// record and in the rule set it names, and the entry of the journal carries the digest of both.
//
// An operation that is repeated changes nothing: bookings answer duplicate from their record, and orders from the
// account's nonce window (code nonce_used; which order used it is in the journal of the first). Merchants' orders have no
// nonce: captures and uses have a reference of the merchant's that answers duplicate, and of a hold that was released
// nothing is left. Proposals and approvals answer duplicate from what they made.
//
// It leaves to others: who the caller is (the contract takes it from the certificate), where state lives, which
// credits an order absorbs (the wallet knows them from its view and only proposes), what rules mean (earn), and that
// batches under way at the same time have different lanes (the gateway).
package dollars
