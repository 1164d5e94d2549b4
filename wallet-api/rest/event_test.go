package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestEventsInEveryMode(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	var event struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(confirmed("b2", "alice", "100.00")), &event); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]answer{
		"structured": a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b1", "alice", "100.00"), "Content-Type", mediaEvent+"; charset=UTF-8"),
		"binary": a.send(t, "dsk_booking", "POST", "/v1/booking-events", string(event.Data), "Content-Type", mediaJSON,
			"ce-specversion", "1.0", "ce-id", "b2/confirmed", "ce-source", "urn:test%3Acaf%C3%A9", "ce-type", wallet.EventConfirmed, "ce-time", "2026-07-01T00:30:00Z"),
		"batch": a.send(t, "dsk_booking", "POST", "/v1/booking-events", "["+confirmed("b3", "alice", "100.00")+"]", "Content-Type", mediaEvents),
	} {
		var receipts EventReceipts
		got.want(t, http.StatusAccepted).decode(t, &receipts)
		r := receipts.Events[0]
		if len(receipts.Events) != 1 || r.Status != EventAccepted || (name == "binary") != (r.Source == "urn:test:café") {
			t.Errorf("%s: %+v", name, receipts)
		}
		if name != "batch" && got.Header.Get("Location") != r.Href {
			t.Errorf("%s: no location", name)
		}
		var st Status
		a.send(t, "dsk_booking", "GET", r.Href, "").want(t, 200).decode(t, &st)
		if st.Status != StateApplied || st.Label != wallet.EventConfirmed || len(st.Operations) != 1 ||
			st.Operations[0].Amount != 5_00 || st.Operations[0].BookingState != "pending" || st.Transaction == nil {
			t.Errorf("%s: %+v", name, st)
		}
	}
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", "[]", "Content-Type", mediaEvents).want(t, http.StatusAccepted)
}

func TestABadEventNeverSpoilsItsNeighbours(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	batch := "[" + strings.Join([]string{
		confirmed("b1", "alice", "100.00"),
		confirmed("b2", "alice", "-1.00"),
		confirmed("b3", "nobody", "1.00"),
		`{"specversion":"1.0","id":"x","source":"urn:test","type":"x","data":{"booking":{}}, "deep":[{}]}`,
		`7`,
		confirmed("b1", "alice", "100.00"),
		confirmed("b1", "alice", "200.00"),
		completed("b1"),
	}, ",") + "]"
	var got EventReceipts
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", batch, "Content-Type", mediaEvents).want(t, http.StatusAccepted).decode(t, &got)
	var answers []string
	for _, e := range got.Events {
		text := string(e.Status)
		if e.Problem != nil {
			text += " " + string(e.Problem.Code) + " " + e.Problem.Field
		}
		answers = append(answers, text)
	}
	want := []string{
		"accepted", "refused amount_negative /data/items/0/price/amount", "refused member_unknown /data/member",
		"refused malformed /data/booking", "refused malformed ", "repeated", "refused conflict ", "accepted",
	}
	if !reflect.DeepEqual(answers, want) {
		t.Errorf("got  %q\nwant %q", answers, want)
	}
	if got.Events[3].EventID != "x" {
		t.Error("the sender cannot tell which event was refused")
	}

	if !strings.Contains(a.logged.String(), `"refused":{"amount_negative":1,"conflict":1,"malformed":2,"member_unknown":1}`) {
		t.Errorf("the log does not say what was refused: %s", a.logged)
	}

	// Nothing of it accepted: a problem, with each event's own.
	var p Problem
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", "["+confirmed("b9", "nobody", "1.00")+",{}]", "Content-Type", mediaEvents).
		want(t, http.StatusUnprocessableEntity).decode(t, &p)
	if p.Code != codeEventsRefused || len(p.Events) != 2 || p.Events[0].Problem.Code != wallet.CodeMemberUnknown {
		t.Errorf("%+v", p)
	}
	// Not JSON as a whole: where an event ends cannot be told.
	before := len(a.ledger.work)
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", "["+confirmed("b10", "alice", "1.00")+",{]", "Content-Type", mediaEvents).
		problem(t, http.StatusBadRequest, wallet.CodeMalformed, "/1")
	if len(a.ledger.work) != before {
		t.Error("something was accepted")
	}
}

func TestBoundsOfABatch(t *testing.T) {
	a := newAPI(t, Options{})
	many := "[" + strings.Repeat("{},", maxEvents) + "{}]"
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", many, "Content-Type", mediaEvents).problem(t, 413, codeTooLarge, "/1000")
	large := `[{"id":"` + strings.Repeat("x", maxEventsBody) + `"}]`
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", large, "Content-Type", mediaEvents).problem(t, 413, codeTooLarge, "")
	deep := `[{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}]`
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", deep, "Content-Type", mediaEvents).want(t, 400)
}

func TestOverloadAndFailureOfTheIntake(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	a.ledger.full = true
	got := a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b1", "alice", "1.00"), "Content-Type", mediaEvent)
	got.problem(t, 503, wallet.CodeOverloaded, "")
	if got.Header.Get("Retry-After") != "1" {
		t.Error("no Retry-After")
	}
	a.ledger.full, a.ledger.broken = false, errors.New("disk is on fire")
	got = a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b1", "alice", "1.00"), "Content-Type", mediaEvent)
	if p := got.problem(t, 500, codeInternal, ""); p.Detail != "" || !strings.Contains(a.logged.String(), "disk is on fire") {
		t.Errorf("%+v; log: %s", p, a.logged)
	}
}

// factual is an event that says everything earning rules may ask for.
const factual = `{"specversion":"1.0","id":"t1/confirmed","source":"urn:test","type":"com.destinasia.booking.confirmed.v1",` +
	`"time":"2026-06-01T01:30:00+02:00","data":{"booking":"t1","member":"alice","channel":"web","party":2,"items":[` +
	`{"item":"1","kind":"flight","price":{"amount":"100.00","currency":"EUR"},"start":"2026-07-01","end":"2026-07-01",` +
	`"cabin":"economy","route":"FRA-LIS","country":"PT"},` +
	`{"item":"2","kind":"hotel","price":{"amount":"700.00","currency":"EUR"},"start":"2026-07-01","end":"2026-07-08",` +
	`"country":"PT","hotel":"lis/01"}]}}`

func TestFactsReachTheLedger(t *testing.T) {
	may31, _ := dollars.ParseDate("2026-05-31")
	july1, _ := dollars.ParseDate("2026-07-01")
	trip := earn.Trip{Flights: 1, Hotels: 1, Nights: 7}
	want := []dollars.Facts{
		{
			Kind: earn.Flight, Price: 100_00, Currency: "EUR", Start: july1, End: july1, Booked: may31,
			Cabin: "economy", Route: "FRA-LIS", Country: "PT", Channel: "web", Party: 2, Trip: trip,
		},
		{
			Kind: earn.Hotel, Price: 700_00, Currency: "EUR", Start: july1, End: july1 + 7, Booked: may31,
			Country: "PT", Hotel: "lis/01", Channel: "web", Party: 2, Trip: trip,
		},
	}
	var event struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(factual), &event); err != nil {
		t.Fatal(err)
	}
	for mode, send := range map[string]func(api) answer{
		"structured": func(a api) answer {
			return a.send(t, "dsk_booking", "POST", "/v1/booking-events", factual, "Content-Type", mediaEvent)
		},
		"binary": func(a api) answer {
			return a.send(t, "dsk_booking", "POST", "/v1/booking-events", string(event.Data), "Content-Type", mediaJSON, "ce-specversion", "1.0",
				"ce-id", "t1/confirmed", "ce-source", "urn:test", "ce-type", wallet.EventConfirmed, "ce-time", "2026-06-01T01:30:00+02:00")
		},
	} {
		a := newAPI(t, Options{})
		a.enrol(t, "alice")
		send(a).want(t, http.StatusAccepted)
		for i, facts := range want {
			id := dollars.NewBookingID("urn:test", "t1", fmt.Sprint(i+1))
			rec, err := dollars.DecodeBookingRecord(a.ledger.state[dollars.BookingKey(id)])
			if err != nil || rec.Facts != facts {
				t.Errorf("%s: item %d: %v\n%+v\nwant\n%+v", mode, i+1, err, rec.Facts, facts)
			}
		}
	}
}

// sdkEvent is what the CloudEvents SDK makes of an event in structured mode.
func sdkEvent(data []byte) (*cloudevents.Event, error) {
	var e cloudevents.Event
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	return &e, e.Validate()
}

// looseData is an event's data by encoding/json.
type looseData struct {
	Booking, Member, Reason, Channel string
	Party                            uint32
	Items                            []struct {
		Item, Kind, Start, End, Cabin, Route, Country, Hotel string
		Price                                                struct{ Amount, Currency string }
	}
}

// agree checks that the SDK and encoding/json read the same from an event that was taken.
func agree(t *testing.T, data []byte, got wallet.BookingEvent) {
	t.Helper()
	e, err := sdkEvent(data)
	if err != nil {
		t.Fatalf("the SDK refuses what was taken: %v\n%s", err, data)
	}
	want := wallet.BookingEvent{Source: e.Source(), ID: e.ID(), Type: e.Type()}
	var loose looseData
	if err := json.Unmarshal(e.Data(), &loose); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if want.Time = e.Time(); want.Time.Equal(got.Time) {
		want.Time = got.Time // which may be in another zone
	}
	want.Booking, want.Member, want.Reason = loose.Booking, loose.Member, loose.Reason
	want.Channel, want.Party = loose.Channel, loose.Party
	for _, i := range loose.Items {
		want.Items = append(want.Items, wallet.BookingItem{
			Item: i.Item, Kind: i.Kind, Amount: i.Price.Amount, Currency: i.Price.Currency, Start: i.Start, End: i.End,
			Cabin: i.Cabin, Route: i.Route, Country: i.Country, Hotel: i.Hotel,
		})
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("read  %+v\nwant %+v\n%s", got, want, data)
	}
}

func TestEventsReadAsTheSDKReadsThem(t *testing.T) {
	for _, event := range []string{
		confirmed("b1", "alice", "214.84"), completed("b1"), factual,
		` { "data" : {"items":[{"item":"A\u00e9\ud83d\ude00\n\/"}],"booking":"é" } ,"type":"` + wallet.EventCancelled + `","source":"/s","id":"\"","specversion":"1.0","traceparent":"00-x","sampled":true,"n":-1} `,
	} {
		got, err := readEvent([]byte(event))
		if err != nil {
			t.Fatalf("%v\n%s", err, event)
		}
		agree(t, []byte(event), got)
	}
}

func FuzzReadEvent(f *testing.F) {
	f.Add([]byte(confirmed("b1", "alice", "214.84")))
	f.Add([]byte(completed("b1")))
	f.Add([]byte(factual))
	f.Add([]byte(`{"specversion":"1.0","id":"\ud83d\ude00","source":"/s","type":"` + wallet.EventCancelled + `","x":1e9,"data":{"booking":"b","items":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		event, err := readEvent(data)
		if err == nil {
			agree(t, data, event)
			return
		}
		var refused *wallet.Error
		if !errors.As(err, &refused) || !utf8.ValidString(refused.Field) || (refused.Field != "" && refused.Field[0] != '/') {
			t.Fatalf("%v, %+v", err, refused)
		}
	})
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte("[" + confirmed("b1", "alice", "214.84") + "," + completed("b1") + `,{"data":[[]]},7]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := readEvents(data)
		if err != nil {
			return
		}
		// What is read of each event of a batch is what is read of the event alone.
		var alone []json.RawMessage
		if err := json.Unmarshal(data, &alone); err != nil || len(alone) != len(events) {
			t.Fatalf("%v: %d events, want %d", err, len(events), len(alone))
		}
		for i, raw := range alone {
			want, err := readEvent(raw)
			if (err == nil) != (events[i].err == nil) || (err == nil && !reflect.DeepEqual(events[i].event, want)) {
				t.Fatalf("event %d: read %+v, want %+v, %v", i, events[i], want, err)
			}
		}
	})
}

// FuzzSkip holds the reader to encoding/json: it takes nothing that is not JSON, and of JSON refuses only what it says.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9",null,true,false],"b":{}}`, `"\ud83d"`, `[01]`, `{"a":1,"a":2}`, `"\x80"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{data: data}
		r.skip()
		err := r.end()
		if valid := json.Valid(data); err == nil && (!valid || !utf8.Valid(data)) {
			t.Fatalf("took %q", data)
		} else if valid && err != nil && utf8.Valid(data) {
			for _, ours := range []string{"nested", "twice", "more than", "surrogate"} {
				if strings.Contains(r.err.Detail, ours) {
					return
				}
			}
			t.Fatalf("refused %q: %v", data, err)
		}
	})
}

// batchOf is a batch as a booking system sends them: bookings confirmed, each for its own member of a thousand.
func batchOf(n, round int) []byte {
	var b bytes.Buffer
	for i := range n {
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		b.WriteByte(sep)
		b.WriteString(confirmed(fmt.Sprintf("b%d-%d", round, i), fmt.Sprintf("m%06d", i), "214.84"))
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkReadEvents(b *testing.B) {
	batch := batchOf(500, 0)
	b.SetBytes(int64(len(batch)))
	b.Run("strict", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if events, err := readEvents(batch); err != nil || len(events) != 500 {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var events []cloudevents.Event
			if err := json.Unmarshal(batch, &events); err != nil || len(events) != 500 {
				b.Fatal(err)
			}
			for i := range events {
				var data looseData
				if err := errors.Join(events[i].Validate(), json.Unmarshal(events[i].Data(), &data)); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkPostBatch is a batch of 500 through the whole handler into an intake that keeps nothing.
func BenchmarkPostBatch(b *testing.B) {
	a := newAPI(b, Options{})
	for i := range 500 {
		id := wallet.MemberID(fmt.Sprintf("m%06d", i))
		a.ledger.members[id] = wallet.Member{ID: id, Account: dollars.Account{byte(i), byte(i >> 8), 1}}
	}
	a.ledger.discard = true
	batch := string(batchOf(500, 0))
	b.ReportAllocs()
	for b.Loop() {
		a.post(b, batch)
	}
	b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// A sentence is refused before it reaches the ledger, whose blocks keep what it refuses too.
func TestCausesAreCodes(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	cancelled := strings.ReplaceAll(completed("b1"), "completed", "cancelled")
	because := func(cause string) answer {
		body := strings.Replace(cancelled, `"items"`, `"cause":"`+cause+`","items"`, 1)
		return a.send(t, "dsk_booking", "POST", "/v1/booking-events", body, "Content-Type", mediaEvent)
	}
	because("Alice Smith is ill").problem(t, 422, dollars.CodeReasonInvalid, "/data/cause")
	because("no-show").want(t, 202)
}
