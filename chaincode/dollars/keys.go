package dollars

import (
	"fmt"
	"slices"
)

// MaxKeys is how many keys may sign for an account.
const MaxKeys = 8

// KeysOf are the keys that sign for an account with this record. A household's is its own address, whose key nobody has.
func (r *AccountRecord) KeysOf(a Account) []Account {
	if len(r.Keys) == 0 {
		return []Account{a}
	}
	return r.Keys
}

func (r *AccountRecord) signs(a, key Account) bool { return slices.Contains(r.KeysOf(a), key) }

// setKeys says who signs from now on. That it is the account's own key alone needs no record.
func (r *AccountRecord) setKeys(a Account, keys []Account) {
	if r.Keys = keys; len(keys) == 1 && keys[0] == a {
		r.Keys = nil
	}
}

// signedFor tells who signed, where that is not the account's own key, or refuses.
func (b *batch) signedFor(p *purse, signer Account) (by Account, err error) {
	if p.rec.Pool != nil {
		return b.signedForPool(p.rec.Pool, signer)
	}
	switch {
	case !p.rec.signs(p.account, signer):
		return Account{}, notSigned()
	case signer == p.account:
		return Account{}, nil
	}
	return signer, nil
}

// signedForPool finds the member of a household whose key signed. A member signs with the key that their address is of
// until they change their keys, so that one is looked at first: whatever is read is what an order conflicts over. The
// others are read in one go, for anyone can sign with a key that is nobody's, as often as a batch has room. Anyone can also
// list any key as theirs; where one signs for several members it is for whoever may spend most today, so that nobody loses
// by what another lists.
func (b *batch) signedForPool(pool *Pool, signer Account) (Account, error) {
	w := wanted{b: b}
	first := pool.member(signer)
	if first != nil {
		w.account(first.Account, nil)
		if err := w.read(); err != nil {
			return Account{}, err
		}
		if rec := &b.accounts[first.Account].rec; rec.signs(first.Account, signer) {
			return first.Account, mayPool(rec)
		}
	}
	w.members(pool)
	if err := w.read(); err != nil {
		return Account{}, err
	}
	var best *Pooled
	refusal := notSigned()
	for i := range pool.Members {
		m := &pool.Members[i]
		if !m.Joined || m == first {
			continue
		}
		rec := &b.accounts[m.Account].rec
		if !rec.signs(m.Account, signer) {
			continue
		}
		if err := mayPool(rec); err != nil {
			refusal = err
		} else if best == nil || pool.left(m, b.env.Time) > pool.left(best, b.env.Time) {
			best = m
		}
	}
	if best == nil {
		return Account{}, refusal
	}
	return best.Account, nil
}

// mayPool refuses members who are frozen: they cannot sign for their household either.
func mayPool(member *AccountRecord) error {
	if member.Frozen != "" {
		return refuse(CodeAccountFrozen, "the member's own account is frozen; they cannot sign for the household either")
	}
	return nil
}

// changeKeys adds a key, removes one, or puts one in the place of another.
func (b *batch) changeKeys(o SignedOrder, p *purse, e *Entry) error {
	if p.rec.Pool != nil {
		return refuse(CodeKeyInvalid, "a household has no keys; its members sign with theirs")
	}
	add, remove := o.To, o.Other
	keys := slices.Clone(p.rec.KeysOf(p.account))
	if !add.IsZero() && slices.Contains(keys, add) {
		return refuse(CodeKeyInvalid, "the key to add signs for the account already")
	}
	if !remove.IsZero() {
		i := slices.Index(keys, remove)
		if i < 0 {
			return refuse(CodeKeyInvalid, "the key to remove does not sign for the account")
		}
		keys = slices.Delete(keys, i, i+1)
	}
	if !add.IsZero() {
		keys = append(keys, add)
	}
	switch {
	case len(keys) == 0:
		return refuse(CodeKeyInvalid, "the last key cannot be removed; name another to put in its place")
	case len(keys) > MaxKeys:
		return refuse(CodeKeysFull, fmt.Sprintf("%d keys sign for the account, and no more may; remove one first", MaxKeys))
	}
	p.rec.setKeys(p.account, keys)
	if e.Other = add; add.IsZero() {
		e.Other = remove
	}
	return nil
}
