package bench

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Report is what a run of the benchmark found.
type Report struct {
	Machine   Machine    `json:"machine"`
	Settings  Settings   `json:"settings"`
	Growth    *Growth    `json:"growth,omitempty"` // where accounts were loaded before
	Workloads []Workload `json:"workloads"`
}

// Settings are what figures depend on beside the machine.
type Settings struct {
	Laps        int     `json:"laps"`
	Seconds     float64 `json:"seconds"` // for how long a round sends orders or reads
	Events      int     `json:"events"`  // of an award round
	Members     int     `json:"members"`
	Connections int     `json:"connections"` // of orders, one in a request
	Relays      int     `json:"relays"`      // requests under way that relay orders
	// Baseline is how many operations of the baseline are under way at a time, by kind of workload: the number that was
	// found to be best.
	Baseline map[string]int `json:"baselineConnections"`
}

// Workload is one kind of work, measured in rounds on one network.
type Workload struct {
	Name     string     `json:"name"`
	Unit     string     `json:"unit"`            // what is counted, plural
	Aside    bool       `json:"aside,omitempty"` // its variants are not the baseline and the service
	Rounds   []Measured `json:"rounds"`          // in the order they were run
	Variants []Summary  `json:"variants"`
}

// Measured is a round: everything that was sent was answered, and what is to be committed is, as valid.
type Measured struct {
	Lap     int     `json:"lap"` // from 1
	Variant string  `json:"variant"`
	Done    int     `json:"done"`    // of the workload's unit
	Seconds float64 `json:"seconds"` // from the first request to the last answer
	Latency Latency `json:"latency"`
	Light   *Light  `json:"light,omitempty"`
	// CPU is in seconds by process, and Memory the most each held at a time; none where the system does not tell.
	CPU    map[string]float64 `json:"cpuSeconds,omitempty"`
	Memory map[string]uint64  `json:"memoryPeakBytes,omitempty"`
	// Disk is by how much what is kept grew, by what it is; none of reads.
	Disk map[string]int64 `json:"diskBytes,omitempty"`
	Cost
}

// Cost is what is done in vain.
type Cost struct {
	Aborted map[string]int `json:"aborted"` // transactions that changed nothing, by Fabric's code
	Retried map[string]int `json:"retried"` // works that were tried again, by reason
	Refused map[string]int `json:"refused"` // requests refused for the time being, by status: 429, 503
	// Unfinished are operations of the baseline that were still aborted when the time was over.
	Unfinished int `json:"unfinished"`
}

// Merge adds another cost.
func (c *Cost) Merge(other Cost) {
	add(c.Aborted, other.Aborted)
	add(c.Retried, other.Retried)
	add(c.Refused, other.Refused)
	c.Unfinished += other.Unfinished
}

// Light is how long things take under a tenth of the full load, which comes at a steady rate whether or not the service
// keeps up.
type Light struct {
	PerSecond float64 `json:"perSecond"`
	Latency   Latency `json:"latency"`
}

// Rate is how much was done in a second.
func (m Measured) Rate() float64 { return float64(m.Done) / m.Seconds }

// Latency is from a request to the answer that it is committed, or has what it asks for, in seconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// LatencyOf works out the percentiles, to a tenth of a millisecond. It sorts its argument.
func LatencyOf(took []time.Duration) Latency {
	slices.Sort(took)
	return Latency{percentile(took, 50), percentile(took, 95), percentile(took, 99)}
}

// percentile is the smallest value that p percent of the sorted values do not exceed, in seconds; 0 of none.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)].Round(100 * time.Microsecond).Seconds()
}

func medianLatency[T any](of []T, latency func(T) Latency) Latency {
	return Latency{
		median(figures(of, func(v T) float64 { return latency(v).P50 })),
		median(figures(of, func(v T) float64 { return latency(v).P95 })),
		median(figures(of, func(v T) float64 { return latency(v).P99 })),
	}
}

// Spread is a figure over several rounds.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf is the spread of at least one value.
func SpreadOf(values []float64) Spread {
	return Spread{median(values), slices.Min(values), slices.Max(values)}
}

// median is the value in the middle, or between the two there; NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Summary is what the rounds of a variant have in common.
type Summary struct {
	Variant string  `json:"variant"`
	Rate    Spread  `json:"perSecond"`
	Latency Latency `json:"latency"` // medians of the rounds'
	Light   *Light  `json:"light,omitempty"`
	// Ratio is the rate divided by that of the first variant in the same lap; CPURatio is the same of the CPU that the
	// network used for each, and nil where that is not known.
	Ratio    Spread  `json:"ratio"`
	CPURatio *Spread `json:"cpuRatio,omitempty"`
	// CPU is in seconds for 1,000 by process, medians; Memory the most of all rounds.
	CPU    map[string]float64 `json:"cpuSecondsPer1000,omitempty"`
	Memory map[string]uint64  `json:"memoryPeakBytes,omitempty"`
	Disk   map[string]float64 `json:"diskBytesEach,omitempty"` // medians
	Cost                      // of all rounds
}

// LoadGenerator is the benchmark itself among the processes.
const LoadGenerator = "load generator"

// network is the CPU that all processes but the load generator used for each; 0 where that is not known.
func (m Measured) network() (seconds float64) {
	for process, used := range m.CPU {
		if process != LoadGenerator {
			seconds += used
		}
	}
	return seconds / float64(m.Done)
}

// Summarise sums rounds up by variant, in the order given; the first is what the others are compared with.
func Summarise(variants []string, rounds []Measured) []Summary {
	var all []Summary
	for _, name := range variants {
		if of := slices.DeleteFunc(slices.Clone(rounds), func(m Measured) bool { return m.Variant != name }); len(of) > 0 {
			all = append(all, summarise(of, rounds, variants[0]))
		}
	}
	return all
}

// summarise sums up the rounds of one variant.
func summarise(of, rounds []Measured, first string) Summary {
	s := Summary{
		Variant: of[0].Variant,
		Rate:    SpreadOf(figures(of, Measured.Rate)),
		Latency: medianLatency(of, func(m Measured) Latency { return m.Latency }),
		Ratio:   SpreadOf(ratios(of, rounds, first, Measured.Rate)),
		CPU:     medians(of, func(m Measured) map[string]float64 { return m.CPU }, 1000),
		Disk:    medians(of, func(m Measured) map[string]int64 { return m.Disk }, 1),
		Memory:  map[string]uint64{},
		Cost:    Cost{map[string]int{}, map[string]int{}, map[string]int{}, 0},
	}
	if of[0].network() > 0 {
		cpu := SpreadOf(ratios(of, rounds, first, Measured.network))
		s.CPURatio = &cpu
	}
	var light []Light
	for _, m := range of {
		if m.Light != nil {
			light = append(light, *m.Light)
		}
		for process, bytes := range m.Memory {
			s.Memory[process] = max(s.Memory[process], bytes)
		}
		s.Merge(m.Cost)
	}
	if len(light) > 0 {
		s.Light = &Light{
			PerSecond: median(figures(light, func(l Light) float64 { return l.PerSecond })),
			Latency:   medianLatency(light, func(l Light) Latency { return l.Latency }),
		}
	}
	return s
}

func figures[T any](of []T, figure func(T) float64) []float64 {
	values := make([]float64, len(of))
	for i, v := range of {
		values[i] = figure(v)
	}
	return values
}

// medians are those of what was used for so many, by what used it.
func medians[N int64 | float64](of []Measured, used func(Measured) map[string]N, many float64) map[string]float64 {
	all := map[string]float64{}
	for name := range used(of[0]) {
		all[name] = median(figures(of, func(m Measured) float64 { return float64(used(m)[name]) * many / float64(m.Done) }))
	}
	return all
}

// ratios are a figure of rounds divided by that of another variant, lap by lap.
func ratios(of, rounds []Measured, other string, figure func(Measured) float64) []float64 {
	var values []float64
	for _, m := range of {
		for _, against := range rounds {
			if against.Variant == other && against.Lap == m.Lap {
				values = append(values, figure(m)/figure(against))
			}
		}
	}
	return values
}

func add(to, more map[string]int) {
	for name, n := range more {
		to[name] += n
	}
}

// Total adds counts up.
func Total(counts map[string]int) (total int) {
	for n := range maps.Values(counts) {
		total += n
	}
	return total
}

// Lap is the order in which a lap takes things: those of odd number as they are, the others the other way round. So a lap
// begins with what the one before ended with.
func Lap[T any](number int, things []T) []T {
	order := slices.Clone(things)
	if number%2 == 0 {
		slices.Reverse(order)
	}
	return order
}
