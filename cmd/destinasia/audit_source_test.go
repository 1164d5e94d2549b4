package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/material"
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
