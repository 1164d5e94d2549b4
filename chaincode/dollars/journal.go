package dollars

// Outcome is how an operation ended.
type Outcome uint8

// The outcomes. The numbers are on the ledger: never renumber.
const (
	Applied   Outcome = iota + 1
	Duplicate         // it had been applied before; nothing changed
	Rejected          // it was refused with a code; nothing changed
)

var outcomeNames = [...]string{Applied: "applied", Duplicate: "duplicate", Rejected: "rejected"}

func (o Outcome) String() string {
	if o >= Applied && o <= Rejected {
		return outcomeNames[o]
	}
	return "unknown"
}

// Entry is what became of one operation, and exactly what it moved. Which fields are set follows from the kind:
//
//	confirm    Ref booking, Account, Amount promised, Version of the rules, Before, After, Explanation
//	complete   Ref booking, Account, Amount, Before, After, Moved minted to Account
//	cancel     Ref booking, Account, Amount (promised or minted), Before, After, Name the cause; when it reverses an award:
//	           Moved burned from Account, Recalled burned from others, and of what was missing Debt or Forgiven;
//	           what of Amount has expired is in none of them
//	transfer   Ref order, Account from, Other to, Amount, Moved
//	redeem     Ref order, Account, Amount, Moved burned
//	absorb, expire   Account
//	freeze, unfreeze   Account, Name the reason
//	propose-rules, approve-rules, publish-rules   Ref hash of the rule set, Version
//	hold       Ref order, Account, Other merchant, Amount, Moved set aside
//	capture    Ref order of the hold, Account, Other merchant, Amount, Moved burned, Link reference
//	release    Ref order of the hold, Account, Other merchant, Amount, Moved back to Account, Expired burned instead; By the
//	           member of a household who had set it aside; a duplicate has no Amount
//	set-reward Ref RewardID, Name the reward, Amount price
//	claim      Ref order, Account, Amount, Moved burned, Name the reward, Link hash of the code
//	use        Ref hash of the code, Account whose voucher, Other merchant, Name the reward, Link reference
//	form       Ref order, Account head, Other household
//	invite     Ref order, Account head, Other member, Amount a day
//	join       Ref order, Account member, Other household, Amount a day
//	contribute Ref order, Account, Other household, Amount, Moved
//	leave      Ref order, Account household, Other member, Amount, Moved to Other; of the head: it is a household no more
//	change-keys   Ref order, Account, Other the key added, or removed if none was
//	object     Ref order, Account, Other the key
//	propose-recovery, approve-recovery, recover   Account, Other the key
//	propose-adjustment, approve-adjustment   Ref id, Account, Amount, Name the reason, Burn; once approved Moved granted
//	           or burned, and Debt what of a correction was missing
//
// By is who signed an order where that is not Account's own key: the member of a household, or another of its keys. Of who
// leaves a household it is who said so: the member, or the head.
// Expired and Repaid are set wherever an operation touched Account: points burned because their month had passed,
// and points burned to repay its debt. A duplicate carries the state and amount of the first time and moves
// nothing. A rejection has Kind, Code and Ref only; where there is no Ref it is matched by its place in the batch.
type Entry struct {
	Kind    Kind
	Outcome Outcome
	Code    Code     // of a rejection
	Ref     [32]byte // a booking, an order, or what else the kind says
	Account Account
	Other   Account
	Amount  Amount
	Debt    Amount
	Version uint32
	Before  BookingState
	After   BookingState
	Moved   Buckets
	Expired Buckets
	Repaid  Buckets

	By       Account
	Forgiven Amount
	Name     string
	Burn     bool
	Link     [32]byte
	Recalled []Recalled

	// Explanation is the earn.Digest of how a confirmed item came to its points: of what the rules saw of it, and of
	// what each row gave. Both are in the booking's record, from which it can be worked out again.
	Explanation [32]byte
}

// Recalled is what a reversal took from an account that the points had been given to.
type Recalled struct {
	Account Account
	Moved   Buckets
}

// Journal is what one transaction did, an entry for each operation in their order.
type Journal struct{ Entries []Entry }

// JournalEvent is the name of the event in which a transaction carries its journal.
const JournalEvent = "journal"

const journalVersion = 2

// Presence bits of an entry's optional fields: absent ones cost nothing.
const (
	hasRef = 1 << iota
	hasAccount
	hasOther
	hasAmount
	hasDebt
	hasVersion
	hasStates
	hasMoved
	hasExpired
	hasRepaid
	hasExplanation
	hasBy
	hasForgiven
	hasName
	hasBurn
	hasLink
	hasRecalled
	hasAll = 1<<iota - 1
)

func (e *Entry) presence() (bits uint64) {
	for _, f := range []struct {
		set bool
		bit uint64
	}{
		{e.Ref != [32]byte{}, hasRef},
		{!e.Account.IsZero(), hasAccount},
		{!e.Other.IsZero(), hasOther},
		{e.Amount != 0, hasAmount},
		{e.Debt != 0, hasDebt},
		{e.Version != 0, hasVersion},
		{e.Before != BookingNone || e.After != BookingNone, hasStates},
		{len(e.Moved) > 0, hasMoved},
		{len(e.Expired) > 0, hasExpired},
		{len(e.Repaid) > 0, hasRepaid},
		{e.Explanation != [32]byte{}, hasExplanation},
		{!e.By.IsZero(), hasBy},
		{e.Forgiven != 0, hasForgiven},
		{e.Name != "", hasName},
		{e.Burn, hasBurn},
		{e.Link != [32]byte{}, hasLink},
		{len(e.Recalled) > 0, hasRecalled},
	} {
		if f.set {
			bits |= f.bit
		}
	}
	return bits
}

// Encode writes the journal.
func (j Journal) Encode() []byte {
	b := make([]byte, 0, 16+80*len(j.Entries))
	b = appendUint(append(b, journalVersion), uint64(len(j.Entries)))
	for i := range j.Entries {
		b = appendEntry(b, &j.Entries[i])
	}
	return b
}

func appendEntry(b []byte, e *Entry) []byte {
	bits := e.presence()
	b = appendUint(append(b, byte(e.Kind), byte(e.Outcome)), bits)
	if e.Outcome == Rejected {
		b = appendBytes(b, []byte(e.Code))
	}
	if bits&hasRef != 0 {
		b = append(b, e.Ref[:]...)
	}
	if bits&hasAccount != 0 {
		b = append(b, e.Account[:]...)
	}
	if bits&hasOther != 0 {
		b = append(b, e.Other[:]...)
	}
	if bits&hasAmount != 0 {
		b = appendAmount(b, e.Amount)
	}
	if bits&hasDebt != 0 {
		b = appendAmount(b, e.Debt)
	}
	if bits&hasVersion != 0 {
		b = appendUint(b, uint64(e.Version))
	}
	if bits&hasStates != 0 {
		b = append(b, byte(e.Before), byte(e.After))
	}
	if bits&hasMoved != 0 {
		b = appendBuckets(b, e.Moved)
	}
	if bits&hasExpired != 0 {
		b = appendBuckets(b, e.Expired)
	}
	if bits&hasRepaid != 0 {
		b = appendBuckets(b, e.Repaid)
	}
	if bits&hasExplanation != 0 {
		b = append(b, e.Explanation[:]...)
	}
	if bits >= hasBy {
		b = appendRareFields(b, e, bits)
	}
	return b
}

func appendRareFields(b []byte, e *Entry, bits uint64) []byte {
	if bits&hasBy != 0 {
		b = append(b, e.By[:]...)
	}
	if bits&hasForgiven != 0 {
		b = appendAmount(b, e.Forgiven)
	}
	if bits&hasName != 0 {
		b = appendBytes(b, []byte(e.Name))
	}
	if bits&hasLink != 0 {
		b = append(b, e.Link[:]...)
	}
	if bits&hasRecalled != 0 {
		b = appendUint(b, uint64(len(e.Recalled)))
		for _, x := range e.Recalled {
			b = appendBuckets(append(b, x.Account[:]...), x.Moved)
		}
	}
	return b
}

// DecodeJournal reads what Encode wrote.
func DecodeJournal(data []byte) (Journal, error) {
	r := reader{buf: data}
	version := r.byte()
	n := r.count(3)
	j := Journal{Entries: make([]Entry, n)}
	for i := range j.Entries {
		r.entry(&j.Entries[i])
	}
	if !r.end() || version != journalVersion {
		return Journal{}, malformed("journal")
	}
	return j, nil
}

func (r *reader) entry(e *Entry) {
	e.Kind, e.Outcome = Kind(r.byte()), Outcome(r.byte())
	bits := r.uintMax(hasAll)
	if e.Outcome == Rejected {
		e.Code = Code(r.bytes(64))
	}
	if bits&hasRef != 0 {
		r.fixed(e.Ref[:])
	}
	if bits&hasAccount != 0 {
		r.fixed(e.Account[:])
	}
	if bits&hasOther != 0 {
		r.fixed(e.Other[:])
	}
	if bits&hasAmount != 0 {
		e.Amount = r.amount()
	}
	if bits&hasDebt != 0 {
		e.Debt = r.amount()
	}
	if bits&hasVersion != 0 {
		e.Version = uint32(r.uintMax(1<<32 - 1))
	}
	if bits&hasStates != 0 {
		e.Before, e.After = BookingState(r.byte()), BookingState(r.byte())
	}
	if bits&hasMoved != 0 {
		e.Moved = r.buckets()
	}
	if bits&hasExpired != 0 {
		e.Expired = r.buckets()
	}
	if bits&hasRepaid != 0 {
		e.Repaid = r.buckets()
	}
	if bits&hasExplanation != 0 {
		r.fixed(e.Explanation[:])
	}
	if bits >= hasBy {
		r.rareFields(e, bits)
	}
	known := e.Kind < kinds && e.Outcome >= Applied && e.Outcome <= Rejected &&
		e.Before <= BookingNoted && e.After <= BookingNoted
	// A field written though empty is a second spelling of the same entry.
	if !known || e.presence() != bits {
		r.fail()
	}
}

func (r *reader) rareFields(e *Entry, bits uint64) {
	if bits&hasBy != 0 {
		r.fixed(e.By[:])
	}
	if bits&hasForgiven != 0 {
		e.Forgiven = r.amount()
	}
	if bits&hasName != 0 {
		e.Name = string(r.bytes(MaxFactCode))
	}
	e.Burn = bits&hasBurn != 0
	if bits&hasLink != 0 {
		r.fixed(e.Link[:])
	}
	if bits&hasRecalled != 0 {
		e.Recalled = make([]Recalled, r.count(21))
		for i := range e.Recalled {
			r.fixed(e.Recalled[i].Account[:])
			e.Recalled[i].Moved = r.buckets()
		}
	}
}
