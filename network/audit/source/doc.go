// Package source is where an auditor gets blocks from: the peers of a running network, or a directory of files.
//
// A source hands out the bytes of blocks in their order and ends with io.EOF, or follows the chain without end. It vouches
// for nothing: what a block is worth is for package audit to find out.
//
// Compared reads the same blocks from several peers and stops at the first that is not the same (headers, transactions, which
// of these are valid, and commit hashes as long as these must be the same). Its error, a Difference, has what the audit needs
// to judge the block of each side, and names the peers that are wrong, as far as that can be known: those whose block an audit
// refuses; where it refuses none, those that stand against more others; and it says so when two chains are both rightly
// signed, which is the orderers' doing. Every wait for a peer has a bound. One that breaks off is asked again; one that stays
// away ends an audit of what there is, and is left behind by one that follows the chain, which compares what it missed when
// it is back. What honest peers may have in other words (orderers' signatures, why a transaction is invalid) an audit sees as
// one of them has it; Named says whose words it refused.
//
// A directory holds one file per block as Export writes them, named by the block's number. Nothing in a directory can
// tell that its last blocks were taken away; compare the height that an audit reports, or go on from a checkpoint.
package source
