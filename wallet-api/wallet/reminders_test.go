package wallet

import (
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/google/go-cmp/cmp"
)

func day(t *testing.T, s string) dollars.Date {
	t.Helper()
	d, err := dollars.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRemindersAreDueOn(t *testing.T) {
	for _, test := range []struct {
		day  string
		want map[string]int // days left by month
	}{
		{"2028-01-30", map[string]int{"2028-02": 30}}, // a leap year's February ends on the 29th
		{"2028-01-29", nil},
		{"2027-01-29", map[string]int{"2027-02": 30}},
		{"2027-12-31", map[string]int{"2028-02": 60}},
		{"2028-02-22", map[string]int{"2028-02": 7}},
		{"2028-02-21", nil},
		{"2027-02-21", map[string]int{"2027-02": 7}},
		{"2028-03-01", map[string]int{"2028-03": 30, "2028-04": 60}}, // two months end just so
		{"2028-12-24", map[string]int{"2028-12": 7}},
		{"2028-12-02", map[string]int{"2029-01": 60}},
		{"2028-12-01", map[string]int{"2028-12": 30}},
		{"2028-02-29", nil},
	} {
		got := map[string]int{}
		for _, d := range dueOn(day(t, test.day)) {
			got[d.month.String()] = int(d.days)
		}
		if len(got) != len(test.want) || (len(got) > 0 && !cmp.Equal(got, test.want)) {
			t.Errorf("on %s: %v, want %v", test.day, got, test.want)
		}
	}
	// Every month is reminded of once at each distance, in leap years and others.
	seen := map[dueMonth]int{}
	for d := day(t, "2027-01-01"); d < day(t, "2032-01-01"); d++ {
		for _, due := range dueOn(d) {
			seen[due]++
			if Month(due.month).LastDay() != d+due.days {
				t.Errorf("on %s: %+v", d, due)
			}
		}
	}
	for m := dollars.Expiry(2027*12 + 3); m < 2032*12; m++ {
		for _, days := range reminderDays {
			if seen[dueMonth{m, days}] != 1 {
				t.Errorf("%s is reminded of %d times, %d days ahead", m, seen[dueMonth{m, days}], days)
			}
		}
	}
}

func TestRemindersOfAnAccount(t *testing.T) {
	on := day(t, "2028-02-22")
	february, march := dollars.Expiry(2028*12+1), dollars.Expiry(2028*12+2)
	h := Holding{Account: self, Debt: 30, Held: 500, Buckets: dollars.Buckets{{Expiry: february - 1, Amount: 1000}, {Expiry: february, Amount: 100}, {Expiry: march, Amount: 50}}}
	got := remindersOf(h, on, dueOn(on))
	want := []Reminder{{ID: got[0].ID, Account: self, Amount: 70, LastDay: day(t, "2028-02-29"), Days: 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again := remindersOf(h, on, dueOn(on)); again[0].ID != got[0].ID {
		t.Error("the same reminder has another id")
	}
	for _, other := range []dueMonth{{february, 30}, {march, 7}} {
		if reminderID(self, other) == got[0].ID {
			t.Errorf("%+v has the same id", other)
		}
	}
	if reminderID(friend, dueMonth{february, 7}) == got[0].ID {
		t.Error("another account has the same id")
	}
	h.Debt = 100
	if got := remindersOf(h, on, dueOn(on)); len(got) != 0 {
		t.Errorf("of points that will be repaid: %+v", got)
	}
}

func TestRemindersGoOn(t *testing.T) {
	w, alice, bob := twoMembers(t)
	w.earns(t, "alice", 1000)
	w.earns(t, "bob", 500)
	b, err := w.Balance(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	last := Month(b.Buckets[0].Expiry).LastDay()
	found := map[MemberID]dollars.Amount{}
	var after *dollars.Account
	for calls := 0; calls == 0 || after != nil; calls++ {
		list, next, err := w.Reminders(t.Context(), last-30, after, 1)
		if err != nil || len(list) > 1 || calls > 2 {
			t.Fatal(list, next, err)
		}
		for _, r := range list {
			found[r.Member] += r.Amount
			if r.LastDay != last || r.Days != 30 || (r.Account != alice.Account && r.Account != bob.Account) {
				t.Errorf("%+v", r)
			}
		}
		after = next
	}
	if found["alice"] != 1000 || found["bob"] != 500 || len(found) != 2 {
		t.Error(found)
	}
	if list, next, err := w.Reminders(t.Context(), last-29, nil, 10); len(list) != 0 || next != nil || err != nil {
		t.Error(list, next, err)
	}
	w.now = time.Unix(int64(last+1)*24*3600, 0)
	if expired, _, err := w.Views.Expired(t.Context(), nil, w.now.Unix(), 10); len(expired) != 2 || err != nil {
		t.Error(expired, err)
	}
	if list, _, err := w.Reminders(t.Context(), last+1, nil, 10); len(list) != 0 || err != nil {
		t.Error(list, err)
	}
}
