package dollars

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The addresses EIP-55 publishes as its test cases.
var eip55 = []string{
	"0x52908400098527886E0F7030069857D2E4169EE7", // all caps
	"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
	"0xde709f2102306220921060314715629080e2fb77", // all lower
	"0x27b1fdb04752bbc536007a920d24acb045561c26",
	"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", // mixed
	"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
	"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
	"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
}

func TestParseAccountPublishedChecksums(t *testing.T) {
	for _, s := range eip55 {
		a, err := ParseAccount(s)
		if err != nil || a.String() != s {
			t.Errorf("%s reads back as %s, %v", s, a, err)
		}
		for _, same := range []string{strings.ToLower(s), "0x" + strings.ToUpper(s[2:])} {
			if b, err := ParseAccount(same); err != nil || b != a {
				t.Errorf("%s is another account: %s, %v", same, b, err)
			}
		}
	}
}

func TestParseAccountRefuses(t *testing.T) {
	good := eip55[4]
	for name, s := range map[string]string{
		"nothing":             "",
		"only the prefix":     "0x",
		"no prefix":           good[2:],
		"upper-case prefix":   "0X" + good[2:],
		"a digit short":       good[:41],
		"a digit long":        good + "0",
		"no hex digit":        good[:41] + "g",
		"one letter's case":   strings.Replace(good, "aA", "AA", 1),
		"spaces around":       " " + good + " ",
		"42 bytes of no text": strings.Repeat("\xff", 42),
	} {
		if a, err := ParseAccount(s); codeOf(err) != CodeAccountInvalid {
			t.Errorf("%s: %q is read as %s, %v", name, s, a, err)
		}
	}
}

// TestMistypedCase: an address whose letters have another case than their checksum, but not all the same, is refused.
func TestMistypedCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(eip55[4:]).Draw(t, "address")
		i := rapid.IntRange(2, 41).Draw(t, "position")
		flipped := s[:i] + flipCase(s[i]) + s[i+1:]
		if flipped == s {
			return // a digit has no case
		}
		if _, err := ParseAccount(flipped); codeOf(err) != CodeAccountInvalid {
			t.Fatalf("%s is accepted for %s", flipped, s)
		}
	})
}

func flipCase(c byte) string {
	if s := strings.ToUpper(string(c)); s != string(c) {
		return s
	}
	return strings.ToLower(string(c))
}

func TestAccountInJSON(t *testing.T) {
	a, err := ParseAccount(eip55[4])
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(a)
	if err != nil || string(text) != `"`+eip55[4]+`"` {
		t.Errorf("an account in JSON is %s, %v", text, err)
	}
	var back Account
	if err := json.Unmarshal(text, &back); err != nil || back != a {
		t.Errorf("it reads back as %s, %v", back, err)
	}
}
