// Package wallet is what the wallet service does: it turns booking events and orders into work that the ledger will
// apply, and answers what members, staff and auditors ask.
//
// It guarantees that work is accepted only when it is durable, at most once per identity, and that nobody acts on an
// account that is not theirs. What became of accepted work is only ever told from the ledger.
//
// It declares the ports it needs (Intake, Views, Blocks, Directory, Keys) and the types that cross them. It knows no HTTP,
// no Fabric and no database; rules of the currency are dollars' alone, and what a receipt proves is package receipt's.
package wallet
