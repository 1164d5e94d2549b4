package test

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/destinasia/dollars/test/network"
)

// hotelFile is the published data, beside the repository where it is present.
const hotelFile = "../../shared/data/hotel-booking-demand/hotels.csv.gz"

func needsHotelFile(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(hotelFile); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the published hotel file is not at %s", hotelFile)
	} else if err != nil {
		t.Fatal(err)
	}
}

// sums is what the first rows of the hotel file must come to, worked out here from the CSV alone: by rational numbers
// and with no code of the project.
type sums struct {
	rows, awarded, cancelled, negative int64
	minted                             string
}

func sumsOf(t *testing.T, limit int) sums {
	t.Helper()
	file, err := os.Open(hotelFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(plain)
	header, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[name] = i
	}
	var s sums
	cents := new(big.Int)
	for s.rows < int64(limit) {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		s.rows++
		field := func(name string) string { return row[column[name]] }
		rate, ok := new(big.Rat).SetString(field("adr"))
		if !ok {
			t.Fatalf("adr %q", field("adr"))
		}
		nights := new(big.Rat)
		for _, name := range []string{"stays_in_weekend_nights", "stays_in_week_nights"} {
			n, ok := new(big.Rat).SetString(field(name))
			if !ok {
				t.Fatalf("%s %q", name, field(name))
			}
			nights.Add(nights, n)
		}
		if rate.Sign() < 0 {
			s.negative++
			continue
		}
		if field("reservation_status") != "Check-Out" {
			s.cancelled++
			continue
		}
		s.awarded++
		// Five percent of the price, in whole cents.
		points := rate.Mul(rate, nights)
		points.Mul(points, big.NewRat(100*5, 100))
		cents.Add(cents, new(big.Int).Quo(points.Num(), points.Denom()))
	}
	whole, rest := new(big.Int).QuoRem(cents, big.NewInt(100), new(big.Int))
	s.minted = whole.String() + "." + strconv.Itoa(int(rest.Int64()) + 100)[1:]
	return s
}

// replayed is what the tests read of `replay --json`.
type replayed struct {
	Total, Events, Accepted, Repeated, Applied, Duplicate, Unsettled int
	Rejected, Refused                                                map[string]int
}

// checkReplay holds the ledger against the CSV.
func checkReplay(t *testing.T, n *network.Network, want sums) asset {
	t.Helper()
	got := supply(t, n)
	if got.Minted != want.minted || got.Outstanding != want.minted || got.Reversed != "0.00" || got.Redeemed != "0.00" || got.Pending != "0.00" {
		t.Errorf("the supply is %+v; the file says %s minted", got, want.minted)
	}
	if b := (bookingCounts{Awarded: want.awarded, Cancelled: want.cancelled}); got.Bookings != b {
		t.Errorf("bookings are %+v; the file says %+v", got.Bookings, b)
	}
	return got
}

// TestHotelReplay replays rows of the real file, with the wallet service killed in the middle, and holds the ledger
// against sums worked out from the file by separate code. A second replay must change nothing.
func TestHotelReplay(t *testing.T) {
	needsHotelFile(t)
	const limit = 5000
	want := sumsOf(t, limit)
	if want.awarded == 0 || want.cancelled == 0 {
		t.Fatalf("the slice tests too little: %+v", want)
	}
	n := network.Start(t)
	args := []string{"replay", hotelFile, "--limit", strconv.Itoa(limit), "--json"}

	first := n.Command(args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- first.Wait() }()
	kills := 0
	for ; kills < 3 && waitForBookings(t, n, int64(400*(kills+1)), done); kills++ {
		n.Kill("wallet")
		n.Run("up")
	}
	if kills == 0 {
		t.Error("the replay was over before the wallet service could be killed: take more rows")
	}
	select {
	case err := <-done:
		// It may have given up on the service while it was away; running it again is the way out it names.
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
	case <-time.After(3 * time.Minute):
		_ = first.Process.Kill()
		t.Fatal("the replay neither ended nor gave up")
	}

	var second replayed
	n.RunJSON(&second, args...)
	after := checkReplay(t, n, want)
	var third replayed
	n.RunJSON(&third, args...)
	if third.Unsettled != 0 {
		t.Errorf("the third replay says %+v", third)
	}
	if again := checkReplay(t, n, want); again != after {
		t.Errorf("a replay of what was there changed %+v to %+v", after, again)
	}
	n.Run("audit") // fails at the first thing that is wrong
}

// waitForBookings waits until the ledger knows so many bookings, or what is to be done has ended; it tells which.
func waitForBookings(t *testing.T, n *network.Network, count int64, done chan error) bool {
	t.Helper()
	auditor := n.API("auditor")
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-done:
			done <- err
			return false
		default:
		}
		assets, err := auditor.Supply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b := assets[0].Bookings; b.Pending+b.Awarded+b.Cancelled >= count {
			return true
		}
	}
	t.Fatalf("the ledger knew no %d bookings after two minutes", count)
	return false
}
