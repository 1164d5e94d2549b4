package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/dgraph-io/badger/v4"
	compression "github.com/dgraph-io/badger/v4/options"
)

// platter is a replica's disk: what is left when its process dies.
type platter struct {
	stores  map[string]*store
	folders map[string]*folder
}

// store is a database. While a process has it open it lies in memory, with every version of every key: so any number of its
// last commits can be taken back.
type store struct {
	db     *badger.DB
	synced bool    // commits wait for the disk
	first  uint64  // the version that what was there at the start has
	kept   []keyed // what it held when it was opened last, or will
}

type keyed struct {
	key, value []byte
	expires    uint64
}

// folder is files by name, and those that were removed since the disk was last told to write everything down.
type folder struct {
	mu      sync.Mutex
	files   map[string][]byte
	removed map[string][]byte
}

func newPlatter() *platter {
	return &platter{stores: map[string]*store{}, folders: map[string]*folder{}}
}

// medium is the disk as a process sees it: every write waits for its turn, and there is none once the process is dead.
type medium struct {
	p    *process
	name string // of what is stored
}

var (
	_ disk.Medium = medium{}
	_ disk.Files  = files{}
)

// errDisk is a write that did not succeed.
var errDisk = errors.New("simulated: the disk could not write")

func (m medium) Open(o badger.Options) (*badger.DB, error) {
	if err := m.p.turn(context.Background(), &call{key: "opens " + m.name}); err != nil {
		return nil, err
	}
	// Small, so that transactions come in parts, and never tidied up, so that all versions stay.
	const size = 128 << 10
	synced := o.SyncWrites
	o = o.WithDir("").WithValueDir("").WithInMemory(true).WithSyncWrites(false).WithNumCompactors(0).
		WithMemTableSize(size).WithValueThreshold(size * 15 / 100).WithBaseTableSize(64 << 10).
		WithNumLevelZeroTables(1000).WithNumLevelZeroTablesStall(2000).WithCompression(compression.None).WithMetricsEnabled(false)
	db, err := badger.Open(o)
	if err != nil {
		return nil, err
	}
	s := m.p.r.disk.stores[m.name]
	if s == nil {
		s = &store{}
		m.p.r.disk.stores[m.name] = s
	}
	s.db, s.synced = db, synced
	for part := range slices.Chunk(s.kept, 50) {
		if err := db.Update(func(txn *badger.Txn) error { return put(txn, part) }); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	s.first = db.MaxVersion()
	return db, nil
}

func put(txn *badger.Txn, entries []keyed) error {
	for _, e := range entries {
		entry := badger.NewEntry(e.key, e.value)
		entry.ExpiresAt = e.expires
		if err := txn.SetEntry(entry); err != nil {
			return err
		}
	}
	return nil
}

func (m medium) Commit(txn *badger.Txn) error {
	if err := m.p.write("commits " + m.name); err != nil {
		return err
	}
	return txn.Commit()
}

// Free is as much as there can be: what a full disk does is tried on a real one.
func (m medium) Free(string) (uint64, error) { return math.MaxUint64, nil }

func (m medium) Files(string) (disk.Files, error) {
	if err := m.p.turn(context.Background(), &call{key: "opens files of " + m.name}); err != nil {
		return nil, err
	}
	f := m.p.r.disk.folders[m.name]
	if f == nil {
		f = &folder{files: map[string][]byte{}, removed: map[string][]byte{}}
		m.p.r.disk.folders[m.name] = f
	}
	return files{m.p, f}, nil
}

// crash is the end of the process that had the disk. Whatever it had written is there, but for what a power loss takes: any
// number of the last commits that nobody waited for, and removals of files.
func (d *platter) crash(w *world, power bool) error {
	for _, name := range slices.Sorted(maps.Keys(d.stores)) {
		s := d.stores[name]
		if s.db == nil || s.db.IsClosed() {
			continue // it was closed by a process that never served: nothing was written
		}
		upTo := s.db.MaxVersion()
		lost := uint64(0)
		if power && !s.synced && upTo > s.first {
			lost = min(uint64(w.rng.IntN(8)), upTo-s.first)
		}
		if s.synced && w.mutation == loseInbox && upTo > s.first {
			lost = 1
		}
		if lost > 0 {
			w.count("unsynced commits lost", int(lost))
		}
		var err error
		if s.kept, err = surviving(s.db, upTo-lost); err != nil {
			return fmt.Errorf("read what is left of %s: %w", name, err)
		}
		s.db = nil
	}
	for _, name := range slices.Sorted(maps.Keys(d.folders)) {
		f := d.folders[name]
		f.mu.Lock()
		for _, file := range slices.Sorted(maps.Keys(f.removed)) {
			if power && w.rng.IntN(2) == 0 {
				f.files[file] = f.removed[file]
				w.count("removed file back", 1)
			}
		}
		clear(f.removed)
		f.mu.Unlock()
	}
	return nil
}

// surviving is what a database held when its newest version was this.
func surviving(db *badger.DB, upTo uint64) (entries []keyed, err error) {
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{AllVersions: true, PrefetchValues: false})
		defer it.Close()
		var last []byte
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			if item.Version() > upTo || bytes.Equal(item.Key(), last) {
				continue
			}
			last = item.KeyCopy(last)
			if item.IsDeletedOrExpired() {
				continue
			}
			value, err := item.ValueCopy(nil)
			if err != nil {
				return err
			}
			entries = append(entries, keyed{item.KeyCopy(nil), value, item.ExpiresAt()})
		}
		return nil
	})
	return entries, err
}

// files is a folder as a process sees it.
type files struct {
	p *process
	f *folder
}

func (x files) Write(name string, data []byte) error {
	tear := func() { x.f.set(name, data[:x.p.w.rng.IntN(len(data)+1)]) }
	if err := x.p.writeTorn("writes "+name, tear); err != nil {
		return err
	}
	x.f.set(name, bytes.Clone(data))
	return nil
}

func (x files) Rename(from, to string) error {
	rename := func() {
		if data, ok := x.f.take(from); ok && x.p.w.mutation != loseKept {
			x.f.set(to, data)
		}
	}
	if err := x.p.writeTorn("names "+to, rename); err != nil {
		return err
	}
	rename()
	return nil
}

func (x files) Remove(name string) error {
	if err := x.p.write("removes " + name); err != nil {
		return err
	}
	data, ok := x.f.take(name)
	if !ok {
		return fs.ErrNotExist
	}
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	x.f.removed[name] = data
	return nil
}

func (x files) Read(name string) ([]byte, error) {
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	data, ok := x.f.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(data), nil
}

func (x files) List() ([]string, error) {
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	return slices.Sorted(maps.Keys(x.f.files)), nil
}

func (f *folder) set(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = data
}

func (f *folder) take(name string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.files[name]
	delete(f.files, name)
	return data, ok
}
