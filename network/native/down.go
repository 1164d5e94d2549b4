package native

import (
	"errors"
	"slices"
	"sync"
)

// Down stops every process of the directory and returns the names of those that ran. Stopping what does not run is no
// error. The ledger and everything else stays.
func Down(dir string, progress Progress) ([]string, error) {
	n, err := Open(dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(string(n.Dir))
	if err != nil {
		return nil, err
	}
	defer unlock()
	records, err := n.Dir.records()
	if err != nil {
		return nil, err
	}
	return n.Dir.stopAll(records, progress)
}

// stopAll stops processes stage by stage, last first, so that whoever asks is gone before whoever answers. It returns
// the names of those that ran.
func (d Dir) stopAll(records []Record, progress Progress) ([]string, error) {
	var stopped []string
	var errs []error
	for len(records) > 0 {
		last := records[len(records)-1].Stage
		split := slices.IndexFunc(records, func(r Record) bool { return r.Stage == last })
		var waiting sync.WaitGroup
		results := make([]error, len(records)-split)
		for i, r := range records[split:] {
			if r.Running() {
				progress.Begin("stopping " + r.Name)
				stopped = append(stopped, r.Name)
			}
			waiting.Go(func() { results[i] = d.stop(r) })
		}
		waiting.Wait()
		errs = append(errs, results...)
		records = records[:split]
	}
	return stopped, errors.Join(errs...)
}
