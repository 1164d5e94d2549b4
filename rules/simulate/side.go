package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// lane is that of all batches. On a ledger, batches that are under way at the same time have different lanes, and each
// lane has its share of a budget; which batch got which is chance. Here batches follow one another, so one lane is
// enough, a budget is given out to its last cent, and where batches end makes no difference. A ledger may stop short of
// a budget by what lies in its other lanes' shares: see dollars.Lanes.
const lane = 0

// sandbox is a currency nobody else issues.
var sandbox = dollars.Currency{Asset: "DSD", IssuerMSP: "simulation"}

// side is the replay of a plan by one rule set.
type side struct {
	plan  *plan
	rules *earn.Evaluator
	state *state
	tally *tally
	txs   uint64
}

func newSide(p *plan, rules *earn.Evaluator, label string) *side {
	return &side{plan: p, rules: rules, state: newState(), tally: newTally(p, rules, label)}
}

// run replays everything, and tells after every batch how many steps it had.
func (s *side) run(ctx context.Context, done func(steps int)) error {
	if err := s.publish(); err != nil {
		return err
	}
	for left := s.plan.steps; len(left) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := 1
		for n < len(left) && n < s.plan.batch && left[n].together(left[0]) {
			n++
		}
		if err := s.replay(left[:n]); err != nil {
			return fmt.Errorf("replay %s: %w", left[0].day(), err)
		}
		done(n)
		left = left[n:]
	}
	return s.tally.finish(s.state)
}

// publish puts the rule set in force before the first step, in the way every rule set is, by two people.
func (s *side) publish() error {
	set := s.rules.RuleSet()
	set.Starts = 0
	encoded := set.Encode()
	hash := earn.HashOf(encoded)
	begin := int64(0)
	if len(s.plan.steps) > 0 {
		begin = int64(s.plan.steps[0].day()) * secondsPerDay
	}
	for _, by := range []struct {
		caller byte
		op     dollars.Operation
	}{
		{1, dollars.ProposeRules{Version: 1, Set: encoded}},
		{2, dollars.ApproveRules{Version: 1, Hash: hash}},
		{1, dollars.PublishRules{Version: 1, Hash: hash}},
	} {
		caller := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{by.caller}}
		journal, err := s.apply(begin, caller, []dollars.Operation{by.op})
		if err != nil {
			return fmt.Errorf("put the rule set in force: %w", err)
		}
		if e := journal.Entries[0]; e.Outcome != dollars.Applied {
			return fmt.Errorf("put the rule set in force: %s was %s with %s", e.Kind, e.Outcome, e.Code)
		}
	}
	return nil
}

// replay applies steps of one day and one kind.
func (s *side) replay(steps []step) error {
	// At noon, a day is the same day in all time zones but the outermost.
	now := int64(steps[0].day())*secondsPerDay + secondsPerDay/2
	ops := make([]dollars.Operation, 0, len(steps))
	places := make([]int, 0, len(steps)) // by operation
	for _, st := range steps {
		it := s.plan.item(st.place())
		if s.tally.isRefused(st.place()) {
			continue // Nothing more happens to an item that the ledger does not know.
		}
		var op dollars.Operation
		switch st.what() {
		case confirms:
			op = s.plan.confirm(it)
		case completes:
			op = dollars.Complete{Booking: it.id}
		case cancels:
			// No credits are named: what the account then owes touches nothing that is counted here.
			op = dollars.Cancel{Booking: it.id}
		}
		ops, places = append(ops, op), append(places, st.place())
	}
	if len(ops) == 0 {
		return nil
	}
	journal, err := s.apply(now, dollars.Caller{Role: dollars.RoleIssuer}, ops)
	if err != nil {
		return err
	}
	for i := range journal.Entries {
		if err := s.observe(places[i], &journal.Entries[i], now); err != nil {
			return fmt.Errorf("booked item %s: %w", s.plan.item(places[i]).id, err)
		}
	}
	return s.tally.err
}

// observe counts what became of an item's step.
func (s *side) observe(place int, e *dollars.Entry, now int64) error {
	it := s.plan.item(place)
	switch {
	case e.Outcome == dollars.Duplicate:
		return fmt.Errorf("%s was applied before; is the item twice in the history?", e.Kind)
	case e.Outcome == dollars.Rejected && e.Kind == dollars.KindConfirm:
		s.tally.refuse(place, e.Code)
		return nil
	case e.Outcome == dollars.Rejected:
		return fmt.Errorf("%s was rejected with %s", e.Kind, e.Code)
	}
	last := false // step of the item
	switch e.Kind {
	case dollars.KindConfirm:
		rec, err := s.state.booking(it.id)
		if err != nil {
			return err
		}
		s.tally.confirmed(it, &rec)
		last = it.state == dollars.BookingPending
	case dollars.KindComplete:
		s.tally.completed(e, now)
		last = it.state == dollars.BookingAwarded
	case dollars.KindCancel:
		rec, err := s.state.booking(it.id)
		if err != nil {
			return err
		}
		s.tally.cancelled(e, &rec)
		last = true
	}
	if last {
		s.state.forget(it.id)
	}
	return nil
}

// apply runs a batch on the state.
func (s *side) apply(unix int64, caller dollars.Caller, ops []dollars.Operation) (dollars.Journal, error) {
	caller.MSP = sandbox.IssuerMSP
	s.txs++
	result, err := dollars.Apply(dollars.Env{
		Currency: sandbox, Channel: "simulation", Chaincode: "simulation",
		TxID: sha256.Sum256(binary.BigEndian.AppendUint64(nil, s.txs)),
		Time: unix, Lane: lane, Caller: caller,
	}, ops, s.state)
	if err != nil {
		return dollars.Journal{}, err
	}
	s.state.write(result.Writes)
	return result.Journal, nil
}
