// Package contract puts the rules of package dollars on Hyperledger Fabric: it reads the batch and the caller's
// certificate, runs dollars.Apply on the peer's state, writes what it says and emits the journal as the
// transaction's one event. It is the only package of chaincode/ that imports Fabric.
//
// It implements the shim's Chaincode directly. The functions are:
//
//	Apply     one argument, a batch (dollars.EncodeBatch). Event "journal", payload dollars.Journal; no payload.
//	Get       up to 1,000 state keys, none twice; answers the values, each with its length before it, up to 8 MB in
//	          all. Read only.
//	Tally     a key to start from, "" at first; answers sums over one page of the state (TallyPage). Read only.
//	Bookings  a key to start from, "" at first; answers one page of the booked items (BookingsPage). Read only.
//
// It guarantees that the same transaction gives the same bytes on every endorser, and that a panic fails one
// transaction and never the process.
package contract
