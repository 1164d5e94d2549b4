// Package inbox is the durable intake of booking events, orders, and operators' and merchants' changes.
//
// It implements wallet.Intake for those who bring work and the gateway's Inbox for those who do it: work in an embedded
// Badger, envelopes under way in files beside it. It guarantees:
//
//   - what Accept has given a receipt without an error for is on disk, and survives kill -9 and power loss;
//   - the same work is accepted once, however often and however concurrently it is sent; only work that the ledger
//     wholly refused may come again;
//   - work is handed out in the order it was accepted, once, until a restart;
//   - an envelope is on disk before Submitting returns, and stays until Settle names it; one that a power loss brings
//     back is followed up once more, or dropped at Open when all its work is settled;
//   - unfinished work is bounded by class; past the bound Accept refuses at once, before it touches the disk.
//
// What became of finished work, and the idempotency keys, are kept for a time and then forgotten. The ledger's own
// duplicate check makes even a lost inbox harmless: nothing counts twice, but what was not submitted is lost with it.
//
// What work means, and what may be sent, is the wallet's to know; batching and following it, the gateway's.
package inbox
