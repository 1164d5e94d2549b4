// Package access opens the way to a network's peers: a connection, an identity to sign with, Fabric's gateway over both,
// and what the peers behind a gateway said when one failed.
//
// Nothing is dialled before it is needed. What is asked of the peers, and whether to ask again, is left to the packages
// that ask.
package access
