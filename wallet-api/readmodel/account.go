package readmodel

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/dgraph-io/badger/v4"
)

// account is what is kept of an account in one place: its balance, folded from journals, and from the mirror of the state its
// record and its first credits. A payment changes some of that on both sides, and so writes it once for each.
//
// What its slices hold is never changed, but in a copy: others may have the same account.
type account struct {
	balance
	record  []byte   // the state's value; nil where there is none
	credits []credit // sorted
	further int      // credits that found no room here and have keys of their own
}

// credit is a credit in the state.
type credit struct {
	dollars.CreditRef
	value []byte
}

// maxCredits is how many credits lie with their account. Most accounts have fewer that they have not absorbed; a popular
// one, which never spends, has any number, and should not be rewritten with all of them.
const maxCredits = 8

func refOf(c dollars.Credit) dollars.CreditRef {
	return dollars.CreditRef{Expiry: c.Expiry, TxID: c.TxID}
}

func compareCredits(a, b dollars.CreditRef) int {
	return cmp.Or(cmp.Compare(a.Expiry, b.Expiry), bytes.Compare(a.TxID[:], b.TxID[:]))
}

func (a *account) findCredit(ref dollars.CreditRef) (int, bool) {
	return slices.BinarySearchFunc(a.credits, ref, func(c credit, ref dollars.CreditRef) int { return compareCredits(c.CreditRef, ref) })
}

// setCredit puts a credit where it belongs, or takes it away if the value is nil. It reports false for one that has a key of
// its own. The ledger makes a credit once, and deletes only what is there.
func (a *account) setCredit(ref dollars.CreditRef, value []byte) (here bool) {
	i, found := a.findCredit(ref)
	switch {
	case found && value == nil:
		a.credits = slices.Delete(a.credits, i, i+1)
	case found:
		a.credits[i].value = value
	case value == nil:
		a.further--
		return false
	case len(a.credits) >= maxCredits:
		a.further++
		return false
	default:
		a.credits = slices.Insert(a.credits, i, credit{ref, value})
	}
	return true
}

// copied is an account that can be changed.
func (a account) copied() account {
	a.buckets, a.credits = slices.Clone(a.buckets), slices.Clone(a.credits)
	return a
}

// state is its record.
func (a *account) state() (dollars.AccountRecord, error) {
	if a.record == nil {
		return dollars.AccountRecord{}, nil
	}
	return dollars.DecodeAccountRecord(a.record)
}

func (a *account) encode() []byte {
	b := a.balance.append(make([]byte, 0, a.maxSize()))
	b = disk.AppendBytes(b, a.record)
	b = binary.AppendUvarint(b, uint64(a.further))
	for _, c := range a.credits {
		b = append(binary.AppendUvarint(b, uint64(c.Expiry)), c.TxID[:]...)
		b = disk.AppendBytes(b, c.value)
	}
	return b
}

// maxSize is what encode writes, at most.
func (a *account) maxSize() int {
	const length = binary.MaxVarintLen32
	size := a.balance.maxSize() + length + len(a.record) + length
	for _, c := range a.credits {
		size += length + len(c.TxID) + length + len(c.value)
	}
	return size
}

// decodeAccount reads what encode wrote. The result shares the value's memory.
func decodeAccount(value []byte) (account, error) {
	r := disk.NewReader(value)
	a := account{balance: readBalance(r)}
	if record := r.Bytes(); len(record) > 0 {
		a.record = record
	}
	a.further = int(r.Uint(math.MaxInt32))
	for r.More() {
		var c credit
		c.Expiry = dollars.Expiry(r.Uint(math.MaxUint32))
		r.Fixed(c.TxID[:])
		c.value = r.Bytes()
		if n := len(a.credits); n > 0 && compareCredits(a.credits[n-1].CreditRef, c.CreditRef) >= 0 {
			r.Fail()
		}
		a.credits = append(a.credits, c)
	}
	if !r.End() {
		return account{}, errDamaged
	}
	return a, nil
}

func readAccount(txn *badger.Txn, id dollars.Account) (account, error) {
	value, err := disk.Get(txn, accountKey(id))
	if err != nil || value == nil {
		return account{}, err
	}
	return decodeAccount(value)
}

// mirrored reads the mirror of the state by key, keeping the account that it read last.
type mirrored struct {
	txn  *badger.Txn
	id   dollars.Account
	last *account
}

// get reads a value; nil where there is none.
func (m *mirrored) get(key string) ([]byte, error) {
	switch k := dollars.ParseStateKey(key); k.Kind {
	case dollars.StateAccount:
		own, err := m.account(k.Account)
		return own.record, err
	case dollars.StateCredit:
		own, err := m.account(k.Credit.Account)
		if err != nil {
			return nil, err
		}
		if i, found := own.findCredit(refOf(k.Credit)); found {
			return own.credits[i].value, nil
		}
		if own.further == 0 {
			return nil, nil
		}
	}
	return disk.Get(m.txn, stateKey(key))
}

func (m *mirrored) account(id dollars.Account) (account, error) {
	if m.last == nil || m.id != id {
		own, err := readAccount(m.txn, id)
		if err != nil {
			return account{}, err
		}
		m.id, m.last = id, &own
	}
	return *m.last, nil
}

// walkCredits calls f with all credits of an account in the order of their keys: those that lie with it, and the further
// ones. Most accounts have none of those, and making an iterator costs as much as several reads.
func walkCredits(txn *badger.Txn, id dollars.Account, own account, f func(dollars.CreditRef, []byte) error) error {
	here := own.credits
	before := func(ref dollars.CreditRef) error {
		for ; len(here) > 0 && compareCredits(here[0].CreditRef, ref) < 0; here = here[1:] {
			if err := f(here[0].CreditRef, here[0].value); err != nil {
				return err
			}
		}
		return nil
	}
	ended := false
	if own.further > 0 {
		err := scan(txn, stateKey(dollars.CreditPrefix(id)), func(key, value []byte) error {
			ref := refOf(dollars.ParseStateKey(string(key[1:])).Credit)
			err := before(ref)
			if err == nil {
				err = f(ref, value)
			}
			ended = err == errStop
			return err
		})
		if err != nil || ended {
			return err
		}
	}
	for _, c := range here {
		if err := f(c.CreditRef, c.value); err != nil {
			if err == errStop {
				return nil
			}
			return err
		}
	}
	return nil
}
