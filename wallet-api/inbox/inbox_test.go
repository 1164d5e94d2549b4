package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var ctx = context.Background()

func opened(t testing.TB, dir string, o Options) *Inbox {
	t.Helper()
	in, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !in.db.IsClosed() {
			_ = in.Close()
		}
	})
	return in
}

// event is the work of a booking event.
func event(n int) wallet.Work {
	var booking dollars.BookingID
	binary.BigEndian.PutUint64(booking[:], uint64(n))
	return wallet.Work{
		ID: sha256.Sum256(booking[:]), Class: wallet.ClassBooking, Digest: sha256.Sum256([]byte(fmt.Sprint(n))),
		Owner: "client:pms", Label: "com.destinasia.booking.confirmed.v1", Accepted: time.Unix(1_790_000_000, int64(n)).UTC(),
		Ops: []dollars.Operation{dollars.Confirm{
			Booking: booking, Account: dollars.Account{1, byte(n)},
			Facts: dollars.Facts{Kind: earn.Hotel, Price: 12_345, Currency: "EUR", Start: 20_000, End: 20_004},
		}},
	}
}

func events(from, to int) (list []wallet.Work) {
	for n := from; n < to; n++ {
		list = append(list, event(n))
	}
	return list
}

func done(w wallet.Work, o dollars.Outcome) wallet.Status {
	s := wallet.Status{Work: w, TxID: "tx", Block: 7}
	for _, op := range w.Ops {
		r := wallet.Result{Kind: op.Kind(), Outcome: o, Amount: 5, State: dollars.BookingPending}
		if o == dollars.Rejected {
			r.Code = dollars.CodeRulesMissing
		}
		s.Results = append(s.Results, r)
	}
	return s
}

func accept(t testing.TB, in *Inbox, work ...wallet.Work) []wallet.Receipt {
	t.Helper()
	receipts, err := in.Accept(ctx, work)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func settle(t testing.TB, in *Inbox, o dollars.Outcome, txIDs []string, work ...wallet.Work) {
	t.Helper()
	var list []wallet.Status
	for _, w := range work {
		list = append(list, done(w, o))
	}
	if err := in.Settle(ctx, list, txIDs); err != nil {
		t.Fatal(err)
	}
}

func TestWorkGoesThrough(t *testing.T) {
	defer goleak.VerifyNone(t)
	in := opened(t, t.TempDir(), Options{})
	if got := accept(t, in, events(0, 3)...); got[0].ID != event(0).ID || got[0].Repeated || got[0].Err != nil {
		t.Fatalf("receipt %+v", got[0])
	}
	<-in.Ready()
	if diff := cmp.Diff(events(0, 2), in.Take(wallet.ClassBooking, 2)); diff != "" {
		t.Fatal(diff)
	}
	if s, err := in.Status(ctx, event(0).ID); err != nil || cmp.Diff(wallet.Status{Work: event(0)}, s) != "" {
		t.Fatalf("status %+v, %v", s, err)
	}
	waited := make(chan wallet.Status)
	go func() {
		s, _ := waitFor(ctx, in, event(1).ID)
		waited <- s
	}()
	time.Sleep(10 * time.Millisecond)
	settle(t, in, dollars.Applied, nil, event(1))
	want := done(event(1), dollars.Applied)
	want.Done = true
	if diff := cmp.Diff(want, <-waited); diff != "" {
		t.Error(diff)
	}
	if s, err := waitFor(ctx, in, event(1).ID); err != nil || !s.Applied() {
		t.Errorf("a second wait: %+v, %v", s, err)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if s, err := waitFor(short, in, event(2).ID); err != nil || s.Done {
		t.Errorf("wait for unfinished work: %+v, %v", s, err)
	}
	if in.Depth(wallet.ClassBooking) != 2 || in.Depth(wallet.ClassOrder) != 0 {
		t.Errorf("depth %d", in.Depth(wallet.ClassBooking))
	}
	pending, err := in.Pending(ctx, wallet.ClassBooking)
	if diff := cmp.Diff([]wallet.Work{event(0), event(2)}, pending); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := in.Status(ctx, wallet.WorkID{1}); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("unknown work: %v", err)
	}
	if err := in.Settle(ctx, []wallet.Status{done(event(9), dollars.Applied)}, nil); err == nil {
		t.Error("work that was never accepted was settled")
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestRepeatsAndConflicts(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	other := event(1)
	other.Digest[0]++
	got := accept(t, in, event(1), event(1), other, event(2))
	if got[0].Repeated || !got[1].Repeated || got[2].Err != wallet.ErrConflict || got[3].Repeated {
		t.Fatalf("receipts %+v", got)
	}
	if got := accept(t, in, event(1), other); !got[0].Repeated || got[1].Err != wallet.ErrConflict {
		t.Fatalf("receipts %+v", got)
	}
	if n := len(in.Take(wallet.ClassBooking, 100)); n != 2 || in.Depth(wallet.ClassBooking) != 2 {
		t.Fatalf("%d queued, depth %d", n, in.Depth(wallet.ClassBooking))
	}
	settle(t, in, dollars.Applied, nil, event(1))
	settle(t, in, dollars.Rejected, nil, event(2))
	settle(t, in, dollars.Rejected, nil, event(1)) // comes too late
	otherTwo := event(2)
	otherTwo.Digest[0]++
	got = accept(t, in, event(1), event(2), otherTwo)
	if !got[0].Repeated || got[1].Repeated || got[2].Err != wallet.ErrConflict {
		t.Fatalf("receipts %+v", got)
	}
	if s, _ := in.Status(ctx, event(1).ID); !s.Applied() {
		t.Errorf("the first outcome was lost: %+v", s)
	}
	if s, _ := in.Status(ctx, event(2).ID); s.Done {
		t.Errorf("accepted again, but %+v", s)
	}
	if diff := cmp.Diff([]wallet.Work{event(2)}, in.Take(wallet.ClassBooking, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	keyed := func(n int, client, key string, digest byte) wallet.Work {
		w := event(n)
		w.Key = &wallet.IdempotencyKey{Client: client, Key: key, Digest: [32]byte{digest}}
		return w
	}
	got := accept(t, in,
		keyed(1, "shop", "k", 1), // first
		keyed(2, "shop", "k", 1), // the same request: answered with the first's work
		keyed(3, "shop", "k", 2), // another request under the key
		keyed(4, "app", "k", 2),  // another client's key
		keyed(5, "sho", "pk", 1), // not the same pair, though the same letters
	)
	if got[1].ID != event(1).ID || !got[1].Repeated || got[2].Err != wallet.ErrKeyReused || got[3].Repeated || got[4].Repeated {
		t.Fatalf("receipts %+v", got)
	}
	if id, digest, err := in.Keyed(ctx, "shop", "k"); err != nil || id != event(1).ID || digest != [32]byte{1} {
		t.Errorf("keyed: %s %x %v", id, digest, err)
	}
	if _, _, err := in.Keyed(ctx, "shop", "other"); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("unknown key: %v", err)
	}
	if n := len(in.Take(wallet.ClassBooking, 100)); n != 3 {
		t.Errorf("%d queued", n)
	}
}

func TestBoundsRefuseAll(t *testing.T) {
	in := opened(t, t.TempDir(), Options{Bounds: map[wallet.Class]int{wallet.ClassBooking: 5}})
	accept(t, in, events(0, 4)...)
	if _, err := in.Accept(ctx, events(4, 6)); err != wallet.ErrOverloaded {
		t.Fatalf("two above the bound: %v", err)
	}
	if _, err := in.Status(ctx, event(4).ID); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("a part was stored: %v", err)
	}
	accept(t, in, event(0))         // a repeat takes no room
	admin := event(100)             // another class has its own
	admin.Class = wallet.ClassAdmin //
	accept(t, in, admin, event(4))  //
	in.Take(wallet.ClassBooking, 5) // being handed out is not being finished
	if _, err := in.Accept(ctx, events(5, 6)); err != wallet.ErrOverloaded {
		t.Fatalf("one above the bound: %v", err)
	}
	if room := in.Room(wallet.ClassBooking); room != 0 {
		t.Errorf("there is room for %d at the bound", room)
	}
	settle(t, in, dollars.Applied, nil, event(0))
	if room := in.Room(wallet.ClassBooking); room != 1 {
		t.Errorf("there is room for %d, one below the bound", room)
	}
	accept(t, in, event(5))
}

// A whole call of expirations is taken, and an operator still gets in behind it.
func TestExpirationsLeaveRoomForOperators(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	burning := events(0, wallet.MaxExpire+1)
	for i := range burning {
		burning[i].Class = wallet.ClassAdmin
	}
	accept(t, in, burning[:wallet.MaxExpire]...)
	accept(t, in, burning[wallet.MaxExpire])
}

func TestManySendersAtOnce(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	const senders, each = 16, 60
	var fresh [senders]int
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				// Each sends its own and, in a race with all the others, a common one.
				got, err := in.Accept(ctx, []wallet.Work{event(1000*(s+1) + n), event(n)})
				if err != nil {
					t.Error(err)
					return
				}
				if !got[1].Repeated {
					fresh[s]++
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range fresh {
		total += n
	}
	if total != each {
		t.Errorf("%d common works were accepted as new, want %d", total, each)
	}
	last := map[uint64]uint64{}
	queue := in.Take(wallet.ClassBooking, 10_000)
	for _, w := range queue {
		booking := w.Ops[0].(dollars.Confirm).Booking
		n := binary.BigEndian.Uint64(booking[:])
		if n >= 1000 && n%1000 != 0 && last[n/1000] != n-1 {
			t.Fatalf("%d came after %d", n, last[n/1000])
		}
		last[n/1000] = n
	}
	if len(queue) != each*(senders+1) {
		t.Errorf("%d queued", len(queue))
	}
}

// An Accept or a Settle that no transaction can hold is done in several.
func TestMoreThanATransactionHolds(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	var work []wallet.Work
	for n := range 400 {
		w := event(n)
		for len(w.Ops) < 200 {
			w.Ops = append(w.Ops, w.Ops[0])
		}
		work = append(work, w)
	}
	if size := int64(400 * len(encodeWork(record{status: wallet.Status{Work: work[0]}}))); size < in.db.MaxBatchSize() {
		t.Fatalf("%d bytes fit a transaction", size)
	}
	accept(t, in, work...)
	for i, r := range accept(t, in, work...) {
		if !r.Repeated {
			t.Fatalf("work %d was not accepted before", i)
		}
	}
	taken := in.Take(wallet.ClassBooking, 1000)
	if diff := cmp.Diff(work[399], taken[399]); diff != "" || len(taken) != 400 {
		t.Fatal(len(taken), diff)
	}
	settle(t, in, dollars.Applied, nil, work...)
	if in.Depth(wallet.ClassBooking) != 0 {
		t.Errorf("depth %d", in.Depth(wallet.ClassBooking))
	}
	// What no store can hold is refused, without spoiling what came with it for the next time.
	huge := event(1000)
	huge.Label = strings.Repeat("x", 40<<20)
	if _, err := in.Accept(ctx, []wallet.Work{event(2000), huge}); !errors.Is(err, disk.ErrTooBig) {
		t.Errorf("a label of 40 MB: %v", err)
	}
	if n := len(in.Take(wallet.ClassBooking, 10)); n != in.Depth(wallet.ClassBooking) {
		t.Errorf("%d works wait, but there is room taken for %d", n, in.Depth(wallet.ClassBooking))
	}
}

func TestFinishedWorkIsForgotten(t *testing.T) {
	long := func() time.Time { return time.Now().Add(-31 * 24 * time.Hour) }
	in := opened(t, t.TempDir(), Options{Now: long})
	w := event(1)
	w.Key = &wallet.IdempotencyKey{Client: "shop", Key: "k"}
	accept(t, in, w, event(2))
	settle(t, in, dollars.Applied, nil, w)
	if _, err := in.Status(ctx, w.ID); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("finished a month ago: %v", err)
	}
	if _, _, err := in.Keyed(ctx, "shop", "k"); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("key used a month ago: %v", err)
	}
	if s, err := in.Status(ctx, event(2).ID); err != nil || s.Done {
		t.Errorf("unfinished work was forgotten: %v", err)
	}
}

func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d-each", size), func(b *testing.B) {
			in := opened(b, b.TempDir(), Options{Bounds: map[wallet.Class]int{wallet.ClassBooking: 1 << 30}})
			var mu sync.Mutex
			n := 0
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					n += size
					work := events(n-size, n)
					mu.Unlock()
					if _, err := in.Accept(ctx, work); err != nil {
						b.Error(err)
						return
					}
					settle(b, in, dollars.Applied, nil, in.Take(wallet.ClassBooking, size)...)
				}
			})
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "works/s")
		})
	}
}

func TestSubmissionThatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	files, err := openSubmissions(disk.Machine, dir)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in the way of the name lets the part be written and not be named.
	if err := os.MkdirAll(filepath.Join(dir, "aa", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := files.add(wallet.Submission{TxID: "aa", Envelope: []byte("envelope")}); err == nil {
		t.Fatal("it was added")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func waitFor(ctx context.Context, in *Inbox, id wallet.WorkID) (wallet.Status, error) {
	list, err := in.Wait(ctx, id)
	if err != nil {
		return wallet.Status{}, err
	}
	return list[0], nil
}
