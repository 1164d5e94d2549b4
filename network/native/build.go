package native

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The module that pins the Fabric programs. Embedding cannot cross a module's border, so the files carry other names
// here and get their own when they are written out.
//
//go:embed fabric.mod
var fabricMod []byte

//go:embed fabric.sum
var fabricSum []byte

const fabricCommands = "github.com/hyperledger/fabric/cmd/"

// Programs are the paths of the Fabric programs.
type Programs struct{ Peer, Orderer string }

// Build returns the pinned Fabric programs, building them if this machine has not yet. They are kept in the user's
// cache directory, for every network and every version of this program that pins the same.
func Build(ctx context.Context, progress Progress) (Programs, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Programs{}, fmt.Errorf("no place to keep the Fabric programs: %w; set HOME", err)
	}
	cache = filepath.Join(cache, "destinasia")
	key := sha256.Sum256(fmt.Appendf(nil, "%s%s%s %s/%s", fabricMod, fabricSum, runtime.Version(), runtime.GOOS, runtime.GOARCH))
	dir := filepath.Join(cache, fmt.Sprintf("fabric-%x", key[:8]))
	programs := Programs{Peer: filepath.Join(dir, "peer"), Orderer: filepath.Join(dir, "orderer")}
	if built(dir) {
		return programs, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return Programs{}, fmt.Errorf("no place to keep the Fabric programs (%w): set HOME to a directory you can write to", err)
	}
	unlock, err := waitForLock(ctx, filepath.Join(cache, "build.lock"))
	if err != nil {
		return Programs{}, err
	}
	defer unlock()
	if built(dir) { // by whoever held the lock before
		return programs, nil
	}
	return programs, buildInto(ctx, dir, progress)
}

// built tells whether the programs are there. The directory appears by renaming a finished one, so it is all or nothing.
func built(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

func buildInto(ctx context.Context, dir string, progress Progress) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the Go toolchain is needed to build the Fabric programs and is not on the PATH: install Go 1.26 or newer from https://go.dev/dl and run this again")
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source, out := filepath.Join(work, "source"), filepath.Join(work, "out")
	for file, content := range map[string][]byte{"go.mod": fabricMod, "go.sum": fabricSum} {
		if err := WriteFile(filepath.Join(source, file), content, 0o644); err != nil {
			return err
		}
	}
	progress.Begin("sources of the Fabric programs (once)")
	commands := []string{fabricCommands + "peer", fabricCommands + "orderer"}
	total := 0
	if err := runGo(ctx, source, func(string) {}, func(string) { total++ }, append([]string{"list", "-deps"}, commands...)...); err != nil {
		return fmt.Errorf("fetch the sources of the Fabric programs: %w", err)
	}
	progress.Begin("building the Fabric programs (once)")
	done := 0
	compiled := func(line string) {
		if !strings.Contains(line, " ") { // with -v, go names each package it compiles on a line of its own
			done++
			progress.Advance(done, total)
		}
	}
	arguments := append([]string{"build", "-v", "-ldflags=-s -w", "-o", out + string(filepath.Separator)}, commands...)
	if err := runGo(ctx, source, compiled, func(string) {}, arguments...); err != nil {
		return fmt.Errorf("build the Fabric programs: %w", err)
	}
	return os.Rename(out, dir)
}

// runGo runs the go command and hands on what it says, line by line. Settings of the user that would change what is
// built are put aside; proxies and caches are left as they are.
func runGo(ctx context.Context, dir string, onError, onOutput func(string), arguments ...string) error {
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "CGO_ENABLED=0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var tail lastLines
	cmd.Stdout = &lineWriter{each: onOutput}
	cmd.Stderr = &lineWriter{each: func(line string) { tail.add(line); onError(line) }}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("go %s: %w\n%s", arguments[0], err, tail)
	}
	return nil
}

// lineWriter calls each for every complete line written to it.
type lineWriter struct {
	rest []byte
	each func(string)
}

func (w *lineWriter) Write(content []byte) (int, error) {
	w.rest = append(w.rest, content...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			return len(content), nil
		}
		w.each(string(line))
		w.rest = rest
	}
}

// lastLines keeps the end of an output for an error message.
type lastLines []string

const keptLines = 12

func (l *lastLines) add(line string) {
	*l = append(*l, line)
	if len(*l) > keptLines {
		*l = (*l)[1:]
	}
}

func (l lastLines) String() string { return strings.Join(l, "\n") }

// tailOf reads the last lines of a log file, or those from where a program panicked: the end of a stack tells little.
// What cannot be read is simply missing.
func tailOf(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	const window = 16 << 10
	if info, err := f.Stat(); err == nil && info.Size() > window {
		_, _ = f.Seek(-window, io.SeekEnd)
	}
	var tail lastLines
	panicked := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "panic:") {
			tail, panicked = nil, true
		}
		if !panicked || len(tail) < keptLines {
			tail.add(lines.Text())
		}
	}
	return tail.String()
}

// waitForLock takes a lock that somebody else may hold for as long as a build takes.
func waitForLock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", file, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}
