// Package gateway carries accepted work to the ledger and brings back what became of it. It takes work from the inbox,
// puts the operations of many works into one transaction of the contract (Apply), has both organisations endorse it,
// makes the signed envelope durable, submits it, follows the blocks, folds them into the views and settles the work.
// It is the only package of the wallet service that imports fabric-gateway, and so it also hands out blocks as they are
// (Raw).
//
// It guarantees:
//
//   - Nothing is lost: work leaves the inbox only with an outcome from the ledger (but for work no transaction could
//     ever hold, which is settled as rejected with CodeTooLarge). What fails is tried again, for as long as it takes.
//   - Nothing counts twice: an envelope is durable before it is submitted, and while its outcome is unknown the same
//     envelope is submitted again, never another. Work is endorsed anew only after its transaction was committed as
//     invalid, or the orderer refused it and has not kept it. The ledger's own duplicate checks stand behind that.
//   - Nothing is misreported: outcomes are told from the journal of a valid transaction in a block, after the views
//     have folded it. An order the ledger refuses as used is looked up, and told as applied where it was.
//   - The service hardly conflicts with itself: a booking, the record of an account, a hold, a voucher, a reward or an
//     adjustment or, where rules look at it, what a member earned is in at most one batch in flight, and work that shares
//     one is applied in the order it was accepted. Of budgets and stocks every batch in flight spends its own share (its
//     lane); two meet only where both shares are short.
//
// How it is built: the scheduler decides, without I/O, which work goes into the next batch; a courier carries one batch
// through endorsement to submission; the follower folds blocks; the settler writes outcomes to the inbox; and one loop,
// Gateway.dispatch, owns the scheduler and connects them. Ledger stands before Fabric: an Engine, which is
// the gateway but for its connection, works on a simulated one in tests; peers is the one of several peers of the service's
// organisation, of which one at a time is used.
//
// It leaves to others: what work is acceptable (wallet), what operations do (dollars), how blocks are laid out
// (network/block), and durability (the inbox, the views).
package gateway
