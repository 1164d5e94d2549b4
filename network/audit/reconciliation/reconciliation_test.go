package reconciliation

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/destinasia/dollars/bookings/sample"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/audit/audittest"
	"github.com/google/go-cmp/cmp"
)

// said is an event as the booking system writes it.
func said(id, what, booking, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"urn:test","type":"com.destinasia.booking.%s.v1","time":"2030-03-01T09:00:00Z","data":{"booking":%q%s}}`,
		id, what, booking, more)
}

const one = `,"items":[{"item":"1"}]`

// stay is what a confirmation says of the night that onLedger puts there.
func stay(member, price string) string {
	return fmt.Sprintf(`,"member":%q,"channel":"web","party":2,"items":[{"item":"1","kind":"hotel","price":{"amount":%q,"currency":"EUR"},"start":"2030-03-26","end":"2030-03-27","country":"PT","hotel":"lis-1"}]`, member, price)
}

func booked(booking string) dollars.BookingID { return dollars.NewBookingID("urn:test", booking, "1") }

var (
	ann = audittest.NewMember("ann").Account
	ben = audittest.NewMember("ben").Account
)

func night(booking string, a dollars.Account) dollars.Confirm {
	return dollars.Confirm{Booking: booked(booking), Account: a, Facts: dollars.Facts{
		Kind: earn.Hotel, Price: 100_00, Currency: "EUR", Start: 21_999, End: 22_000, Booked: 21_974,
		Country: "PT", Hotel: "lis-1", Channel: "web", Party: 2, Trip: earn.Trip{Hotels: 1, Nights: 1},
	}}
}

// ledger has four stays: open, done, gone, and back, which was reversed.
func ledger(t testing.TB) *audittest.Ledger {
	t.Helper()
	l := audittest.New(t)
	l.Publish()
	l.Must(audittest.Issuer, night("open", ann), night("done", ann), night("gone", ann), night("back", ben))
	l.Must(audittest.Issuer, dollars.Complete{Booking: booked("done")}, dollars.Complete{Booking: booked("back")},
		dollars.Cancel{Booking: booked("gone"), Cause: "no-show"})
	l.Must(audittest.Issuer, dollars.Cancel{Booking: booked("back")})
	return l
}

// whole is the file of these events.
func whole() []string {
	return []string{
		said("1", "confirmed", "open", stay("ann", "100.00")),
		said("2", "confirmed", "done", stay("ann", "100.00")),
		said("3", "confirmed", "gone", stay("ann", "100.00")),
		said("4", "confirmed", "back", stay("ben", "100.00")),
		said("5", "completed", "done", one),
		said("6", "completed", "back", one),
		said("7", "cancelled", "gone", `,"reason":"did not come","cause":"no-show"`+one),
		said("8", "cancelled", "back", one),
	}
}

var members = map[string]dollars.Account{"ann": ann, "ben": ben}

// compare holds a file against a ledger, and tells the findings in short.
func compare(t testing.TB, l *audittest.Ledger, file string) (short []string, all []Finding, s Summary) {
	t.Helper()
	r := New(Options{Members: members})
	if err := r.Read(strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if err := l.Tell(r.Applied); err != nil {
		t.Fatal(err)
	}
	all, s, err := r.Compare(l.State())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		var fields []string
		for _, field := range f.Fields {
			fields = append(fields, field.Name)
		}
		line := fmt.Sprintf("%s %d %s %s %s %s", f.Class, f.Line, f.Event, f.Booking, f.Code, strings.Join(fields, ","))
		short = append(short, strings.Join(strings.Fields(line), " "))
		if f.Reason == "" || (f.Block == 0) != (f.TxID == "") {
			t.Errorf("%+v does not say why, or half of where", f)
		}
	}
	return short, all, s
}

func TestWhatAgrees(t *testing.T) {
	for name, file := range map[string]string{
		"lines":    strings.Join(whole(), "\n") + "\n",
		"no end":   strings.Join(whole(), "\r\n"),
		"one line": strings.Join(whole(), " "),
		"array":    "\n [" + strings.Join(whole(), ",\n") + "]\n",
		"layout":   strings.ReplaceAll(strings.Join(whole(), "\n"), `,"`, ",\n  \""),
		"repeated": strings.Join(append(whole(), whole()...), "\n"),
		"later":    strings.Join(append(whole(), strings.Replace(whole()[0], "T09", "T10", 1)), "\n"),
	} {
		short, _, s := compare(t, ledger(t), file)
		if len(short) > 0 || s.Items != 4 || s.Agreed != 4 || s.Uncompared != 0 || s.Events != 8+s.Repeated {
			t.Errorf("%s: %q, %+v", name, short, s)
		}
	}
}

func TestFindings(t *testing.T) {
	replace := func(i int, with ...string) func([]string) []string {
		return func(list []string) []string { return append(list[:i:i], append(with, list[i+1:]...)...) }
	}
	for _, test := range []struct {
		name   string
		file   func([]string) []string
		ledger func(*audittest.Ledger)
		want   []string
	}{
		{"an event is left out of the file", replace(4), nil, []string{"extra 0 complete done"}},
		{"all events of a booking are left out", func(l []string) []string { return l[1:] }, nil, []string{"extra 0"}},
		{"an event too many", replace(0, whole()[0], said("x", "completed", "open", one)), nil, []string{"missing 2 complete open"}},
		{"a booking too many", replace(7, whole()[7], said("x", "confirmed", "new", stay("ann", "1.00"))), nil, []string{"missing 9 confirm new"}},
		{"another price", replace(0, said("1", "confirmed", "open", stay("ann", "100.01"))), nil, []string{"different 1 confirm open price"}},
		{"another member", replace(0, said("1", "confirmed", "open", stay("ben", "100.00"))), nil, []string{"different 1 confirm open account"}},
		{"other dates", replace(0, strings.ReplaceAll(whole()[0], "03-2", "04-2")), nil, []string{"different 1 confirm open start,end"}},
		{"another product", replace(0, strings.Replace(strings.Replace(whole()[0], "hotel", "car", 1), `,"hotel":"lis-1"`, "", 1)), nil, []string{
			"different 1 confirm open kind,hotel", "different 1 confirm open trip",
		}},
		{"booked on another day", replace(0, strings.Replace(whole()[0], "03-01T", "02-28T", 1)), nil, []string{"different 1 confirm open booked"}},
		{"another cause", replace(6, said("7", "cancelled", "gone", `,"cause":"refund"`+one)), nil, []string{"different 7 cancel gone cause"}},
		{"other codes", replace(0, strings.Replace(strings.Replace(whole()[0], "web", "app", 1), `"PT"`, `"ES"`, 1)), nil, []string{"different 1 confirm open country,channel"}},
		{"confirmed twice, otherwise", replace(0, whole()[0], said("x", "confirmed", "open", stay("ann", "7.00"))), nil, []string{"different 2 confirm open price"}},
		{"the same id, otherwise", replace(0, whole()[0], said("1", "completed", "done", one)), nil, []string{"different 2 complete done"}},
		{
			"completed before it was confirmed, and never again",
			replace(0, said("x", "completed", "late", one), said("y", "confirmed", "late", stay("ann", "100.00")), whole()[0]),
			func(l *audittest.Ledger) {
				l.Do(audittest.Issuer, dollars.Complete{Booking: booked("late")}, night("late", ann))
			},
			[]string{"missing 1 complete late booking_unknown"},
		},
		{
			"completed before it was confirmed, and then again",
			replace(0, said("x", "completed", "late", one), said("y", "confirmed", "late", stay("ann", "100.00")), whole()[0]),
			func(l *audittest.Ledger) {
				l.Do(audittest.Issuer, dollars.Complete{Booking: booked("late")}, night("late", ann), dollars.Complete{Booking: booked("late")})
			},
			nil,
		},
		{
			"cancelled before it was confirmed",
			replace(0, whole()[0], said("x", "cancelled", "early", one), said("y", "confirmed", "early", stay("ann", "100.00"))),
			func(l *audittest.Ledger) {
				l.Do(audittest.Issuer, dollars.Cancel{Booking: booked("early")}, night("early", ann))
			},
			nil,
		},
		{
			"cancelled, and nothing else known", replace(0, whole()[0], said("x", "cancelled", "early", one)),
			func(l *audittest.Ledger) { l.Do(audittest.Issuer, dollars.Cancel{Booking: booked("early")}) }, nil,
		},
		{
			"completed after it was cancelled", replace(7, whole()[7], said("x", "completed", "gone", one)),
			func(l *audittest.Ledger) { l.Do(audittest.Issuer, dollars.Complete{Booking: booked("gone")}) },
			[]string{"missing 9 complete gone booking_cancelled"},
		},
		{
			"what strangers sent", replace(7, whole()[7], said("x", "completed", "open", one)),
			func(l *audittest.Ledger) {
				l.Do(audittest.Caller("AircncMSP", "issuer", "stranger"), dollars.Complete{Booking: booked("open")}, night("theirs", ann))
			},
			[]string{"missing 9 complete open"},
		},
		{"lines that are broken", replace(1, `{"id":"2","source`, "", "hello", whole()[1], "[]", `{"id":1}`, `{}`, "hello"), nil, []string{
			"invalid 2", "invalid 6", "invalid 7", "invalid 8", "invalid 9",
		}},
	} {
		l := ledger(t)
		if test.ledger != nil {
			test.ledger(l)
		}
		got, all, _ := compare(t, l, strings.Join(test.file(whole()), "\n"))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (want, got):\n%s%+v", test.name, diff, all)
		}
	}
}

// TestWhatIsNoEvent: what no service takes is told, with its line, in every layout.
func TestWhatIsNoEvent(t *testing.T) {
	good := whole()[0]
	for _, bad := range []string{
		`[]`, `7`, `"x"`, `null`, `{}`,
		strings.Replace(good, `"id":"1"`, `"id":""`, 1),
		strings.Replace(good, "confirmed", "postponed", 1),
		strings.Replace(good, "2030-03-01T09:00:00Z", "yesterday", 1),
		strings.Replace(good, `"booking":"open"`, `"booking":""`, 1),
		strings.Replace(good, `"member":"ann"`, `"member":""`, 1),
		strings.Replace(good, `"member"`, `"membr"`, 1),
		strings.Replace(good, `"100.00"`, `"-1.00"`, 1),
		strings.Replace(good, `"100.00"`, `100.00`, 1),
		strings.Replace(good, `"kind":"hotel"`, `"kind":"boat"`, 1),
		strings.Replace(good, `2030-03-27`, `2030-03-25`, 1),
		strings.Replace(good, `"PT"`, `"Portugal, the whole of it"`, 1),
		said("1", "completed", "open", `,"items":[]`),
		said("1", "completed", "open", `,"items":[{"item":"1"},{"item":"1"}]`),
	} {
		for layout, file := range map[string]string{"lines": good + "\n" + bad + "\n" + good, "array": "[" + good + ",\n" + bad + ",\n" + good + "]"} {
			r := New(Options{})
			if err := r.Read(strings.NewReader(file)); err != nil {
				t.Fatal(err)
			}
			if len(r.found) != 1 || r.found[0].Class != Invalid || r.found[0].Line != 2 || r.summary.Events != 3 || r.summary.Repeated != 1 {
				t.Errorf("%s, %s: %+v, %+v", bad, layout, r.found, r.summary)
			}
		}
	}
	for file, events := range map[string]int{
		"": 0, " \n\n": 0, "[]": 0, "[" + good + ",": 2, "[" + good: 2, "[" + good + ",\n\n{]\n" + good: 2, good + "\n" + good[:50]: 2,
		good + "\n{" + strings.Repeat(" ", 2<<20) + "}\n" + good: 3,
	} {
		r := New(Options{})
		if err := r.Read(strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if r.summary.Events != events {
			t.Errorf("%.200q has %+v, %+v", file, r.summary, r.found)
		}
	}
}

// TestWhatIsNoEventNamesItsBooking where it gets as far as that.
func TestWhatIsNoEventNamesItsBooking(t *testing.T) {
	got, _, _ := compare(t, ledger(t), strings.Join(append(whole(), said("x", "confirmed", "owed", stay("ann", "-1.00"))), "\n"))
	if diff := cmp.Diff([]string{"invalid 9 confirm owed"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestExtrasSayWhere: an item that is in no event has hash, block and transaction, and the booking's name if another item
// of it is in the file.
func TestExtrasSayWhere(t *testing.T) {
	l := ledger(t)
	second := night("open", ben)
	second.Booking = dollars.NewBookingID("urn:test", "open", "2")
	l.Must(audittest.Issuer, night("elsewhere", ben), second)
	_, all, s := compare(t, l, strings.Join(whole(), "\n"))
	if len(all) != 2 || s.Extra != 2 || s.Agreed != 4 {
		t.Fatalf("%+v, %+v", all, s)
	}
	last := l.Told[len(l.Told)-1]
	for i, want := range []struct{ hash, booking string }{{booked("elsewhere").String(), ""}, {second.Booking.String(), "open"}} {
		if f := all[i]; f.Hash != want.hash || f.Booking != want.booking || f.Block != last.Block || f.TxID != last.TxID.String() {
			t.Errorf("%+v, want %v in block %d", f, want, last.Block)
		}
	}
}

// TestAccountsThatNobodyKnows are counted.
func TestAccountsThatNobodyKnows(t *testing.T) {
	for want, known := range map[int]map[string]dollars.Account{4: nil, 1: {"ann": ann}, 0: members} {
		r := New(Options{Members: known})
		if err := r.Read(strings.NewReader(strings.Join(whole(), "\n"))); err != nil {
			t.Fatal(err)
		}
		l := ledger(t)
		if err := l.Tell(r.Applied); err != nil {
			t.Fatal(err)
		}
		if all, s, err := r.Compare(l.State()); err != nil || len(all) > 0 || s.Uncompared != want {
			t.Errorf("with %d members: %+v, %+v, %v; want %d uncompared", len(known), all, s, err, want)
		}
	}
}

// FuzzRead: no file makes it fail or stop early without a word.
func FuzzRead(f *testing.F) {
	f.Add(strings.Join(whole(), "\n"))
	f.Add("[" + strings.Join(whole(), ",\n") + "]")
	f.Add("{\n[,]{}}\n{")
	f.Fuzz(func(t *testing.T, file string) {
		r := New(Options{})
		if err := r.Read(strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(file) != "" && strings.Trim(file, " \t\r\n[]") != "" && r.summary.Events == 0 {
			t.Errorf("nothing is told of %q", file)
		}
		lines := strings.Count(file, "\n") + 1
		for _, found := range r.found {
			if found.Line < 1 || found.Line > lines {
				t.Errorf("%+v is on none of %d lines", found, lines)
			}
		}
	})
}

// TestSampleOfBookings: of a made-up year, what the service takes is read, and what it refuses is not, but for a currency
// that only the rules do not know.
func TestSampleOfBookings(t *testing.T) {
	read := map[sample.Expectation]int{}
	for _, m := range sample.New(sample.Options{Bookings: 400, Seed: 7}).Messages {
		_, err := decode(m.Body)
		if taken := m.Want != sample.Refused || m.Fault == sample.UnknownCurrency; taken != (err == nil) {
			t.Errorf("%s, %s %s: %v", m.Body, m.Want, m.Fault, err)
		}
		read[m.Want]++
	}
	for want, n := range read {
		if n == 0 {
			t.Errorf("none is %s", want)
		}
	}
}

// BenchmarkEvent tells what reading and keeping an event costs: one of two about an item.
func BenchmarkEvent(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := New(Options{})
	for i := range b.N {
		booking := fmt.Sprintf("booking-%08d", i/2)
		if i%2 == 0 {
			r.Event(i, []byte(said(booking+"/confirmed", "confirmed", booking, stay("ann", "100.00"))))
		} else {
			r.Event(i, []byte(said(booking+"/completed", "completed", booking, one)))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64((b.N+1)/2), "B/item")
	runtime.KeepAlive(r)
}
