package bench

import (
	"math"
	"slices"
	"time"
)

// Report is what a run of the benchmark found.
type Report struct {
	Machine   Machine    `json:"machine"`
	Workloads []Workload `json:"workloads"`
}

// Workload is one kind of work, measured in rounds on one network.
type Workload struct {
	Name   string     `json:"name"`
	Rounds []Measured `json:"rounds"` // in the order they were run
	Rules  []Summary  `json:"rules"`
	// Peaks are the most memory that each process ever held; none where the system does not tell.
	Peaks map[string]uint64 `json:"memoryPeakBytes,omitempty"`
}

// Measured is a round, all events of which were committed as valid.
type Measured struct {
	Lap        int     `json:"lap"` // from 1
	Rules      string  `json:"rules"`
	Events     int     `json:"events"`
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"` // from the first request until the last block was in the views
	Latency    Latency `json:"latency"`
	// CPU is in seconds by process; none where the system does not tell.
	CPU map[string]float64 `json:"cpuSeconds,omitempty"`
	// Retried are works that the service tried again, by reason, and Invalid transactions that were committed as
	// invalid, by Fabric's code: both cost time, and nothing else.
	Retried map[string]int `json:"retried"`
	Invalid map[string]int `json:"invalid"`
}

// EventsPerSecond is the rate of the round.
func (m Measured) EventsPerSecond() float64 { return float64(m.Events) / m.Seconds }

// OperationsPerSecond is the rate at which the round's items were confirmed and completed.
func (m Measured) OperationsPerSecond() float64 { return float64(m.Operations) / m.Seconds }

// Latency is from sending the request with an event until its block is in the views, in seconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// LatencyOf works out the percentiles, to the millisecond. It sorts its argument.
func LatencyOf(took []time.Duration) Latency {
	slices.Sort(took)
	return Latency{percentile(took, 50), percentile(took, 95), percentile(took, 99)}
}

// percentile is the smallest value that p percent of the sorted values do not exceed, in seconds; 0 of none.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)].Round(time.Millisecond).Seconds()
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

// Summary is what rounds under one rule set have in common.
type Summary struct {
	Rules               string  `json:"rules"`
	EventsPerSecond     Spread  `json:"eventsPerSecond"`
	OperationsPerSecond Spread  `json:"operationsPerSecond"`
	Latency             Latency `json:"latency"` // medians of the rounds'
	// Ratio is the rate divided by that of the first rule set in the same lap; CPURatio is the same of the CPU that the
	// network used, and nil where that is not known.
	Ratio    Spread  `json:"ratio"`
	CPURatio *Spread `json:"cpuRatio,omitempty"`
	// CPU is in seconds for 1,000 events by process, medians.
	CPU     map[string]float64 `json:"cpuSecondsPer1000Events,omitempty"`
	Retried int                `json:"retried"` // works, in all rounds
	Invalid int                `json:"invalid"` // transactions, in all rounds
}

// LoadGenerator is the benchmark itself among the processes.
const LoadGenerator = "load generator"

// network is the CPU that all processes but the load generator used for an event; 0 where that is not known.
func (m Measured) network() (seconds float64) {
	for process, used := range m.CPU {
		if process != LoadGenerator {
			seconds += used
		}
	}
	return seconds / float64(m.Events)
}

// Summarise sums rounds up by rule set, in the order given; the first is what the others are compared with.
func Summarise(rules []string, rounds []Measured) []Summary {
	var all []Summary
	for _, name := range rules {
		of := slices.DeleteFunc(slices.Clone(rounds), func(m Measured) bool { return m.Rules != name })
		if len(of) == 0 {
			continue
		}
		s := Summary{
			Rules:               name,
			EventsPerSecond:     SpreadOf(figures(of, Measured.EventsPerSecond)),
			OperationsPerSecond: SpreadOf(figures(of, Measured.OperationsPerSecond)),
			Latency: Latency{
				median(figures(of, func(m Measured) float64 { return m.Latency.P50 })),
				median(figures(of, func(m Measured) float64 { return m.Latency.P95 })),
				median(figures(of, func(m Measured) float64 { return m.Latency.P99 })),
			},
			Ratio: SpreadOf(ratios(rounds, name, rules[0], Measured.EventsPerSecond)),
			CPU:   map[string]float64{},
		}
		for process := range of[0].CPU {
			s.CPU[process] = median(figures(of, func(m Measured) float64 { return m.CPU[process] * 1000 / float64(m.Events) }))
		}
		if of[0].network() > 0 {
			cpu := SpreadOf(ratios(rounds, name, rules[0], Measured.network))
			s.CPURatio = &cpu
		}
		for _, m := range of {
			s.Retried += sum(m.Retried)
			s.Invalid += sum(m.Invalid)
		}
		all = append(all, s)
	}
	return all
}

func figures(rounds []Measured, of func(Measured) float64) []float64 {
	values := make([]float64, len(rounds))
	for i, m := range rounds {
		values[i] = of(m)
	}
	return values
}

// ratios are a figure under some rules divided by that under others, lap by lap.
func ratios(rounds []Measured, rules, others string, of func(Measured) float64) []float64 {
	var values []float64
	for _, m := range rounds {
		for _, other := range rounds {
			if m.Rules == rules && other.Rules == others && m.Lap == other.Lap {
				values = append(values, of(m)/of(other))
			}
		}
	}
	return values
}

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
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
