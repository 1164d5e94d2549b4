package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// version is the transaction that wrote a key last.
type version struct {
	block uint64
	tx    uint64
}

type entry struct {
	value   []byte // the hash of it, in a private collection
	version version
}

// place is where keys are: a namespace, or a private collection of it, of which the ledger has hashes only.
type place struct{ namespace, collection string }

// state is everything on the ledger, by place and key, and what the block under way has changed.
type state struct {
	entries map[place]map[string]entry
	changed map[place]map[string]version // by the last of its transactions
}

func newState() *state {
	return &state{entries: map[place]map[string]entry{}, changed: map[place]map[string]version{}}
}

// copy is the state as it is now.
func (s *state) copy() *state {
	c := newState()
	for p, entries := range s.entries {
		c.entries[p] = maps.Clone(entries)
	}
	return c
}

// change is one write as a peer applies it; without a value it deletes.
type change struct {
	place place
	key   string
	value []byte
}

// changes are all writes of a transaction.
func changes(t *proof.Transaction) []change {
	var all []change
	for _, s := range t.Sets {
		for _, w := range s.Public.GetWrites() {
			all = append(all, change{place{s.Name, ""}, w.GetKey(), written(w.GetIsDelete(), w.GetValue())})
		}
		for _, c := range s.Collections {
			for _, w := range c.Hashed.GetHashedWrites() {
				all = append(all, change{place{s.Name, c.Name}, string(w.GetKeyHash()), written(w.GetIsDelete(), w.GetValueHash())})
			}
		}
	}
	return all
}

// written is the value a write leaves; Fabric cannot tell an empty value from none.
func written(deletes bool, value []byte) []byte {
	if deletes || len(value) == 0 {
		return nil
	}
	return value
}

// apply makes a change. Values are copied, or they would hold their blocks in memory.
func (s *state) apply(c change, v version) {
	if s.changed[c.place] == nil {
		s.changed[c.place] = map[string]version{}
	}
	s.changed[c.place][c.key] = v
	if c.value == nil {
		delete(s.entries[c.place], c.key)
		return
	}
	if s.entries[c.place] == nil {
		s.entries[c.place] = map[string]entry{}
	}
	s.entries[c.place][c.key] = entry{bytes.Clone(c.value), v}
}

// get is a key's value; nil if there is none.
func (s *state) get(namespace, key string) []byte {
	return s.entries[place{namespace, ""}][key].value
}

// current tells whether a key still is as it was read: at that version, or absent without one. What an earlier
// transaction of the same block wrote was never there to be read.
func (s *state) current(p place, key string, read *kvrwset.Version) bool {
	if _, changed := s.changed[p][key]; changed {
		return false
	}
	have, there := s.entries[p][key]
	if read == nil || !there {
		return read == nil && !there
	}
	return have.version == version{read.GetBlockNum(), read.GetTxNum()}
}

// digest is defined in the package's documentation.
func (s *state) digest(namespace string) [sha256.Size]byte {
	entries := s.entries[place{namespace, ""}]
	hash := sha256.New()
	var buf []byte
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		value := entries[key].value
		buf = append(binary.AppendUvarint(buf[:0], uint64(len(key))), key...)
		buf = append(binary.AppendUvarint(buf, uint64(len(value))), value...)
		hash.Write(buf)
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
