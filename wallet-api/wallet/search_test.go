package wallet

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// looked is a Finder that finds nothing but what it is told to, and remembers what it was asked for.
type looked struct {
	Finder
	names Names
	found []Found
}

func (l *looked) Find(_ context.Context, n Names, _ int) (Search, error) {
	l.names = n
	return Search{Height: 9, Found: l.found}, nil
}

func TestIDsAreReadInEveryWay(t *testing.T) {
	word := strings.Repeat("Ab", 32)
	account := "0x609FafEe51D55107e4432BBe669BD87b93d6874A"
	for _, test := range []struct{ id, ways string }{
		{"0", "number reward"},
		{"18446744073709551615", "number reward"},
		{"18446744073709551616", "reward"},
		{"-1", "reward"},
		{"+1", ""},
		{word, "word"},
		{"0x" + word, "word"},
		{word[1:], ""},
		{word + "ab", ""},
		{word[:32], "trip"},
		{strings.Repeat("12", 16), "trip"},
		{account, "account"},
		{strings.ToLower(account[2:]), "account"},
		{account + "/0x" + word, "hold"},
		{strings.ToUpper(account[2:]) + "/" + word, "hold"},
		{account + "/", ""},
		{"/" + word, ""},
		{account + "/" + word + "/", ""},
		{"lounge-2", "reward"},
		{"Lounge", ""},
		{"a b", ""},
		{"ä", ""},
	} {
		n := namesOf(test.id)
		var ways []string
		for _, way := range []struct {
			is   bool
			name string
		}{
			{n.Number != nil, "number"},
			{n.Word != nil, "word"},
			{n.Trip != nil, "trip"},
			{n.Account != nil, "account"},
			{n.Hold != nil, "hold"},
			{n.Reward != "", "reward"},
		} {
			if way.is {
				ways = append(ways, way.name)
			}
		}
		if got := strings.Join(ways, " "); got != test.ways {
			t.Errorf("%q is read as %q, want %q", test.id, got, test.ways)
		}
	}
}

func TestSearchFindsWhatTheServiceKnows(t *testing.T) {
	w := newWorld(t)
	finder := &looked{}
	w.Service.Views = views{w: w, Finder: finder}
	if _, _, err := w.CreateMember(t.Context(), "alice", nil); err != nil {
		t.Fatal(err)
	}
	event, order, sale := WorkID{1}, WorkID{2}, WorkID{3}
	for id, st := range map[WorkID]Work{
		event: {Class: ClassBooking}, order: {Class: ClassOrder, Owner: AccountOwner(dollars.Account{5})}, sale: {Class: ClassAdmin},
	} {
		w.work[id] = &Status{Work: st}
	}
	orderID := dollars.OrderID(order).String()
	for _, test := range []struct {
		id     string
		ledger []Found
		want   []Found
	}{
		{"alice", nil, []Found{{ThingMember, "alice"}}},
		{"alice", []Found{{ThingReward, "alice"}}, []Found{{ThingReward, "alice"}, {ThingMember, "alice"}}},
		{event.String(), nil, []Found{{ThingEvent, event.String()}}},
		{order.String(), nil, []Found{{ThingOrder, orderID}}},
		{orderID, []Found{{ThingOrder, orderID}}, []Found{{ThingOrder, orderID}}},
		{sale.String(), nil, []Found{{ThingChange, sale.String()}}},
	} {
		finder.found = slices.Clone(test.ledger)
		got, err := w.Search(t.Context(), test.id)
		if err != nil || got.Height != 9 || !slices.Equal(got.Found, test.want) {
			t.Errorf("%s: got %+v, %v, want %+v", test.id, got, err, test.want)
		}
	}
	finder.found = nil
	_, err := w.Search(t.Context(), "0x609FafEe51D55107e4432BBe669BD87b93d6874A")
	if code, _ := codeOf(err); code != CodeNotFound || !strings.Contains(err.Error(), "account") || !strings.Contains(err.Error(), "height 9") {
		t.Errorf("nobody's account: %v", err)
	}
	for _, id := range []string{"", strings.Repeat("x", 257)} {
		_, err := w.Search(t.Context(), id)
		if code, _ := codeOf(err); code != CodeMalformed {
			t.Errorf("an id of %d bytes: %v", len(id), err)
		}
	}
}

func TestBookingsAreSearchedByTheirHashes(t *testing.T) {
	w := newWorld(t)
	finder := &looked{found: []Found{{ThingBooking, "x"}}}
	w.Service.Views = views{w: w, Finder: finder}
	if _, err := w.SearchBooking(t.Context(), "urn:test", "HX-1", "2"); err != nil || *finder.names.Word != [32]byte(dollars.NewBookingID("urn:test", "HX-1", "2")) {
		t.Errorf("one item: %+v, %v", finder.names, err)
	}
	if _, err := w.SearchBooking(t.Context(), "urn:test", "HX-1", ""); err != nil || *finder.names.Trip != dollars.NewTripID("urn:test", "HX-1") {
		t.Errorf("all items: %+v, %v", finder.names, err)
	}
	finder.found = nil
	_, err := w.SearchBooking(t.Context(), "urn:test", "HX-1", "")
	if code, _ := codeOf(err); code != CodeNotFound {
		t.Errorf("an unknown booking: %v", err)
	}
}
