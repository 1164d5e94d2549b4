package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// A rule set becomes earning rules in three steps by two people: it is proposed as the next version; another
// certificate approves exactly these bytes; then, within 30 days, it is published, gets its number for good and is in
// force from its start on, or at once.

// Schedule is the versions in force and to come, a later one with a later start: from its start on it takes the place
// of those before it.
type Schedule []Scheduled

// Scheduled is a version's place in the schedule.
type Scheduled struct {
	Version uint32
	Starts  int64 // Unix seconds
	Hash    earn.Hash
	Members bool // it looks at or keeps members' earning records
	Policy  earn.Policy
}

// Bounds of the schedule, and of what comes onto it.
const (
	// MaxScheduled is how many versions it has at most: those that wait for their start, the one in force, and those
	// that were in force lately.
	MaxScheduled = 16

	// approvalLasts is for how many seconds what was approved may be published: 30 days. Who approved it judged it by
	// what they knew then.
	approvalLasts = 30 * secondsPerDay

	// lately is how long, in seconds, a version stays after another took its place. Transactions do not come in the order of
	// their times, and one from before the change must not find the ledger without rules. Fabric lets a client's clock
	// be 15 minutes wrong.
	lately = 3_600
)

// At is the version in force at a time (Unix seconds); its Version is 0 where there is none.
func (s Schedule) At(unix int64) Scheduled {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].Starts <= unix {
			return s[i]
		}
	}
	return Scheduled{}
}

// Latest is the number of the version published last, 0 before the first.
func (s Schedule) Latest() uint32 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Version
}

// find is a version's place, nil where it has none.
func (s Schedule) find(version uint32) *Scheduled {
	for i := range s {
		if s[i].Version == version {
			return &s[i]
		}
	}
	return nil
}

// plus is the schedule with another version published at a time (Unix seconds): those that would start no earlier
// never will, and those that another has followed long enough ago are over.
func (s Schedule) plus(next Scheduled, now int64) Schedule {
	var out Schedule
	for i, v := range s {
		over := i+1 < len(s) && s[i+1].Starts <= now-lately
		if v.Starts < next.Starts && !over {
			out = append(out, v)
		}
	}
	return append(out, next)
}

// Encode writes the schedule.
func (s Schedule) Encode() []byte {
	b := appendUint([]byte{recordVersion}, uint64(len(s)))
	for _, v := range s {
		b = appendUint(appendUint(b, uint64(v.Version)), uint64(v.Starts))
		b = appendPolicy(append(append(b, v.Hash[:]...), boolByte(v.Members)), v.Policy)
	}
	return b
}

// DecodeSchedule reads what Encode wrote.
func DecodeSchedule(data []byte) (Schedule, error) {
	r := reader{buf: data}
	version := r.byte()
	s := make(Schedule, r.count(43))
	for i := range s {
		v := &s[i]
		v.Version = uint32(r.uintMax(1<<32 - 1))
		v.Starts = r.int64()
		r.fixed(v.Hash[:])
		v.Members = r.bool()
		v.Policy = r.policy()
		if i > 0 && (v.Version <= s[i-1].Version || v.Starts <= s[i-1].Starts) {
			r.fail()
		}
	}
	if !r.end() || version != recordVersion {
		return nil, malformed("schedule")
	}
	return s, nil
}

// RulesRecord is a version of the rules, from its proposal on.
type RulesRecord struct {
	Version   uint32
	Set       []byte        // the rule set as earn.RuleSet.Encode writes it
	Proposer  CertificateID // who proposed it
	Approver  CertificateID // who approved it; zero before
	Approved  int64         // Unix seconds, of the last approval; 0 before
	Published int64         // Unix seconds; 0 before
	Starts    int64         // Unix seconds from which it is in force; 0 before it is published
}

// Hash is that of the rule set.
func (r RulesRecord) Hash() earn.Hash { return earn.HashOf(r.Set) }

// Encode writes the record.
func (r RulesRecord) Encode() []byte {
	b := appendUint([]byte{recordVersion}, uint64(r.Version))
	b = appendBytes(b, r.Set)
	b = append(append(b, r.Proposer[:]...), r.Approver[:]...)
	for _, at := range [...]int64{r.Approved, r.Published, r.Starts} {
		b = appendUint(b, uint64(at))
	}
	return b
}

// DecodeRulesRecord reads what Encode wrote; it does not read the rule set in it.
func DecodeRulesRecord(data []byte) (RulesRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := RulesRecord{Version: uint32(r.uintMax(1<<32 - 1)), Set: r.bytes(earn.MaxDocument)}
	r.fixed(rec.Proposer[:])
	r.fixed(rec.Approver[:])
	for _, at := range [...]*int64{&rec.Approved, &rec.Published, &rec.Starts} {
		*at = r.int64()
	}
	if !r.end() || version != recordVersion {
		return RulesRecord{}, malformed("record of rules")
	}
	return rec, nil
}

// rulesOverlay is what a batch knows of rules.
type rulesOverlay struct {
	asked struct{ schedule, proposal bool } // for what was read

	schedule  Schedule
	proposal  RulesRecord // Version 0 where nothing is proposed
	versions  map[uint32]*rulesVersion
	past      map[uint32]*earn.Hash // of versions that left the schedule; zero where there is none
	published []RulesRecord         // by this batch
	proposed  bool                  // the proposal changed
	checked   bool                  // this batch has proposed a rule set that had to be compiled
}

// rulesVersion is a published version, ready to be used.
type rulesVersion struct {
	number uint32
	rules  *earn.Evaluator
}

// inForce is the version for bookings confirmed by this batch, or a refusal.
func (b *batch) inForce() (*rulesVersion, error) {
	at := b.rules.schedule.At(b.env.Time)
	if at.Version == 0 {
		return nil, refuse(CodeRulesMissing, "no earning rules are in force yet")
	}
	return b.version(at.Version)
}

// version is a published version. That it is missing is no refusal: a booking or the schedule names it.
func (b *batch) version(number uint32) (*rulesVersion, error) {
	w := wanted{b: b}
	w.version(number)
	if err := w.read(); err != nil {
		return nil, err
	}
	if v := b.rules.versions[number]; v.rules != nil {
		return v, nil
	}
	return nil, fmt.Errorf("version %d of the rules is not in the state", number)
}

func (w *wanted) rules() {
	if w.b.rules.asked.schedule {
		return
	}
	w.b.rules.asked.schedule = true
	w.add(ScheduleKey, func(value []byte) (err error) {
		w.b.rules.schedule, err = DecodeSchedule(value)
		return err
	})
}

func (w *wanted) proposal() {
	if w.b.rules.asked.proposal {
		return
	}
	w.b.rules.asked.proposal = true
	w.add(ProposalKey, func(value []byte) (err error) {
		w.b.rules.proposal, err = DecodeRulesRecord(value)
		return err
	})
}

// version is read although the process may have it compiled: which keys a batch reads must not depend on its past.
func (w *wanted) version(number uint32) {
	if w.b.rules.versions[number] != nil {
		return
	}
	v := &rulesVersion{number: number}
	w.b.rules.versions[number] = v
	w.add(RulesKey(number), func(value []byte) error {
		rec, err := DecodeRulesRecord(value)
		if err == nil {
			v.rules, err = earn.Load(rec.Set)
		}
		return err
	})
}

// over wants to know what a version was that is published and no longer in the schedule. There is no need to compile it.
func (w *wanted) over(number uint32) {
	r := &w.b.rules
	if r.past[number] != nil || number == 0 || number > r.schedule.Latest() || r.schedule.find(number) != nil {
		return
	}
	hash := &earn.Hash{}
	r.past[number] = hash
	w.add(RulesKey(number), func(value []byte) error {
		rec, err := DecodeRulesRecord(value)
		*hash = rec.Hash()
		return err
	})
}

func (b *batch) proposeRules(o ProposeRules) (Entry, error) {
	hash := earn.HashOf(o.Set)
	e := Entry{Kind: KindProposeRules, Ref: hash, Version: o.Version}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if next := b.rules.schedule.Latest() + 1; o.Version != next {
		return e, refuse(CodeRulesVersion, fmt.Sprintf("the next version is %d, not %d", next, o.Version))
	}
	current := b.rules.proposal
	if current.Version == o.Version && current.Hash() == hash && current.Proposer == b.env.Caller.ID {
		e.Outcome = Duplicate
		return e, nil
	}
	if b.rules.checked {
		// Each may take a second to compile, on every peer.
		return e, refuse(CodeRulesVersion, fmt.Sprintf("an earlier operation of this batch proposes version %d; a batch can propose one rule set only", o.Version))
	}
	b.rules.checked = true
	if _, err := earn.Accept(o.Set); err != nil {
		return e, refuse(CodeRulesInvalid, err.Error())
	}
	b.rules.proposal = RulesRecord{Version: o.Version, Set: o.Set, Proposer: b.env.Caller.ID}
	b.rules.proposed = true
	e.Outcome = Applied
	return e, nil
}

// proposed finds the proposal that an approval or a publication is about, exactly as it was read.
func (b *batch) proposed(version uint32, hash earn.Hash) (RulesRecord, error) {
	p := b.rules.proposal
	switch {
	case p.Version == 0 || p.Version != version:
		return p, refuse(CodeRulesVersion, fmt.Sprintf("version %d is not proposed", version))
	case p.Hash() != hash:
		return p, refuse(CodeRulesChanged, fmt.Sprintf("what is proposed as version %d is another rule set, with the hash %s", version, p.Hash()))
	}
	return p, nil
}

func (b *batch) approveRules(o ApproveRules) (Entry, error) {
	e := Entry{Kind: KindApproveRules, Ref: o.Hash, Version: o.Version}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	p, err := b.proposed(o.Version, o.Hash)
	switch {
	case err != nil:
		return e, err
	case p.Proposer == b.env.Caller.ID:
		return e, refuse(CodeRulesOwnProposal, "who proposed a rule set cannot approve it; that takes another certificate")
	case p.Approver == b.env.Caller.ID && p.Approved >= b.env.Time:
		e.Outcome = Duplicate
		return e, nil
	}
	p.Approver, p.Approved = b.env.Caller.ID, b.env.Time // approved again, it lasts longer
	b.rules.proposal, b.rules.proposed = p, true
	e.Outcome = Applied
	return e, nil
}

func (b *batch) publishRules(o PublishRules) (Entry, error) {
	e := Entry{Kind: KindPublishRules, Ref: o.Hash, Version: o.Version}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	published, err := b.isPublished(o)
	if err != nil {
		return e, err
	}
	if published {
		e.Outcome = Duplicate
		return e, nil
	}
	p, err := b.approved(o)
	if err != nil {
		return e, err
	}
	rules, err := earn.Accept(p.Set)
	if err != nil {
		// A later program than the one it was proposed to may be stricter.
		return e, refuse(CodeRulesInvalid, err.Error())
	}
	p.Published = b.env.Time
	p.Starts = max(rules.RuleSet().Starts, p.Published) // what was promised before stays promised
	next := Scheduled{Version: p.Version, Starts: p.Starts, Hash: o.Hash, Members: rules.UsesMember()}
	if policy := rules.RuleSet().Policy; policy != nil {
		next.Policy = *policy
	}
	schedule := b.rules.schedule.plus(next, b.env.Time)
	if len(schedule) > MaxScheduled {
		return e, refuse(CodeRulesFull, fmt.Sprintf("%d versions wait for their start or were in force in the last hour; more at a time is too many", MaxScheduled))
	}
	if err := b.openBudgets(rules); err != nil {
		return e, err
	}
	b.rules.schedule = schedule
	b.rules.published = append(b.rules.published, p)
	b.rules.versions[p.Version] = &rulesVersion{p.Version, rules}
	b.rules.proposal, b.rules.proposed = RulesRecord{}, true
	e.Outcome = Applied
	return e, nil
}

// approved finds the proposal that is to be published.
func (b *batch) approved(o PublishRules) (RulesRecord, error) {
	p, err := b.proposed(o.Version, o.Hash)
	switch {
	case err != nil:
		return p, err
	case p.Approver == (CertificateID{}):
		return p, refuse(CodeRulesUnapproved, fmt.Sprintf("nobody has approved version %d yet", o.Version))
	case p.Approved < b.env.Time-approvalLasts:
		return p, refuse(CodeRulesUnapproved, fmt.Sprintf("version %d was approved on %s, and an approval lasts %d days; have it approved again",
			o.Version, DateOf(p.Approved), approvalLasts/secondsPerDay))
	}
	return p, nil
}

// isPublished tells whether this rule set was published under this number before, however long ago.
func (b *batch) isPublished(o PublishRules) (bool, error) {
	if v := b.rules.schedule.find(o.Version); v != nil {
		return v.Hash == o.Hash, nil
	}
	w := wanted{b: b}
	w.over(o.Version)
	err := w.read()
	past := b.rules.past[o.Version]
	return past != nil && *past == o.Hash, err
}

// writes are the changes of the rules' keys.
func (r *rulesOverlay) writes() []Write {
	var out []Write
	for _, v := range r.published {
		out = append(out, Write{RulesKey(v.Version), v.Encode()})
	}
	if len(r.published) > 0 {
		out = append(out, Write{ScheduleKey, r.schedule.Encode()})
	}
	if r.proposed {
		w := Write{Key: ProposalKey}
		if r.proposal.Version != 0 {
			w.Value = r.proposal.Encode()
		}
		out = append(out, w)
	}
	return out
}
