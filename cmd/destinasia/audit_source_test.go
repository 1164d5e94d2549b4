package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// The roots of a network are trusted where they lie, and in a flat directory that they were copied to.
func TestRootsOfAMaterialDirectory(t *testing.T) {
	_, n := newFake(t)
	a, _, _ := appForTest(n)
	layout := material.Layout(filepath.Join(t.TempDir(), "material"))
	if err := material.Make(string(layout), n.Topology, time.Now()); err != nil {
		t.Fatal(err)
	}
	trusted, err := a.auditRoots(string(layout))
	if err != nil || trusted.Genesis == nil || len(trusted.Certificates) != len(n.Topology.Organisations) {
		t.Fatalf("%s, %v", trusted, err)
	}
	flat := t.TempDir()
	for _, org := range n.Topology.Organisations {
		text, err := os.ReadFile(layout.Root(org.Name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(flat, org.Name+".pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied, err := a.auditRoots(flat)
	if err != nil || copied.Genesis != nil || len(copied.Certificates) != len(trusted.Certificates) {
		t.Fatalf("%s, %v", copied, err)
	}
	for _, cert := range trusted.Certificates {
		found := false
		for _, other := range copied.Certificates {
			found = found || cert.Equal(other)
		}
		if !found {
			t.Errorf("%s is not among the copies", cert.Subject)
		}
	}
	if _, err := a.auditRoots(t.TempDir()); err == nil {
		t.Error("an empty directory was trusted")
	}
}

// TestPeersAreChosenByName, and a name that no peer has is not passed over.
func TestPeersAreChosenByName(t *testing.T) {
	n, err := topology.Resilient(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	if err := knownPeers(n, []string{"peer1-aircnc", "peer0-destinasia"}); err != nil {
		t.Error(err)
	}
	if err := knownPeers(n, []string{"peer0-aircnc", "peer7-aircnc"}); err == nil || !strings.Contains(err.Error(), `"peer7-aircnc" is no peer`) || !strings.Contains(err.Error(), "peer1-destinasia") {
		t.Errorf("a peer that is not there: %v", err)
	}
	a := &app{peers: []string{"peer0-aircnc"}}
	if _, err := a.auditSource(t.Context(), "blocks"); err == nil || !strings.Contains(err.Error(), "--peer is for a running network") {
		t.Errorf("blocks of files and of a peer: %v", err)
	}
}

// TestWithoutANetworkRootsAreToBeNamed: an auditor who has only copies of blocks starts none.
func TestWithoutANetworkRootsAreToBeNamed(t *testing.T) {
	a := &app{dir: t.TempDir()}
	if _, err := a.auditRoots(""); !errors.Is(err, native.ErrNoNetwork) || !strings.Contains(err.Error(), "--roots") {
		t.Errorf("no roots: %v", err)
	}
}

// TestFollowingNeedsTheCheckpointsLastBlock: whoever waited for one that was cut off would find nothing wrong for ever.
func TestFollowingNeedsTheCheckpointsLastBlock(t *testing.T) {
	for _, c := range []struct {
		height, first uint64
		there         bool
	}{{1, 0, true}, {0, 0, false}, {7, 6, true}, {6, 6, false}, {5, 6, false}} {
		if err := reach(c.height, c.first); (err == nil) != c.there {
			t.Errorf("%d blocks, and the first to read is %d: %v", c.height, c.first, err)
		}
	}
}
