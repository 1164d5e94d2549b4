// Package disk is how the wallet service keeps things in Badger: Open starts a database that stays small and quiet,
// Writer gives it one writer whose commits are shared, and Reader reads the one encoding records are written in.
//
// A Writer guarantees that what a change wrote is on disk, all of it, before Update returns nil, and that changes see
// everything earlier ones wrote, so that "look, then write" needs no lock and no retry. Many callers at once cost
// one fsync together. Once a commit has failed it writes nothing more, because what is on disk is then unknown.
//
// What a change erases is in no file of the store when Update returns: erasing is for what must be gone, and costs a
// compaction.
//
// It knows nothing of what is stored. Sizes, keys and records are each store's own business.
package disk
