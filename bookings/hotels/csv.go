package hotels

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"time"

	"github.com/destinasia/dollars/bookings"
)

const (
	members = 20_000 // Those who book.
	regular = 1_000  // Those of them who come back, by the file's is_repeated_guest.
)

// outcome is the reservation_status of the file.
type outcome byte

const (
	checkOut outcome = iota
	canceled
	noShow
)

var outcomes = map[string]outcome{"Check-Out": checkOut, "Canceled": canceled, "No-Show": noShow}

// hotel is one of the two of the file.
type hotel byte

const (
	resort hotel = iota
	city
)

var hotelCodes = [...]string{resort: "resort", city: "city"}

// channel is the distribution_channel of the file.
type channel byte

const (
	undefined channel = iota
	direct
	corporate
	agent
	gds
)

var channelCodes = [...]string{undefined: "", direct: "direct", corporate: "corporate", agent: "agent", gds: "gds"}

const header = "hotel,is_canceled,lead_time,arrival_date_year,arrival_date_month,arrival_date_week_number," +
	"arrival_date_day_of_month,stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,meal,country," +
	"market_segment,distribution_channel,is_repeated_guest,previous_cancellations,previous_bookings_not_canceled," +
	"reserved_room_type,assigned_room_type,booking_changes,deposit_type,agent,company,days_in_waiting_list," +
	"customer_type,adr,required_car_parking_spaces,total_of_special_requests,reservation_status,reservation_status_date"

// columns are the names of the header, and column finds those that are used.
var (
	columns = strings.Split(header, ",")
	column  = func() map[string]int {
		m := make(map[string]int, len(columns))
		for i, name := range columns {
			m[name] = i
		}
		return m
	}()
)

// reader makes rows of lines.
type reader struct {
	seed      uint64
	all       bookings.Crowd
	regulars  bookings.Crowd
	repeating map[[16]byte]uint32 // How often a line was seen, by its hash.
}

func readRows(r io.Reader, options Options) ([]row, error) {
	plain, err := decompress(r)
	if err != nil {
		return nil, err
	}
	in := reader{
		seed:      options.Seed,
		all:       bookings.NewCrowd(members),
		regulars:  bookings.NewCrowd(regular),
		repeating: make(map[[16]byte]uint32),
	}
	lines := bufio.NewScanner(plain) // It strips LF and CR LF, and refuses lines above 64 KiB.
	number := 0
	var rows []row
	for (options.Limit <= 0 || len(rows) < options.Limit) && lines.Scan() {
		if lines.Err() != nil {
			break // What was scanned is the beginning of a line that could not be read.
		}
		number++
		if number == 1 {
			if err := checkHeader(lines.Text()); err != nil {
				return nil, err
			}
			continue
		}
		row, err := in.row(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("hotels: line %d: %w", number, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("hotels: the compressed file is cut off after line %d (%w): get it again", number, err)
	} else if err != nil {
		return nil, fmt.Errorf("hotels: after line %d: %w", number, err)
	}
	if number == 0 {
		return nil, errors.New("hotels: the file is empty; the hotel booking demand file was expected")
	}
	return rows, nil
}

func decompress(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	// A file too short to tell is not compressed; what else is wrong shows when it is read.
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, nil
	}
	plain, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("hotels: the file begins like gzip, but is not: %w", err)
	}
	return plain, nil
}

func checkHeader(line string) error {
	names := strings.Split(line, ",")
	for i, want := range columns {
		if i >= len(names) {
			return fmt.Errorf("hotels: line 1: the header has %d columns, want %d; missing from %s on", len(names), len(columns), want)
		}
		if names[i] != want {
			return fmt.Errorf("hotels: line 1: column %d is %.60q, want %s: not the hotel booking demand file", i+1, names[i], want)
		}
	}
	if len(names) > len(columns) {
		return fmt.Errorf("hotels: line 1: the header has %d columns, want %d", len(names), len(columns))
	}
	return nil
}

// row reads one line. The file quotes nothing, so the text of the line is its content, and its
// hash needs no canonical form.
func (in *reader) row(line string) (row, error) {
	if strings.Contains(line, `"`) {
		return row{}, errors.New("a quotation mark; the published file has none")
	}
	fields := strings.Split(line, ",")
	if len(fields) != len(columns) {
		return row{}, fmt.Errorf("%d columns, want %d", len(fields), len(columns))
	}
	p := parser{fields: fields}
	r := row{
		arrival: p.arrival(),
		nights:  int16(p.number("stays_in_weekend_nights") + p.number("stays_in_week_nights")),
		party:   int16(p.number("adults") + p.children() + p.number("babies")),
		outcome: p.outcome(),
		hotel:   p.hotel(),
		channel: p.channel(),
	}
	r.price = p.rate() * bookings.Cents(r.nights)
	booked := r.arrival - bookings.Date(p.number("lead_time"))
	ended := p.ended(booked)
	repeated := p.flag("is_repeated_guest")
	if p.err != nil {
		return row{}, p.err
	}

	digest := in.digest(line)
	r.booking = [16]byte(digest[:16])
	r.setTimes(booked, ended, digest)
	r.member = in.member(r.booking, repeated)
	return r, nil
}

// digest tells the booking from all others, rows with the same content included.
func (in *reader) digest(line string) [sha256.Size]byte {
	content := sha256.Sum256([]byte(line))
	key := [16]byte(content[:16])
	in.repeating[key]++
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%d", line, in.repeating[key]))
}

func (in *reader) member(booking [16]byte, repeated bool) int32 {
	seeded := binary.BigEndian.AppendUint64(nil, in.seed)
	digest := sha256.Sum256(append(seeded, booking[:]...))
	draw := binary.BigEndian.Uint64(digest[:])
	if repeated {
		return int32(in.regulars.Pick(draw))
	}
	return int32(in.all.Pick(draw))
}

// hours are when the ends of a booking happen, as seconds of the day: from, and before.
var hours = [...][2]uint64{
	checkOut: {7 * 3600, 12 * 3600},
	canceled: {8 * 3600, 22 * 3600},
	noShow:   {23 * 3600, 24 * 3600},
}

// setTimes gives the events of the booking their time of day, from the half of the digest that
// its id does not show.
func (r *row) setTimes(booked, ended bookings.Date, digest [sha256.Size]byte) {
	within := func(hours [2]uint64, draw []byte) int64 {
		second, _ := bits.Mul64(binary.BigEndian.Uint64(draw), hours[1]-hours[0])
		return int64(hours[0] + second)
	}
	first, second := digest[16:24], digest[24:32]
	r.booked = booked.At(0).Unix() + within([2]uint64{0, 23 * 3600}, first)
	r.ended = ended.At(0).Unix() + within(hours[r.outcome], second)
	if r.ended <= r.booked { // The same day, as ended is never the earlier.
		sinceMidnight := uint64(r.booked - booked.At(0).Unix())
		r.ended = ended.At(0).Unix() + within([2]uint64{sinceMidnight + 1, 24 * 3600}, second)
	}
}

// parser reads the fields of a line and keeps the first error. After an error its values mean
// nothing.
type parser struct {
	fields []string
	err    error
}

func (p *parser) field(name string) string { return p.fields[column[name]] }

func (p *parser) fail(name, want string) {
	if p.err == nil {
		p.err = fmt.Errorf("column %s: %.60q is not %s", name, p.field(name), want)
	}
}

// number is at most four digits, so that no sum or product in this package overflows: three of them
// still fit 16 bits.
func (p *parser) number(name string) int {
	text := p.field(name)
	n, ok := digits(text, 4)
	if !ok {
		p.fail(name, "a number from 0 to 9999")
	}
	return n
}

func (p *parser) flag(name string) bool {
	text := p.field(name)
	if text != "0" && text != "1" {
		p.fail(name, "0 or 1")
	}
	return text == "1"
}

// children are NA where the hotel did not write them down; there were none to speak of.
func (p *parser) children() int {
	if p.field("children") == "NA" {
		return 0
	}
	return p.number("children")
}

func (p *parser) hotel() hotel {
	const name = "hotel"
	switch p.field(name) {
	case "Resort Hotel":
		return resort
	case "City Hotel":
		return city
	}
	p.fail(name, "Resort Hotel or City Hotel")
	return 0
}

func (p *parser) channel() channel {
	const name = "distribution_channel"
	switch p.field(name) {
	case "Direct":
		return direct
	case "Corporate":
		return corporate
	case "TA/TO":
		return agent
	case "GDS":
		return gds
	case "Undefined":
		return undefined
	}
	p.fail(name, "Direct, Corporate, TA/TO, GDS or Undefined")
	return undefined
}

func (p *parser) arrival() bookings.Date {
	year, day := p.number("arrival_date_year"), p.number("arrival_date_day_of_month")
	if year < 2000 || year > 2099 {
		p.fail("arrival_date_year", "a year from 2000 to 2099")
	}
	for month := time.January; month <= time.December; month++ {
		if month.String() != p.field("arrival_date_month") {
			continue
		}
		arrival := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if arrival.Day() != day {
			p.fail("arrival_date_day_of_month", "a day of "+month.String())
		}
		return bookings.DateOf(arrival)
	}
	p.fail("arrival_date_month", "the English name of a month")
	return 0
}

func (p *parser) outcome() outcome {
	outcome, ok := outcomes[p.field("reservation_status")]
	if !ok {
		p.fail("reservation_status", "Check-Out, Canceled or No-Show")
	} else if p.flag("is_canceled") != (outcome != checkOut) {
		p.fail("is_canceled", "in agreement with reservation_status "+p.field("reservation_status"))
	}
	return outcome
}

func (p *parser) ended(booked bookings.Date) bookings.Date {
	const name = "reservation_status_date"
	t, err := time.Parse(time.DateOnly, p.field(name))
	if err != nil {
		p.fail(name, "a date like 2015-07-01")
		return 0
	}
	ended := bookings.DateOf(t)
	if ended < booked {
		p.fail(name, "on or after the day of booking, "+booked.String())
	}
	return ended
}

// rate is the price of a night.
func (p *parser) rate() bookings.Cents {
	const name = "adr"
	text, negative := strings.CutPrefix(p.field(name), "-")
	euros, fraction, hasFraction := strings.Cut(text, ".")
	whole, ok := digits(euros, 6)
	cents := 0
	if hasFraction {
		var okFraction bool
		cents, okFraction = digits(fraction, 2)
		ok = ok && okFraction
		if len(fraction) == 1 {
			cents *= 10
		}
	}
	if !ok {
		p.fail(name, "an amount below a million with at most two decimals")
	}
	rate := bookings.Cents(100*whole + cents)
	if negative {
		return -rate
	}
	return rate
}

// digits reads one to most decimal digits and nothing else: no sign, no space. A line has a dozen
// numbers, so this is worth a loop of its own.
func digits(text string, most int) (int, bool) {
	if len(text) == 0 || len(text) > most {
		return 0, false
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}
