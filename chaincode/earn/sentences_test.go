package earn

import (
	"fmt"
	"strings"
	"testing"
)

func TestResultByStanding(t *testing.T) {
	for _, c := range []struct {
		standing Standing
		points   Cents
		want     string
	}{
		{Pending, 1_27, "The hotel stay of 25.40 EUR will earn 1.27 points once it is completed."},
		{Awarded, 1_27, "The hotel stay of 25.40 EUR earned 1.27 points."},
		{Cancelled, 1_27, "The hotel stay of 25.40 EUR would have earned 1.27 points, but it was cancelled."},
		{Reversed, 1_27, "The hotel stay of 25.40 EUR earned 1.27 points, which were taken back when it was cancelled."},
		{Pending, 0, "The hotel stay of 25.40 EUR will earn no points once it is completed."},
		{Awarded, 0, "The hotel stay of 25.40 EUR earned no points."},
		{Cancelled, 0, "The hotel stay of 25.40 EUR would have earned no points, but it was cancelled."},
		{Reversed, 0, "The hotel stay of 25.40 EUR earned no points, and was cancelled."},
	} {
		x := Explanation{Kind: Hotel, Price: 25_40, Currency: "EUR", Points: c.points}
		if got := x.Sentences(c.standing)[0]; got != c.want {
			t.Errorf("%s: %s\nwant %s", c.standing, got, c.want)
		}
	}
}

// TestConditionsInWords shows how members are told what a row asks for that their booking has not.
func TestConditionsInWords(t *testing.T) {
	item := Item{
		Kind: Hotel, Price: 100_01, Currency: "EUR", Start: 20_850, End: 20_855, Booked: 20_800, Country: "FR", Hotel: "lis-2",
		Channel: "app", Party: 2, Trip: Trip{Hotels: 1, Nights: 5},
	}
	const unclear = "its condition did not hold"
	for when, want := range map[string]string{
		`nights >= 7`:                          "the nights of the stay must be at least 7; they are 5",
		`7 <= nights`:                          "the nights of the stay must be at least 7; they are 5",
		`days < 3`:                             "the days from the first to the last must be less than 3; they are 6",
		`lead <= 7`:                            "the days from the booking to the first day must be at most 7; they are 50",
		`party != 2`:                           "the number of travellers must not be 2; it is 2",
		`party == 1`:                           "the number of travellers must be 1; it is 2",
		`party in [4, 3, 3]`:                   "the number of travellers must be 3 or 4; it is 2",
		`trip.flights > 0`:                     "the number of flights in the booking must be more than 0; it is 0",
		`price >= 50000`:                       "the price must be at least 500.00 EUR; it is 100.01 EUR",
		`price in [1, 2, 5000]`:                "the price must be 0.01 EUR, 0.02 EUR or 50.00 EUR; it is 100.01 EUR",
		`country in ["PT", "ES", "IT"]`:        "the country must be ES, IT or PT; it is FR",
		`country in ["PT"]`:                    "the country must be PT; it is FR",
		`country in [` + countries(13) + `]`:   "the country must be one of 13 that it names; it is FR",
		`country != "FR"`:                      "the country must not be FR; it is FR",
		`country == ""`:                        "there must be no country; it is FR",
		`cabin != ""`:                          "the cabin must be known; no cabin is known",
		`cabin == "first"`:                     "the cabin must be first; no cabin is known",
		`hotel.startsWith("HIL")`:              "the hotel must begin with HIL; it is lis-2",
		`hotel.endsWith("-3")`:                 "the hotel must end with -3; it is lis-2",
		`hotel.contains("mad")`:                "the hotel must contain mad; it is lis-2",
		`channel == "a\u202e\n"`:               `the booking channel must be "a\u202e\n"; it is app`,
		`tier == "gold"`:                       "the tier must be gold; there is no tier",
		`tier in ["silver", "gold"]`:           "the tier must be gold or silver; there is no tier",
		`tier != ""`:                           "there must be a tier; there is no tier",
		`kind == "flight"`:                     "it must be a flight; it is a hotel stay",
		`kind in ["flight", "car"]`:            "it must be a car or a flight; it is a hotel stay",
		`month in [6, 7]`:                      "the month of the first day must be June or July; it is February",
		`month > 5`:                            "the month of the first day must be after May; it is February",
		`month >= 5`:                           "the month of the first day must be May or later; it is February",
		`month < 2`:                            "the month of the first day must be before February; it is February",
		`month <= 1`:                           "the month of the first day must be January or earlier; it is February",
		`month == 13`:                          "the month of the first day must be 13; it is February",
		`nights > lead`:                        unclear,
		`nights * 2 > 20`:                      unclear,
		`country == "PT" || country == "ES"`:   unclear,
		`!(country == "FR")`:                   unclear,
		`1 > 2`:                                unclear,
		`nights > 1 && !country.contains("R")`: unclear,
	} {
		e := oneTable(t, Collect, Floor, Row{ID: "long-stay", When: when, Fixed: 1, Months: 1})
		x := e.Explain(item, nil)
		if got := x.Tables[0].Rows[0].Words; got != want {
			t.Errorf("%s\n%s, want\n%s", when, got, want)
		}
		if says := x.Sentences(Awarded)[1]; says != `The rule "long stay" did not apply: `+want+"." {
			t.Errorf("%s: %s", when, says)
		}
	}
}

func countries(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%q", "A"+string(rune('A'+i))))
	}
	return strings.Join(all, ", ")
}

func TestSeasonOfDaysInWords(t *testing.T) {
	e := oneTable(t, Collect, Floor,
		Row{ID: "day", Season: &Season{By: ByArrival, From: "2027-03-01", Until: "2027-03-01"}, Fixed: 1, Months: 1},
		Row{ID: "sale", Season: &Season{
			By: ByBooking, From: "2026-12-01", Until: "2026-12-02", Zone: "Europe/Berlin", Start: 1_796_079_600, End: 1_796_252_400,
		}, Fixed: 1, Months: 1})
	rows := e.Explain(Item{Kind: Car, Start: 20_850, End: 20_850, Time: 1_796_252_400}, nil).Tables[0].Rows
	for i, want := range []string{
		"the first day must be on 1 March 2027; it is 1 February 2027",
		"the booking must be confirmed from 1 December 2026 to 2 December 2026 (in Europe/Berlin); it was on 2 December 2026 at 23:00 UTC",
	} {
		if rows[i].Words != want {
			t.Errorf("%s\nwant %s", rows[i].Words, want)
		}
	}
}

// TestNothingLeft shows rows of a COLLECT table, which are taken although their limits leave nothing.
func TestNothingLeft(t *testing.T) {
	e := oneTable(t, Collect, Floor,
		Row{ID: "a", Fixed: 1, CapBooking: 1, Months: 1}, Row{ID: "b", Fixed: 1, CapMember: 1, Months: 1}, Row{ID: "c", Fixed: 1, Budget: 1, Months: 1})
	item := Item{Kind: Flight, Currency: "EUR"}
	parts, err := e.Evaluate(item, func(Limit, *Row, int64) (int64, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	const want = `The flight of 0.00 EUR will earn no points once it is completed.
The rule "a" applied, but the booking's other items had reached its cap for one booking.
The rule "b" applied, but its cap for a member and month was reached.
The rule "c" applied, but its budget had nothing left for it at that moment.`
	if got := strings.Join(e.Explain(item, parts).Sentences(Pending), "\n"); got != want {
		t.Errorf("says\n%s\nwant\n%s", got, want)
	}
}
