package audit

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// A checkpoint's state file is, after its magic line: the genesis block; the last block's validity codes and commit hash; the
// number of places and of each its namespace, its collection, the number of keys, and of each key, in ascending order, the
// key, the value, and the block and transaction that wrote it; the number of transaction ids seen, and their hashes in
// ascending order. Numbers are unsigned varints, everything else but the hashes has its length before it. What can be worked
// out from the state (the tally of the books, budgets, policies in force) is not in the file.
const (
	stateMagic  = "state of an audit, format 1\n"
	statePrefix = "state-"
)

// stateName is the name of a state file.
func stateName(content Hash) string { return statePrefix + content.String() }

// saveState writes the state file and answers the hash of its bytes.
func (a *Auditor) saveState(dir string) (Hash, error) {
	content := sha256.New()
	aside := filepath.Join(dir, "state.part")
	err := writeFile(aside, func(to io.Writer) error {
		w := bufio.NewWriterSize(io.MultiWriter(to, content), 1<<16)
		a.writeState(w)
		return w.Flush()
	})
	if err != nil {
		return Hash{}, err
	}
	sum := Hash(content.Sum(nil))
	return sum, rename(aside, filepath.Join(dir, stateName(sum)))
}

// writeState writes the state; the writer remembers errors.
func (a *Auditor) writeState(w *bufio.Writer) {
	var buf []byte
	number := func(n uint64) {
		buf = binary.AppendUvarint(buf[:0], n)
		w.Write(buf)
	}
	text := func(s string) {
		number(uint64(len(s)))
		w.WriteString(s)
	}
	w.WriteString(stateMagic)
	text(string(a.genesis))
	text(string(a.codes))
	text(string(a.commit))
	places := slices.SortedFunc(maps.Keys(a.state.entries), func(x, y place) int {
		return cmp.Or(cmp.Compare(x.namespace, y.namespace), cmp.Compare(x.collection, y.collection))
	})
	number(uint64(len(places)))
	for _, p := range places {
		text(p.namespace)
		text(p.collection)
		entries := a.state.entries[p]
		number(uint64(len(entries)))
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			e := entries[key]
			text(key)
			number(uint64(len(e.value)))
			w.Write(e.value)
			number(e.version.block)
			number(e.version.tx)
		}
	}
	number(uint64(a.seen.count))
	for id := range a.seen.all() {
		w.Write(id[:])
	}
}

// stateReader reads a state file, and remembers what is wrong with it.
type stateReader struct {
	r    *bufio.Reader
	read hash.Hash // of what was read: the file may have been changed after the first look at it
	left int64     // bytes of the file, so that a wrong length asks for no more memory than there are
	err  error
}

func newStateReader(file *os.File) (*stateReader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	read := sha256.New()
	r := &stateReader{r: bufio.NewReaderSize(io.TeeReader(file, read), 1<<16), read: read, left: info.Size()}
	if magic := r.take(uint64(len(stateMagic))); string(magic) != stateMagic {
		return nil, errors.New("its state is not of a format that this version of the program reads")
	}
	return r, nil
}

// ReadByte makes it an io.ByteReader, for varints.
func (r *stateReader) ReadByte() (byte, error) {
	r.left--
	return r.r.ReadByte()
}

func (r *stateReader) number() uint64 {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(r)
	r.err = err
	return n
}

// take is the next n bytes, a copy.
func (r *stateReader) take(n uint64) []byte {
	if r.err == nil && (r.left < 0 || n > uint64(r.left)) {
		r.err = io.ErrUnexpectedEOF
	}
	if r.err != nil {
		return nil
	}
	b := make([]byte, n)
	_, r.err = io.ReadFull(r.r, b)
	r.left -= int64(n)
	return b
}

func (r *stateReader) bytes() []byte { return r.take(r.number()) }

// load reads the rest of a state file, after the genesis block, and checks it against the statement.
func (c *Checkpoint) load(r *stateReader) error {
	c.codes, c.commit, c.state, c.seen, c.books = r.bytes(), r.bytes(), newState(), &txIDs{}, newBooks()
	c.books.supply = dollars.Supply(c.Supply)
	for places := r.number(); places > 0 && r.err == nil; places-- {
		p := place{string(r.bytes()), string(r.bytes())}
		c.state.entries[p] = map[string]entry{}
		for keys := r.number(); keys > 0 && r.err == nil; keys-- {
			key := string(r.bytes())
			e := entry{r.bytes(), version{r.number(), r.number()}}
			c.state.entries[p][key] = e
			if p == (place{c.Chaincode, ""}) && r.err == nil {
				r.err = c.books.write(key, nil, e.value)
			}
		}
	}
	for ids := r.number(); ids > 0 && r.err == nil; ids-- {
		if id := r.take(sha256.Size); r.err == nil {
			c.seen.addHash([sha256.Size]byte(id))
		}
	}
	if r.err != nil {
		return fmt.Errorf("its state cannot be read: %w", r.err)
	}
	if _, err := r.r.ReadByte(); err != io.EOF {
		return errors.New("its state goes on where it should end")
	}
	if err := c.isState(r.read); err != nil {
		return err
	}
	if digest := c.state.digest(c.Chaincode); Hash(digest) != c.StateDigest {
		return fmt.Errorf("its state has the digest %x, not the one that was signed", digest)
	}
	return c.books.balance()
}

// openRegular opens a regular file and nothing else: a pipe would be waited for, and a device may have no end.
func openRegular(name string) (file *os.File, size int64, err error) {
	if file, err = os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", filepath.Base(name))
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// writeFile writes a file and has it on disk.
func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Sync(), file.Close())
}

// rename renames a file and has its new name on disk.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// lockPatience is how long another audit may take to read or write the checkpoint of a directory.
const lockPatience = time.Minute

// lockDir keeps others from writing into a directory (syscall.LOCK_SH), or from reading as well (syscall.LOCK_EX): who writes
// removes the state that another is about to read or to name.
func lockDir(dir string, how int) (unlock func(), err error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for late := time.Now().Add(lockPatience); ; time.Sleep(10 * time.Millisecond) {
		err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = file.Close() }, nil
		case err != syscall.EWOULDBLOCK:
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), file.Close())
		case time.Now().After(late):
			return nil, errors.Join(fmt.Errorf("another audit has been at the checkpoint in %s for %s", dir, lockPatience), file.Close())
		}
	}
}

// removeOtherStates removes the states that the checkpoint no longer names.
func removeOtherStates(dir string, but Hash) error {
	found, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range found {
		if name := f.Name(); strings.HasPrefix(name, statePrefix) && name != stateName(but) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
		}
	}
	return err
}
