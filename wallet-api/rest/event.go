package rest

import (
	"math"
	"mime"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Media types of CloudEvents 1.0 in HTTP. Any other than the first two is binary mode: attributes are headers.
const (
	mediaEvent  = "application/cloudevents+json"
	mediaEvents = "application/cloudevents-batch+json"
	mediaJSON   = "application/json"
)

// Bounds of a batch.
const (
	maxEvents     = 1_000
	maxEventsBody = 4 << 20
)

// reported is an event of a request, or why it cannot be read.
type reported struct {
	event wallet.BookingEvent
	err   error
}

// readEvent reads an event in structured mode.
func readEvent(data []byte) (wallet.BookingEvent, error) {
	r := reader{data: data}
	event := r.event()
	return event, r.end()
}

// readEvents reads a batch. An event that is JSON, but not an event, does not keep the others from being read.
func readEvents(data []byte) ([]reported, error) {
	r := reader{data: data}
	var events []reported
	r.array(maxEvents+1, func(i int) {
		if i == maxEvents {
			r.refuse("", codeTooLarge, "a batch has at most 1000 events; nothing was accepted, send smaller ones")
			return
		}
		before := r
		r.path = nil // Refusals point into the event.
		event := r.event()
		refused := r.err
		if refused != nil {
			r = before
			r.skip()
			events = append(events, reported{event, refused})
			return
		}
		r.path = before.path
		events = append(events, reported{event: event})
	})
	if err := r.end(); err != nil {
		return nil, err
	}
	return events, nil
}

// readBinaryEvent reads an event in binary mode. Refusals point to where the event would have it in structured mode.
func readBinaryEvent(headers http.Header, data []byte) (wallet.BookingEvent, error) {
	r := reader{data: data}
	if headers.Get("ce-specversion") == "" {
		r.refuse("/specversion", wallet.CodeMalformed, "with application/json an event's attributes are headers such as ce-id; send the whole event as one object as "+mediaEvent)
	}
	a := attributes{
		version: r.header(headers, "specversion"), id: r.header(headers, "id"), source: r.header(headers, "source"),
		kind: r.header(headers, "type"), time: r.header(headers, "time"),
		data: true,
	}
	var event wallet.BookingEvent
	r.path = append(r.path, "/data"...)
	r.payload(&event)
	err := r.end()
	r.path = r.path[:0]
	if err == nil {
		r.check(a, &event)
	}
	if r.err != nil {
		return event, r.err
	}
	return event, nil
}

// header reads an attribute, whose value is percent-encoded where it is not plain ASCII.
func (r *reader) header(headers http.Header, name string) string {
	raw := headers.Get("ce-" + name)
	value, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(value) {
		r.refuse("/"+name, wallet.CodeMalformed, "the header ce-"+name+" is not percent-encoded UTF-8")
	}
	return value
}

// attributes are a CloudEvent's context attributes, as far as they matter here.
type attributes struct {
	version, id, source, kind, time, contentType string
	data                                         bool // there was data
}

func (r *reader) event() (event wallet.BookingEvent) {
	var a attributes
	r.object(func(name []byte) bool {
		switch string(name) {
		case "specversion":
			r.text(&a.version)
		case "id":
			r.text(&a.id)
		case "source":
			r.text(&a.source)
		case "type":
			r.text(&a.kind)
		case "time":
			r.text(&a.time)
			if a.time == "" {
				r.fail("must not be empty")
			}
		case "datacontenttype":
			r.text(&a.contentType)
			if !isJSON(a.contentType) {
				r.fail("must be application/json")
			}
		case "subject", "dataschema":
			r.quoted("a string")
		case "data":
			a.data = true
			r.payload(&event)
		default:
			// Extension attributes, such as traceparent, are names in lower case and never nested.
			if !extension(name) {
				return false
			}
			r.scalar()
		}
		return true
	})
	r.check(a, &event)
	return event
}

func extension(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(name) > 0
}

// payload reads an event's data; which of its fields belong to the event's type is checked once that is known.
func (r *reader) payload(event *wallet.BookingEvent) {
	r.object(func(name []byte) bool {
		switch string(name) {
		case "booking":
			r.text(&event.Booking)
		case "member":
			r.text(&event.Member)
		case "channel":
			r.code(&event.Channel)
		case "party":
			if event.Party = uint32(r.whole(math.MaxUint32)); event.Party == 0 {
				r.refuse("", dollars.CodeFactInvalid, "a party has travellers; leave it out where it is not known")
			}
		case "reason":
			r.text(&event.Reason)
		case "cause":
			r.code(&event.Cause)
		case "items":
			r.array(wallet.MaxItems, func(int) { event.Items = append(event.Items, r.item()) })
		default:
			return false
		}
		return true
	})
}

func (r *reader) item() (item wallet.BookingItem) {
	r.object(func(name []byte) bool {
		switch string(name) {
		case "item":
			r.text(&item.Item)
		case "kind":
			r.text(&item.Kind)
		case "price":
			r.object(func(name []byte) bool {
				switch string(name) {
				case "amount":
					r.text(&item.Amount)
				case "currency":
					r.text(&item.Currency)
				default:
					return false
				}
				return true
			})
		case "start":
			r.text(&item.Start)
		case "end":
			r.text(&item.End)
		case "cabin":
			r.code(&item.Cabin)
		case "route":
			r.code(&item.Route)
		case "country":
			r.code(&item.Country)
		case "hotel":
			r.code(&item.Hotel)
		default:
			return false
		}
		return true
	})
	return item
}

// code reads a fact that is a code. Which ones are codes is the ledger's to say, but for an empty one, which says
// nothing and yet is there.
func (r *reader) code(into *string) {
	if r.text(into); *into == "" {
		r.refuse("", dollars.CodeFactInvalid, "a code must not be empty; leave it out where it is not known")
	}
}

// check puts the attributes into the event, and refuses what does not belong to an event of its type.
func (r *reader) check(a attributes, event *wallet.BookingEvent) {
	event.Source, event.ID, event.Type = a.source, a.id, a.kind
	if r.err != nil {
		return
	}
	var err error
	if a.time != "" {
		event.Time, err = time.Parse(time.RFC3339, a.time)
	}
	switch {
	case a.version != "1.0":
		r.refuse("/specversion", wallet.CodeMalformed, "must be 1.0")
	case a.id == "":
		r.refuse("/id", wallet.CodeMalformed, "is required")
	case a.source == "" || !reference(a.source):
		r.refuse("/source", wallet.CodeMalformed, "must be a URI or the path of one")
	case a.kind == "":
		r.refuse("/type", wallet.CodeMalformed, "is required")
	case err != nil:
		r.refuse("/time", wallet.CodeMalformed, "is not a time as in RFC 3339")
	case !a.data:
		r.refuse("/data", wallet.CodeMalformed, "is required")
	default:
		r.checkType(event)
	}
}

// checkType refuses fields of another type of event: a sender who gives a price on completion expects it to count.
func (r *reader) checkType(event *wallet.BookingEvent) {
	switch event.Type {
	case wallet.EventConfirmed:
		r.refuseWhy(event)
		return
	case wallet.EventCompleted, wallet.EventCancelled:
	default:
		r.refuse("/type", wallet.CodeEventUnknown, "this service knows "+wallet.EventConfirmed+", "+wallet.EventCompleted+" and "+wallet.EventCancelled)
		return
	}
	if event.Member != "" {
		r.refuse("/data/member", wallet.CodeMalformed, "only a confirmed event names the member")
	}
	if event.Channel != "" {
		r.refuse("/data/channel", wallet.CodeMalformed, "only a confirmed event tells the channel")
	}
	if event.Party != 0 {
		r.refuse("/data/party", wallet.CodeMalformed, "only a confirmed event tells the party")
	}
	if event.Type == wallet.EventCompleted {
		r.refuseWhy(event)
	}
	for i, item := range event.Items {
		if (item != wallet.BookingItem{Item: item.Item}) {
			r.refuse(pointer("/data/items", i), wallet.CodeMalformed, "only items of a confirmed event have more than a name")
		}
	}
}

func isJSON(contentType string) bool {
	if contentType == mediaJSON {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == mediaJSON
}

func reference(s string) bool {
	_, err := url.Parse(s)
	return err == nil
}

// refuseWhy refuses what only a cancelled event says.
func (r *reader) refuseWhy(event *wallet.BookingEvent) {
	if event.Reason != "" {
		r.refuse("/data/reason", wallet.CodeMalformed, "only a cancelled event has a reason")
	}
	if event.Cause != "" {
		r.refuse("/data/cause", wallet.CodeMalformed, "only a cancelled event has a cause")
	}
}
