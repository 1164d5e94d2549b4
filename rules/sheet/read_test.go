package sheet

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/earn"
)

func unix(t *testing.T, text string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// winter is what the files in testdata say.
func winter(t *testing.T) earn.RuleSet {
	return earn.RuleSet{
		Name: "Winter 2026", Currency: "EUR", Starts: unix(t, "2026-12-01T00:00:00+01:00"),
		Tiers: []earn.Level{{Tier: "silver", Points: 500_00, Nights: 10}, {Tier: "gold", Points: 2500_50}},
		Policy: &earn.Policy{
			Reversal: earn.ReversalRecall, RecallDays: 30, OrderMost: 500_00, DayMost: 1_000_50,
			CoolingSeconds: 24 * 3600, CoolingMost: 50_00, RecoverySeconds: 36 * 3600, AdjustmentDayMost: 5_000_00,
		},
		Tables: []earn.Table{
			{Name: "base", Hit: earn.First, Rows: []earn.Row{
				{ID: "hotel", Kinds: []earn.Kind{earn.Hotel}, BasisPoints: 500, Months: 24},
				{ID: "other", Kinds: []earn.Kind{earn.Car, earn.Flight}, BasisPoints: 250, Months: 12},
			}},
			{Name: "promotions", Hit: earn.Collect, Rounding: earn.HalfEven, Rows: []earn.Row{
				{
					ID: "long-stay", Kinds: []earn.Kind{earn.Flight, earn.Car}, Priority: -5,
					Season:      &earn.Season{By: earn.ByArrival, From: "2026-12-01", Until: "2027-02-28"},
					When:        `trip.nights >= 7 && country in ["PT", "ES"]`,
					BasisPoints: 250, CapItem: 50_00, CapBooking: 75_50, CapMember: 100_05, Budget: 1_000_000_00, Months: 24,
				},
				{
					ID: "new-year", Kinds: []earn.Kind{earn.Hotel}, When: `nights > 1 ? true : hotel == "O'Neill"`, Fixed: 5_00, Months: 24,
					Season: &earn.Season{
						By: earn.ByBooking, From: "2027-01-01", Until: "2027-01-01", Zone: "America/New_York",
						Start: unix(t, "2027-01-01T00:00:00-05:00"), End: unix(t, "2027-01-02T00:00:00-05:00"),
					},
				},
				{
					ID: "clocks", BasisPoints: 1, Months: 24, // A day of 23 hours.
					Season: &earn.Season{
						By: earn.ByBooking, From: "2027-03-28", Until: "2027-03-28", Zone: "Europe/Berlin",
						Start: unix(t, "2027-03-28T00:00:00+01:00"), End: unix(t, "2027-03-29T00:00:00+02:00"),
					},
				},
			}},
		},
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func mustRead(t testing.TB, name, text string) *Sheet {
	t.Helper()
	s, err := Read(name, []byte(text))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return s
}

// semicolons is a CSV file as spreadsheets of countries with a decimal comma write it.
func semicolons(t *testing.T, text string) string {
	t.Helper()
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	out := csv.NewWriter(&b)
	out.Comma = ';'
	number := regexp.MustCompile(`^([a-zA-Z]+=)?([0-9]+)\.([0-9]+)$`)
	for _, record := range records {
		for i := range record {
			record[i] = number.ReplaceAllString(record[i], "$1$2,$3")
		}
	}
	if err := out.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), ";100,05;") {
		t.Fatalf("no decimal comma in\n%s", b.String())
	}
	return b.String()
}

func TestReadBothFormats(t *testing.T) {
	yaml, csv := testdata(t, "winter.yaml"), testdata(t, "winter.csv")
	for _, f := range []struct{ what, name, text string }{
		{"YAML", "winter.yaml", yaml},
		{"YAML of Windows", "WINTER.YML", "\ufeff" + strings.ReplaceAll(yaml, "\n", "\r\n")},
		{"CSV", "winter.csv", csv},
		{"CSV of Windows", "winter.CSV", "\ufeff" + strings.ReplaceAll(csv, "\n", "\r\n")},
		{"CSV padded by a spreadsheet", "winter.csv", "\n" + strings.ReplaceAll(csv, "\n", ",,,\n ,,\n")},
		{"CSV with semicolons", "winter.csv", semicolons(t, csv)},
	} {
		t.Run(f.what, func(t *testing.T) {
			s := mustRead(t, f.name, f.text)
			if d := cmp.Diff(winter(t), s.Rules); d != "" {
				t.Error(d)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStarts(t *testing.T) {
	for _, c := range []struct{ says, want string }{
		{"starts: 2026-12-01", "2026-12-01T00:00:00Z"},
		{"starts: 2026-12-01\nzone: America/New_York", "2026-12-01T05:00:00Z"},
		{"starts: 2026-12-01T06:00:00+01:00\nzone: America/New_York", "2026-12-01T05:00:00Z"},
		{"starts: '2026-12-01T06:00:00Z'", "2026-12-01T06:00:00Z"},
		{"starts:", "1970-01-01T00:00:00Z"},
		{"starts: ~", "1970-01-01T00:00:00Z"},
	} {
		if got := mustRead(t, "a.yaml", c.says).Rules.Starts; got != unix(t, c.want) {
			t.Errorf("%s: starts at %s, want %s", c.says, time.Unix(got, 0).UTC().Format(time.RFC3339), c.want)
		}
	}
}

func TestLengthsOfTime(t *testing.T) {
	for text, want := range map[string]int64{
		"72h": 259_200, "3d": 259_200, "90m": 5_400, "1s": 1, "36h": 129_600, "007h": 25_200, "0h": 0, "": 0,
	} {
		policy := mustRead(t, "a.yaml", "policy: {orderMost: 1, recovery: "+text+"}").Rules.Policy
		if policy.RecoverySeconds != want {
			t.Errorf("%s is %d seconds, want %d", text, policy.RecoverySeconds, want)
		}
	}
}

// A policy that says nothing is none: there is one way to have none.
func TestPolicyOfNothing(t *testing.T) {
	for name, text := range map[string]string{
		"a.yaml": "name: a\npolicy:\n", "b.yaml": "name: a\npolicy: {}\n", "c.yaml": "name: a\npolicy: {orderMost: 0, recovery: 0s, reversal: }\n",
		"d.csv": "#,name,a\n#,policy\ntable\n", "e.csv": "#,name,a\n#,Policy,dayMost=0.00,recovery=\ntable\n",
	} {
		if s := mustRead(t, name, text); s.Rules.Policy != nil {
			t.Errorf("%s has policy %+v", text, *s.Rules.Policy)
		}
	}
}

// What YAML would make numbers and truth values of is taken as it is written.
func TestTextIsNotInterpreted(t *testing.T) {
	s := mustRead(t, "a.yaml", `
name: 2026
currency: "EUR"
tables:
  - name: no
    hit: first
    rows:
      - {id: 007, when: true, fixed: 0012.50, basisPoints: '010', months: "12", kinds: []}
`)
	want := earn.RuleSet{Name: "2026", Currency: "EUR", Tables: []earn.Table{{
		Name: "no", Hit: earn.First, Rows: []earn.Row{{ID: "007", When: "true", Fixed: 12_50, BasisPoints: 10, Months: 12}},
	}}}
	if d := cmp.Diff(want, s.Rules); d != "" {
		t.Error(d)
	}
}

func TestPlaces(t *testing.T) {
	type place struct {
		table, row int
		column     string
		want       string
	}
	for name, places := range map[string][]place{
		"winter.yaml": {
			{-1, -1, "currency", "winter.yaml:3:11, currency"},
			{-1, -1, "policy", "winter.yaml:12:1, policy"},
			{-1, -1, "orderMost", "winter.yaml:15:14, orderMost"},
			{-1, -1, "coolingSeconds", "winter.yaml:17:12, cooling"},
			{-1, -1, "recoverySeconds", "winter.yaml:19:13, recovery"},
			{-1, -1, "tables", "winter.yaml:22:1, tables"},
			{-1, -1, "", "winter.yaml:2:1"},
			{-1, 1, "points", "winter.yaml:10:13, tier gold, points"},
			{-1, 1, "nights", "winter.yaml:9:5, tier gold, nights"},
			{0, -1, "hit", "winter.yaml:24:10, table base, hit"},
			{0, -1, "rounding", "winter.yaml:23:5, table base, rounding"},
			{0, 0, "basisPoints", "winter.yaml:26:48, table base, row hotel, basisPoints"},
			{1, 0, "when", "winter.yaml:39:15, table promotions, row long-stay, when"},
			{1, 0, "season", "winter.yaml:36:15, table promotions, row long-stay, from"},
			{1, 0, "end", "winter.yaml:37:16, table promotions, row long-stay, until"},
			{1, 2, "", "winter.yaml:55:9, table promotions, row clocks"},
			{7, 0, "when", "winter.yaml:2:1, when"},
			{1, 9, "when", "winter.yaml:29:5, table promotions, when"},
		},
		"winter.csv": {
			{-1, -1, "starts", "winter.csv:3:3, starts"},
			{-1, -1, "tables", "winter.csv, tables"},
			{-1, -1, "policy", "winter.csv, policy"},
			{-1, -1, "orderMost", "winter.csv:7:5, orderMost"},
			{-1, -1, "adjustmentDayMost", "winter.csv:8:5, adjustmentDayMost"},
			{-1, 1, "points", "winter.csv:6:4, tier gold, points"},
			{0, -1, "hit", "winter.csv:10:2, table base, hit"},
			{0, 1, "basisPoints", "winter.csv:12:12, table base, row other, basisPoints"},
			{1, 0, "when", "winter.csv:11:11, table promotions, row long-stay, when"},
			{1, 2, "", "winter.csv:14:1, table promotions, row clocks"},
		},
	} {
		s := mustRead(t, name, testdata(t, name))
		for _, p := range places {
			if got := s.Place(p.table, p.row, p.column).String(); got != p.want {
				t.Errorf("Place(%d, %d, %q) = %s, want %s", p.table, p.row, p.column, got, p.want)
			}
		}
	}
}

func TestCheckSaysWhere(t *testing.T) {
	for name, f := range map[string]struct{ text, want string }{
		"a.yaml": {`
name: Winter
currency: eur
tiers:
  - {tier: silver}
policy:
  reversal: recall
  recovery: 31d
  coolingMost: 5
tables:
  - name: base
    hit: last
    rows:
      - {id: hotel, from: 2026-12-02, until: 2026-12-01, fixed: 1}
      - {id: hotel, months: 0, fixed: 1}
`, "a.yaml:3:11, currency|a.yaml:5:5, tier silver, tiers|a.yaml:7:3, recallDays|a.yaml:7:3, cooling|a.yaml:8:13, recovery|" +
			"a.yaml:12:10, table base, hit|a.yaml:14:46, table base, row hotel, until|a.yaml:15:14, table base, row hotel, id|" +
			"a.yaml:15:29, table base, row hotel, months"},
		"a.csv": {`#,name,Winter
#,currency,EUR
months,table,hit,id,when,fixed
0,base,first,hotel,nights > 1,1
1,base,,car,nights >,1
`, "a.csv:4:1, table base, row hotel, months|a.csv:5:5, table base, row car, when"},
	} {
		var problems Problems
		if err := mustRead(t, name, f.text).Check(); !errors.As(err, &problems) {
			t.Fatalf("%s: %v, want problems", name, err)
		}
		var places []string
		for _, p := range problems {
			places = append(places, p.Place.String())
			if p.Detail == "" {
				t.Errorf("%s: no detail", p.Place)
			}
		}
		if got := strings.Join(places, "|"); got != f.want {
			t.Errorf("%s: problems at\n%s, want at\n%s\n%v", name, got, f.want, problems)
		}
	}
}

// Spreadsheets and people put in capital letters. Only those of ASCII are taken for others: that İ or the sign for kelvin
// are in a word is no accident.
func TestClosedWordsMayBeInCapitals(t *testing.T) {
	want := earn.RuleSet{Name: "a", Tiers: []earn.Level{{Tier: "Gold", Points: 5_00}}, Tables: []earn.Table{{
		Name: "Base", Hit: earn.First, Rounding: earn.HalfUp, Rows: []earn.Row{{
			ID: "x", Kinds: []earn.Kind{earn.Hotel, earn.Car}, BasisPoints: 500, Months: 24,
			Season: &earn.Season{By: earn.ByArrival, From: "2026-12-01", Until: "2026-12-31"},
		}},
	}}}
	for name, text := range map[string]string{
		"a.yaml": "name: a\ntiers: [{tier: Gold, points: 5}]\ntables:\n  - name: Base\n    hit: FIRST\n    rounding: Half-Up\n    rows:\n" +
			"      - {id: x, kinds: [Hotel, CAR], by: Arrival, from: 2026-12-01, until: 2026-12-31, basisPoints: 500}\n",
		"a.csv": "#,Name,a\n#,Tier,Gold,Points=5\nTable,HIT,Rounding,Id,Kinds,BY,From,Until,basispoints\n" +
			"Base,First,HALF-UP,x,Hotel CAR,ARRIVAL,2026-12-01,2026-12-31,500\n",
	} {
		s, err := Read(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, s.Rules); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, kind := range []string{"HOTEL\u0130", "\u212aar"} {
		if _, err := Read("a.csv", []byte("table,kinds\nbase,"+kind+"\n")); err == nil || !strings.Contains(err.Error(), "unknown kind of item") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	s, err := Read("a.csv", []byte("table,hit,id\nbase,f\u0131rst,x\n"))
	if err != nil || s.Rules.Tables[0].Hit == earn.First {
		t.Errorf("%v, %v", s, err)
	}
}
