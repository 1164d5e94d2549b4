// Package staff lets a person of an organisation act on the ledger with a certificate of their own, through their
// organisation's peer and without the wallet service: so what took two certificates took two people.
//
// Apply answers with the journal of a transaction that a block holds as valid, or with an Error that tells four ways to
// fail apart. After three of them the ledger is as it was. After the fourth, Unknown, it may not be: what was submitted
// is submitted again, byte for byte, for as long as there is time to find out, and never endorsed anew. Every wait is
// bounded. That an operation was refused is not an error but an entry of the journal, and on the ledger, too.
//
// Who may do what is the contract's to say (package dollars), who has which certificate is package material's, and
// what to do about an outcome that stays unknown is the person's.
package staff
