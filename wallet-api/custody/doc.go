// Package custody holds the secp256k1 keys of members who do not hold their own, and signs with them.
//
// It implements wallet.Keys on an embedded Badger. A key is on disk when Create returns, encrypted with AES-256-GCM under
// the service's master key and bound to the member's id, so that records cannot be swapped. A key never leaves the
// package, neither by a method nor in a log or an error. A wrong master key is noticed at Open.
//
// A key that is forgotten is in no file when Forget returns, not even encrypted. A key's address is the account only of
// members who were enrolled with it; others may have come into custody later.
//
// Keeping the master key, and deciding who may have something signed, is left to others. Whoever can read both the
// master key and this process's memory can sign: members who hold their own keys do not depend on it.
package custody
