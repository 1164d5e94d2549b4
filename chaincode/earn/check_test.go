package earn

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// sample is a rule set in which everything there is to check occurs; its row 1 of table 0 has all columns.
func sample() RuleSet {
	r := Standard()
	r.Tables = append(r.Tables, Table{Name: "campaign", Hit: Collect, Rounding: HalfEven, Rows: []Row{
		{
			ID: "spring", Kinds: []Kind{Flight, Hotel}, Priority: -1, When: "nights >= 7", BasisPoints: 100, Fixed: 5_00,
			CapItem: 10_00, CapBooking: 20_00, CapMember: 30_00, Budget: 1_000_00, Months: 12,
			Season: &Season{
				By: ByBooking, From: "2027-03-01", Until: "2027-03-31", Zone: "Europe/Berlin",
				Start: 1_803_855_600, End: 1_806_530_400, // The clocks go forward in between.
			},
		},
		{ID: "summer", BasisPoints: 100, Months: 12, Season: &Season{By: ByArrival, From: "2027-06-01", Until: "2027-06-01"}},
	}})
	r.Tiers = []Level{{Tier: "silver", Points: 100_00}, {Tier: "gold", Points: 500_00, Nights: 20}, {Tier: "ruby", Nights: 40}}
	return r
}

func TestCompileTakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*RuleSet)
	}{
		{"the sample", func(*RuleSet) {}},
		{"the standard", func(r *RuleSet) { *r = Standard() }},
		{"no limits", func(r *RuleSet) {
			row := &r.Tables[1].Rows[0]
			row.CapItem, row.CapBooking, row.CapMember, row.Budget = 0, 0, 0, 0
		}},
		{"only a fixed amount", func(r *RuleSet) { r.Tables[1].Rows[0].BasisPoints = 0 }},
		{"all kinds", func(r *RuleSet) { r.Tables[1].Rows[0].Kinds = []Kind{Hotel, Car, Flight} }},
		{"a cap per item above that per booking", func(r *RuleSet) { r.Tables[1].Rows[0].CapItem = MaxPoints }},
		{"a season 14 hours ahead of UTC", func(r *RuleSet) {
			s := r.Tables[1].Rows[0].Season
			s.Start, s.End, s.Zone = 1_803_859_200-maxOffset, 1_806_537_600-maxOffset, "Pacific/Kiritimati"
		}},
		{"a season in UTC", func(r *RuleSet) {
			s := r.Tables[1].Rows[0].Season
			s.Start, s.End, s.Zone = 1_803_859_200, 1_806_537_600, "UTC"
		}},
		{"names in any language", func(r *RuleSet) { r.Name, r.Tables[0].Name, r.Tiers[0].Tier = "Frühling 2027", "Cơ bản", "白金" }},
		{"a start", func(r *RuleSet) { r.Starts = 1_800_000_000 }},
		{"no policy", func(r *RuleSet) { r.Policy = nil }},
		{"a policy that only limits orders", func(r *RuleSet) { r.Policy = &Policy{OrderMost: 1} }},
		{"a policy at its bounds", func(r *RuleSet) {
			*r.Policy = Policy{
				Reversal: ReversalRecall, RecallDays: MaxRecallDays, OrderMost: MaxPoints, DayMost: MaxPoints,
				CoolingSeconds: MaxCooling, CoolingMost: MaxPoints, RecoverySeconds: MaxRecovery, AdjustmentDayMost: MaxPoints,
			}
		}},
		{"the shortest times of a policy", func(r *RuleSet) {
			*r.Policy = Policy{Reversal: ReversalRecall, RecallDays: 1, CoolingSeconds: 1, CoolingMost: 1, RecoverySeconds: 1}
		}},
	} {
		r := sample()
		c.change(&r)
		e, err := Compile(r)
		if err != nil {
			t.Errorf("%s is refused: %v", c.name, err)
			continue
		}
		if decoded, err := Decode(e.RuleSet().Encode()); err != nil || HashOf(decoded.Encode()) != e.Hash() {
			t.Errorf("%s does not read back: %v", c.name, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	row := func(change func(*Row)) func(*RuleSet) {
		return func(r *RuleSet) { change(&r.Tables[1].Rows[0]) }
	}
	policy := func(p Policy) func(*RuleSet) {
		return func(r *RuleSet) { r.Policy = &p }
	}
	season := func(change func(*Season)) func(*RuleSet) {
		return func(r *RuleSet) { change(r.Tables[1].Rows[0].Season) }
	}
	for _, c := range []struct {
		name   string
		change func(*RuleSet)
		place  string // table, row, column
		says   string
	}{
		{"no name", func(r *RuleSet) { r.Name = "" }, "-1 -1 name", "empty"},
		{"a long name", func(r *RuleSet) { r.Name = strings.Repeat("x", MaxName+1) }, "-1 -1 name", "longer than 40"},
		{"a name with a control character", func(r *RuleSet) { r.Name = "a\tb" }, "-1 -1 name", "cannot be seen"},
		{"a name that turns text around", func(r *RuleSet) { r.Name = "a\u202eb" }, "-1 -1 name", "cannot be seen"},
		{"a name that is not UTF-8", func(r *RuleSet) { r.Name = "a\xff" }, "-1 -1 name", "UTF-8"},
		{"a name that ends with a space", func(r *RuleSet) { r.Name = "a " }, "-1 -1 name", "space"},
		{"no currency", func(r *RuleSet) { r.Currency = "" }, "-1 -1 currency", "three capital letters"},
		{"a small currency", func(r *RuleSet) { r.Currency = "eur" }, "-1 -1 currency", "three capital letters"},
		{"a currency sign", func(r *RuleSet) { r.Currency = "€" }, "-1 -1 currency", "three capital letters"},
		{"a start before 1970", func(r *RuleSet) { r.Starts = -1 }, "-1 -1 starts", "Unix seconds"},
		{"a start in milliseconds", func(r *RuleSet) { r.Starts = 1_800_000_000_000 }, "-1 -1 starts", "Unix seconds"},
		{"no table", func(r *RuleSet) { r.Tables = nil }, "-1 -1 tables", "no table"},
		{"too many tables", func(r *RuleSet) { r.Tables = slices.Repeat(r.Tables, MaxTables) }, "-1 -1 tables", "more than 16"},
		{"too many rows", func(r *RuleSet) { r.Tables[0].Rows = make([]Row, MaxRows-1) }, "-1 -1 tables", "1001 rows are more than 1000"},
		{"too many levels", func(r *RuleSet) { r.Tiers = make([]Level, MaxLevels+1) }, "-1 -1 tiers", "more than 16"},

		{"a level without a name", func(r *RuleSet) { r.Tiers[1].Tier = "" }, "-1 1 tier", "empty"},
		{"two levels of one name", func(r *RuleSet) { r.Tiers[1].Tier = "silver" }, "-1 1 tier", "already"},
		{"a level without a threshold", func(r *RuleSet) { r.Tiers[0].Points = 0 }, "-1 0 tiers", "needs a threshold"},
		{"points that do not rise", func(r *RuleSet) { r.Tiers[1].Points = 100_00 }, "-1 1 points", "no more than the 100.00"},
		{"nights that do not rise", func(r *RuleSet) { r.Tiers[2].Nights = 20 }, "-1 2 nights", "no more than the 20"},
		{"negative points of a level", func(r *RuleSet) { r.Tiers[0].Points = -1 }, "-1 0 points", "not between"},
		{"too many points of a level", func(r *RuleSet) { r.Tiers[1].Points = MaxPoints + 1 }, "-1 1 points", "not between"},
		{"negative nights", func(r *RuleSet) { r.Tiers[0].Nights = -1 }, "-1 0 nights", "not between"},
		{"too many nights", func(r *RuleSet) { r.Tiers[2].Nights = maxNights + 1 }, "-1 2 nights", "not between"},

		{"a policy of nothing", policy(Policy{}), "-1 -1 policy", "leave it out"},
		{"an unknown reversal", policy(Policy{Reversal: "forgive"}), "-1 -1 reversal", "use debt, write-off or recall"},
		{"a recall of no days", policy(Policy{Reversal: ReversalRecall}), "-1 -1 recallDays", "1 to 90"},
		{"a long recall", policy(Policy{Reversal: ReversalRecall, RecallDays: 91}), "-1 -1 recallDays", "1 to 90"},
		{"days without a recall", policy(Policy{Reversal: ReversalWriteOff, RecallDays: 1}), "-1 -1 recallDays", "not recall"},
		{"days of a debt", policy(Policy{RecallDays: 30}), "-1 -1 recallDays", "not recall"},
		{"a negative most of an order", policy(Policy{OrderMost: -1}), "-1 -1 orderMost", "not between"},
		{"a large most of an order", policy(Policy{OrderMost: MaxPoints + 1}), "-1 -1 orderMost", "not between"},
		{"a negative most of a day", policy(Policy{DayMost: math.MinInt64}), "-1 -1 dayMost", "not between"},
		{"a large most of a day", policy(Policy{DayMost: MaxPoints + 1}), "-1 -1 dayMost", "not between"},
		{"negative adjustments", policy(Policy{AdjustmentDayMost: -1}), "-1 -1 adjustmentDayMost", "not between"},
		{"large adjustments", policy(Policy{AdjustmentDayMost: math.MaxInt64}), "-1 -1 adjustmentDayMost", "not between"},
		{"cooling-off without an amount", policy(Policy{CoolingSeconds: 60}), "-1 -1 coolingMost", "not said"},
		{"an amount without cooling-off", policy(Policy{CoolingMost: 1}), "-1 -1 coolingSeconds", "not said"},
		{"a negative amount of cooling-off", policy(Policy{CoolingSeconds: 60, CoolingMost: -1}), "-1 -1 coolingMost", "not between"},
		{"a large amount of cooling-off", policy(Policy{CoolingSeconds: 60, CoolingMost: MaxPoints + 1}), "-1 -1 coolingMost", "not between"},
		{"negative cooling-off", policy(Policy{CoolingSeconds: -1, CoolingMost: 1}), "-1 -1 coolingSeconds", "30 days"},
		{"long cooling-off", policy(Policy{CoolingSeconds: MaxCooling + 1, CoolingMost: 1}), "-1 -1 coolingSeconds", "30 days"},
		{"a negative recovery", policy(Policy{RecoverySeconds: -1}), "-1 -1 recoverySeconds", "30 days"},
		{"a long recovery", policy(Policy{RecoverySeconds: MaxRecovery + 1}), "-1 -1 recoverySeconds", "30 days"},

		{"a table without a name", func(r *RuleSet) { r.Tables[1].Name = "" }, "1 -1 name", "empty"},
		{"two tables of one name", func(r *RuleSet) { r.Tables[1].Name = "base" }, "1 -1 name", "table 1 has the name"},
		{"no hit policy", func(r *RuleSet) { r.Tables[1].Hit = "" }, "1 -1 hit", "use first, unique or collect"},
		{"an unknown hit policy", func(r *RuleSet) { r.Tables[1].Hit = "any" }, "1 -1 hit", "use first, unique or collect"},
		{"an unknown rounding", func(r *RuleSet) { r.Tables[1].Rounding = "down" }, "1 -1 rounding", "use floor"},
		{"a table without rows", func(r *RuleSet) { r.Tables[1].Rows = nil }, "1 -1 rows", "no row"},

		{"no id", row(func(r *Row) { r.ID = "" }), "1 0 id", "not an id"},
		{"an id in capitals", row(func(r *Row) { r.ID = "Spring" }), "1 0 id", "not an id"},
		{"an id with a space", row(func(r *Row) { r.ID = "spring 27" }), "1 0 id", "not an id"},
		{"a long id", row(func(r *Row) { r.ID = strings.Repeat("x", MaxName+1) }), "1 0 id", "not an id"},
		{"an id of another table", row(func(r *Row) { r.ID = "car" }), "1 0 id", "row 2 of table 1 has the id"},
		{"an unknown kind", row(func(r *Row) { r.Kinds = []Kind{9} }), "1 0 kinds", "unknown kind"},
		{"kind 0", row(func(r *Row) { r.Kinds = []Kind{0} }), "1 0 kinds", "unknown kind"},
		{"a kind twice", row(func(r *Row) { r.Kinds = []Kind{Car, Car} }), "1 0 kinds", "twice"},
		{"a high rate", row(func(r *Row) { r.BasisPoints = MaxBasisPoints + 1 }), "1 0 basisPoints", "more than 10000"},
		{"nothing given", row(func(r *Row) { r.BasisPoints, r.Fixed = 0, 0 }), "1 0 basisPoints", "gives nothing"},
		{"a negative amount", row(func(r *Row) { r.Fixed = -1 }), "1 0 fixed", "not between"},
		{"a large amount", row(func(r *Row) { r.Fixed = MaxPoints + 1 }), "1 0 fixed", "not between"},
		{"a negative item cap", row(func(r *Row) { r.CapItem = math.MinInt64 }), "1 0 capItem", "not between"},
		{"a large booking cap", row(func(r *Row) { r.CapBooking = math.MaxInt64 }), "1 0 capBooking", "not between"},
		{"a negative member cap", row(func(r *Row) { r.CapMember = -1 }), "1 0 capMember", "not between"},
		{"a large budget", row(func(r *Row) { r.Budget = MaxPoints + 1 }), "1 0 budget", "not between"},
		{"never valid", row(func(r *Row) { r.Months = 0 }), "1 0 months", "1 to 120"},
		{"valid too long", row(func(r *Row) { r.Months = MaxValidMonths + 1 }), "1 0 months", "1 to 120"},

		{"a wrong condition", row(func(r *Row) { r.When = "nights >= 7 &&\n nigts < 9" }), "1 0 when", "2:2: there is no variable nigts: did you mean nights?"},
		{"a long condition", row(func(r *Row) { r.When = strings.Repeat(" ", MaxCondition) + "true" }), "1 0 when", "more than 2000"},
		{"a condition that is not UTF-8", row(func(r *Row) { r.When = "cabin == \"\xff\"" }), "1 0 when", "UTF-8"},

		{"an unknown clock", season(func(s *Season) { s.By = "stay" }), "1 0 by", "use booking or arrival"},
		{"no first day", season(func(s *Season) { s.From = "" }), "1 0 from", "not a day"},
		{"a first day that is none", season(func(s *Season) { s.From = "2027-02-29" }), "1 0 from", "not a day"},
		{"a last day written otherwise", season(func(s *Season) { s.Until = "31.03.2027" }), "1 0 until", "not a day"},
		{"an end before the start", season(func(s *Season) { s.Until = "2027-02-28" }), "1 0 until", "before it starts"},
		{"no zone", season(func(s *Season) { s.Zone = "" }), "1 0 zone", "name a time zone"},
		{"a long zone", season(func(s *Season) { s.Zone = strings.Repeat("x", MaxName+1) }), "1 0 zone", "longer than 40"},
		{"a start too early", season(func(s *Season) { s.Start -= 14 * 3_600 }), "1 0 start", "not the beginning of 2027-03-01"},
		{"a start too late", season(func(s *Season) { s.Start += 16 * 3_600 }), "1 0 start", "not the beginning of 2027-03-01"},
		{"an end that excludes the last day", season(func(s *Season) { s.End -= 86_400 }), "1 0 end", "not the end of 2027-03-31"},
		{"a UTC that is not", season(func(s *Season) { s.Zone = "UTC" }), "1 0 start", "not the beginning of 2027-03-01 in UTC"},
		{"a day that ends before it begins", season(func(s *Season) {
			s.Until, s.Start, s.End = s.From, 1_803_859_200+maxOffset, 1_803_859_200+86_400-maxOffset
		}), "1 0 end", "before it starts"},
		{"an arrival with a zone", season(func(s *Season) { s.By = ByArrival }), "1 0 zone", "no time zone"},
	} {
		r := sample()
		c.change(&r)
		_, err := Compile(r)
		var faults Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: answers %v, want faults", c.name, err)
			continue
		}
		found := slices.ContainsFunc(faults, func(f Fault) bool {
			return fmt.Sprint(f.Table, f.Row, " ", f.Column) == c.place && strings.Contains(f.Detail, c.says)
		})
		if !found {
			t.Errorf("%s: answers %+v, want %q at %s", c.name, faults, c.says, c.place)
		}
	}
}

// TestFaultsAreAllTold checks that one fault does not hide the next, and that they come in the order of the places.
func TestFaultsAreAllTold(t *testing.T) {
	r := sample()
	r.Tables[1].Rows[1].Months, r.Tables[1].Rows[0].ID, r.Tables[0].Hit, r.Tiers[0].Points, r.Name = 0, "", "", 0, ""
	r.Tables[1].Rows[0].When, r.Policy.RecallDays = "nights", 7
	_, err := Compile(r)
	want := `name: the name is empty
level 1, tiers: needs a threshold of points or of nights
recallDays: days are given, but the reversal is not recall
table 1, hit: unknown hit policy "": use first, unique or collect
table 2, row 1, id: "" is not an id: 1 to 40 of a-z, 0-9 and -
table 2, row 1, when: the condition is a number, not true or false
table 2, row 2, months: points valid for 0 months: must be 1 to 120`
	if err == nil || err.Error() != want {
		t.Errorf("answers:\n%v\nwant:\n%s", err, want)
	}
}

// TestOversizedIsNotWorkedThrough checks that a rule set that nobody can have meant costs no more than a look.
func TestOversizedIsNotWorkedThrough(t *testing.T) {
	r := sample()
	r.Tables[1].Rows = make([]Row, MaxRows+1) // each of which has many faults
	_, err := Compile(r)
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 1 {
		t.Errorf("%d faults are told of %d rows", len(faults), MaxRows+1)
	}
}

func TestDocumentIsBounded(t *testing.T) {
	r := sample()
	long := `cabin in ["` + strings.Repeat("x", MaxCondition-20) + `"]`
	for i := range 140 {
		r.Tables[1].Rows = append(r.Tables[1].Rows, Row{ID: fmt.Sprint("long-", i), BasisPoints: 1, Months: 1, When: long})
	}
	_, err := Compile(r)
	if err == nil || !strings.Contains(err.Error(), "bytes, more than 262144") {
		t.Errorf("a rule set of %d bytes: %v", len(r.Encode()), err)
	}
	if _, err := Decode(r.Encode()); err == nil {
		t.Error("a document above the bound is decoded")
	}
}

func TestCostIsBounded(t *testing.T) {
	list := func(n int) string {
		return "country in [" + strings.TrimSuffix(strings.Repeat(`"PT", `, n), ", ") + "]"
	}
	r := sample()
	r.Tables[1].Rows[0].When = list(300)
	_, err := Compile(r)
	if err != nil {
		t.Errorf("a list of 300 countries: %v", err)
	}
	for i := range 990 {
		search := "hotel.contains(route) || cabin.contains(route) || tier.contains(route)"
		r.Tables[1].Rows = append(r.Tables[1].Rows, Row{ID: fmt.Sprint("search-", i), BasisPoints: 1, Months: 1, When: search})
	}
	_, err = Compile(r)
	if err == nil || strings.Count(err.Error(), "steps") != 1 || !strings.Contains(err.Error(), "more than 50000") {
		t.Errorf("990 times three searches of unknown texts: %.300v", err)
	}

	r = sample()
	r.Tables[1].Rows[0].When = strings.TrimSuffix(strings.Repeat("hotel.contains(route) || ", 70), " || ")
	if _, err = Compile(r); err == nil || !strings.Contains(err.Error(), "may take 1260 steps, more than 1000") {
		t.Errorf("70 searches of unknown texts: %.300v", err)
	}
}

// TestLargestTablePasses checks that bounds of cost and size leave room for what people do.
func TestLargestTablePasses(t *testing.T) {
	r := promotions(MaxRows)
	if _, err := Compile(r); err != nil {
		t.Errorf("%d rows: %.300v", MaxRows, err)
	}
}
