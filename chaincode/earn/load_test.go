package earn

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestLoad(t *testing.T) {
	encoded := func(i int) []byte {
		r := Standard()
		r.Name = fmt.Sprint("loaded ", i)
		return r.Encode()
	}
	first, err := Load(encoded(0))
	if err != nil {
		t.Fatal(err)
	}
	if first.Hash() != HashOf(encoded(0)) {
		t.Error("the hash is not that of the encoding")
	}
	for i := range 3 * cached {
		if _, err := Load(encoded(i)); err != nil {
			t.Fatal(err)
		}
		if again, err := Load(encoded(0)); err != nil || again != first {
			t.Fatalf("after %d others, a rule set that is in use is compiled again: %v", i, err)
		}
	}
	if n := len(cache.evaluators); n != cached {
		t.Errorf("%d rule sets are kept, want %d", n, cached)
	}
	if find(HashOf(encoded(1))) != nil {
		t.Error("a rule set that nobody asks for is kept")
	}

	for _, bad := range []string{"", "{}", `{"name":"x"}`, string(encoded(0)) + " ", RuleSet{}.encoded()} {
		if _, err := Accept([]byte(bad)); err == nil {
			t.Errorf("%.40q is accepted", bad)
		}
	}
	for _, bad := range []string{"", "[]", `{"tables":[{"rows":[{"when":"nights >"}]}]}`} {
		if _, err := Load([]byte(bad)); err == nil {
			t.Errorf("%.40q is loaded", bad)
		}
	}
}

// TestLoadWhatIsNoLongerAccepted has a rule set on the ledger from a time when a program accepted more.
func TestLoadWhatIsNoLongerAccepted(t *testing.T) {
	r := Standard()
	r.Tables[0].Rows[0].When = strings.Repeat("(", maxNesting/2) + "price >= 0" + strings.Repeat(")", maxNesting/2) + " // once a remark"
	r.Tables[0].Rows[1].BasisPoints = MaxBasisPoints + 1
	spelled := append([]byte(" "), r.Encode()...)
	if _, err := Accept(spelled); err == nil {
		t.Fatal("it is accepted")
	}
	e, err := Load(spelled)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Accept(spelled); err == nil {
		t.Error("it is accepted once it was loaded")
	}
	if e.Hash() != HashOf(spelled) {
		t.Error("the hash is not that of the bytes on the ledger")
	}
	parts, err := e.Evaluate(Item{Kind: Hotel, Price: 100_00}, nil)
	if err != nil || len(parts) != 1 || parts[0].Points != 5_00 {
		t.Errorf("it gives %+v, %v", parts, err)
	}
}

func (r RuleSet) encoded() string { return string(r.Encode()) }

func TestLoadFromManyGoroutines(t *testing.T) {
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 100 {
				r := Standard()
				r.Name = fmt.Sprint("shared ", (i+g)%20)
				if e, err := Load(r.Encode()); err != nil || e.RuleSet().Name != r.Name {
					t.Errorf("%s: %v", r.Name, err)
				}
			}
		})
	}
	group.Wait()
}
