package dollars

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBucketsTake(t *testing.T) {
	full := Buckets{{10, 500}, {12, 300}, {20, 200}}
	for _, c := range []struct {
		name        string
		want        Amount
		taken, left Buckets
	}{
		{"nothing", 0, nil, full},
		{"part of the earliest", 100, Buckets{{10, 100}}, Buckets{{10, 400}, {12, 300}, {20, 200}}},
		{"all of the earliest", 500, Buckets{{10, 500}}, Buckets{{12, 300}, {20, 200}}},
		{"into the next", 501, Buckets{{10, 500}, {12, 1}}, Buckets{{12, 299}, {20, 200}}},
		{"everything", 1000, full, nil},
		{"more than there is", 1001, full, nil},
	} {
		left := slices.Clone(full)
		taken := left.take(c.want)
		if !slices.Equal(taken, c.taken) || !slices.Equal(left, c.left) {
			t.Errorf("%s: takes %v and leaves %v; want %v and %v", c.name, taken, left, c.taken, c.left)
		}
	}
}

func TestBucketsExpire(t *testing.T) {
	now := unix(t, "2026-11-01 00:00:00")
	b := Buckets{{month(t, "2026-09"), 1}, {month(t, "2026-10"), 2}, {month(t, "2026-11"), 3}, {month(t, "2027-01"), 4}}
	expired := b.takeExpired(now)
	if !slices.Equal(expired, Buckets{{month(t, "2026-09"), 1}, {month(t, "2026-10"), 2}}) {
		t.Errorf("expired in November: %v", expired)
	}
	if !slices.Equal(b, Buckets{{month(t, "2026-11"), 3}, {month(t, "2027-01"), 4}}) {
		t.Errorf("left in November: %v", b)
	}
	if again := b.takeExpired(now); len(again) != 0 {
		t.Errorf("expires again: %v", again)
	}
}

func TestBucketsOverflow(t *testing.T) {
	b := Buckets{{1, math.MaxInt64}}
	if err := b.add(1, 1); codeOf(err) != CodeAmountOverflow || !slices.Equal(b, Buckets{{1, math.MaxInt64}}) {
		t.Errorf("a bucket leaves the integers: %v, %v", b, err)
	}
	if err := b.add(2, 1); err != nil {
		t.Errorf("another month: %v", err)
	}
	if _, err := b.Total(); codeOf(err) != CodeAmountOverflow {
		t.Errorf("their total: %v", err)
	}
}

// TestBucketsAgainstMap: adding, taking and expiring are what they are on a plain map of month to amount.
func TestBucketsAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buckets
		model := map[Expiry]Amount{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			amount := Amount(rapid.Int64Range(0, 50).Draw(t, "amount"))
			if rapid.Bool().Draw(t, "add") {
				e := Expiry(rapid.Uint32Range(0, 8).Draw(t, "month"))
				if err := b.add(e, amount); err != nil {
					t.Fatal(err)
				}
				model[e] += amount
			} else {
				taken := b.take(amount)
				if sum, _ := taken.Total(); sum != takeFromMap(model, amount) {
					t.Fatalf("took %s of %s", sum, amount)
				}
			}
			if !slices.Equal(b, bucketsOf(model)) {
				t.Fatalf("buckets are %v, the map says %v", b, bucketsOf(model))
			}
		}
	})
}

// takeFromMap takes cent by cent from the earliest month that has one.
func takeFromMap(m map[Expiry]Amount, want Amount) (taken Amount) {
	for ; want > 0; want-- {
		first := bucketsOf(m)
		if len(first) == 0 {
			return taken
		}
		m[first[0].Expiry]--
		taken++
	}
	return taken
}

// bucketsOf is a map of month to amount as sorted buckets.
func bucketsOf(m map[Expiry]Amount) (b Buckets) {
	for e, a := range m {
		if a != 0 {
			b = append(b, Bucket{e, a})
		}
	}
	slices.SortFunc(b, func(x, y Bucket) int { return int(x.Expiry) - int(y.Expiry) })
	return b
}
