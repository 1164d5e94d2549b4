package driver

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func TestLoopHandsOutEachOperationOnceAndAddsUp(t *testing.T) {
	var mutex sync.Mutex
	var seen []int
	const last = 300 * time.Millisecond
	r, err := loop(t.Context(), 4, last, func(_ context.Context, r *Result, i int, _ func() bool) error {
		mutex.Lock()
		seen = append(seen, i)
		mutex.Unlock()
		r.Committed++
		r.Retries += 2
		r.Unfinished += 3
		r.Aborts["A"]++
		r.Took = append(r.Took, time.Duration(i))
		time.Sleep(100 * time.Microsecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(seen)
	slices.Sort(r.Took)
	for i := range seen {
		if seen[i] != i || r.Took[i] != time.Duration(i) {
			t.Fatalf("operations %v took %v", seen, r.Took)
		}
	}
	n := len(seen)
	if n == 0 || r.Committed != n || r.Retries != 2*n || r.Unfinished != 3*n || !reflect.DeepEqual(r.Aborts, map[string]int{"A": n}) {
		t.Errorf("%d operations are %+v", n, r)
	}
	if r.Seconds < last.Seconds() || r.Rate() != float64(n)/r.Seconds {
		t.Errorf("%v/s in %v s", r.Rate(), r.Seconds)
	}
}

func TestLoopEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	_, err := loop(t.Context(), 3, time.Hour, func(ctx context.Context, _ *Result, i int, _ func() bool) error {
		if i == 1 {
			return broken
		}
		<-ctx.Done() // only the error ends it before its hour
		return ctx.Err()
	})
	if !errors.Is(err, broken) {
		t.Errorf("error: %v", err)
	}
	for _, connections := range []int{0, -1} {
		if _, err := loop(t.Context(), connections, time.Second, nil); err == nil {
			t.Errorf("%d connections were accepted", connections)
		}
	}
	if _, err := loop(t.Context(), 1, 0, nil); err == nil {
		t.Error("no time was accepted")
	}
}

func TestBlocksTellWhoWaits(t *testing.T) {
	b := &blocks{waiting: map[string]chan peer.TxValidationCode{}}
	first, second, forgotten := b.expect("1"), b.expect("2"), b.expect("3")
	b.forget("3")
	tx := func(id string, code peer.TxValidationCode) *peer.FilteredTransaction {
		return &peer.FilteredTransaction{Txid: id, TxValidationCode: code}
	}
	b.tell(&peer.FilteredBlock{FilteredTransactions: []*peer.FilteredTransaction{
		tx("0", peer.TxValidationCode_VALID), tx("2", peer.TxValidationCode_MVCC_READ_CONFLICT), tx("3", peer.TxValidationCode_VALID),
	}})
	b.tell(&peer.FilteredBlock{FilteredTransactions: []*peer.FilteredTransaction{
		tx("1", peer.TxValidationCode_VALID), tx("2", peer.TxValidationCode_DUPLICATE_TXID), tx("1", peer.TxValidationCode_DUPLICATE_TXID),
	}})
	if code := <-first; code != peer.TxValidationCode_VALID {
		t.Errorf("the first is %v", code)
	}
	if code := <-second; code != peer.TxValidationCode_MVCC_READ_CONFLICT {
		t.Errorf("the second is %v", code)
	}
	if len(first)+len(second)+len(forgotten) != 0 || len(b.waiting) != 0 {
		t.Error("somebody was told twice, or is still waited for")
	}
}
