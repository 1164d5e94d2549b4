package earn

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPoints(t *testing.T) {
	full := Standard()
	full.HotelBasisPoints = MaxBasisPoints
	none := Standard()
	none.HotelBasisPoints = 0
	for _, c := range []struct {
		name  string
		rules Rules
		kind  Kind
		price int64
		want  int64
	}{
		{"hotel, 5 %", Standard(), Hotel, 100_00, 5_00},
		{"car, 3 %", Standard(), Car, 100_00, 3_00},
		{"flight, 2 %", Standard(), Flight, 100_00, 2_00},
		{"free of charge", Standard(), Hotel, 0, 0},
		{"half a cent is floored", Standard(), Hotel, 10, 0},
		{"a cent short of a point", Standard(), Hotel, 19, 0},
		{"the first point", Standard(), Hotel, 20, 1},
		{"10.7420 is floored", Standard(), Hotel, 214_84, 10_74},
		{"10.7495 is floored too", Standard(), Hotel, 214_99, 10_74},
		{"10.7500 is exact", Standard(), Hotel, 215_00, 10_75},
		{"a flight of 49 cents", Standard(), Flight, 49, 0},
		{"a flight of 50 cents", Standard(), Flight, 50, 1},
		{"a rate of nothing", none, Hotel, 1_000_000_00, 0},
		{"a rate of everything", full, Hotel, 123_45, 123_45},
		{"the highest price, 5 %", Standard(), Hotel, math.MaxInt64, 461_168_601_842_738_790},
		{"the highest price, 100 %", full, Hotel, math.MaxInt64, math.MaxInt64},
	} {
		got, err := c.rules.Points(c.kind, c.price)
		if err != nil || got != c.want {
			t.Errorf("%s: %d cents earn %d, %v; want %d", c.name, c.price, got, err, c.want)
		}
	}
}

func TestPointsRefuses(t *testing.T) {
	if _, err := Standard().Points(Hotel, -1); err == nil {
		t.Error("a negative price earns")
	}
	if _, err := Standard().Points(Hotel, math.MinInt64); err == nil {
		t.Error("the lowest price earns")
	}
	for _, k := range []Kind{0, Flight + 1, 255} {
		if _, err := Standard().Points(k, 100); err == nil {
			t.Errorf("%s earns", k)
		}
	}
}

// TestPointsAgainstBigIntegers compares with the definition in integers of any size.
func TestPointsAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp := rapid.Uint32Range(0, MaxBasisPoints)
		r := Standard()
		r.HotelBasisPoints = bp.Draw(t, "hotel")
		r.CarBasisPoints = bp.Draw(t, "car")
		r.FlightBasisPoints = bp.Draw(t, "flight")
		kind := Kind(rapid.Uint8Range(uint8(Hotel), uint8(Flight)).Draw(t, "kind"))
		price := rapid.Int64Min(0).Draw(t, "price")

		rate := map[Kind]uint32{Hotel: r.HotelBasisPoints, Car: r.CarBasisPoints, Flight: r.FlightBasisPoints}[kind]
		want := new(big.Int).Mul(big.NewInt(price), big.NewInt(int64(rate)))
		want.Div(want, big.NewInt(10_000))

		got, err := r.Points(kind, price)
		if err != nil || !want.IsInt64() || got != want.Int64() {
			t.Fatalf("%s of %d at %d basis points earns %d, %v; want %s", kind, price, rate, got, err, want)
		}
		if got > price {
			t.Fatalf("%d cents earn more than themselves: %d", price, got)
		}
	})
}

func TestCheck(t *testing.T) {
	if err := Standard().Check(); err != nil {
		t.Errorf("the first rule set is refused: %v", err)
	}
	for _, c := range []struct {
		name   string
		change func(*Rules)
		says   string // "" where the rule set is fine
	}{
		{"version 0", func(r *Rules) { r.Version = 0 }, "version"},
		{"no currency", func(r *Rules) { r.Currency = "" }, "currency"},
		{"lower-case currency", func(r *Rules) { r.Currency = "eur" }, "currency"},
		{"long currency", func(r *Rules) { r.Currency = "EURO" }, "currency"},
		{"currency of three bytes that are no letters", func(r *Rules) { r.Currency = "€" }, "currency"},
		{"hotel above 100 %", func(r *Rules) { r.HotelBasisPoints = MaxBasisPoints + 1 }, "hotel"},
		{"car above 100 %", func(r *Rules) { r.CarBasisPoints = MaxBasisPoints + 1 }, "car"},
		{"flight above 100 %", func(r *Rules) { r.FlightBasisPoints = math.MaxUint32 }, "flight"},
		{"never valid", func(r *Rules) { r.ValidMonths = 0 }, "months"},
		{"valid too long", func(r *Rules) { r.ValidMonths = MaxValidMonths + 1 }, "months"},
		{"exactly 100 %", func(r *Rules) { r.HotelBasisPoints = MaxBasisPoints }, ""},
		{"nothing for cars", func(r *Rules) { r.CarBasisPoints = 0 }, ""},
		{"valid for one month", func(r *Rules) { r.ValidMonths = 1 }, ""},
		{"valid for ten years", func(r *Rules) { r.ValidMonths = MaxValidMonths }, ""},
		{"another currency", func(r *Rules) { r.Currency = "USD" }, ""},
	} {
		r := Standard()
		c.change(&r)
		err := r.Check()
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: refused: %v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: answers %v, want a refusal that speaks of %q", c.name, err, c.says)
		}
	}
}

func TestKinds(t *testing.T) {
	for k := Hotel; k.Valid(); k++ {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%s reads back as %s, %v", k, got, err)
		}
	}
	for _, s := range []string{"", "Hotel", "cruise", "kind(9)"} {
		if k, err := ParseKind(s); err == nil {
			t.Errorf("%q is read as %s", s, k)
		}
	}
	if Kind(0).Valid() || Kind(9).Valid() || Kind(9).String() != "kind(9)" {
		t.Error("an unknown kind passes for a known one")
	}
}
