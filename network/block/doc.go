// Package block decodes Fabric blocks into plain Go, and has the hashes of a header and of the transactions under it.
//
// It is a leaf: it knows protocol buffers on the wire and nothing of this product. It sits on the hot path of whoever
// follows the ledger, so it walks the encoded bytes once, copies none of them and decodes writes only when asked: every
// slice it returns lies inside the block and must not be modified. Bytes nobody can make sense of give an error, never
// a panic. Whether blocks make a chain, and whether a transaction is trustworthy (signatures, endorsements, execution), is
// left to the auditor.
package block
