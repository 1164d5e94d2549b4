// Package history compares what clients of the wallet service were told with the ledger, as an audit found it.
//
// Clients write down every request with the times of its call and its answer, and every balance they read. Check then looks
// for lies: what was told committed and is not on the ledger once, what was told refused and is there, what was accepted and
// has no outcome, repeats that were answered otherwise than the first time, balances that were not so at the height they were
// told for, and what is on the ledger and nobody sent.
//
// CheckAccounts asks of each account whether some order of its operations explains all answers, each taking effect between
// its call and its answer (linearizability, by porcupine). What the service promises is that an outcome is told after its
// views have it, and that balances are read from those views; so with one replica of it a balance has everything that
// was told before it was asked for. In which order operations took effect is not guessed but taken from the ledger: what is
// left open is when each did. That keeps the search short also where many are under way through a long outage, and is
// stronger than letting any order do.
//
// It knows no network and asks nobody: whoever runs one, or a simulation of one, hands it what happened.
package history
