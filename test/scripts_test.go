package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/destinasia/dollars/test/network"
)

// TestScripts runs the command line as a user would, each script with networks of its own.
//
// Beside testscript's own commands there are: ports NAME, which puts the base of a free stretch of ports into a
// variable; kill9 DIR PART, which kills a part of the network in DIR; let NAME PATTERN, which
// puts the first group of what the last command printed into a variable; and soon PATTERN COMMAND..., which runs a command
// of destinasia again and again, for half a minute at most, until it prints the pattern.
func TestScripts(t *testing.T) {
	path := network.Program(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
			for _, name := range []string{"HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "XDG_CACHE_HOME"} {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			base, err := network.PortBase()
			if err != nil {
				return err
			}
			env.Setenv("BASE", strconv.Itoa(base))
			env.Defer(func() {
				if err := network.End(path, env.WorkDir); err != nil {
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
				base, err := network.PortBase()
				ts.Check(err)
				ts.Setenv(args[0], strconv.Itoa(base))
			},
			"kill9": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: kill9 DIR PART")
				}
				ts.Check(network.Kill(ts.MkAbs(args[0]), args[1]))
			},
			"let": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: let NAME PATTERN")
				}
				found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
				if len(found) != 2 {
					ts.Fatalf("%s is not in what the last command printed", args[1])
				}
				ts.Setenv(args[0], found[1])
			},
			"soon": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: soon PATTERN COMMAND...")
				}
				pattern := regexp.MustCompile("(?m)" + args[0])
				for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
					ts.Check(ts.Exec("destinasia", args[1:]...))
					if pattern.MatchString(ts.ReadFile("stdout")) {
						return
					}
					if time.Now().After(deadline) {
						ts.Fatalf("half a minute later %s is not in it", args[0])
					}
				}
			},
		},
	})
}
