package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/lifecycle"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/staff"
)

// The people of the development network who look after the earning rules, by their certificates.
const (
	planner    = "planner"
	controller = "controller"
)

// current and proposal name rules that are no number.
const (
	current  = "current"
	proposal = "proposal"
)

// rulesLedger is the ledger as those see it who look after its rules: read from the peers of both organisations, and
// written to with people's own certificates. The wallet service has no part in it.
type rulesLedger struct {
	network   *native.Network
	admin     *lifecycle.Admin
	chaincode string
}

func openRulesLedger(n *native.Network) (*rulesLedger, error) {
	name, err := ledgerOf(n)
	if err != nil {
		return nil, err
	}
	admin, err := lifecycle.Connect(n.Topology, n.Dir.Material())
	if err != nil {
		return nil, err
	}
	return &rulesLedger{n, admin, name.chaincode}, nil
}

func (l *rulesLedger) close() error { return l.admin.Close() }

// agreePatience bounds how long organisations are asked until they agree: one may be a block behind.
const agreePatience = 15 * time.Second

// get reads keys of the state as both organisations have it.
func (l *rulesLedger) get(ctx context.Context, keys ...string) ([][]byte, error) {
	args := make([][]byte, len(keys))
	for i, key := range keys {
		args[i] = []byte(key)
	}
	for until := time.Now().Add(agreePatience); ; {
		answers, err := l.admin.Evaluate(ctx, l.chaincode, "Get", args...)
		if err != nil {
			return nil, err
		}
		if answer, ok := agreed(answers); ok {
			return contract.Values(answer, len(keys))
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("the organisations' peers give different answers about %v: see `destinasia audit`", keys)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// agreed is the answer that all gave.
func agreed(answers map[string][]byte) (answer []byte, ok bool) {
	first := true
	for _, a := range answers {
		if !first && !bytes.Equal(a, answer) {
			return nil, false
		}
		answer, first = a, false
	}
	return answer, !first
}

// rulesState is what the ledger says of rules as a whole.
type rulesState struct {
	schedule dollars.Schedule
	proposal dollars.RulesRecord // Version 0 where nothing is proposed
}

func (l *rulesLedger) state(ctx context.Context) (s rulesState, err error) {
	values, err := l.get(ctx, dollars.ScheduleKey, dollars.ProposalKey)
	if err != nil {
		return s, err
	}
	if len(values[0]) > 0 {
		if s.schedule, err = dollars.DecodeSchedule(values[0]); err != nil {
			return s, err
		}
	}
	if len(values[1]) > 0 {
		s.proposal, err = dollars.DecodeRulesRecord(values[1])
	}
	return s, err
}

// version reads a published version.
func (l *rulesLedger) version(ctx context.Context, number uint32) (dollars.RulesRecord, error) {
	values, err := l.get(ctx, dollars.RulesKey(number))
	if err != nil {
		return dollars.RulesRecord{}, err
	}
	if len(values[0]) == 0 {
		return dollars.RulesRecord{}, fmt.Errorf("no version %d of the rules was published; see `destinasia rules list`", number)
	}
	return dollars.DecodeRulesRecord(values[0])
}

// inForce is the version that bookings are confirmed by now.
func (l *rulesLedger) inForce(ctx context.Context) (dollars.RulesRecord, error) {
	s, err := l.state(ctx)
	if err != nil {
		return dollars.RulesRecord{}, err
	}
	at := s.schedule.At(l.network.Now().Unix())
	if at.Version == 0 {
		return dollars.RulesRecord{}, errors.New("no earning rules are in force; see `destinasia rules list`")
	}
	return l.version(ctx, at.Version)
}

// apply has a person do something to the rules, and answers where it is on the ledger.
func (l *rulesLedger) apply(ctx context.Context, user string, ops ...dollars.Operation) (staff.Applied, error) {
	person, err := staff.Connect(l.network.Topology, l.network.Dir.Material(), issuer, user, staff.Options{ClockOffset: l.network.ClockOffset()})
	if err != nil {
		return staff.Applied{}, err
	}
	applied, err := person.Apply(ctx, l.chaincode, ops...)
	err = errors.Join(err, person.Close())
	var failure *staff.Error
	if errors.As(err, &failure) && failure.Reason == staff.Unknown {
		return staff.Applied{}, fmt.Errorf("%w; `destinasia rules list` tells whether it did", err)
	}
	if err != nil {
		return staff.Applied{}, err
	}
	for i, e := range applied.Journal.Entries {
		if e.Outcome == dollars.Rejected {
			return applied, refusedRules(ops[i], user, e)
		}
	}
	return applied, nil
}

// refusedRules says why the ledger refused what a person wanted to do to the rules. The journal has the code only.
func refusedRules(op dollars.Operation, user string, e dollars.Entry) error {
	reason := map[dollars.Code]string{
		dollars.CodeNotAuthorized:    "the certificate of " + user + " does not allow it: that takes one of the issuer with role=rules",
		dollars.CodeRulesInvalid:     "the rule set does not compile; see `destinasia rules check`",
		dollars.CodeRulesVersion:     "the version has been published, or is not proposed, by now; see `destinasia rules list`",
		dollars.CodeRulesChanged:     "something else is proposed by now; see `destinasia rules show proposal`",
		dollars.CodeRulesOwnProposal: user + " proposed it, and nobody approves their own proposal; use another certificate (--as)",
		dollars.CodeRulesUnapproved:  "nobody has approved it in the last 30 days; see `destinasia rules approve`",
		dollars.CodeRulesFull:        fmt.Sprintf("%d versions wait for their start or were in force in the last hour; publish it later", dollars.MaxScheduled),
		dollars.CodeRulesBudget:      "a row has another budget than in an earlier version, in which it began to count; keep the amount, or give the row a new id",
	}[e.Code]
	return fmt.Errorf("%s: %s: %s; nothing was changed", op.Kind(), e.Code, reason)
}

// ruleSet reads what a record holds.
func ruleSet(r dollars.RulesRecord) (earn.RuleSet, error) {
	set, err := earn.Read(r.Set)
	if err != nil {
		return earn.RuleSet{}, fmt.Errorf("version %d of the rules: %w", r.Version, err)
	}
	return set, nil
}
