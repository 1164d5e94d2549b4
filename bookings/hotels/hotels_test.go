package hotels_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/bookings/hotels"
)

const header = "hotel,is_canceled,lead_time,arrival_date_year,arrival_date_month,arrival_date_week_number," +
	"arrival_date_day_of_month,stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,meal,country," +
	"market_segment,distribution_channel,is_repeated_guest,previous_cancellations,previous_bookings_not_canceled," +
	"reserved_room_type,assigned_room_type,booking_changes,deposit_type,agent,company,days_in_waiting_list," +
	"customer_type,adr,required_car_parking_spaces,total_of_special_requests,reservation_status,reservation_status_date\n"

// stay is the part of a row that matters here; line fills in the rest.
type stay struct {
	lead           string
	arrival        string // year,month,day
	weekend, week  string
	repeated       string
	adr            string
	status, closed string
	hotel, channel string
	guests         string // adults,children,babies
}

var usual = stay{
	"7", "2015,July,1", "0", "2", "0", "107.42", "Check-Out", "2015-07-03", "Resort Hotel", "Direct", "2,NA,0",
}

func (s stay) line() string {
	arrival := strings.Split(s.arrival, ",")
	canceled := "1"
	if s.status == "Check-Out" {
		canceled = "0"
	}
	return fmt.Sprintf("%s,%s,%s,%s,%s,27,%s,%s,%s,%s,BB,NULL,Direct,%s,%s,0,0,A,C,0,No Deposit,NULL,NULL,0,Transient,%s,0,0,%s,%s\n",
		s.hotel, canceled, s.lead, arrival[0], arrival[1], arrival[2], s.weekend, s.week, s.guests, s.channel, s.repeated,
		s.adr, s.status, s.closed)
}

func with(change func(*stay)) stay {
	s := usual
	change(&s)
	return s
}

func read(t rapid.TB, text string, options hotels.Options) *hotels.File {
	t.Helper()
	file, err := hotels.Read(strings.NewReader(text), options)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRowBecomesEvents(t *testing.T) {
	tests := []struct {
		name         string
		stay         stay
		price        string
		booked, last string // Days.
		end          string
		typ, reason  string
	}{
		{"stayed", usual, "214.84", "2015-06-24", "2015-07-03", "2015-07-03", bookings.Completed, ""},
		{"left early", with(func(s *stay) { s.closed = "2015-07-02" }), "214.84", "2015-06-24", "2015-07-02", "2015-07-03", bookings.Completed, ""},
		{"weekend", with(func(s *stay) { s.weekend, s.adr = "2", "75" }), "300.00", "2015-06-24", "2015-07-03", "2015-07-05", bookings.Completed, ""},
		{"one decimal", with(func(s *stay) { s.adr = "0.1" }), "0.20", "2015-06-24", "2015-07-03", "2015-07-03", bookings.Completed, ""},
		{"negative rate", with(func(s *stay) { s.adr = "-6.38" }), "-12.76", "2015-06-24", "2015-07-03", "2015-07-03", bookings.Completed, ""},
		{"free", with(func(s *stay) { s.adr = "0" }), "0.00", "2015-06-24", "2015-07-03", "2015-07-03", bookings.Completed, ""},
		{"no nights, all on one day", with(func(s *stay) { s.lead, s.week, s.adr, s.closed = "0", "0", "0", "2015-07-01" }), "0.00", "2015-07-01", "2015-07-01", "2015-07-01", bookings.Completed, ""},
		{"cancelled", with(func(s *stay) { s.status, s.closed = "Canceled", "2015-06-24" }), "214.84", "2015-06-24", "2015-06-24", "2015-07-03", bookings.Cancelled, "cancellation"},
		{"no-show", with(func(s *stay) { s.status, s.closed = "No-Show", "2015-07-01" }), "214.84", "2015-06-24", "2015-07-01", "2015-07-03", bookings.Cancelled, "no-show"},
		{"over a leap day", with(func(s *stay) {
			s.lead, s.arrival, s.week, s.adr, s.closed = "1", "2016,March,1", "1", "10", "2016-03-02"
		}), "10.00", "2016-02-29", "2016-03-02", "2016-03-02", bookings.Completed, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events := slices.Collect(read(t, header+test.stay.line(), hotels.Options{}).Events())
			if len(events) != 2 {
				t.Fatalf("got %d events, want 2", len(events))
			}
			confirmed, end := events[0], events[1]
			item := confirmed.Data.Items[0]
			got := []string{
				confirmed.Type, item.Kind, item.Price.Amount.String(), item.Price.Currency, item.End.String(),
				confirmed.Time.Format(time.DateOnly), end.Time.Format(time.DateOnly), end.Type, end.Data.Reason,
			}
			want := []string{bookings.Confirmed, "hotel", test.price, "EUR", test.end, test.booked, test.last, test.typ, test.reason}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if !confirmed.Time.Before(end.Time) {
				t.Errorf("confirmed at %s, ended at %s", confirmed.Time, end.Time)
			}
		})
	}
}

func TestRowTellsWhatRulesMayAskFor(t *testing.T) {
	type told struct {
		Hotel, Country, Channel string
		Party                   int
	}
	tests := []struct {
		name string
		stay stay
		want told
	}{
		{"resort, direct, children not known", usual, told{"resort", "PT", "direct", 2}},
		{"city", with(func(s *stay) { s.hotel = "City Hotel" }), told{"city", "PT", "direct", 2}},
		{"corporate", with(func(s *stay) { s.channel = "Corporate" }), told{"resort", "PT", "corporate", 2}},
		{"agent", with(func(s *stay) { s.channel = "TA/TO" }), told{"resort", "PT", "agent", 2}},
		{"global distribution system", with(func(s *stay) { s.channel = "GDS" }), told{"resort", "PT", "gds", 2}},
		{"channel not known", with(func(s *stay) { s.channel = "Undefined" }), told{"resort", "PT", "", 2}},
		{"family", with(func(s *stay) { s.guests = "2,3,1" }), told{"resort", "PT", "direct", 6}},
		{"nobody", with(func(s *stay) { s.guests = "0,0,0" }), told{"resort", "PT", "direct", 0}},
		{"as many as can be written", with(func(s *stay) { s.guests = "9999,9999,9999" }), told{"resort", "PT", "direct", 29_997}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events := slices.Collect(read(t, header+test.stay.line(), hotels.Options{}).Events())
			data := events[0].Data
			item := data.Items[0]
			if diff := cmp.Diff(test.want, told{item.Hotel, item.Country, data.Channel, data.Party}); diff != "" {
				t.Error(diff)
			}
			bare := bookings.Data{Booking: data.Booking, Items: []bookings.Item{{Item: "1"}}}
			if diff := cmp.Diff(bare, events[1].Data); diff != "" {
				t.Errorf("the completion tells more than which item: %s", diff)
			}
		})
	}
}

// A ledger knows bookings by these ids. If this test fails, a replay after an update of the
// program counts every booking a second time.
func TestMappingIsStable(t *testing.T) {
	// The booking is: printf '%s\n%d' "$line" 1 | sha256sum | cut -c 1-32
	var got []string
	for event := range read(t, header+usual.line()+usual.line(), hotels.Options{Seed: 1}).Events() {
		text, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	want := []string{
		`{"specversion":"1.0","id":"ha62b4bdcae660c3ea577a089589e1028/confirmed","source":"urn:destinasia:replay:hotel-booking-demand","type":"com.destinasia.booking.confirmed.v1","time":"2015-06-24T16:23:47Z","datacontenttype":"application/json","data":{"booking":"ha62b4bdcae660c3ea577a089589e1028","member":"m000191","channel":"direct","party":2,"items":[{"item":"1","kind":"hotel","price":{"amount":"214.84","currency":"EUR"},"start":"2015-07-01","end":"2015-07-03","country":"PT","hotel":"resort"}]}}`,
		`{"specversion":"1.0","id":"h30aa088ad4e1a34ef9d0ae31fbcf7e7c/confirmed","source":"urn:destinasia:replay:hotel-booking-demand","type":"com.destinasia.booking.confirmed.v1","time":"2015-06-24T17:55:56Z","datacontenttype":"application/json","data":{"booking":"h30aa088ad4e1a34ef9d0ae31fbcf7e7c","member":"m000769","channel":"direct","party":2,"items":[{"item":"1","kind":"hotel","price":{"amount":"214.84","currency":"EUR"},"start":"2015-07-01","end":"2015-07-03","country":"PT","hotel":"resort"}]}}`,
		`{"specversion":"1.0","id":"h30aa088ad4e1a34ef9d0ae31fbcf7e7c/completed","source":"urn:destinasia:replay:hotel-booking-demand","type":"com.destinasia.booking.completed.v1","time":"2015-07-03T11:34:49Z","datacontenttype":"application/json","data":{"booking":"h30aa088ad4e1a34ef9d0ae31fbcf7e7c","items":[{"item":"1"}]}}`,
		`{"specversion":"1.0","id":"ha62b4bdcae660c3ea577a089589e1028/completed","source":"urn:destinasia:replay:hotel-booking-demand","type":"com.destinasia.booking.completed.v1","time":"2015-07-03T11:35:03Z","datacontenttype":"application/json","data":{"booking":"ha62b4bdcae660c3ea577a089589e1028","items":[{"item":"1"}]}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSeedMovesOnlyMembers(t *testing.T) {
	text := header + usual.line() + with(func(s *stay) { s.adr = "80" }).line()
	first := slices.Collect(read(t, text, hotels.Options{Seed: 1}).Events())
	second := slices.Collect(read(t, text, hotels.Options{Seed: 2}).Events())
	if cmp.Equal(first, second) {
		t.Error("another seed gave the same members")
	}
	for i := range first {
		first[i].Data.Member, second[i].Data.Member = "", ""
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	row := usual.line()
	tests := []struct{ name, text, want string }{
		{"nothing", "", "empty"},
		{"another file", "a,b\n", "line 1: column 1"},
		{"a header cut off", "hotel,is_canceled\n", "line 1: the header has 2 columns"},
		{"a header too long", strings.TrimSuffix(header, "\n") + ",more\n", "line 1: the header has 33 columns"},
		{"columns missing", header + row + "Resort Hotel,0\n", "line 3: 2 columns, want 32"},
		{"an empty line", header + "\n" + row, "line 2: 1 columns"},
		{"quotes", header + strings.Replace(row, "Resort Hotel", `"Resort Hotel"`, 1), "line 2: a quotation mark"},
		{"hotel", header + with(func(s *stay) { s.hotel = "Grand Hotel" }).line(), `line 2: column hotel: "Grand Hotel"`},
		{"channel", header + with(func(s *stay) { s.channel = "direct" }).line(), `line 2: column distribution_channel: "direct"`},
		{"adults", header + with(func(s *stay) { s.guests = "NA,0,0" }).line(), `line 2: column adults: "NA"`},
		{"children", header + with(func(s *stay) { s.guests = "2,NULL,0" }).line(), `line 2: column children: "NULL"`},
		{"babies", header + with(func(s *stay) { s.guests = "2,0,-1" }).line(), `line 2: column babies: "-1"`},
		{"lead time", header + with(func(s *stay) { s.lead = "-1" }).line(), `line 2: column lead_time: "-1"`},
		{"lead time NULL", header + with(func(s *stay) { s.lead = "NULL" }).line(), "column lead_time"},
		{"year", header + with(func(s *stay) { s.arrival = "1815,July,1" }).line(), "column arrival_date_year"},
		{"month", header + with(func(s *stay) { s.arrival = "2015,Juli,1" }).line(), "column arrival_date_month"},
		{"day", header + with(func(s *stay) { s.arrival = "2015,June,31" }).line(), "column arrival_date_day_of_month"},
		{"nights", header + with(func(s *stay) { s.week = "10000" }).line(), "column stays_in_week_nights"},
		{"repeated", header + with(func(s *stay) { s.repeated = "2" }).line(), "column is_repeated_guest"},
		{"status", header + with(func(s *stay) { s.status = "Gone" }).line(), "column reservation_status:"},
		{"contradiction", header + strings.Replace(row, ",0,7,", ",1,7,", 1), "column is_canceled"},
		{"status date", header + with(func(s *stay) { s.closed = "03/07/2015" }).line(), "column reservation_status_date"},
		{"ended before booked", header + with(func(s *stay) { s.closed = "2015-06-23" }).line(), "column reservation_status_date"},
		{"three decimals", header + with(func(s *stay) { s.adr = "1.005" }).line(), "column adr"},
		{"exponent", header + with(func(s *stay) { s.adr = "1e3" }).line(), "column adr"},
		{"no digit", header + with(func(s *stay) { s.adr = "." }).line(), "column adr"},
		{"no decimal", header + with(func(s *stay) { s.adr = "1." }).line(), "column adr"},
		{"two signs", header + with(func(s *stay) { s.adr = "--1" }).line(), "column adr"},
		{"a line without end", header + strings.Repeat("x", 1<<17), "after line 1"},
		{"broken gzip", "\x1f\x8bno", "begins like gzip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := hotels.Read(strings.NewReader(test.text), hotels.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestReadGzip(t *testing.T) {
	text := header + usual.line() + usual.line()
	zipped := zip(text)
	plain := slices.Collect(read(t, text, hotels.Options{}).Events())
	if diff := cmp.Diff(plain, slices.Collect(read(t, zipped, hotels.Options{}).Events())); diff != "" {
		t.Error(diff)
	}
	_, err := hotels.Read(strings.NewReader(zipped[:len(zipped)-20]), hotels.Options{})
	if err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a file cut off gave error %v", err)
	}
}

func zip(text string) string {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return zipped.String()
}

func TestLimitIsAPrefixOfTheFile(t *testing.T) {
	text := header + usual.line() + with(func(s *stay) { s.adr = "80" }).line() + "broken\n"
	all := map[string]bool{}
	for event := range read(t, text, hotels.Options{Limit: 2}).Events() {
		all[event.ID] = true
	}
	one := read(t, text, hotels.Options{Limit: 1})
	if one.Len() != 2 || len(all) != 4 {
		t.Fatalf("got %d and %d events of 1 and 2 rows", one.Len(), len(all))
	}
	for event := range one.Events() {
		if !all[event.ID] {
			t.Errorf("%s is not among the events of more rows", event.ID)
		}
	}
}

// drawStay draws rows from few values, so that many are equal.
func drawStay(t *rapid.T) stay {
	s := stay{
		lead:     rapid.SampledFrom([]string{"0", "1", "30"}).Draw(t, "lead"),
		arrival:  rapid.SampledFrom([]string{"2015,July,1", "2015,July,2", "2016,February,29"}).Draw(t, "arrival"),
		weekend:  rapid.SampledFrom([]string{"0", "2"}).Draw(t, "weekend"),
		week:     rapid.SampledFrom([]string{"0", "5"}).Draw(t, "week"),
		repeated: rapid.SampledFrom([]string{"0", "1"}).Draw(t, "repeated"),
		adr:      rapid.SampledFrom([]string{"0", "-6.38", "99.9"}).Draw(t, "adr"),
		status:   rapid.SampledFrom([]string{"Check-Out", "Canceled", "No-Show"}).Draw(t, "status"),
		hotel:    rapid.SampledFrom([]string{"Resort Hotel", "City Hotel"}).Draw(t, "hotel"),
		channel:  rapid.SampledFrom([]string{"Direct", "TA/TO"}).Draw(t, "channel"),
		guests:   rapid.SampledFrom([]string{"0,0,0", "2,NA,1"}).Draw(t, "guests"),
	}
	s.closed = rapid.SampledFrom([]string{"2016-02-29", "2016-03-05"}).Draw(t, "closed")
	if s.lead == "0" && s.arrival == "2015,July,1" {
		s.closed = "2015-07-01" // Both events on one day.
	}
	return s
}

func TestEventsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := header
		rows := rapid.IntRange(0, 60).Draw(t, "rows")
		for range rows {
			text += drawStay(t).line()
		}
		options := hotels.Options{Seed: rapid.Uint64().Draw(t, "seed")}
		file := read(t, text, options)
		if file.Len() != 2*rows {
			t.Fatalf("%d rows gave %d events", rows, file.Len())
		}
		checkEvents(t, file)
		again := slices.Collect(read(t, text, options).Events())
		if !cmp.Equal(again, slices.Collect(file.Events())) {
			t.Fatal("the same file and seed gave other events")
		}
	})
}

// checkEvents checks what holds for the events of every file.
func checkEvents(t rapid.TB, file *hotels.File) {
	ids, open, met := map[string]bool{}, map[string]bool{}, map[string]bool{}
	last := time.Time{}
	for event := range file.Events() {
		booking := event.Data.Booking
		switch {
		case event.Time.Before(last):
			t.Fatalf("%s at %s comes after an event at %s", event.ID, event.Time, last)
		case ids[event.ID]:
			t.Fatalf("%s comes twice", event.ID)
		case event.Type == bookings.Confirmed:
			open[booking] = true
			met[event.Data.Member] = true
		case !open[booking]:
			t.Fatalf("%s comes without a booking", event.ID)
		default:
			delete(open, booking)
		}
		ids[event.ID] = true
		last = event.Time
	}
	if len(open) != 0 || len(ids) != file.Len() {
		t.Fatalf("%d events of %d; %d bookings stayed open", len(ids), file.Len(), len(open))
	}
	members := file.Members()
	for _, member := range members {
		if !met[member] {
			t.Fatalf("member %s has no booking", member)
		}
	}
	if !slices.IsSorted(members) || len(members) != len(met) {
		t.Fatalf("%d members booked, %d are listed", len(met), len(members))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + usual.line() + usual.line()))
	f.Add([]byte(header + with(func(s *stay) { s.status = "No-Show" }).line()))
	f.Add([]byte(strings.ReplaceAll(header+usual.line(), "\n", "\r\n")))
	f.Add([]byte(zip(header + usual.line())))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := hotels.Read(bytes.NewReader(data), hotels.Options{Limit: 100})
		if err != nil {
			if file != nil || !strings.HasPrefix(err.Error(), "hotels: ") {
				t.Fatalf("got %v and error %v", file, err)
			}
			return
		}
		checkEvents(t, file)
		for event := range file.Events() {
			if _, err := json.Marshal(event); err != nil {
				t.Fatal(err)
			}
		}
	})
}
