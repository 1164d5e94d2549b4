package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlacesAreLookedAtFirst: what cannot be written where it is to be is said before a block is read; here there are none.
func TestPlacesAreLookedAtFirst(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"is a directory: name the file", []string{"audit", "export", "journal", "--out", dir}},
		{"there is no directory " + filepath.Join(dir, "none"), []string{"audit", "export", "journal", "--out", filepath.Join(dir, "none", "x")}},
		{filepath.Join(file, "x") + " cannot be written", []string{"audit", "export", "journal", "--out", filepath.Join(file, "x")}},
		{"file is no directory", []string{"audit", "export", "blocks", file}},
	} {
		var errs strings.Builder
		code := run(t.Context(), append(c.args, "--dir", filepath.Join(dir, "network")), io.Discard, &errs)
		if code != 1 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%q ends with %d: %s", c.args, code, errs.String())
		}
	}
	for name, k := range map[string]keeping{
		"is no directory":               {dir: file, every: usualPeriod},
		"is no auditor's MSP directory": {dir: dir, every: usualPeriod, signer: filepath.Join(dir, "nowhere")},
	} {
		if _, err := k.open(&app{dir: dir}, trustRoots{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q: %v", name, err)
		}
	}
}
