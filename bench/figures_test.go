package bench

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		before := slices.Clone(test.values)
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
		}
		if !slices.Equal(before, test.values) {
			t.Errorf("median left %v of %v", test.values, before)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

func TestPercentiles(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*time.Second)
	}
	for _, test := range []struct {
		name string
		took []time.Duration
		want Latency
	}{
		{"none", nil, Latency{}},
		{"one", []time.Duration{time.Second}, Latency{1, 1, 1}},
		{"two", []time.Duration{3 * time.Second, time.Second}, Latency{1, 3, 3}},
		{"1 to 100", hundred, Latency{50, 95, 99}},
	} {
		if got := LatencyOf(test.took); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func round(lap int, variant string, seconds, peer float64) Measured {
	return Measured{
		Lap: lap, Variant: variant, Done: 1000, Seconds: seconds, Latency: Latency{seconds / 10, seconds / 5, seconds / 2},
		CPU:    map[string]float64{"peer": peer, LoadGenerator: 100 * float64(lap)},
		Memory: map[string]uint64{"peer": uint64(lap)}, Disk: map[string]int64{"ledger": 1000 * int64(lap)},
		Cost: Cost{Aborted: map[string]int{"PHANTOM": 1}, Retried: map[string]int{"mvcc": lap}, Unfinished: 2},
	}
}

func TestVariantsAreComparedWithinLaps(t *testing.T) {
	// The machine gets slower from lap to lap; within one, the table costs a fifth, a quarter and nothing.
	rounds := []Measured{
		round(1, "plain", 1, 2), round(1, "table", 1.25, 3),
		round(2, "table", 4, 8), round(2, "plain", 3, 4),
		round(3, "plain", 10, 10), round(3, "table", 10, 10),
	}
	for i := range rounds {
		if rounds[i].Variant == "plain" {
			rounds[i].Light = &Light{float64(rounds[i].Lap), Latency{1, 2, float64(rounds[i].Lap)}}
		}
	}
	got := Summarise([]string{"plain", "table", "never run"}, rounds)
	cost := Cost{map[string]int{"PHANTOM": 3}, map[string]int{"mvcc": 6}, map[string]int{}, 6}
	want := []Summary{{
		Variant: "plain",
		Rate:    Spread{1000.0 / 3, 100, 1000},
		Latency: Latency{0.3, 0.6, 1.5}, Light: &Light{2, Latency{1, 2, 2}},
		Ratio: Spread{1, 1, 1}, CPURatio: &Spread{1, 1, 1},
		CPU: map[string]float64{"peer": 4, LoadGenerator: 200}, Memory: map[string]uint64{"peer": 3}, Disk: map[string]float64{"ledger": 2}, Cost: cost,
	}, {
		Variant: "table",
		Rate:    Spread{250, 100, 800},
		Latency: Latency{0.4, 0.8, 2},
		Ratio:   Spread{0.8, 0.75, 1}, CPURatio: &Spread{1.5, 1, 2},
		CPU: map[string]float64{"peer": 8, LoadGenerator: 200}, Memory: map[string]uint64{"peer": 3}, Disk: map[string]float64{"ledger": 2}, Cost: cost,
	}}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutCPU(t *testing.T) {
	m := round(1, "plain", 1, 0)
	m.CPU = nil
	if s := Summarise([]string{"plain"}, []Measured{m}); len(s) != 1 || s[0].CPURatio != nil || len(s[0].CPU) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLapsAlternate(t *testing.T) {
	things := []string{"a", "b", "c"}
	for number, want := range map[int][]string{0: {"c", "b", "a"}, 1: {"a", "b", "c"}, 2: {"c", "b", "a"}, 3: {"a", "b", "c"}} {
		if got := Lap(number, things); !slices.Equal(got, want) {
			t.Errorf("lap %d is %v, want %v", number, got, want)
		}
	}
}
