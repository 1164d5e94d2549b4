package earn

import (
	"crypto/sha256"
	"encoding/binary"
)

// Digest names an explanation: SHA-256 of the rule set's hash, the item as it was evaluated and the parts it was
// given. Integers are 8 bytes, texts and lists come after their length, so no two explanations have one encoding.
func Digest(rules Hash, it Item, parts []Part) [32]byte {
	const usual = 384 // bytes; longer ones grow
	b := append(append(make([]byte, 0, usual), "destinasia/earn/explanation/1\x00"...), rules[:]...)
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	text := func(s string) { number(int64(len(s))); b = append(b, s...) }

	number(int64(it.Kind))
	number(it.Price)
	text(it.Currency)
	number(int64(it.Start))
	number(int64(it.End))
	number(int64(it.Booked))
	for _, s := range []string{it.Cabin, it.Route, it.Country, it.Hotel, it.Channel} {
		text(s)
	}
	number(it.Party)
	for _, n := range []uint32{it.Trip.Hotels, it.Trip.Cars, it.Trip.Flights, it.Trip.Nights} {
		number(int64(n))
	}
	text(it.Tier)
	number(it.Time)

	number(int64(len(parts)))
	for _, p := range parts {
		number(int64(p.Table))
		number(int64(p.Row))
		number(p.Earned)
		number(int64(len(p.Cuts)))
		for _, c := range p.Cuts {
			number(int64(c.Limit))
			number(c.Left)
		}
		number(p.Points)
		number(int64(p.Months))
	}
	return sha256.Sum256(b)
}
