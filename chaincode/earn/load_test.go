package earn

import (
	"fmt"
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
		if _, err := Load([]byte(bad)); err == nil {
			t.Errorf("%.40q is loaded", bad)
		}
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
