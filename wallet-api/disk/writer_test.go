package disk

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func started(t testing.TB) (*DB, *Writer) {
	t.Helper()
	db, err := Open(t.TempDir(), Options{MemTable: 1 << 20, Sync: true})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWriter(db)
	t.Cleanup(func() {
		w.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, w
}

func read(t testing.TB, db *DB, key string) (value []byte) {
	t.Helper()
	err := db.View(func(txn *badger.Txn) (err error) {
		value, err = Get(txn, []byte(key))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Counters that many callers raise by one are right only if every change sees all earlier ones.
func TestChangesSeeEarlierOnes(t *testing.T) {
	db, w := started(t)
	const callers, each = 20, 50
	committed := 0 // by the writer alone
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				err := w.Update(ctx, func(tx *Tx) error {
					value, err := tx.Get([]byte("n"))
					if err != nil {
						return err
					}
					n, _ := strconv.Atoi(string(value))
					tx.Set([]byte("n"), []byte(strconv.Itoa(n+1)))
					tx.Committed(func() { committed++ })
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := string(read(t, db, "n")); got != strconv.Itoa(callers*each) || committed != callers*each {
		t.Errorf("counted %s, %d committed", got, committed)
	}
}

func TestAChangeSeesItsOwnWritesAndAFailedOneLeavesNone(t *testing.T) {
	db, w := started(t)
	mistake := errors.New("mistake")
	set := func(key string, fail error) error {
		return w.Update(ctx, func(tx *Tx) error {
			tx.Set([]byte(key), nil)
			if value, err := tx.Get([]byte(key)); value == nil || err != nil {
				t.Errorf("an empty value is not there: %v", err)
			}
			tx.SetUntil([]byte("late"), []byte("x"), time.Now().Add(-time.Second))
			tx.Delete([]byte("other"))
			if value, err := tx.Get([]byte("other")); value != nil || err != nil {
				t.Errorf("a deleted key is there: %v", err)
			}
			tx.Committed(func() {
				if fail != nil {
					t.Error("a failed change was committed")
				}
			})
			return fail
		})
	}
	if err := set("other", nil); err != nil {
		t.Fatal(err)
	}
	if err := set("a", nil); err != nil {
		t.Fatal(err)
	}
	if err := set("b", mistake); err != mistake {
		t.Fatal(err)
	}
	if read(t, db, "a") == nil || read(t, db, "b") != nil || read(t, db, "late") != nil || read(t, db, "other") != nil {
		t.Error("what is stored is not what was committed")
	}
}

// Changes that fit a transaction alone, but not together, are all committed; one that never fits fails alone.
func TestTransactionsAreFilledAndNotMore(t *testing.T) {
	db, w := started(t)
	half := make([]byte, db.MaxBatchSize()*2/3)
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			err := w.Update(ctx, func(tx *Tx) error {
				key := binary.BigEndian.AppendUint32(nil, uint32(n))
				for i, part := 0, half; len(part) > 0; i++ {
					size := min(len(part), 10_000)
					tx.Set(append(key, byte(i)), part[:size])
					part = part[size:]
				}
				if n == 7 {
					for i := range db.MaxBatchCount() {
						tx.Set(binary.BigEndian.AppendUint64(nil, uint64(i)), nil)
					}
				}
				return nil
			})
			if (n == 7) != errors.Is(err, ErrTooBig) {
				t.Errorf("change %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	for n := range 20 {
		key := string(append(binary.BigEndian.AppendUint32(nil, uint32(n)), 0))
		if (read(t, db, key) == nil) != (n == 7) {
			t.Errorf("change %d is not as it should be", n)
		}
	}
}

func TestClosedWriterRefuses(t *testing.T) {
	db, err := Open(t.TempDir(), Options{MemTable: 1 << 20, Sync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := NewWriter(db)
	w.Close()
	w.Close()
	if err := w.Update(ctx, func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestTwoProcessesDoNotShareAStore(t *testing.T) {
	dir := t.TempDir()
	o := Options{MemTable: 1 << 20}
	db, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := Open(dir, o); err == nil {
		t.Error("it was opened twice")
	}
}

// A commit that fails may have been seen all the same: Badger puts it into memory before it syncs. What runs after it
// must not take such writes for durable, or for answered.
func TestNothingIsWrittenAfterACommitFailed(t *testing.T) {
	db, w := started(t)
	broken := errors.New("simulated: the disk failed")
	w.commitTxn = func(txn *badger.Txn) error { return errors.Join(txn.Commit(), broken) }
	err := w.Update(ctx, func(tx *Tx) error { tx.Set([]byte("a"), nil); return nil })
	if !errors.Is(err, broken) || read(t, db, "a") == nil {
		t.Fatal(err)
	}
	<-w.Failed()
	w.commitTxn = db.Commit
	ran := false
	err = w.Update(ctx, func(tx *Tx) error { ran = true; return nil })
	if !errors.Is(err, ErrFailed) || !errors.Is(err, broken) || ran {
		t.Errorf("%v, and the change ran: %t", err, ran)
	}
}
