// Package proof checks what a block proves by itself, given whom to trust: that its header was made for its
// transactions, which orderers signed it, and of each transaction that its id and its creator's signature are right,
// what it asked for and what came of it, and which endorsers signed that. It decides about identities as Fabric's MSPs
// do.
//
// What a block proves only together with those before it (that it has its place, what is valid, what the policies in
// force ask for, that the rules give what is recorded) is left to package audit. Bytes nobody can make sense of give an
// error, never a panic.
package proof
