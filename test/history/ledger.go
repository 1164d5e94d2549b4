package history

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Ledger is what an audit found on the ledger, as far as clients can tell of it.
type Ledger struct {
	places   map[Key][]place
	order    []Key // of what was applied
	postings map[dollars.Account][]posting
}

// place is where the ledger has an operation.
type place struct {
	block  uint64
	again  bool // and changed nothing, because it was there before
	amount dollars.Amount
}

// posting is a change of what an account can spend.
type posting struct {
	key   Key
	block uint64
	delta dollars.Amount
}

// NewLedger is an empty one.
func NewLedger() *Ledger {
	return &Ledger{places: map[Key][]place{}, postings: map[dollars.Account][]posting{}}
}

// Add adds what a transaction did; transactions come in their order. It fails on what moves points in ways that balances
// are not followed through: then the load is not what this package is for.
func (l *Ledger) Add(block uint64, entries []dollars.Entry) error {
	for _, e := range entries {
		key := Key{Kind: e.Kind, Ref: e.Ref}
		var postings [2]struct {
			account dollars.Account
			delta   dollars.Amount
		}
		switch e.Kind {
		case dollars.KindAbsorb, dollars.KindProposeRules, dollars.KindApproveRules, dollars.KindPublishRules:
			continue // nobody's request moves points by these
		case dollars.KindConfirm:
		case dollars.KindCapture:
			key.Link = e.Link
		case dollars.KindComplete, dollars.KindRelease:
			postings[0].account, postings[0].delta = e.Account, e.Amount
		case dollars.KindTransfer:
			postings[0].account, postings[0].delta = e.Account, -e.Amount
			postings[1].account, postings[1].delta = e.Other, e.Amount
		case dollars.KindRedeem, dollars.KindHold:
			postings[0].account, postings[0].delta = e.Account, -e.Amount
		default:
			return fmt.Errorf("block %d has an operation of kind %s: its effect on balances is not followed", block, e.Kind)
		}
		if e.Outcome == dollars.Rejected {
			continue
		}
		l.places[key] = append(l.places[key], place{block, e.Outcome == dollars.Duplicate, e.Amount})
		if e.Outcome == dollars.Duplicate {
			continue
		}
		l.order = append(l.order, key)
		for _, p := range postings {
			if p.delta != 0 {
				l.postings[p.account] = append(l.postings[p.account], posting{key, block, p.delta})
			}
		}
	}
	return nil
}

// applied are the places where the operation changed the ledger: one, if all is well.
func (l *Ledger) applied(k Key) (list []place) {
	for _, p := range l.places[k] {
		if !p.again {
			list = append(list, p)
		}
	}
	return list
}

// in tells whether a block has the operation, changed or found there.
func (l *Ledger) in(k Key, block uint64) bool {
	for _, p := range l.places[k] {
		if p.block == block {
			return true
		}
	}
	return false
}

// available is what the account could spend when the ledger had so many blocks.
func (l *Ledger) available(a dollars.Account, height uint64) (sum dollars.Amount) {
	for _, p := range l.postings[a] {
		if p.block < height {
			sum += p.delta
		}
	}
	return sum
}
