package driver

import "time"

// EndorsersDiffer is the abort of an attempt that was never submitted: one endorser was a block ahead of the other.
const EndorsersDiffer = "ENDORSERS_DIFFER"

// Result is what came of a run.
type Result struct {
	// Committed is how many operations a block holds as valid; in a run of reads, how many were answered.
	Committed int
	// Aborts are attempts that changed nothing, by Fabric's validation code, or EndorsersDiffer.
	Aborts map[string]int
	// Retries is how many attempts were made after an abort.
	Retries int
	// Unfinished are operations whose last attempt was aborted when the time was over. They count among Aborts and
	// Retries only: where there are many, what Took tells is of the lucky ones.
	Unfinished int
	// Seconds is from the first request to the last answer: a little longer than the run was to last.
	Seconds float64
	// Took is, of each committed operation, from its first request to its valid commit.
	Took []time.Duration
}

// Rate is how many operations were committed in a second.
func (r Result) Rate() float64 { return float64(r.Committed) / r.Seconds }

// add takes in what one connection did.
func (r *Result) add(other Result) {
	r.Committed += other.Committed
	r.Retries += other.Retries
	r.Unfinished += other.Unfinished
	r.Took = append(r.Took, other.Took...)
	for code, n := range other.Aborts {
		r.Aborts[code] += n
	}
}
