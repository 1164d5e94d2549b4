package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/destinasia/dollars/wallet-api/client"
)

func TestForgettingAsksAndHandsOver(t *testing.T) {
	service, n := newFake(t)
	for _, id := range []string{"alice", "bob"} {
		service.enrol(id, nil)
	}
	there := func(id string) bool {
		service.mu.Lock()
		defer service.mu.Unlock()
		return service.members[id].ID != ""
	}
	var out, errs bytes.Buffer
	a := &app{out: &out, errs: &errs}
	for typed, agrees := range map[string]bool{"": false, "yes\n": false, "bob\n": false, "alice": true, "alice\n": true} {
		if err := a.confirm(strings.NewReader(typed), "alice"); (err == nil) != agrees {
			t.Errorf("typed %q: %v", typed, err)
		}
	}
	members := service.client(n)
	file := filepath.Join(t.TempDir(), "certificate.json")
	if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.forget(t.Context(), members, forgetting{id: "alice", out: file}); err == nil || !there("alice") {
		t.Errorf("there is a file already: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := a.forget(t.Context(), members, forgetting{id: "nobody", out: file}); client.CodeOf(err) != "member_unknown" {
		t.Error(err)
	}
	if err := a.forget(t.Context(), members, forgetting{id: "alice", out: file}); err != nil || there("alice") {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `"mapping"`) || out.Len() > 0 {
		t.Fatalf("%s, %v, and printed %q", text, err, &out)
	}
	if !strings.Contains(errs.String(), fmt.Sprintf("%x", sha256.Sum256(text))) {
		t.Errorf("said %q", &errs)
	}
	if err := a.forget(t.Context(), members, forgetting{id: "bob"}); err != nil || !strings.Contains(out.String(), `"mapping"`) {
		t.Errorf("%q, %v", &out, err)
	}
}
