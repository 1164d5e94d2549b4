package wallet

import (
	"context"
	"fmt"
	"slices"

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
	Approved int64 // Unix seconds, of the last approval, which the ledger takes for 30 days; 0 before
	Set      earn.RuleSet
}

// Rules are the earning rules in force, or a refusal with not_found while there are none.
func (s *Service) Rules(context.Context) (RulesVersion, error) {
	v, err := s.inForce()
	return v.RulesVersion, err
}

// RulesAt is a published version of the rules. Without plans it must be, or have been, in force, and one that is not is
// refused in the words of one that does not exist.
func (s *Service) RulesAt(_ context.Context, version uint32, plans bool) (RulesVersion, error) {
	rec, err := s.rulesRecord(version)
	if err != nil {
		return RulesVersion{}, err
	}
	seen, refusal := rec.Version != 0, "no rules with this version were published"
	if !plans {
		refusal = "no rules with this version are or were in force"
		if seen, err = s.begun(rec); err != nil {
			return RulesVersion{}, err
		}
	}
	if !seen {
		return RulesVersion{}, &Error{Code: CodeNotFound, Detail: refusal}
	}
	// Not compiled: who looks through old versions should not take the place of those that are worked with.
	set, err := earn.Read(rec.Set)
	if err != nil {
		return RulesVersion{}, fmt.Errorf("read version %d of the rules: %w", version, err)
	}
	return versionOf(rec, set), nil
}

// begun tells whether a version is or was in force: it was published, its start has come, and no later version took its
// place before that.
func (s *Service) begun(v dollars.RulesRecord) (bool, error) {
	if v.Version == 0 || v.Starts > s.now().Unix() {
		return false, nil
	}
	for version := v.Version + 1; ; version++ {
		later, err := s.rulesRecord(version)
		switch {
		case err != nil:
			return false, err
		case later.Version == 0 || later.Published >= v.Starts:
			return true, nil
		case later.Starts <= v.Starts:
			return false, nil
		}
	}
}

// Schedule is which rules are in force when; without plans as if nothing were to come.
func (s *Service) Schedule(_ context.Context, plans bool) (Schedule, error) {
	versions, err := read(s.Views, dollars.ScheduleKey, dollars.DecodeSchedule)
	if err != nil {
		return Schedule{}, err
	}
	now := s.now().Unix()
	schedule := Schedule{Current: versions.At(now).Version, Versions: versions}
	if !plans {
		schedule.Versions = slices.DeleteFunc(versions, func(v dollars.Scheduled) bool { return v.Starts > now })
		return schedule, nil
	}
	p, err := read(s.Views, dollars.ProposalKey, dollars.DecodeRulesRecord)
	if err != nil || p.Version == 0 {
		return schedule, err
	}
	set, err := earn.Read(p.Set)
	if err != nil {
		return Schedule{}, fmt.Errorf("read the proposed rules: %w", err)
	}
	schedule.Proposal = &ProposedRules{p.Version, p.Hash(), p.Approved, set}
	return schedule, nil
}

// rulesVersion is a version of the rules, ready to be used.
type rulesVersion struct {
	RulesVersion
	rules *earn.Evaluator
}

// inForce is the version in force. Every event that is reported asks for it, and it may be 256 KB to read and hash, so it
// is kept: a version never changes.
func (s *Service) inForce() (rulesVersion, error) {
	versions, err := read(s.Views, dollars.ScheduleKey, dollars.DecodeSchedule)
	if err != nil {
		return rulesVersion{}, err
	}
	at := versions.At(s.now().Unix())
	if at.Version == 0 {
		return rulesVersion{}, &Error{Code: CodeNotFound, Detail: "no earning rules are in force yet"}
	}
	if kept := s.rulesNow.Load(); kept != nil && kept.Version == at.Version {
		return *kept, nil
	}
	v, err := s.compiled(at.Version)
	if err == nil {
		s.rulesNow.Store(&v)
	}
	return v, err
}

// compiled is a published version.
func (s *Service) compiled(version uint32) (rulesVersion, error) {
	rec, err := s.rulesRecord(version)
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
	return rulesVersion{versionOf(rec, rules.RuleSet()), rules}, nil
}

// rulesRecord is what the ledger has of a published version; the zero record where there is none.
func (s *Service) rulesRecord(version uint32) (dollars.RulesRecord, error) {
	return read(s.Views, dollars.RulesKey(version), dollars.DecodeRulesRecord)
}

func versionOf(rec dollars.RulesRecord, set earn.RuleSet) RulesVersion {
	return RulesVersion{rec.Version, rec.Hash(), rec.Starts, rec.Published, set}
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
