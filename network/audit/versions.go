package audit

import (
	"errors"
	"maps"
)

// Version is a block as some of several sources have it.
type Version struct {
	Number uint64 // of the place; what number the block says it has is for the audit to judge
	Block  []byte
	// Commit is the commit hash that they have of the block before, if it is not the one the audit followed: why a
	// transaction is invalid may differ between honest peers, and with it their commit hashes from there on.
	Commit []byte
}

// Disputed is the error of a fetcher whose sources do not have the same block in the next place. Run judges each version
// at its place in the chain, and ends with what Judged makes of that.
type Disputed interface {
	error
	Versions() []Version
	// Judged takes of every version what is wrong with it, nil if nothing is.
	Judged(faults []error) error
}

// judgeVersions ends an audit whose fetcher failed.
func (a *Auditor) judgeVersions(failed error) error {
	var d Disputed
	if !errors.As(failed, &d) {
		return failed
	}
	var faults []error
	for _, v := range d.Versions() {
		faults = append(faults, a.judgeVersion(v))
	}
	return d.Judged(faults)
}

// judgeVersion tells what is wrong with a block in its place, and leaves the audit where it is. In a place before that the
// audit took another version, and can only tell whether this one is signed.
func (a *Auditor) judgeVersion(v Version) error {
	switch from := a.options.From; {
	case from != nil && a.report.Height == from.Height && v.Number == from.Last():
		return a.checkLast(v.Block)
	case v.Number == 0:
		_, _, err := readGenesis(v.Block, a.options.Roots)
		return err
	}
	b := a.config.prepare(v.Block)
	if v.Number < a.report.Height {
		return b.checkPlace(v.Number)
	}
	trial := a.trial()
	if v.Commit != nil {
		trial.commit = v.Commit
	}
	return trial.check(b)
}

// trial is an audit that can be done away with.
func (a *Auditor) trial() *Auditor {
	t := *a
	t.state, t.books, t.policies, t.applied = a.state.copy(), a.books.copy(), maps.Clone(a.policies), nil
	return &t
}
