// Package receipt makes what a member keeps of an order, and proves from it, without asking anybody, what became of
// the order.
//
// A receipt is a JSON file. It holds the block with the order's transaction, all of it, because the hash in a block's
// header is over all transactions; the rest is written out for people, worked out from the block, and compared with it
// when the receipt is verified. Of the block's metadata it keeps the orderers' signatures and the verdict on this
// transaction. A receipt is as large as its block, in base64: 7 kB when little goes on, some 300 kB in the rush of the
// demo, and never more than MaxBlock allows. Whoever sees it sees what else is in the block: accounts, amounts
// and hashes, but nobody's name.
//
// # What is proven
//
// Verify believes root certificates only. It proves that
//
//   - the receipt is the one way to write what it says, and what it says for people is what its block says;
//   - the block's header was made for these transactions, and an orderer certified by one of the roots signed it;
//   - the transaction's id is its own, and whoever sent it is certified by one of the roots and signed it;
//   - a peer certified by each of the other roots, of which there must be two at least, endorsed that transaction,
//     for what was asked, with a journal that has the order as applied, in this place and with these amounts.
//
// So the organisations cannot deny that they took part, and none of them can have made the receipt alone. Roots name the
// organisations: no certificate says which MSP it belongs to, so names of MSPs are taken from the signers, and each must
// go with one root.
//
// # What is not proven
//
// Fabric's peers judge after ordering, each for itself, and sign no verdict. That the transaction took effect, and was
// not refused because something it read had changed, is therefore only said, not proven. Nor is it proven that no other
// block was signed for this place on the chain. Both are settled by a copy of the ledger that is known to be right:
// the block's number and header hash are the anchor by which to find it there, and Proof.Confirm compares the two. An
// audit tells whether a copy is right.
//
// Where orderers agree on blocks by a quorum (SmartBFT) they sign by number, and whose numbers those are, and how many make
// a quorum, the channel's configuration tells, which a receipt does not have. So Verify refuses receipts of such a ledger:
// some orderer's signature would prove less than its blocks do.
//
// The member's own signature on the order was checked by those who endorsed, and is checked by audits; here it is
// among what was endorsed and is not looked at again. As in audits, dates in certificates do not count, and nothing is
// known of certificates that were revoked.
package receipt
