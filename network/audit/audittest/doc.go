// Package audittest is a ledger in the process, for tests of what is built on an audit: batches are done by dollars.Apply
// and told as an audit tells them, without blocks, certificates or a network. The same story gives the same bytes.
package audittest
