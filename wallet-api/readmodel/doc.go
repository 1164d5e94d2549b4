// Package readmodel is what members, staff and the gateway read: a mirror of the ledger's state, and views folded from
// its journals, on an embedded Badger.
//
// It implements wallet.Views, and for the gateway Fold. It guarantees that a view and the position it was folded to
// change in one Badger transaction: after a crash the next Fold goes on where the last commit was, and folding a
// block again changes nothing. Commits do not wait for the disk, because all of this can be folded again from the chain;
// power loss costs the newest blocks, never consistency.
//
// A block is usually one Badger transaction. One that is too big is committed in parts, at the end of a Fabric
// transaction where possible; readers may see the parts, but Height counts a block only when all of it is there.
//
// What a block does to an account is written once: one record of what it has, with what the mirror has of it, and one of
// lines that lead from its history to the entries, which are kept once, with their transaction. So a payee who is paid a thousand times in a block costs what one
// who is paid once does.
//
// Of each block there is one record, written when all of it is folded, with what lists show of it and the supply after it. Lists of
// blocks, transactions and operations take nothing else: they read backwards what lies in the order of the chain anyway, and
// leave out a block that is folded in part.
//
// Balances are a view of their own rather than sums over the mirror, so that reading one costs the same for an
// account with a hundred thousand credits as for one with none. Check recomputes them, the supply, and which holds end
// when from the mirror, and what is told of blocks from their entries; histories it cannot, as the state does not remember
// them.
//
// It believes the blocks it is given: fetching, verifying and decoding them is left to the gateway, and proving the
// ledger to the auditor.
package readmodel
