// Package audit derives the ledger again from raw blocks and believes nothing but its trust roots. It either reports
// what the blocks add up to, or the first Divergence: block, transaction, key and reason.
//
// # What is checked
//
// The roots are the genesis block's hash, the organisations' root certificates, or both. From the genesis block come
// the channel's organisations and policies; with certificates, its organisations must be exactly those of the roots.
// Nobody signs a genesis block: with certificates alone, it is believed of whoever made it who of the organisations orders,
// who is a member and what the policies are; any one of them could make another channel, in which it is all of these and
// signs everything. So whoever does not trust each of them trusts the genesis block's hash. Of every block:
//
//   - its bytes are the one encoding of what they say; number, previous hash and data hash fit;
//   - the ordering service's signatures satisfy the channel's policy BlockValidation, and are all those of orderers: an
//     administrator or client of their organisation signs no block, whatever the policy says;
//   - the peer's metadata: every validation code is computed and compared, and so is the commit hash, by which a peer
//     chains its verdicts and all writes.
//
// Of every transaction: the creator's certificate and signature, the transaction id, that the endorsers saw the
// arguments recorded, the channel and the chaincode, that its id is new, the endorsement policy of the chaincode's
// definition as committed before its block, and that what it read was still so (MVCC; absent keys included). A valid
// transaction of the audited chaincode must be endorsed by a peer of every member organisation, whatever the policy
// says, and is executed again with dollars.Apply, from the empty state on, with who called and when taken from the
// transaction: keys read, writes and journal must be those recorded, byte for byte. Members' signatures on orders are
// checked by Apply.
//
// At every height the supply folded from journals must equal the sums over all accounts, credits, holds and bookings; and of
// every row's budget, what is in its pot, in the lanes' shares and held by pending and awarded bookings must add up to it.
//
// # What is not followed
//
// These end an audit with a divergence that says so, because nothing could be said of what comes after: a configuration
// block after the genesis block, consensus other than Raft and SmartBFT, valid transactions of other chaincodes than the audited one
// and _lifecycle, and, in transactions that take effect, range queries, key-level endorsement policies, chaincode
// collections, and validation plugins other than vscc; MSPs without node OUs, with intermediate certificates or with
// revocation lists. A transaction that uses such a thing and has no effect is counted as Unjudged: otherwise anyone who
// may send transactions could stop audits.
//
// Codes for transactions nobody can read are not told apart from each other, and of two reasons to refuse a transaction
// either is taken where Fabric's peers look at them in no order.
//
// Like Fabric's peers, the audit does not judge by the dates in certificates. That nothing was cut off at the end of the
// chain, and that no other chain exists beside it, cannot be seen in one sequence of blocks: compare peers (package
// source does), heights, or with a checkpoint of before.
//
// # Checkpoints
//
// An audit leaves a checkpoint (Auditor.Save) from which another goes on (OpenCheckpoint, Options.From). It is a statement,
// checkpoint.json: channel and chaincode, height, header hash, state digest, supply, how many transactions and operations
// there were, who signed those it was made from, and the SHA-256 of a file beside it; and that file, with what it takes to
// go on: the genesis block, the whole state with the version of each key, the last block's validity codes and commit hash,
// and the ids of all transactions. The statement is signed by the user auditor of a member organisation (ECDSA on P-256 over
// the SHA-256 of a line that says what is signed, and of the statement without its signature). The genesis block is judged
// by the roots as ever, and says who may sign; certificates are judged as those of transactions are. A statement has one
// spelling, so a change of any byte of either file is found.
//
// What is believed of a checkpoint is that the blocks before its height were right, and what they came to. Tally, budgets
// and policies in force are worked out from its state again, and the books must balance. Of later blocks nothing less is
// checked than without it. The fetcher begins with the last block before the height, which must have the header hash, the
// validity codes and the commit hash of the checkpoint: so a chain that was cut off, or another one, is found even where
// there is no new block. Codes and commit hashes of two honest peers may differ (see package source); where they do, go on
// with the peer that the checkpoint was made of, or from the genesis block.
//
// The report of an audit that went on is that of one from the genesis block, but for Believed. Options.Applied is told of
// later transactions only. Both files are written aside and renamed, the statement last, so an interruption leaves the
// checkpoint before. One of another format is refused: audits of the new version of the program begin at the genesis block.
//
// # Several sources
//
// A fetcher whose sources do not have the same block in the next place ends an audit with an error that is Disputed. The
// audit then judges each version in its place, so that whose is wrong can be said.
//
// # State digest
//
// The digest is SHA-256 over the chaincode's keys in ascending byte order, each as: length of the key, key, length of
// the value, value; lengths are unsigned varints. Two ledgers with the same digest hold the same state.
//
// # Cost
//
// Blocks are decoded and their signatures checked on all processors, a few blocks ahead, and applied in order; signers of a
// batch's orders are recovered on all processors, too. That recovery is most of the work where there are signed orders: of 80
// us of processor time for one, 43. An order alone in its transaction takes 870, mostly for four signatures on P-256.
//
// Memory is the state, and some 35 bytes per transaction (not per operation) to recognise ids that return; nothing else grows
// with history. BenchmarkOrders and TestMemoryGrowsWithTheStateOnly measure both. Writing a checkpoint takes a pass over the
// state.
package audit
