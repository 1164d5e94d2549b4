package test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/test/network"
)

// TestReadme runs the README's demo and then every command of its sh blocks, in their order, in a directory that holds
// nothing but its promotion.
func TestReadme(t *testing.T) {
	path := network.Program(t)
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := blocks(string(text), "sh")
	if len(commands) < 5 {
		t.Fatalf("the README has %d commands in sh blocks", len(commands))
	}
	base, err := network.PortBase()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	t.Cleanup(func() {
		if err := network.End(path, work); err != nil {
			t.Error(err)
		}
	})
	promotion := strings.Join(blocks(string(text), "yaml"), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(work, "promotion.yaml"), []byte(promotion), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute) // the first of it may build Fabric
	defer cancel()
	for _, command := range append([]string{"destinasia demo --port-base " + strconv.Itoa(base)}, commands...) {
		cmd := exec.CommandContext(ctx, "sh", "-c", command)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
}

// blocks are the lines of a document's fenced blocks in a language.
func blocks(text, language string) []string {
	var lines []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "```"+language:
			inside = true
		case line == "```":
			inside = false
		case inside:
			lines = append(lines, line)
		}
	}
	return lines
}
