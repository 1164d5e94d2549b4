package sheet

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/destinasia/dollars/chaincode/earn"
)

var rewrite = flag.Bool("rewrite", false, "write the expected files in testdata instead of comparing with them")

// writers by the ending of what they write.
var writers = map[string]func(*bytes.Buffer, earn.RuleSet) error{
	".yaml": func(b *bytes.Buffer, r earn.RuleSet) error { return WriteYAML(b, r) },
	".csv":  func(b *bytes.Buffer, r earn.RuleSet) error { return WriteCSV(b, r) },
}

func TestWhatIsWritten(t *testing.T) {
	r := winter(t)
	rows := &r.Tables[1].Rows
	*rows = append(*rows, earn.Row{ID: "lines", When: "nights > 1 &&\n  days < 5", Fixed: 1, Months: 24}, earn.Row{ID: "quote", When: `"PT" == country`, Fixed: 2, Months: 24})
	r.Tiers = append(r.Tiers, earn.Level{Tier: "007", Nights: 365})
	for ending, write := range writers {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "written"+ending)
		if *rewrite {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(testdata(t, "written"+ending), b.String()); d != "" {
			t.Errorf("%s: go test -rewrite after a change on purpose\n%s", path, d)
		}
	}
}

// Somebody who adds a promotion appends it to what was written.
func TestTableCanBeAppended(t *testing.T) {
	var b bytes.Buffer
	if err := WriteYAML(&b, winter(t)); err != nil {
		t.Fatal(err)
	}
	b.WriteString("  - name: spring\n    hit: collect\n    rows:\n      - {id: spring, kinds: flight, fixed: 10}\n")
	want := winter(t)
	want.Tables = append(want.Tables, earn.Table{Name: "spring", Hit: earn.Collect, Rows: []earn.Row{
		{ID: "spring", Kinds: []earn.Kind{earn.Flight}, Fixed: 10_00, Months: 24},
	}})
	if d := cmp.Diff(want, mustRead(t, "a.yaml", b.String()).Rules); d != "" {
		t.Error(d)
	}
}

func TestWrittenReadsBack(t *testing.T) {
	for ending, write := range writers {
		t.Run(ending, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := drawRules(t)
				var b bytes.Buffer
				if err := write(&b, want); err != nil {
					t.Fatal(err)
				}
				s, err := Read("a"+ending, b.Bytes())
				if err != nil {
					t.Fatalf("%v\n%s", err, b.String())
				}
				if got, want := s.Rules.Encode(), want.Encode(); !bytes.Equal(got, want) {
					t.Fatalf("read back as\n%s\nwant\n%s\nin\n%s", got, want, b.String())
				}
			})
		})
	}
}

// drawRules draws a rule set with texts that are hard to write down and everything else anywhere in its range.
func drawRules(t *rapid.T) earn.RuleSet {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "0", "-", ":", ": ", " #", "#", ",", ";", "'", `"`, "|", ">", "!", "&x", "*x", "[", "]", "{", "}", "?", "%", "@", "`", "~", "null",
			"true", "no", "<<", "=", "\\", `\.`, "1e3", "0x1F", "2026-12-01", "---", "...", "ß", "日本", "🏨", "  ",
		}),
		rapid.StringMatching(`[a-z]{1,5}`),
	)
	text := func(label string, join string) string {
		return strings.TrimSpace(strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, label), join))
	}
	name := func(label string) string {
		return rapid.Custom(func(*rapid.T) string { return text(label, "") }).Filter(func(s string) bool { return s != "" }).Draw(t, label)
	}
	cents := func(label string) earn.Cents {
		return earn.Cents(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, earn.MaxPoints)).Draw(t, label))
	}
	r := earn.RuleSet{Name: name("name"), Currency: name("currency"), Tables: []earn.Table{}}
	r.Starts = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 4e9), rapid.Map(rapid.Int64Range(1, 40_000), func(d int64) int64 { return d * 86_400 })).Draw(t, "starts")
	for range rapid.IntRange(0, 3).Draw(t, "tiers") {
		r.Tiers = append(r.Tiers, earn.Level{Tier: name("tier"), Points: cents("points"), Nights: rapid.Int64().Draw(t, "nights")})
	}
	if p := drawPolicy(t, cents); p != (earn.Policy{}) {
		r.Policy = &p
	}
	tables := rapid.SliceOfNDistinct(rapid.Custom(func(*rapid.T) string { return name("table") }).Filter(func(s string) bool { return s[0] != '#' }), 0, 3, rapid.ID).Draw(t, "tables")
	for _, n := range tables {
		table := earn.Table{
			Name: n, Rows: []earn.Row{},
			Hit:      rapid.SampledFrom([]earn.HitPolicy{earn.First, earn.Unique, earn.Collect, "null"}).Draw(t, "hit"),
			Rounding: rapid.SampledFrom([]earn.Rounding{"", earn.Floor, earn.HalfUp}).Draw(t, "rounding"),
		}
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			table.Rows = append(table.Rows, earn.Row{
				ID:          name("id"),
				Kinds:       rapid.SliceOfN(rapid.SampledFrom([]earn.Kind{earn.Hotel, earn.Car, earn.Flight}), 0, 3).Draw(t, "kinds"),
				Season:      drawSeason(t),
				Priority:    rapid.Int32().Draw(t, "priority"),
				When:        text("when", rapid.SampledFrom([]string{"", " ", "\n", "\n  ", "\t", " \n"}).Draw(t, "join")),
				BasisPoints: rapid.Uint32().Draw(t, "basisPoints"),
				Fixed:       cents("fixed"), CapItem: cents("capItem"), CapBooking: cents("capBooking"), CapMember: cents("capMember"), Budget: cents("budget"),
				Months: rapid.Uint32().Draw(t, "months"),
			})
		}
		r.Tables = append(r.Tables, table)
	}
	return r
}

func drawPolicy(t *rapid.T, cents func(string) earn.Cents) earn.Policy {
	seconds := rapid.OneOf(
		rapid.Just(int64(0)), rapid.Int64Range(0, math.MaxInt64), rapid.Map(rapid.Int64Range(1, 999), func(n int64) int64 { return n * 60 }),
		rapid.Map(rapid.Int64Range(1, 99), func(n int64) int64 { return n * 3600 }),
	)
	return earn.Policy{
		Reversal:   rapid.SampledFrom([]earn.Reversal{"", earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall, "null"}).Draw(t, "reversal"),
		RecallDays: rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32()).Draw(t, "recallDays"),
		OrderMost:  cents("orderMost"), DayMost: cents("dayMost"), CoolingSeconds: seconds.Draw(t, "cooling"), CoolingMost: cents("coolingMost"),
		RecoverySeconds: seconds.Draw(t, "recovery"), AdjustmentDayMost: cents("adjustmentDayMost"),
	}
}

func drawSeason(t *rapid.T) *earn.Season {
	day := rapid.Map(rapid.IntRange(0, 80*365), func(n int) time.Time {
		return time.Date(1970, 1, 1+n, 0, 0, 0, 0, time.UTC)
	})
	from, until := day.Draw(t, "from"), day.Draw(t, "until")
	s := &earn.Season{By: earn.ByArrival, From: from.Format(time.DateOnly), Until: until.Format(time.DateOnly)}
	switch zone := rapid.SampledFrom([]string{"none", "arrival", "UTC", "Europe/Berlin", "Asia/Kathmandu"}).Draw(t, "zone"); zone {
	case "none":
		return nil
	case "arrival":
	default:
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		s.By, s.Zone = earn.ByBooking, zone // The days in these zones all begin at 00:00.
		s.Start = time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, location).Unix()
		s.End = time.Date(until.Year(), until.Month(), until.Day()+1, 0, 0, 0, 0, location).Unix()
	}
	return s
}

func TestNothingIsWrittenThatReadsBackOtherwise(t *testing.T) {
	for _, c := range []struct {
		why     string
		change  func(*earn.RuleSet)
		endings string
		want    string
	}{
		{"the zone's clocks were others when the rule set was made", func(r *earn.RuleSet) { r.Tables[1].Rows[1].Season.Start += 3600 }, ".yaml .csv", `row "new-year" would change`},
		{"a name that nobody sees all of", func(r *earn.RuleSet) { r.Name = "a\u200bb" }, ".yaml .csv", "name: character U+200B cannot be seen"},
		{"white space around a condition", func(r *earn.RuleSet) { r.Tables[1].Rows[0].When = " true" }, ".yaml .csv", `row "long-stay" would change`},
		{"a kind that is none", func(r *earn.RuleSet) { r.Tables[0].Rows[0].Kinds[0] = 99 }, ".yaml .csv", `unknown kind of item "kind(99)"`},
		{"a negative amount", func(r *earn.RuleSet) { r.Tiers[0].Points = -1 }, ".yaml .csv", "-0.01 is less than 0"},
		{"an invalid zone", func(r *earn.RuleSet) { r.Tables[1].Rows[1].Season.Zone = "Mars" }, ".yaml .csv", `"Mars" is not the name of a time zone`},
		{"a tier that changes", func(r *earn.RuleSet) { r.Tiers[0].Tier = "silver " }, ".yaml .csv", "its tiers would change"},
		{"a policy of nothing", func(r *earn.RuleSet) { *r.Policy = earn.Policy{} }, ".yaml .csv", "its policy would change"},
		{"a negative length of time", func(r *earn.RuleSet) { r.Policy.RecoverySeconds = -60 }, ".yaml .csv", "-1 is less than 0"},
		{"a start after the year 9999", func(r *earn.RuleSet) { r.Starts = 1 << 40 }, ".yaml .csv", "is neither a day"},
		{"a table without rows", func(r *earn.RuleSet) { r.Tables[0].Rows = nil }, ".csv", "the number of its tables would change"},
		{"two tables of a name", func(r *earn.RuleSet) { r.Tables[0].Name, r.Tables[0].Hit = "promotions", earn.Collect }, ".csv", "is not what the table's first row"},
	} {
		for ending := range strings.FieldsSeq(c.endings) {
			r := winter(t)
			c.change(&r)
			var b bytes.Buffer
			err := writers[ending](&b, r)
			if err == nil || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
				t.Errorf("%s: %d bytes of %s and error %v, want nothing and %q", c.why, b.Len(), ending, err, c.want)
			}
		}
	}
}

type fullDisk struct{ error }

func (f fullDisk) Write([]byte) (int, error) { return 0, f.error }

func TestWritersSayWhatTheFileSays(t *testing.T) {
	full := errors.New("no space left")
	if err := WriteYAML(fullDisk{full}, winter(t)); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := WriteCSV(fullDisk{full}, winter(t)); !errors.Is(err, full) {
		t.Error(err)
	}
}

func TestGridHasTheColumnsThatAreUsed(t *testing.T) {
	for i, want := range []string{
		"id|kinds|basisPoints|months\n" +
			"hotel|hotel|500|24\n" +
			"other|car flight|250|12\n",
		"id|kinds|by|from|until|zone|priority|when|basisPoints|fixed|capItem|capBooking|capMember|budget|months\n" +
			`long-stay|flight car|arrival|2026-12-01|2027-02-28||-5|trip.nights >= 7 && country in ["PT", "ES"]|250||50.00|75.50|100.05|1000000.00|24` + "\n" +
			`new-year|hotel|booking|2027-01-01|2027-01-01|America/New_York||nights > 1 ? true : hotel == "O'Neill"||5.00|||||24` + "\n" +
			"clocks||booking|2027-03-28|2027-03-28|Europe/Berlin|||1||||||24\n",
	} {
		columns, cells := Grid(winter(t).Tables[i])
		got := strings.Join(columns, "|") + "\n"
		for _, row := range cells {
			got += strings.Join(row, "|") + "\n"
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"winter.yaml", "winter.csv"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, filepath.Ext(name) == ".yaml")
	}
	f.Add([]byte("tables: [{name: a, hit: first, rows: [{when: \"a\\nb\", from: 0001-01-01, until: 9999-12-31}, {}]}, {}]"), true)
	f.Add([]byte("#;tier;a;points=1,5\ntable;from;until\n\"a\nb\";2026-01-01;2026-01-02\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, yaml bool) {
		name, other := "a.csv", ".yaml"
		if yaml {
			name, other = "a.yaml", ".csv"
		}
		s, err := Read(name, text)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 || len(problems) > maxProblems+1 {
				t.Fatalf("refused with %T %v", err, err)
			}
			return
		}
		_ = s.Check() // It must not panic; a draft may be wrong in every way that can be written.
		for _, ending := range []string{filepath.Ext(name), other} {
			var b bytes.Buffer
			if err := writers[ending](&b, s.Rules); err != nil {
				if ending == ".csv" && !fitsCSV(s.Rules) {
					continue
				}
				t.Fatalf("%s: %v", ending, err)
			}
			again := mustRead(t, "b"+ending, b.String())
			if !bytes.Equal(again.Rules.Encode(), s.Rules.Encode()) {
				t.Fatalf("%s reads back as\n%s\nwant\n%s", b.String(), again.Rules.Encode(), s.Rules.Encode())
			}
		}
	})
}

// fitsCSV tells whether every table has a row to be named in, and a name of its own that is not that of the whole set.
func fitsCSV(r earn.RuleSet) bool {
	seen := map[string]bool{"": true}
	for _, t := range r.Tables {
		if seen[t.Name] || len(t.Rows) == 0 || t.Name[0] == '#' {
			return false
		}
		seen[t.Name] = true
	}
	return true
}
