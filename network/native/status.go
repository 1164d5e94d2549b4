package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/destinasia/dollars/network/lifecycle"
	"github.com/destinasia/dollars/network/topology"
)

// Status is how a network is doing.
type Status struct {
	Parts []Part `json:"parts"`
	// Heights are the numbers of blocks by peer and by orderer; Committed are the committed versions by chaincode.
	Heights   map[string]uint64 `json:"heights"`
	Committed map[string]string `json:"committed"`
	// Rehearsal tells that the network lives at a time of its own, and Time which; zero otherwise.
	Rehearsal bool      `json:"rehearsal,omitzero"`
	Time      time.Time `json:"time,omitzero"`
	// Problems are what is wrong, in sentences; none means all is well.
	Problems []string `json:"problems"`
}

// Part is one process of the network as it should be; what it has only while it runs is zero otherwise.
type Part struct {
	Name        string    `json:"name"`
	Up          bool      `json:"up"`
	Ports       []int     `json:"ports"`
	Log         string    `json:"log"`
	PID         int       `json:"pid,omitzero"`
	Since       time.Time `json:"since,omitzero"`
	MemoryBytes uint64    `json:"memoryBytes,omitzero"`
}

// Status looks at every part that should run and asks the peers about the ledger.
func (n *Network) Status(ctx context.Context) Status {
	s := Status{Heights: map[string]uint64{}, Committed: map[string]string{}, Problems: []string{}}
	if n.Rehearsal != nil {
		s.Rehearsal, s.Time = true, n.Now().UTC().Truncate(time.Second)
	}
	planned := map[string][]int{}
	var names []string
	for _, port := range n.Topology.Ports() {
		if planned[port.Part] == nil {
			names = append(names, port.Part)
		}
		planned[port.Part] = append(planned[port.Part], port.Number)
	}
	peersUp := false
	for _, name := range names {
		part := Part{Name: name, Ports: planned[name], Log: n.Dir.Log(name)}
		r, err := readRecord(n.Dir.record(name))
		switch {
		case err == nil && r.Running():
			part.Up, part.PID, part.Since, part.MemoryBytes = true, r.PID, r.Since, r.Memory()
		case err == nil || errors.Is(err, fs.ErrNotExist):
			s.Problems = append(s.Problems, name+" is not running")
		default:
			s.Problems = append(s.Problems, err.Error())
		}
		peersUp = peersUp || part.Up && n.isPeer(name)
		s.Parts = append(s.Parts, part)
	}
	if !slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Up }) {
		s.Problems = []string{"nothing of the network is running"}
	}
	if free, err := freeBytes(string(n.Dir)); err == nil && free < fullBelowBytes {
		s.Problems = append(s.Problems, fmt.Sprintf("the disk of %s has only %d MB free: make room", n.Dir, free>>20))
	}
	if peersUp {
		n.askLedger(ctx, &s)
	}
	return s
}

func (n *Network) isPeer(part string) bool {
	return slices.ContainsFunc(n.Topology.Members(), func(o topology.Organisation) bool {
		return slices.ContainsFunc(o.Peers, func(p topology.Peer) bool { return p.Name == part })
	})
}

func (n *Network) askLedger(ctx context.Context, s *Status) {
	admin, err := lifecycle.Connect(n.Topology, n.Dir.Material())
	if err != nil {
		s.Problems = append(s.Problems, err.Error())
		return
	}
	defer admin.Close()
	heights, err := admin.Heights(ctx)
	if err != nil {
		s.Problems = append(s.Problems, strings.Split(err.Error(), "\n")...) // one for each peer that does not answer
	}
	maps.Copy(s.Heights, heights)
	n.askOrderers(ctx, s)
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

// behindBlocks is how many blocks an orderer may have less than others before that is a problem.
const behindBlocks = 50

// askOrderers asks the orderers that run for their heights. With SmartBFT one may stop taking part though it runs, and
// nothing else tells: the others go on without it (decision 032).
func (n *Network) askOrderers(ctx context.Context, s *Status) {
	var running []topology.Orderer
	for _, org := range n.Topology.Ordering() {
		for _, o := range org.Orderers {
			if slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Name == o.Name && p.Up }) {
				running = append(running, o)
			}
		}
	}
	heights, errs := make([]uint64, len(running)), make([]error, len(running))
	var asking sync.WaitGroup
	for i, o := range running {
		asking.Go(func() { heights[i], errs[i] = n.ordererHeight(ctx, o) })
	}
	asking.Wait()
	for i, o := range running {
		if errs[i] != nil {
			s.Problems = append(s.Problems, fmt.Sprintf("%s runs and does not tell how many blocks it has: %v", o.Name, errs[i]))
			continue
		}
		s.Heights[o.Name] = heights[i]
		if most := slices.Max(heights); heights[i]+behindBlocks < most {
			s.Problems = append(s.Problems, fmt.Sprintf("%s has %d blocks and another orderer %d: where that stays so, end the process, and `up` starts it again", o.Name, heights[i], most))
		}
	}
}
