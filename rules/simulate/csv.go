package simulate

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// WriteCSV writes the report for spreadsheets, every figure on a line of its own:
//
//	section,key,measure,current,draft,difference
//
// Points and prices are decimal numbers, rates are basis points. A difference is the draft's figure minus the current
// one; a row that one rule set does not have counts as nothing there. Refusals have codes in the place of figures, and what
// a policy means is there or not.
func (r Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	line := func(fields ...string) { _ = w.Write(fields) } // The writer keeps the error.
	figures := func(section, key string, list ...measure) {
		for _, m := range list {
			line(append([]string{section, key, m.name}, m.numbers()...)...)
		}
	}
	line("section", "key", "measure", "current", "draft", "difference")
	figures("replayed", "", r.Replayed.measures()...)
	figures("totals", "", r.measures()...)
	for _, c := range r.refusedByCode() {
		figures("refused", c.name, counts("items", int(c.current), int(c.draft)))
	}
	for _, p := range r.Promotions {
		figures("promotion", p.Row, p.measures()...)
	}
	for _, g := range r.Kinds {
		figures("kind", g.Key, g.measures()...)
	}
	for _, g := range r.Countries {
		figures("country", g.Key, g.measures()...)
	}
	for _, g := range r.Tiers {
		figures("tier", g.Key, g.measures()...)
	}
	for _, m := range r.Minted {
		figures("minted", m.Month.String(), amounts("points", m.Current, m.Draft))
	}
	for _, m := range r.Liability {
		figures("liability", m.Month.String(), amounts("points", m.Current, m.Draft))
	}
	line("members", "win", "members", "", "", strconv.Itoa(r.Members.Win))
	line("members", "lose", "members", "", "", strconv.Itoa(r.Members.Lose))
	line("members", "same", "members", "", "", strconv.Itoa(r.Members.Same))
	for _, s := range r.Members.Spread {
		line("spread", fmt.Sprintf("%d", s.Percent), "points", "", "", s.Difference.String())
	}
	for _, c := range r.Members.Winners {
		figures("winner", c.Account.String(), amounts("points", c.Current, c.Draft))
	}
	for _, c := range r.Members.Losers {
		figures("loser", c.Account.String(), amounts("points", c.Current, c.Draft))
	}
	for _, x := range r.Refusals {
		line("refusal", x.Booking, "code", string(x.Current), string(x.Draft), "")
	}
	yes := map[bool]string{true: "yes"}
	for _, s := range r.sentences() {
		line("policy", s.text, "holds", yes[s.current], yes[s.draft], "")
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the report as CSV: %w", err)
	}
	return nil
}
