package audit

import (
	"errors"
	"maps"
)

// Version is a block as some of several sources have it.
type Version struct {
	Block []byte
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

// judgeVersion tells what is wrong with a block in its place, and leaves the audit where it is. Of a block before that the
// audit took another version, and can only tell whether this one is signed.
func (a *Auditor) judgeVersion(v Version) error {
	if a.config == nil {
		_, _, err := readGenesis(v.Block, a.options.Roots)
		return err
	}
	b := a.config.prepare(v.Block)
	number := b.raw.GetHeader().GetNumber()
	switch {
	case a.options.From != nil && a.report.Height == a.options.From.Height && number+1 == a.report.Height:
		return a.checkLast(v.Block)
	case b.err == nil && number < a.report.Height:
		return nil
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
