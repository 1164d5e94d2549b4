package dollars

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPayeesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := PayeeRecord{rapid.Int64Min(0).Draw(t, "first"), drawAmount(t)}
		if got, err := DecodePayeeRecord(rec.Encode()); err != nil || got != rec {
			t.Fatalf("%+v reads back as %+v, %v", rec, got, err)
		}
	})
	for name, data := range map[string][]byte{
		"nothing":                            {},
		"another version":                    {2, 1, 1},
		"something after":                    {1, 1, 1, 0},
		"an end too early":                   {1, 1},
		"a time in more bytes than it needs": {1, 0x81, 0, 1},
		"a time before 1970":                 {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1},
	} {
		if _, err := DecodePayeeRecord(data); codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
}

func FuzzDecodePayee(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodePayeeRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, PayeeRecord{}.Encode(), PayeeRecord{1_793_534_400, 5_00}.Encode())
}

// TestSpentOnADay: a day begins once, whatever times transactions have.
func TestSpentOnADay(t *testing.T) {
	for _, c := range []struct {
		before Spent
		today  Date
		amount Amount
		want   Spent
	}{
		{Spent{}, 20_000, 5, Spent{20_000, 5}},
		{Spent{}, 0, 5, Spent{0, 5}},
		{Spent{20_000, 5}, 20_000, 6, Spent{20_000, 11}},
		{Spent{20_000, 5}, 20_001, 6, Spent{20_001, 6}},
		{Spent{20_000, 5}, 19_999, 6, Spent{20_000, 11}},
	} {
		if got, err := c.before.plus(c.today, c.amount); err != nil || got != c.want {
			t.Errorf("%+v and %s on %s are %+v, %v; want %+v", c.before, c.amount, c.today, got, err, c.want)
		}
	}
	if _, err := (Spent{20_000, math.MaxInt64}).plus(20_000, 1); codeOf(err) != CodeAmountOverflow {
		t.Errorf("a sum that leaves the integers: %v", err)
	}
}
