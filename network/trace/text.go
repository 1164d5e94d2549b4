package trace

import (
	"fmt"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Text writes an answer as trees, for people: ids are short, as Short has them. Find takes them as they are.
func (a Answer) Text() string {
	t := &text{}
	t.line("%s", a.Subject)
	if a.Account != nil {
		t.account(*a.Account)
	}
	t.began("began as", a.Began, a.MoreBegan)
	if len(a.Now) > 0 {
		t.heading("now")
		for _, f := range a.Now {
			t.line("  %s %s %s %s", f.Amount, f.State, f.State.preposition(), f.Account)
		}
		t.more(a.MoreNow)
	}
	for _, e := range a.Entries {
		t.entry(e)
	}
	if a.MoreEntries > 0 {
		t.line("\n… and %d more entries", a.MoreEntries)
	}
	if a.Unchanged > 0 {
		t.line("\n%d entries of the transaction changed nothing: what they asked for was refused, or had been done before", a.Unchanged)
	}
	return t.String()
}

// Bounded tells whether limits left something out.
func (a Answer) Bounded() bool {
	if a.MoreEntries+a.MoreBegan+a.MoreNow > 0 || a.Account != nil && a.Account.MoreCame+a.Account.MoreWent+a.Account.MoreBegan > 0 {
		return true
	}
	for _, e := range a.Entries {
		if bounded(e.Movements) {
			return true
		}
	}
	return false
}

func bounded(list []Movement) bool {
	for _, m := range list {
		if m.MoreFrom != nil || m.MoreTo != nil || bounded(m.CameFrom) || bounded(m.WentTo) {
			return true
		}
	}
	return false
}

type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

func (t *text) heading(words string) { t.line("\n%s", words) }

func (t *text) more(n int) {
	if n > 0 {
		t.line("  … and %d more", n)
	}
}

func (t *text) began(heading string, list []Origin, more int) {
	if len(list) == 0 {
		return
	}
	t.heading(heading)
	for _, o := range list {
		t.line("  %s %s for %s, %s %s", o.Amount, o.Way, o.To, o.Of, Short(o.Of, o.ID))
	}
	t.more(more)
}

func (t *text) account(a Account) {
	for _, f := range []struct {
		words, party string
		list         []Flow
		more         int
	}{{"came", "from", a.Came, a.MoreCame}, {"went", "to", a.Went, a.MoreWent}} {
		if len(f.list) == 0 {
			continue
		}
		t.heading(f.words)
		for _, x := range f.list {
			other := ""
			if !x.Other.IsZero() {
				other = " " + f.party + " " + x.Other.String()
			}
			t.line("  %s %s%s, %s, %s", x.Amount, x.Way, other, times(x.Times), blocks(x.First.Block, x.Last.Block))
		}
		t.more(f.more)
	}
	t.heading("has")
	for _, p := range a.Has {
		t.line("  %s valid to %s, %s", p.Amount, p.Expiry, p.State)
	}
	if a.Held > 0 {
		t.line("  %s held", a.Held)
	}
	if len(a.Has) == 0 && a.Held == 0 {
		t.line("  nothing")
	}
	if a.Owes > 0 {
		t.line("  and owes %s", a.Owes)
	}
	t.began("which began as", a.Began, a.MoreBegan)
}

// preposition is how a state goes with an account.
func (s State) preposition() string {
	switch s {
	case Available:
		return "to"
	case Aside:
		return "for"
	case Lapsed:
		return "with"
	}
	return "from"
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func blocks(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("in block %d", first)
	}
	return fmt.Sprintf("in blocks %d to %d", first, last)
}

func (t *text) entry(e Entry) {
	words := e.Kind
	if e.ID != "" {
		words += fmt.Sprintf(" (%s %s)", e.Of, Short(e.Of, e.ID))
	}
	if e.Amount > 0 {
		words += " of " + e.Amount.String()
	}
	if !e.Account.IsZero() {
		words += " for " + e.Account.String()
	}
	if e.Booking != "" {
		words += ", now " + e.Booking
	}
	t.line("\n%s\n  %s, %s", words, where(e.At), e.Time.Format(time.RFC3339))
	if e.Debt > 0 {
		t.line("  %s that were to be burned were missing, and are owed", e.Debt)
	}
	if e.Forgiven > 0 {
		t.line("  %s that were to be burned were missing, and are forgiven", e.Forgiven)
	}
	if len(e.Movements) == 0 {
		t.line("  moved no points")
	}
	for _, m := range e.Movements {
		t.line("  %s %s%s, valid to %s", m.Amount, m.Way, m.parties(), m.Expiry)
		if len(m.CameFrom) > 0 || m.MoreFrom != nil {
			t.line("  came from")
			t.back(m, "  ")
		}
		if len(m.WentTo) > 0 || m.MoreTo != nil || m.Left > 0 {
			t.line("  went to")
			t.forth(m, "  ")
		}
	}
}

func where(at At) string {
	return fmt.Sprintf("block %d, tx %s", at.Block, Short(ATransaction, at.TxID))
}

// parties are who had the points before, and who has them after.
func (m Movement) parties() string {
	switch {
	case m.From.IsZero():
		return m.destination()
	case m.To == m.From || m.To.IsZero():
		return " from " + m.From.String()
	}
	return " from " + m.From.String() + " to " + m.To.String()
}

// origin is who had the points before, or who they were made for.
func (m Movement) origin() string {
	if m.From.IsZero() {
		return m.destination()
	}
	return " from " + m.From.String()
}

// destination is who has the points after, or who has no more.
func (m Movement) destination() string {
	switch {
	case m.From.IsZero():
		return " for " + m.To.String()
	case m.To.IsZero():
		return " from " + m.From.String()
	case m.To == m.From:
		return ""
	}
	return " to " + m.To.String()
}

// told is a movement within a tree, whose root tells the month.
func (m Movement) told(parties string) string {
	words := m.Amount.String()
	if m.Whole != m.Amount {
		words += " of " + m.Whole.String()
	}
	words += " " + m.Way + parties
	if m.Kind == dollars.KindCapture.String() || m.Kind == dollars.KindClaim.String() {
		words += " (" + m.Kind + ")"
	}
	if m.ID != "" {
		words += fmt.Sprintf(", %s %s", m.Of, Short(m.Of, m.ID))
	}
	return words + ", " + where(m.At)
}

func (t *text) back(m Movement, indent string) {
	for i, x := range m.CameFrom {
		branch, below := corner(i == len(m.CameFrom)-1 && m.MoreFrom == nil)
		t.line("%s%s%s", indent, branch, x.told(x.origin()))
		t.back(x, indent+below)
	}
	t.rest(m.MoreFrom, indent)
}

func (t *text) forth(m Movement, indent string) {
	for i, x := range m.WentTo {
		branch, below := corner(i == len(m.WentTo)-1 && m.MoreTo == nil && m.Left == 0)
		t.line("%s%s%s", indent, branch, x.told(x.destination()))
		t.forth(x, indent+below)
	}
	if m.Left > 0 {
		branch, _ := corner(m.MoreTo == nil)
		t.line("%s%s%s still %s %s %s", indent, branch, m.Left, m.State, m.State.preposition(), m.To)
	}
	t.rest(m.MoreTo, indent)
}

func (t *text) rest(m *More, indent string) {
	if m != nil {
		branch, _ := corner(true)
		t.line("%s%s… and %d more, of %s in all", indent, branch, m.Movements, m.Amount)
	}
}

// corner is how a branch of a tree begins, and how what is below it is indented.
func corner(last bool) (branch, below string) {
	if last {
		return "└─ ", "   "
	}
	return "├─ ", "│  "
}
