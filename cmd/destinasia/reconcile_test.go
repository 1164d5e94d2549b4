package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/destinasia/dollars/network/audit/reconciliation"
)

// TestACompressedFileIsNoEvents: every line of it would be told as invalid.
func TestACompressedFileIsNoEvents(t *testing.T) {
	for content, compressed := range map[string]bool{"\x1f\x8b\x08\x00": true, "\x1f": false, "": false, "{}\n": false} {
		name := filepath.Join(t.TempDir(), "events")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := reconcileOptions{}.read(name, reconciliation.New(reconciliation.Options{}))
		if told := err != nil && strings.Contains(err.Error(), "add --hotels"); told != compressed {
			t.Errorf("%q: %v", content, err)
		}
	}
}
