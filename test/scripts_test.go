package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the command line as a user would, each script with networks of its own.
//
// Beside testscript's own commands there are: ports NAME, which puts the base of a free stretch of ports into a
// variable, and kill9 FILE PART, which kills the process that a `status --json` written to FILE names.
func TestScripts(t *testing.T) {
	path := needsNetwork(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
			for _, name := range []string{"HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "XDG_CACHE_HOME"} {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			base, err := freePortBase()
			if err != nil {
				return err
			}
			env.Setenv("BASE", strconv.Itoa(base))
			env.Defer(func() {
				if err := endNetworks(path, env.WorkDir); err != nil {
					t.Error(err)
				}
			})
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"ports": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: ports NAME")
				}
				base, err := freePortBase()
				ts.Check(err)
				ts.Setenv(args[0], strconv.Itoa(base))
			},
			"kill9": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: kill9 FILE PART")
				}
				ts.Check(syscall.Kill(pidOf(ts, args[0], args[1]), syscall.SIGKILL))
			},
		},
	})
}

// pidOf finds a part's process id in what `status --json` wrote.
func pidOf(ts *testscript.TestScript, file, part string) int {
	var s status
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &s))
	for _, p := range s.Parts {
		if p.Name == part && p.PID != 0 {
			return p.PID
		}
	}
	ts.Fatalf("%s names no process of %s", file, part)
	return 0
}
