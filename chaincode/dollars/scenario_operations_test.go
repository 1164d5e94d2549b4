package dollars

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
)

// step is one line of a batch.
type step struct {
	label   string
	op      Operation
	encoded []byte
	ref     [32]byte // what the entry must answer for
}

// parseOperation reads a line of a batch:
//
//	confirm b1 alice hotel 214.84 EUR 2026-01-01..2026-01-03
//	complete b1
//	cancel b1 [credits=] [recall=bob,carol]     names all credits of those who may have to give back
//	transfer alice bob 5.00 nonce=1, redeem alice 5.00 nonce=1, and all other orders; see parseOrder
//	absorb alice [credits=]
//	freeze alice, unfreeze alice
//	propose-adjustment g1 alice 5.00 months=12 [reason=goodwill], propose-adjustment c1 alice 5.00 burn
//	approve-adjustment g1 [credits=]
//	propose 1 winter, approve 1 winter, publish 1 winter
//	bytes ff00
//
// A booked item is a booking's only one, or lisbon/hotel, the item hotel of the booking lisbon. People are keys made from their name; "nobody" is the zero address. credits are those the operation names: all (on
// the ledger before the batch; the default), none, or a list such as 2028-11/tx3,2028-12/tx4, with 300*2028-11/tx3
// for the same one 300 times. A deadline is a date or how far from the transaction's time.
func (s *scenario) parseOperation(line string) (step, error) {
	words := strings.Fields(line)
	kind, args := words[0], []string{}
	options := map[string]string{}
	for _, w := range words[1:] {
		if k, v, ok := strings.Cut(w, "="); ok || w == "highs" || w == "burn" {
			options[k] = v
		} else {
			args = append(args, w)
		}
	}
	st := step{label: strings.Join(append([]string{kind}, args...), " ")}
	var err error
	switch kind {
	case "confirm", "complete", "cancel":
		st.label = kind + " " + args[0]
		st.op, err = s.parseBooking(kind, args, options)
		st.ref = s.booking(args[0])
	case "absorb":
		o := Absorb{Account: s.account(args[0])}
		o.Credits, err = s.parseCredits(options, o.Account)
		st.op = o
	case "freeze", "unfreeze":
		st.op = SetFrozen{Account: s.account(args[0]), Frozen: kind == "freeze", Reason: reasonOf(options)}
	case "propose", "approve", "publish":
		st.op, st.ref, err = s.parseRules(kind, args)
	case "bytes":
		st.encoded, err = hex.DecodeString(strings.Join(args, ""))
		return st, err
	default:
		st.op, st.ref, err = s.parseLater(kind, args, options)
	}
	if err == nil {
		st.encoded = EncodeOperation(st.op)
	}
	return st, err
}

// reasonOf is what was given as the reason, or one that will do.
func reasonOf(options map[string]string) string {
	if reason, ok := options["reason"]; ok {
		return reason
	}
	return "test"
}

func (s *scenario) account(name string) Account {
	if name == "nobody" {
		return Account{}
	}
	if household, ok := s.households[name]; ok {
		return household
	}
	a := memberNamed(name).account
	s.accounts[a] = name
	return a
}

func (s *scenario) booking(name string) BookingID {
	booking, item, _ := strings.Cut(name, "/")
	id := NewBookingID("scenario", booking, item)
	s.bookings[id], s.trips[id.Trip()] = name, booking
	return id
}

func (s *scenario) parseBooking(kind string, args []string, options map[string]string) (Operation, error) {
	id := s.booking(args[0])
	switch kind {
	case "complete":
		return Complete{id}, nil
	case "cancel":
		rec, _ := DecodeBookingRecord(s.state[BookingKey(id)]) // without a record there are no credits to name
		credits, err := s.parseCredits(options, rec.Account)
		return Cancel{Booking: id, Cause: options["cause"], Credits: credits, Recall: s.recall(options)}, err
	}
	if len(args) != 6 {
		return nil, errors.New("want: confirm booking account kind price currency start..end")
	}
	item, err := earn.ParseKind(args[2])
	if err != nil {
		item = 99
	}
	price, err := parseSigned(args[3])
	if err != nil {
		return nil, err
	}
	from, to, _ := strings.Cut(args[5], "..")
	start, err := ParseDate(from)
	if err != nil {
		return nil, err
	}
	end, err := ParseDate(to)
	if err != nil {
		return nil, err
	}
	facts := Facts{Kind: item, Price: price, Currency: args[4], Start: start, End: end}
	err = facts.parseOptional(options)
	return Confirm{id, s.account(args[1]), facts}, err
}

// recall names all credits of some people.
func (s *scenario) recall(options map[string]string) (named []NamedCredits) {
	if options["recall"] == "" {
		return nil
	}
	for _, name := range strings.Split(options["recall"], ",") {
		a := s.account(name)
		named = append(named, NamedCredits{a, s.state.credits(a)})
	}
	return named
}

func (f *Facts) parseOptional(options map[string]string) (err error) {
	for name, code := range map[string]*string{
		"cabin": &f.Cabin, "route": &f.Route, "country": &f.Country, "hotel": &f.Hotel, "channel": &f.Channel,
	} {
		*code = options[name]
	}
	for name, number := range map[string]*uint32{
		"party": &f.Party, "hotels": &f.Trip.Hotels, "cars": &f.Trip.Cars, "flights": &f.Trip.Flights, "nights": &f.Trip.Nights,
	} {
		if options[name] == "" {
			continue
		}
		n, err := strconv.ParseUint(options[name], 10, 32)
		if err != nil {
			return err
		}
		*number = uint32(n)
	}
	if booked := options["booked"]; booked != "" {
		f.Booked, err = ParseDate(booked)
	}
	return err
}

// parseSigned reads an amount that ParseAmount would refuse, so that Apply can be seen to refuse it too.
func parseSigned(s string) (Amount, error) {
	whole, frac, _ := strings.Cut(s, ".")
	cents, err := strconv.ParseInt(whole+(frac + "00")[:2], 10, 64)
	return Amount(cents), err
}

func (s *scenario) parseDeadline(text string) (int64, error) {
	switch {
	case text == "":
		return s.env.Time + secondsPerDay, nil
	case text[0] == '+' || text[0] == '-':
		d, err := time.ParseDuration(text)
		return s.env.Time + int64(d/time.Second), err
	}
	d, err := ParseDate(text)
	return int64(d) * secondsPerDay, err
}

func (s *scenario) parseCredits(options map[string]string, a Account) (refs []CreditRef, err error) {
	switch list := options["credits"]; list {
	case "", "all":
		return s.state.credits(a), nil
	case "none":
		return nil, nil
	default:
		for _, item := range strings.Split(list, ",") {
			times := 1
			if n, rest, ok := strings.Cut(item, "*"); ok {
				if times, err = strconv.Atoi(n); err != nil {
					return nil, err
				}
				item = rest
			}
			var ref CreditRef
			expiry, tx, _ := strings.Cut(item, "/tx")
			if ref.Expiry, err = ParseExpiry(expiry); err != nil {
				return nil, err
			}
			n, err := strconv.ParseUint(tx, 10, 64)
			if err != nil {
				return nil, err
			}
			ref.TxID = txID(n)
			for range times {
				refs = append(refs, ref)
			}
		}
		return refs, nil
	}
}
