// Package directory keeps which account belongs to which member: the only place where the ledger's pseudonyms meet
// the programme's member ids, so that erasing a person erases no block.
//
// It implements wallet.Directory on an embedded Badger. A member is on disk when Add returns, and neither an id nor an
// account ever belongs to two. When Forget returns neither is in any file of the directory. Who may look what up is the
// wallet's to decide.
package directory
