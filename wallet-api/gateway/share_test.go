package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// TestClassesShareWhatIsInFlight has batches end in the order they went, while one class or both always have more work
// than fits.
func TestClassesShareWhatIsInFlight(t *testing.T) {
	limits := limits{operations: 5, bytes: 1 << 20, inFlight: 6}
	const ends = 300
	for _, test := range []struct {
		name           string
		flood, other   wallet.Class
		each           int // works of the other that come whenever a batch ends; 0 is as many as there is room for
		atLeast, works float64
	}{
		{name: "orders in two floods", flood: wallet.ClassBooking, other: wallet.ClassOrder, atLeast: 0.45},
		{name: "events in two floods", flood: wallet.ClassOrder, other: wallet.ClassBooking, atLeast: 0.45},
		{name: "few orders in a flood of events", flood: wallet.ClassBooking, other: wallet.ClassOrder, each: 1, works: 0.95},
		{name: "few events in a flood of orders", flood: wallet.ClassOrder, other: wallet.ClassBooking, each: 1, works: 0.95},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, now, made := newScheduler(limits), time.Unix(1000, 0), 0
			add := func(c wallet.Class) {
				made++
				w := spend(fmt.Sprint(made), made%200)
				if c == wallet.ClassBooking {
					w = complete(made % 200)
				}
				s.add(w)
			}
			var flight []*batch
			var came, batches, works float64
			for range ends {
				for s.room(test.flood) > 0 {
					add(test.flood)
				}
				for n := 0; s.room(test.other) > 0 && (test.each == 0 || n < test.each); n++ {
					add(test.other)
					came++
				}
				for {
					b, err := s.next(now, awarded{}.records())
					if err != nil {
						t.Fatal(err)
					}
					if b == nil {
						break
					}
					if flight = append(flight, b); b.class == test.other {
						batches, works = batches+1, works+float64(len(b.items))
					}
				}
				s.done(flight[0])
				flight, now = flight[1:], now.Add(20*time.Millisecond)
			}
			if batches < test.atLeast*ends {
				t.Errorf("%s have %.0f of %d batches", test.other, batches, ends)
			}
			if works < test.works*came {
				t.Errorf("%.0f of %.0f %s went", works, came, test.other)
			}
		})
	}
}
