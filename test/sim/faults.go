package main

import (
	"maps"
	"slices"
)

// fault is a kind of thing that goes wrong.
type fault string

// The faults, and how likely each is where it may happen, on average over the seeds: every seed has its own mixture.
const (
	endorsementLost  fault = "endorsement's answer lost"
	staleEndorser    fault = "peer committed late"
	peerDown         fault = "peer down"
	submitRefused    fault = "orderer refused"
	submitLost       fault = "orderer lost what it took"
	submitUnsure     fault = "orderer may have it"
	submitTwice      fault = "ordered twice"
	submitDelayed    fault = "ordered late"
	submitAnswerLost fault = "orderer's answer lost"
	leaderLost       fault = "orderer lost all in flight"
	reordered        fault = "block reordered"
	invalidated      fault = "invalidated by its endorsements"
	upgraded         fault = "chaincode upgraded"
	streamBroken     fault = "stream of blocks broke"
	streamStuck      fault = "stream of blocks stuck"
	blockRepeated    fault = "block delivered again"
	blockSkipped     fault = "block left out"
	diskFailed       fault = "write failed"
	crashed          fault = "killed at a write"
	killed           fault = "killed elsewhere"
	powerLost        fault = "of these, by power loss"
	stopped          fault = "stopped in good order"
	answerLost       fault = "client's answer lost"
	sentTwice        fault = "sent to both replicas"
)

var likely = map[fault]float64{
	endorsementLost: 0.004, staleEndorser: 0.05, peerDown: 0.05,
	submitRefused: 0.01, submitLost: 0.02, submitUnsure: 0.03, submitTwice: 0.04, submitDelayed: 0.03, submitAnswerLost: 0.01,
	leaderLost: 0.03, reordered: 0.3, invalidated: 0.02, upgraded: 0.05,
	streamBroken: 0.02, streamStuck: 0.003, blockRepeated: 0.03, blockSkipped: 0.02,
	diskFailed: 0.0008, crashed: 0.004, killed: 0.0008, powerLost: 0.4, stopped: 0.02,
	answerLost: 0.05, sentTwice: 0.15,
}

// mutation is a fault that nothing is made to bear: it shows that it would be found.
type mutation string

// The mutations.
const (
	acceptCopies mutation = "copies of a transaction are valid"
	ignoreReads  mutation = "transactions are valid whatever they read"
	hideEntry    mutation = "the views are not shown an entry"
	loseInbox    mutation = "the inbox loses its last write in a crash"
	loseKept     mutation = "envelopes are not kept"
)

var mutations = []mutation{acceptCopies, ignoreReads, hideEntry, loseInbox, loseKept}

// mix draws how likely each fault is with this seed: some are absent, some frequent.
func (w *world) mix() {
	w.rates = map[fault]float64{}
	for _, f := range slices.Sorted(maps.Keys(likely)) {
		w.rates[f] = min(0.6, likely[f]*[]float64{0, 0.3, 1, 3}[w.rng.IntN(4)])
	}
}

// strikes draws whether a fault happens now.
func (w *world) strikes(f fault) bool {
	if w.rng.Float64() >= w.rates[f] || w.healed {
		return false
	}
	w.count(string(f), 1)
	w.trace.add("fault: %s", f)
	return true
}

// count adds to the totals of what happened.
func (w *world) count(what string, n int) { w.totals.faults[what] += n }
