package contract

import (
	"encoding/json"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// How many keys one call reads, so that it stays far below the limits of time, results and message sizes.
const (
	tallyPage    = 20_000
	bookingsPage = 10_000
)

// TallyPage answers Tally: the sums over one page of the state, and where the next one starts, "" at the end.
type TallyPage struct {
	dollars.Tally
	Next string `json:"next"`
}

func tally(stub shim.ChaincodeStubInterface, from string) ([]byte, error) {
	var page TallyPage
	start, end := dollars.TallyRange()
	var err error
	page.Next, err = scan(stub, max(start, from), end, tallyPage, page.Add)
	if err != nil {
		return nil, err
	}
	return json.Marshal(page)
}

// BookingsPage answers Bookings: one page of booked items, and where the next one starts, "" at the end.
type BookingsPage struct {
	Bookings []Booking `json:"bookings"`
	Next     string    `json:"next"`
}

// Booking is a booked item as the state has it.
type Booking struct {
	Key    string `json:"key"`
	Record []byte `json:"record"` // as dollars.BookingRecord.Encode writes it
}

func bookings(stub shim.ChaincodeStubInterface, from string) ([]byte, error) {
	page := BookingsPage{Bookings: []Booking{}}
	start, end := dollars.BookingRange()
	var err error
	page.Next, err = scan(stub, max(start, from), end, bookingsPage, func(key string, record []byte) error {
		page.Bookings = append(page.Bookings, Booking{key, record})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(page)
}

// scan hands over a page of the state, the end excluded, and answers where the next one starts.
func scan(stub shim.ChaincodeStubInterface, start, end string, page int, add func(key string, value []byte) error) (next string, err error) {
	keys, err := stub.GetStateByRange(start, end)
	if err != nil {
		return "", fmt.Errorf("read state: %w", err)
	}
	defer func() {
		if closeErr := keys.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("read state: %w", closeErr)
		}
	}()
	for n := 0; keys.HasNext(); n++ {
		kv, err := keys.Next()
		if err != nil {
			return "", fmt.Errorf("read state: %w", err)
		}
		if n == page {
			return kv.Key, nil
		}
		if err := add(kv.Key, kv.Value); err != nil {
			return "", fmt.Errorf("state under %s: %w", kv.Key, err)
		}
	}
	return "", nil
}
