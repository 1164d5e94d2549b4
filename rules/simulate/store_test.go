package simulate

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"pgregory.net/rapid"
)

// The store must be a map, whatever the keys and however long the values.
func TestStoreIsAMap(t *testing.T) {
	var keys []string
	for i := range byte(3) {
		account, id := dollars.Account{i, 0xab}, dollars.BookingID{i, 0xcd}
		keys = append(keys, dollars.BookingKey(id), dollars.AccountKey(account), dollars.EarningKey(account), dollars.TripKey(id.Trip()),
			dollars.Credit{Account: account, Expiry: 24_000}.Key())
	}
	keys = append(keys, dollars.ScheduleKey, dollars.BudgetKey("row"), "b/", "", "b/"+string(bytes.Repeat([]byte("F"), 64)), "x"+dollars.BookingKey(dollars.BookingID{})[1:])
	rapid.Check(t, func(t *rapid.T) {
		s, model := newStore(), map[string][]byte{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			key := rapid.SampledFrom(keys).Draw(t, "key")
			if rapid.IntRange(0, 3).Draw(t, "remove?") == 0 {
				s.remove(key)
				delete(model, key)
				continue
			}
			value := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(1, 600).Draw(t, "length"))
			s.put(key, value)
			model[key] = value
		}
		for _, key := range keys {
			if got := s.get(key); !bytes.Equal(got, model[key]) || (got == nil) != (model[key] == nil) {
				t.Errorf("under %q is %x, want %x", key, got, model[key])
			}
		}
		if n := len(s.places) + len(s.others); n != len(model) {
			t.Errorf("%d keys, want %v", n, slices.Collect(maps.Keys(model)))
		}
	})
}
