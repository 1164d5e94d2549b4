// Package eip712 hashes typed structured data and recovers who signed it, as EIP-712 describes
// (https://eips.ethereum.org/EIPS/eip-712).
//
// It knows the specification only: no order, no account, no currency. A struct is hashed from its type string and its
// encoded members, which are 32-byte words; a nested struct is a member that is itself a hash. Arrays are left out,
// because nothing here signs one.
//
// Guarantees: the same input gives the same bytes on every machine, and Recover accepts only the lower of the two s
// values a signature can be written with (EIP-2), so nobody can make a second signature out of a first.
package eip712
