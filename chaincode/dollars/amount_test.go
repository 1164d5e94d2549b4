package dollars

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// codeOf is the code of a refusal, "" for no error, and the error's text where it holds no code.
func codeOf(err error) Code {
	if err == nil {
		return ""
	}
	if code, ok := CodeOf(err); ok {
		return code
	}
	return Code(err.Error())
}

func TestParseAmount(t *testing.T) {
	for _, c := range []struct {
		text string
		want Amount
		code Code
	}{
		{text: "0", want: 0},
		{text: "0.00", want: 0},
		{text: "12", want: 12_00},
		{text: "12.3", want: 12_30},
		{text: "12.34", want: 12_34},
		{text: "0.01", want: 1},
		{text: "10000000000000", want: MaxAmount},
		{text: "10000000000000.00", want: MaxAmount},
		{text: "10000000000000.01", code: CodeAmountTooLarge},
		{text: "9999999999999999.99", code: CodeAmountTooLarge},
		{text: "99999999999999999999999999", code: CodeAmountTooLarge},
		{text: "-1", code: CodeAmountNegative},
		{text: "-0", code: CodeAmountNegative},
		{text: "", code: CodeAmountInvalid},
		{text: ".", code: CodeAmountInvalid},
		{text: ".5", code: CodeAmountInvalid},
		{text: "5.", code: CodeAmountInvalid},
		{text: "1.234", code: CodeAmountInvalid},
		{text: "1.2.3", code: CodeAmountInvalid},
		{text: "00", code: CodeAmountInvalid},
		{text: "01.00", code: CodeAmountInvalid},
		{text: "+1", code: CodeAmountInvalid},
		{text: " 1", code: CodeAmountInvalid},
		{text: "1 ", code: CodeAmountInvalid},
		{text: "1,00", code: CodeAmountInvalid},
		{text: "1e3", code: CodeAmountInvalid},
		{text: "0x10", code: CodeAmountInvalid},
		{text: "1_000", code: CodeAmountInvalid},
		{text: "NaN", code: CodeAmountInvalid},
		{text: "١٢", code: CodeAmountInvalid}, // digits, but not ours
	} {
		got, err := ParseAmount(c.text)
		if got != c.want || codeOf(err) != c.code {
			t.Errorf("ParseAmount(%q) is %d, %v; want %d, %q", c.text, got, err, c.want, c.code)
		}
	}
}

func TestAmountString(t *testing.T) {
	for a, want := range map[Amount]string{
		0: "0.00", 1: "0.01", 10: "0.10", 12_34: "12.34", -5: "-0.05", -12_34: "-12.34",
		math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	} {
		if got := a.String(); got != want {
			t.Errorf("%d is written %s, want %s", int64(a), got, want)
		}
	}
}

func TestAmountRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Amount(rapid.Int64Range(0, int64(MaxAmount)).Draw(t, "amount"))
		if got, err := ParseAmount(a.String()); err != nil || got != a {
			t.Fatalf("%s reads back as %s, %v", a, got, err)
		}
	})
}

func TestAmountInJSON(t *testing.T) {
	type balance struct{ Available Amount }
	text, err := json.Marshal(balance{12_30})
	if err != nil || string(text) != `{"Available":"12.30"}` {
		t.Errorf("an amount in JSON is %s, %v; want a decimal string", text, err)
	}
	b := balance{Available: 7}
	if err := json.Unmarshal([]byte(`{"Available":"1.005"}`), &b); codeOf(err) != CodeAmountInvalid || b.Available != 7 {
		t.Errorf("three decimals are read as %s, %v", b.Available, err)
	}
	if err := json.Unmarshal([]byte(`{"Available":"12.3"}`), &b); err != nil || b.Available != 12_30 {
		t.Errorf("12.3 is read as %s, %v", b.Available, err)
	}
}

func TestAmountPlus(t *testing.T) {
	for _, c := range []struct {
		a, b, want Amount
		code       Code
	}{
		{1, 2, 3, ""},
		{5, -7, -2, ""},
		{math.MaxInt64, 0, math.MaxInt64, ""},
		{math.MaxInt64 - 1, 1, math.MaxInt64, ""},
		{math.MaxInt64, 1, 0, CodeAmountOverflow},
		{1, math.MaxInt64, 0, CodeAmountOverflow},
	} {
		got, err := c.a.Plus(c.b)
		if got != c.want || codeOf(err) != c.code {
			t.Errorf("%d plus %d is %d, %v; want %d, %q", c.a, c.b, got, err, c.want, c.code)
		}
	}
}
