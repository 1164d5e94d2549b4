package dollars

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"
)

// dice is where stories have their chances from: rapid, which shrinks what it finds, or a seed, which is fast.
type dice interface {
	roll(sides int) int // from 0 on
}

type rapidDice struct{ t *rapid.T }

func (d rapidDice) roll(sides int) int { return rapid.IntRange(0, sides-1).Draw(d.t, "roll") }

type seedDice struct{ *rand.Rand }

func (d seedDice) roll(sides int) int { return d.IntN(sides) }

func pick[T any](d dice, list ...T) T { return list[d.roll(len(list))] }

// seldom is true once in so many times.
func seldom(d dice, times int) bool { return d.roll(times) == times-1 }

// Who appears in stories. Heirs are keys that people's accounts may get; strangers never do anything.
var (
	people   = membersNamed("alice", "bob", "carol", "dave", "erin")
	merchant = memberNamed("merchant")
	heirs    = membersNamed("key1", "key2", "key3", "key4", "key5", "key6", "key7", "key8", "key9", "key10")
	strange  = Account{0: 0x57, 19: 1}

	second   = callerNamed("DestinasiaMSP", RoleOperator, "second operator")
	approver = callerNamed("AircncMSP", RoleOperator, "approver")
	anybody  = callerNamed("AircncMSP", "", "anybody")
)

func membersNamed(names ...string) (list []member) {
	for _, name := range names {
		list = append(list, memberNamed(name))
	}
	return list
}

// owners are whose keys can sign.
var owners = func() map[Account]member {
	all := map[Account]member{}
	for _, m := range slices.Concat(people, heirs, []member{merchant}) {
		all[m.account] = m
	}
	return all
}()

// receivers are whom points are given to, but for households.
var receivers = func() []Account {
	all := []Account{merchant.account, strange}
	for _, m := range people {
		all = append(all, m.account)
	}
	return all
}()

// cast is what a story has spoken of, whatever became of it, so that later operations can come back to it.
type cast struct {
	bookings   int // number of the first that is spoken of
	holds      []HoldID
	households []Account
	codes      [][32]byte // of vouchers
	changes    []changeOf
	nonces     map[Account]uint64 // the last of each
	serial     uint64
	signers    map[eip712.Signature]Account // whose key made the signature
	malleable  map[eip712.Signature]bool    // with the other s
}

// changeOf is an adjustment that was spoken of.
type changeOf struct {
	id      [32]byte
	account Account
}

func newCast() *cast {
	return &cast{nonces: map[Account]uint64{}, signers: map[eip712.Signature]Account{}, malleable: map[eip712.Signature]bool{}}
}

func (c *cast) clone() *cast {
	if c == nil {
		return nil
	}
	next := *c
	next.holds, next.households = slices.Clone(c.holds), slices.Clone(c.households)
	next.codes, next.changes = slices.Clone(c.codes), slices.Clone(c.changes)
	next.nonces, next.signers, next.malleable = maps.Clone(c.nonces), maps.Clone(c.signers), maps.Clone(c.malleable)
	return &next
}

// recent is one of the last few of a list, or nothing where it is empty.
func recent[T any](list []T, few, n int) (none T) {
	if len(list) == 0 {
		return none
	}
	return list[len(list)-1-n%min(few, len(list))]
}

// latest is one of the last thirty of a list that are as wanted; seldom, or where there is none, one that is not.
func latest[T any](list []T, n int, wanted func(T) bool) T {
	var good []T
	for _, x := range list[max(0, len(list)-30):] {
		if wanted(x) {
			good = append(good, x)
		}
	}
	if n%32 == 31 || len(good) == 0 {
		return recent(list, 4, n)
	}
	return good[n/32%len(good)]
}

// word is 32 bytes that a number makes.
func word(n uint64) (w [32]byte) {
	binary.BigEndian.PutUint64(w[24:], n)
	return w
}

// fresh is a word that was not there before.
func (c *cast) fresh() [32]byte {
	c.serial++
	return word(1<<32 + c.serial)
}

// nonce is the next of the account, or one that it had, or leaves some out, or is out of reach.
func (c *cast) nonce(a Account, chance int) uint64 {
	last := c.nonces[a]
	switch {
	case chance < 90:
		last++
	case chance < 94:
		return last - min(last, uint64(chance-90))
	case chance < 97: // late: it may have been left out before
		return last - min(last, uint64(chance-85))
	case chance < 99:
		last += 2 + uint64(chance-97)
	case chance == 99:
		return last + MaxNonceJump + 2*WindowSize
	default:
		last += WindowSize
	}
	c.nonces[a] = last
	return last
}

// trouble is what can be wrong with a signature.
type trouble uint8

const (
	noTrouble      trouble = iota
	otherSigner            // by a key of somebody else
	otherS                 // malleable
	otherChannel           // for another ledger
	otherSignature         // of nothing
	troubles               // how many there are
)

// sign signs an order, and remembers who did.
func (c *cast) sign(o Order, by member, wrong trouble) (OrderID, eip712.Signature) {
	currency, _ := CurrencyOf(testChaincode)
	id := o.ID(currency, testChannel, testChaincode)
	switch wrong {
	case otherSigner:
		by = heirs[0]
	case otherChannel:
		sig := by.sign(o, "another")
		c.signers[sig] = Account{0: 0xee} // whoever that is
		return id, sig
	case otherSignature:
		return id, eip712.Signature{64: 27}
	}
	made, err := crypto.Sign(id[:], by.key)
	if err != nil {
		panic(err)
	}
	sig := eip712.Signature(made)
	if c.signers[sig] = by.account; wrong == otherS {
		sig = highS(sig)
		c.malleable[sig] = true
	}
	return id, sig
}

// account is what the ledger has of an account now.
func (l *ledger) account(a Account) AccountRecord {
	value := l.state[AccountKey(a)]
	if value == nil {
		return AccountRecord{}
	}
	rec, err := DecodeAccountRecord(value)
	if err != nil {
		panic(err) // every write was read back
	}
	return rec
}

// keyOf is one of the keys that sign for an account now.
func (l *ledger) keyOf(a Account, n int) member {
	rec := l.account(a)
	keys := rec.KeysOf(a)
	if m, known := owners[keys[n%len(keys)]]; known {
		return m
	}
	return people[n%len(people)]
}

// household is one of those that stories have; the last that was to be formed where they have none.
func (l *ledger) household(n int) Account {
	var there []Account
	for _, a := range l.cast.households {
		if l.account(a).Pool != nil {
			there = append(there, a)
		}
	}
	if len(there) == 0 || n%64 == 63 {
		there = l.cast.households
	}
	return recent(there, 3, n)
}

// pool is the household there is now; one without members where there is none.
func (l *ledger) pool(a Account) Pool {
	if rec := l.account(a); rec.Pool != nil {
		return *rec.Pool
	}
	return Pool{Members: []Pooled{{Account: people[0].account}}}
}
