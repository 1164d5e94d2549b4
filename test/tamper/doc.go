// Package tamper changes the blocks of a real network in every way that a disk or an organisation could, and holds the audit
// to finding each change: with its block, its transaction, its key and a reason that fits.
//
// A network is started with the program, all kinds of work are done on it, and its blocks are exported; everything else
// happens offline. An attacker is whose keys they hold: nobody's, as a disk; an orderer's; one organisation's; or everybody's.
// What they change is encoded again, and every hash and every signature that is theirs to make is made anew from there on, so
// that only what they cannot make is left to be found. Decision 034 has the list of what can be changed, and what is no
// tampering although it changes bytes.
package tamper
