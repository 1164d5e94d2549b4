package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/destinasia/dollars/network/lifecycle"
	"github.com/destinasia/dollars/network/topology"
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
	var stopped []string
	var errs []error
	// Stage by stage, last first: whoever asks is gone before whoever answers.
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
			waiting.Go(func() { results[i] = n.Dir.stop(r) })
		}
		waiting.Wait()
		errs = append(errs, results...)
		records = records[:split]
	}
	return stopped, errors.Join(errs...)
}

// Status is how a network is doing.
type Status struct {
	Parts []Part `json:"parts"`
	// Heights are the numbers of blocks by peer; Committed are the committed versions by chaincode.
	Heights   map[string]uint64 `json:"heights"`
	Committed map[string]string `json:"committed"`
	// Problems are what is wrong, in sentences; none means all is well.
	Problems []string `json:"problems"`
}

// Part is one process of the network as it should be, running or not.
type Part struct {
	Record
	Up          bool   `json:"up"`
	MemoryBytes uint64 `json:"memoryBytes"`
	Log         string `json:"log"`
}

// Status looks at every part that should run and asks the peers about the ledger.
func (n *Network) Status(ctx context.Context) (Status, error) {
	s := Status{Heights: map[string]uint64{}, Committed: map[string]string{}, Problems: []string{}}
	planned := map[string][]int{}
	var names []string
	for _, port := range n.Topology.Ports() {
		if planned[port.Part] == nil {
			names = append(names, port.Part)
		}
		planned[port.Part] = append(planned[port.Part], port.Number)
	}
	peersUp := true
	for _, name := range names {
		part := Part{Record: Record{Name: name, Ports: planned[name]}, Log: n.Dir.Log(name)}
		r, err := readRecord(n.Dir.record(name))
		switch {
		case err == nil && r.Running():
			part.Record, part.Up, part.MemoryBytes = r, true, r.Memory()
		case err == nil || errors.Is(err, os.ErrNotExist):
			s.Problems = append(s.Problems, name+" is not running")
		default:
			s.Problems = append(s.Problems, err.Error())
		}
		peersUp = peersUp && (part.Up || name == topology.Wallet)
		s.Parts = append(s.Parts, part)
	}
	if peersUp {
		n.askLedger(ctx, &s)
	}
	return s, nil
}

func (n *Network) askLedger(ctx context.Context, s *Status) {
	admin, err := lifecycle.Connect(n.Topology, n.Dir.Material())
	if err != nil {
		s.Problems = append(s.Problems, err.Error())
		return
	}
	defer admin.Close()
	if s.Heights, err = admin.Heights(ctx); err != nil {
		s.Problems = append(s.Problems, err.Error())
	}
	for _, cc := range n.Topology.Chaincodes {
		version, err := admin.Committed(ctx, cc.Name)
		switch {
		case err != nil:
			s.Problems = append(s.Problems, fmt.Sprintf("chaincode %s: %v", cc.Name, err))
		case version == "":
			s.Problems = append(s.Problems, fmt.Sprintf("chaincode %s is not committed", cc.Name))
		default:
			s.Committed[cc.Name] = version
		}
	}
}
