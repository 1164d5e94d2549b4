package fault

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/test/history"
	"github.com/destinasia/dollars/test/network"
)

// levelPatience is how long nodes may take to have the same blocks, when nobody asks for anything new.
const levelPatience = 90 * time.Second

// level waits until all peers and orderers have the same blocks, and tells how long that took. With SmartBFT, orderers that
// still miss some after half of the time are restarted, as `status` tells operators to do (decision 032).
func (r *rig) level() (took time.Duration, restarted bool) {
	r.Helper()
	n, err := native.Open(r.Dir)
	if err != nil {
		r.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		heights := n.Status(r.Context()).Heights
		all := slices.Sorted(maps.Values(heights))
		if len(all) == len(r.nodes()) && all[0] == all[len(all)-1] {
			return time.Since(begun), restarted
		}
		if !restarted && len(all) > 0 && time.Since(begun) > levelPatience/2 && r.plan.Channel.SmartBFT != nil {
			restarted = true
			for _, name := range r.orderers() {
				if heights[name] < all[len(all)-1] {
					r.Logf("%s has %d blocks of %d; it is restarted", name, heights[name], all[len(all)-1])
					r.Kill(name)
				}
			}
			r.Up()
		}
		if time.Since(begun) > levelPatience {
			r.Fatalf("%s after the last request nodes still have different numbers of blocks: %v", levelPatience, heights)
		}
	}
}

// audited is the ledger as an audit finds it: first the program's, of the blocks of all peers, and then one of the same
// blocks that tells what each transaction did.
func audited(t *testing.T, n *network.Network) *history.Ledger {
	t.Helper()
	n.Run("audit") // fails at the first thing that is wrong, and where peers differ
	folder := filepath.Join(t.TempDir(), "blocks")
	n.Run("audit", "export", "blocks", folder)
	blocks, err := source.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := rootsOf(n.Dir)
	if err != nil {
		t.Fatal(err)
	}
	l := history.NewLedger()
	_, err = audit.Run(t.Context(), blocks, audit.Options{
		Roots: roots, Chaincode: chaincode,
		Applied: func(tx audit.Applied) error { return l.Add(tx.Block, tx.Journal.Entries) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func rootsOf(dir string) (roots audit.Roots, err error) {
	n, err := native.Open(dir)
	if err != nil {
		return roots, err
	}
	for _, org := range n.Topology.Organisations {
		root, err := certificate(n.Dir.Material().Root(org.Name))
		if err != nil {
			return roots, err
		}
		roots.Certificates = append(roots.Certificates, root)
	}
	return roots, nil
}
