// Package source is where an auditor gets blocks from: the peers of a running network, or a directory of files.
//
// A source hands out the bytes of blocks in their order and ends with io.EOF. It vouches for nothing: what a block is
// worth is for package audit to find out. Same asks several peers for the same blocks and stops at the first that one
// of them has otherwise.
//
// A directory holds one file per block as Export writes them, named by the block's number. Nothing in a directory can
// tell that its last blocks were taken away; compare the height that an audit reports.
package source
