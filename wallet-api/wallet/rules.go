package wallet

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// RulesVersion is a published version of the earning rules.
type RulesVersion struct {
	Version   uint32
	Hash      earn.Hash
	Starts    int64 // Unix seconds from which it is in force
	Published int64 // Unix seconds
	Set       earn.RuleSet
}

// Schedule is which versions of the rules are in force when, and what may come.
type Schedule struct {
	Current  uint32           // the version in force; 0 while there is none
	Versions dollars.Schedule // lately, now and in future
	Proposal *ProposedRules   // nil where nothing is proposed
}

// ProposedRules are rules that wait for their approval or publication.
type ProposedRules struct {
	Version  uint32 // that it would get
	Hash     earn.Hash
	Approved bool
	Set      earn.RuleSet
}

// Rules are the earning rules in force, or a refusal with not_found while there are none.
func (s *Service) Rules(context.Context) (RulesVersion, error) {
	v, err := s.inForce()
	return v.RulesVersion, err
}

// RulesAt is a published version of the rules, whether in force or not.
func (s *Service) RulesAt(_ context.Context, version uint32) (RulesVersion, error) {
	v, err := s.compiled(version)
	return v.RulesVersion, err
}

// Schedule is which rules are in force when.
func (s *Service) Schedule(context.Context) (Schedule, error) {
	versions, err := read(s.Views, dollars.ScheduleKey, dollars.DecodeSchedule)
	if err != nil {
		return Schedule{}, err
	}
	schedule := Schedule{Current: versions.At(s.now().Unix()).Version, Versions: versions}
	p, err := read(s.Views, dollars.ProposalKey, dollars.DecodeRulesRecord)
	if err != nil || p.Version == 0 {
		return schedule, err
	}
	set, err := earn.Decode(p.Set)
	if err != nil {
		return Schedule{}, fmt.Errorf("read the proposed rules: %w", err)
	}
	schedule.Proposal = &ProposedRules{p.Version, p.Hash(), p.Approver != dollars.CertificateID{}, set}
	return schedule, nil
}

// rulesVersion is a version of the rules, ready to be used.
type rulesVersion struct {
	RulesVersion
	rules *earn.Evaluator
}

func (s *Service) inForce() (rulesVersion, error) {
	versions, err := read(s.Views, dollars.ScheduleKey, dollars.DecodeSchedule)
	if err != nil {
		return rulesVersion{}, err
	}
	at := versions.At(s.now().Unix())
	if at.Version == 0 {
		return rulesVersion{}, &Error{Code: CodeNotFound, Detail: "no earning rules are in force yet"}
	}
	return s.compiled(at.Version)
}

// compiled is a published version. Every event that is reported asks for the one in force, which may be 256 KB to read
// and hash, so the last answer is kept: a version never changes.
func (s *Service) compiled(version uint32) (rulesVersion, error) {
	if last := s.lastRules.Load(); last != nil && last.Version == version {
		return *last, nil
	}
	rec, err := read(s.Views, dollars.RulesKey(version), dollars.DecodeRulesRecord)
	if err != nil {
		return rulesVersion{}, err
	}
	if rec.Version == 0 {
		return rulesVersion{}, &Error{Code: CodeNotFound, Detail: "no rules with this version were published"}
	}
	rules, err := earn.Load(rec.Set)
	if err != nil {
		return rulesVersion{}, fmt.Errorf("read version %d of the rules: %w", version, err)
	}
	v := rulesVersion{RulesVersion{rec.Version, rec.Hash(), rec.Starts, rec.Published, rules.RuleSet()}, rules}
	s.lastRules.Store(&v)
	return v, nil
}

// tier is what the member with an account has reached by the rules in force.
func (s *Service) tier(a dollars.Account) (string, error) {
	v, err := s.inForce()
	if code, refused := codeOf(err); refused && code == CodeNotFound {
		return "", nil
	}
	if err != nil || len(v.Set.Tiers) == 0 {
		return "", err
	}
	earned, err := read(s.Views, dollars.EarningKey(a), dollars.DecodeEarningRecord)
	return earned.Tier(v.rules, s.now().Unix()), err
}

// read is the record under a key of the ledger's state, as the views have it; the zero record where there is none.
func read[T any](v Views, key string, decode func([]byte) (T, error)) (record T, err error) {
	values, err := v.Get([]string{key})
	if err == nil && len(values) == 1 && len(values[0]) > 0 {
		record, err = decode(values[0])
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", key, err)
	}
	return record, err
}
