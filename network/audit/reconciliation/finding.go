package reconciliation

import (
	"fmt"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Class is what is wrong.
type Class string

// The classes.
const (
	Missing   Class = "missing"   // the file has it, and the ledger does not
	Extra     Class = "extra"     // the ledger has it, and the file does not
	Different Class = "different" // both have it, and say different things
	Invalid   Class = "invalid"   // the file has it, and it is nothing that could be on the ledger
)

// Finding is where file and ledger do not agree. What is not known is left out.
type Finding struct {
	Class   Class   `json:"class"`
	Line    int     `json:"line,omitempty"`    // of the file, on which the event begins
	Event   string  `json:"event,omitempty"`   // confirm, complete or cancel
	Booking string  `json:"booking,omitempty"` // as the file names it, and so the item
	Item    string  `json:"item,omitempty"`
	Hash    string  `json:"hash,omitempty"` // of the item, as the ledger names it
	Code    string  `json:"code,omitempty"` // with which the ledger refused the event
	Block   uint64  `json:"block,omitempty"`
	TxID    string  `json:"txId,omitempty"`
	Fields  []Field `json:"fields,omitempty"` // that differ
	Reason  string  `json:"reason"`

	order [3]int64 // of the file: event, item; of the ledger: block, transaction, operation
}

// Field is what file and ledger say differently; "" is nothing.
type Field struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Ledger string `json:"ledger"`
}

// Summary counts.
type Summary struct {
	Events     int `json:"events"`   // of the file, valid or not
	Repeated   int `json:"repeated"` // of these, with the source and id of an earlier one
	Items      int `json:"items"`    // booked items of the file
	Agreed     int `json:"agreed"`   // of these, those of which nothing was found
	Missing    int `json:"missing"`  // findings of each class
	Extra      int `json:"extra"`
	Different  int `json:"different"`
	Invalid    int `json:"invalid"`
	Uncompared int `json:"uncompared"` // items of whose member the account is not known
}

// found is what of a finding the place on the ledger tells.
func (p place) found(f Finding) Finding {
	f.Block, f.TxID = p.block, p.tx.String()
	return f
}

// finding begins a finding about an event of the item.
func (it *item) finding(class Class, kind dollars.Kind, m mention) Finding {
	return Finding{
		Class: class, Line: m.line, Event: kind.String(), Booking: it.booking, Item: it.name, Hash: it.hash.String(),
		order: [3]int64{int64(m.event), int64(m.item)},
	}
}

// differences are what a confirmation says and the ledger says otherwise. The day of booking, and what else was booked, are
// told by the confirmation that came first: those are not looked at.
func differences(file, ledger dollars.Facts) (list []Field) {
	add := func(name, file, ledger string) {
		if file != ledger {
			list = append(list, Field{name, file, ledger})
		}
	}
	price := func(f dollars.Facts) string { return f.Price.String() + " " + f.Currency }
	add("kind", file.Kind.String(), ledger.Kind.String())
	add("price", price(file), price(ledger))
	add("start", file.Start.String(), ledger.Start.String())
	add("end", file.End.String(), ledger.End.String())
	add("cabin", file.Cabin, ledger.Cabin)
	add("route", file.Route, ledger.Route)
	add("country", file.Country, ledger.Country)
	add("hotel", file.Hotel, ledger.Hotel)
	add("channel", file.Channel, ledger.Channel)
	add("party", number(file.Party), number(ledger.Party))
	return list
}

// situation is what differences leaves out.
func situation(file, ledger dollars.Facts) (list []Field) {
	if file.Booked != ledger.Booked {
		list = append(list, Field{"booked", day(file.Booked), day(ledger.Booked)})
	}
	if file.Trip != ledger.Trip {
		trip := func(f dollars.Facts) string {
			t := f.Trip
			return fmt.Sprintf("%d hotels, %d cars, %d flights, %d nights", t.Hotels, t.Cars, t.Flights, t.Nights)
		}
		list = append(list, Field{"trip", trip(file), trip(ledger)})
	}
	return list
}

func number(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func day(d dollars.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// inWords says how fields differ.
func inWords(fields []Field) string {
	var parts []string
	said := func(s string) string {
		if s == "" {
			return "nothing"
		}
		return s
	}
	for _, f := range fields {
		parts = append(parts, fmt.Sprintf("%s is %s, and %s on the ledger", f.Name, said(f.File), said(f.Ledger)))
	}
	return strings.Join(parts, "; ")
}
