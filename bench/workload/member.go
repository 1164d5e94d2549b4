package workload

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"runtime"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
)

// Member is a member with a key of their own, which is made from their id.
type Member struct {
	ID      string
	Account dollars.Account
	key     *ecdsa.PrivateKey
}

// The two members whose accounts are hot.
const (
	hotReceiver = "hot-receiver" // whom everybody pays
	hotPayer    = "hot-payer"    // who pays everybody
)

func newMember(id string) (Member, error) {
	seed := sha256.Sum256([]byte("destinasia bench " + id))
	key, err := crypto.ToECDSA(seed[:])
	if err != nil {
		return Member{}, fmt.Errorf("key of %s: %w", id, err)
	}
	return Member{id, dollars.Account(crypto.PubkeyToAddress(key.PublicKey)), key}, nil
}

// Members are those who order.
type Members struct {
	Many            []Member // bookings.MemberID(1) and on
	Receiver, Payer Member   // the hot ones
}

// NewMembers makes so many members and the hot ones.
func NewMembers(count int) (m Members, err error) {
	m.Many = make([]Member, count)
	if err := inParallel(count, func(i int) (err error) {
		m.Many[i], err = newMember(bookings.MemberID(i + 1))
		return err
	}); err != nil {
		return m, err
	}
	if m.Receiver, err = newMember(hotReceiver); err == nil {
		m.Payer, err = newMember(hotPayer)
	}
	return m, err
}

// All are all of them.
func (m Members) All() []Member { return append([]Member{m.Receiver, m.Payer}, m.Many...) }

// inParallel does something for 0 to count-1 with all cores.
func inParallel(count int, do func(i int) error) error {
	var group errgroup.Group
	parts := runtime.GOMAXPROCS(0)
	for part := range parts {
		group.Go(func() error {
			for i := count * part / parts; i < count*(part+1)/parts; i++ {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// endowment is what members are given to spend, as the price of a hotel of which the standard rules give 5 %: as much as the
// same rules let an account send in a day.
const endowment bookings.Cents = 2_000_000_00

// Endow makes the events that give all members points to spend, the hot receiver excepted. They are in an order in which
// they may be sent: all bookings are confirmed before the first is completed.
func Endow(m Members) []bookings.Event {
	var confirmed, completed []bookings.Event
	for _, member := range append([]Member{m.Payer}, m.Many...) {
		c, d := stay("endow-"+member.ID, member.ID, endowment)
		confirmed, completed = append(confirmed, c), append(completed, d)
	}
	return append(confirmed, completed...)
}

// stay are the events of a booking of one hotel.
func stay(booking, member string, price bookings.Cents) (confirmed, completed bookings.Event) {
	confirmed = bookings.Event{
		Source: Source, ID: booking + "/confirmed", Type: bookings.Confirmed, Time: newYear.At(12 * time.Hour),
		Data: bookings.Data{Booking: booking, Member: member, Items: []bookings.Item{{
			Item: "1", Kind: bookings.Hotel, Price: bookings.Price{Amount: price, Currency: "EUR"}, Start: newYear + 30, End: newYear + 32,
		}}},
	}
	completed = bookings.Event{
		Source: Source, ID: booking + "/completed", Type: bookings.Completed, Time: (newYear + 32).At(18 * time.Hour),
		Data: bookings.Data{Booking: booking, Items: []bookings.Item{{Item: "1"}}},
	}
	return confirmed, completed
}
