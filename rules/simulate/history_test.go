package simulate

import (
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/google/go-cmp/cmp"
)

func TestHistoryKeepsWhatTheStateHas(t *testing.T) {
	rec := dollars.BookingRecord{
		State: dollars.BookingAwarded, Account: member("ann"), Time: 1_767_312_000, Version: 3, Tier: "gold", Awarded: 2026 * 12,
		Facts: dollars.Facts{
			Kind: earn.Flight, Price: 123_45, Currency: "EUR", Start: 20_500, End: 20_501, Booked: 20_400, Cabin: "business", Route: "FRA-LIS",
			Country: "PT", Hotel: "H1", Channel: "app", Party: 1_000, Trip: earn.Trip{Hotels: 1, Cars: 2, Flights: 3, Nights: 65_535},
		},
	}
	id := dollars.NewBookingID("test", "b", "1")
	var h History
	if err := h.AddState(dollars.BookingKey(id), rec.Encode()); err != nil {
		t.Fatal(err)
	}
	it := &h.items[0]
	got := dollars.BookingRecord{
		State: it.state, Account: h.accounts[it.account], Time: it.time, Facts: h.facts(it),
		Version: rec.Version, Tier: rec.Tier, Awarded: rec.Awarded, // of its day's rules, which do not matter
	}
	if d := cmp.Diff(rec, got, cmp.AllowUnexported(dollars.Part{})); d != "" || it.id != id {
		t.Error(d)
	}
}

func TestHistoryCountsWhatWasOnlyCancelled(t *testing.T) {
	var h History
	add(t, &h, "b", "1", dollars.BookingRecord{State: dollars.BookingNoted})
	if r := compare(t, &h, standard(), standard(), Options{}); h.Len() != 0 || r.Replayed.Noted != 1 {
		t.Errorf("%d items, %d noted", h.Len(), r.Replayed.Noted)
	}
}

func TestHistoryRefusesWhatNoLedgerHas(t *testing.T) {
	good := dollars.BookingRecord{
		State: dollars.BookingPending, Account: member("ann"), Facts: dollars.Facts{Kind: earn.Car, Currency: "EUR", Start: 1, End: 2},
	}
	id := dollars.NewBookingID("test", "b", "1")
	for want, change := range map[string]func(*dollars.BookingRecord){
		"none that a ledger takes": func(r *dollars.BookingRecord) { r.Facts.Party = 1 << 20 },
		"which no item":            func(r *dollars.BookingRecord) { r.State = dollars.BookingNone },
		"no time":                  func(r *dollars.BookingRecord) { r.Time = 1 << 60 },
	} {
		rec := good
		change(&rec)
		var h History
		if err := h.Add(id, rec); err == nil || !strings.Contains(err.Error(), want) || h.Len() != 0 {
			t.Errorf("%v, want %q", err, want)
		}
	}
	var h History
	if err := h.AddState(dollars.AccountKey(member("ann")), good.Encode()); err == nil {
		t.Error("an account was taken for a booked item")
	}
	if err := h.AddState(dollars.BookingKey(id), []byte{9}); err == nil {
		t.Error("a record of one byte was read")
	}
}
