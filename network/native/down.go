package native

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
)

// Down stops every process of the directory and returns the names of those that ran, also when the directory itself was
// removed. Stopping what does not run is no error. The ledger and everything else stays.
func Down(dir string, progress Progress) ([]string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	strays, err := Dir(absolute).endStrays()
	if err != nil {
		return nil, err
	}
	n, err := Open(absolute)
	if errors.Is(err, ErrNoNetwork) && len(strays) > 0 {
		return strays, nil
	}
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
	stopped, err := n.Dir.stopAll(records, progress)
	return append(strays, stopped...), err
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
