package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// inFiles tells which of the store's files hold a text. A compaction while it reads may move the text to where it does not
// look any more, so it looks until the files are the same afterwards.
func inFiles(t testing.TB, dir, text string) (files []string) {
	t.Helper()
	for range 100 {
		before := sizes(t, dir)
		files = nil
		for name := range before {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte(text)) {
				files = append(files, name)
			}
		}
		if maps.Equal(before, sizes(t, dir)) {
			return files
		}
	}
	t.Fatal("the store's files do not come to rest")
	return nil
}

// sizes are those of the store's files. A table that was compacted has none for a moment, before it is gone.
func sizes(t testing.TB, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	of := map[string]int64{}
	for _, e := range entries {
		switch info, err := e.Info(); {
		case err == nil:
			of[e.Name()] = info.Size()
		case !errors.Is(err, fs.ErrNotExist):
			t.Fatal(err)
		}
	}
	return of
}

func set(t testing.TB, w *Writer, key, value string) {
	t.Helper()
	if err := w.Update(ctx, func(tx *Tx) error { tx.Set([]byte(key), []byte(value)); return nil }); err != nil {
		t.Fatal(err)
	}
}

// fill writes so many keys, of a thousand bytes and in no order.
func fill(t testing.TB, w *Writer, keys int) {
	t.Helper()
	for n := 0; n < keys; n += 100 {
		err := w.Update(ctx, func(tx *Tx) error {
			for i := n; i < n+100; i++ {
				tx.Set(filled(i))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func filled(i int) (key, value []byte) {
	return fmt.Appendf(nil, "k%09d", i*7919%1_000_003), fmt.Appendf(nil, "%01000d", i)
}

func opened(t testing.TB, dir string) (*DB, *Writer) {
	t.Helper()
	db, err := Open(dir, Options{MemTable: 1 << 20, Sync: true})
	if err != nil {
		t.Fatal(err)
	}
	return db, NewWriter(db)
}

func closed(t testing.TB, db *DB, w *Writer) {
	t.Helper()
	w.Close()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Old values are in tables, new ones in the log of what is in memory; erasing finds them all, and touches nothing else.
func TestErasedIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	db, w := opened(t, dir)
	const keys = 25_000 // enough for Badger to use two levels, so that the last must be reached
	set(t, w, "k-gone", "the-oldest-value")
	set(t, w, "k-gone-not", "stays")
	fill(t, w, keys)
	set(t, w, "k-gone", "the-newest-value")
	for _, text := range []string{"the-oldest-value", "the-newest-value"} {
		if len(inFiles(t, dir, text)) == 0 {
			t.Fatalf("%s was in no file before: this test cannot see", text)
		}
	}
	if err := w.Update(ctx, func(tx *Tx) error { tx.Erase([]byte("k-gone")); return nil }); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		for _, text := range []string{"the-oldest-value", "the-newest-value"} {
			if files := inFiles(t, dir, text); len(files) > 0 {
				t.Errorf("%s is in %v", text, files)
			}
		}
		if read(t, db, "k-gone") != nil || string(read(t, db, "k-gone-not")) != "stays" || holdsAny(db.DB, [][]byte{[]byte("k-gone")}) {
			t.Error("the store does not hold what it should")
		}
		for i := range keys {
			if key, value := filled(i); !bytes.Equal(read(t, db, string(key)), value) {
				t.Fatalf("something else was lost: %s", key)
			}
		}
	}
	check()
	set(t, w, "k-new", "written after")
	closed(t, db, w)
	db, w = opened(t, dir)
	check()
	if got := string(read(t, db, "k-new")); got != "written after" {
		t.Errorf("after erasing, the store took %q", got)
	}
	closed(t, db, w)
}

// A process that is killed after the deletion and before the files are clear leaves it to the next one.
func TestErasingIsFinishedAtOpen(t *testing.T) {
	dir := t.TempDir()
	db, w := opened(t, dir)
	set(t, w, "k-gone", "the-only-value")
	err := db.Update(func(txn *badger.Txn) error {
		if err := txn.Delete([]byte("k-gone")); err != nil {
			return err
		}
		return txn.Set(erasingKey, []byte{})
	})
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	closed(t, db, w)
	if len(inFiles(t, copied, "the-only-value")) == 0 {
		t.Fatal("there was nothing to finish")
	}
	db, w = opened(t, copied)
	defer closed(t, db, w)
	if files := inFiles(t, copied, "the-only-value"); len(files) > 0 {
		t.Errorf("it is still in %v", files)
	}
	if read(t, db, string(erasingKey)) != nil {
		t.Error("it would be finished again at every start")
	}
}

// A reader that began earlier sees what was there; erasing waits for it.
func TestErasingWaitsForReaders(t *testing.T) {
	dir := t.TempDir()
	db, w := opened(t, dir)
	defer closed(t, db, w)
	set(t, w, "k-gone", "the-only-value")
	reader := db.NewTransaction(false)
	defer reader.Discard()
	done := make(chan error, 1)
	go func() {
		done <- w.Update(ctx, func(tx *Tx) error { tx.Erase([]byte("k-gone")); return nil })
	}()
	for read(t, db, "k-gone") != nil {
		select {
		case err := <-done:
			t.Fatal("it has ended, and the key is there: ", err)
		case <-time.After(time.Millisecond):
		}
	}
	if value, err := Get(reader, []byte("k-gone")); string(value) != "the-only-value" || err != nil {
		t.Errorf("the reader was given %q, %v", value, err)
	}
	reader.Discard()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if files := inFiles(t, dir, "the-only-value"); len(files) > 0 {
		t.Errorf("it is still in %v", files)
	}
}

func BenchmarkErase(b *testing.B) {
	for _, keys := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			db, w := opened(b, b.TempDir())
			defer closed(b, db, w)
			fill(b, w, keys)
			for b.Loop() {
				set(b, w, "k-gone", "value")
				if err := w.Update(ctx, func(tx *Tx) error { tx.Erase([]byte("k-gone")); return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
