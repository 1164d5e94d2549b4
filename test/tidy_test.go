package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/destinasia/dollars/"

// source is one Go file of the project, generated ones included.
type source struct {
	path      string // from the repository's root, with slashes
	dir       string
	test      bool
	generated bool
	lines     int
	file      *ast.File
	fset      *token.FileSet
	text      string
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, source{
			path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(file), lines: strings.Count(string(text), "\n"), file: file, fset: fset, text: string(text),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found only %d Go files: the walk looks in the wrong place", len(all))
	}
	return all
}

func (s source) imports(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, spec := range s.file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// importRule says which of the project's packages those below a folder may import; the first rule that fits counts.
type importRule struct {
	of  string
	may []string
}

// The house: data flows one way. An entry allows the package and what is below it.
var importRules = []importRule{
	{"chaincode/eip712", nil},
	{"chaincode/earn", nil},
	{"chaincode/dollars", []string{"chaincode/eip712", "chaincode/earn"}},
	{"chaincode/contract", []string{"chaincode/dollars", "chaincode/earn", "chaincode/eip712"}},
	{"network/block", nil},
	{"network/proof/prooftest", []string{"network/proof", "network/block", "network/material", "network/topology"}},
	{"network/proof", []string{"network/block"}},
	{"network/proposal", nil},
	{"network/receipt", []string{"network/block", "network/proof", "chaincode/dollars"}},
	{"network", []string{"network", "chaincode"}},
	{"bookings", []string{"bookings"}},
	{"wallet-api/wallet", []string{"chaincode/dollars", "chaincode/earn", "chaincode/eip712", "network/receipt"}},
	{"wallet-api/client", []string{"wallet-api/client", "chaincode/dollars", "chaincode/earn", "network/receipt"}},
	{"wallet-api/rest", []string{"wallet-api/wallet", "wallet-api/statement", "chaincode/dollars", "chaincode/earn", "chaincode/eip712", "network/receipt"}},
	{"wallet-api/disk", nil},
	{"wallet-api/service", []string{"wallet-api", "chaincode/dollars", "chaincode/earn", "chaincode/eip712", "network/block"}},
	{"wallet-api/gateway", []string{"wallet-api/wallet", "chaincode/dollars", "chaincode/earn", "chaincode/eip712", "network/block", "network/proposal"}},
	{"wallet-api", []string{"wallet-api/wallet", "wallet-api/disk", "chaincode/dollars", "chaincode/earn", "chaincode/eip712"}},
	{"rules", []string{"rules", "chaincode"}},
	{"bench/load", nil},
	{"bench/bulk", []string{"network", "chaincode"}},
	{"bench", []string{"bench", "bookings", "rules/sheet", "chaincode"}},
	{"cmd", []string{"chaincode", "network", "wallet-api", "bookings", "rules", "bench", "test/bench"}},
	{"test/bench", []string{"network", "test/bench"}},
	{"test", []string{"chaincode", "network", "wallet-api", "bookings", "rules", "bench", "cmd"}},
}

// onlyImporter names the one folder that may import a library, because it is the border to it.
var onlyImporter = map[string][]string{
	"github.com/gin-gonic/gin":                   {"wallet-api/rest"},
	"github.com/hyperledger/fabric-gateway":      {"wallet-api/gateway", "network/lifecycle", "network/access", "network/staff", "network/proposal", "test/bench/baseline/driver"},
	"github.com/hyperledger/fabric-chaincode-go": {"chaincode/contract", "test/bench/baseline", "test/sim"},
	"github.com/hyperledger/fabric-admin-sdk":    {"network/lifecycle", "network/access"},
	"github.com/anishathalye/porcupine":          {"test/history"},
	"github.com/Shopify/toxiproxy":               {"test/fault"},
	"github.com/go-analyze/charts":               {"rules/simulate"},
	"cel.dev/cel-go":                             {"chaincode/earn", "rules/lint"},
	"go.yaml.in/yaml":                            {"rules/sheet", "wallet-api/rest"},
	"github.com/valyala/fasthttp":                {"bench/load"},
	"github.com/dgraph-io/badger":                {"wallet-api/disk", "wallet-api/inbox", "wallet-api/readmodel", "wallet-api/directory", "wallet-api/custody", "test/sim"},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		for _, path := range s.imports(t) {
			if own, ok := strings.CutPrefix(path, module); ok && !s.test {
				checkOwnImport(t, s, own)
			}
			for library, allowed := range onlyImporter {
				if !s.test && below(path, library) && !belowAny(s.dir, allowed) {
					t.Errorf("%s imports %s: only %s may", s.path, path, strings.Join(allowed, ", "))
				}
			}
		}
	}
}

func checkOwnImport(t *testing.T, s source, own string) {
	t.Helper()
	for _, rule := range importRules {
		if below(s.dir, rule.of) {
			if s.dir != own && !belowAny(own, rule.may) {
				t.Errorf("%s imports %s: %s may import only %v of the project", s.path, own, rule.of, rule.may)
			}
			return
		}
	}
	t.Errorf("%s is in no room of the house: add %s to importRules and ARCHITECTURE.md", s.path, s.dir)
}

// below also takes a module's major versions: library/v2 is below library.
func below(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func belowAny(path string, folders []string) bool {
	for _, f := range folders {
		if below(path, f) {
			return true
		}
	}
	return false
}

// The rules of dollars hold on every endorser only if nothing in them differs between two runs.
func TestChaincodeIsDeterministic(t *testing.T) {
	banned := map[string]bool{"math/rand": true, "math/rand/v2": true, "crypto/rand": true, "os": true, "net": true, "net/http": true}
	for _, s := range sources(t) {
		pure := belowAny(s.dir, []string{"chaincode/dollars", "chaincode/earn", "chaincode/eip712"})
		if !pure || s.test {
			continue
		}
		for _, path := range s.imports(t) {
			if banned[path] {
				t.Errorf("%s imports %s: the rules know no world but their input", s.path, path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Since" || n.Sel.Name == "Local") {
					t.Errorf("%s: %s uses time.%s", s.path, s.fset.Position(n.Pos()), n.Sel.Name)
				}
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					t.Errorf("%s: %s uses %s", s.path, s.fset.Position(n.Pos()), n.Name)
				}
			}
			return true
		})
	}
}

func TestSizes(t *testing.T) {
	const maxFile, maxFunction = 500, 70
	for _, s := range sources(t) {
		if s.generated {
			continue
		}
		if s.lines > maxFile {
			t.Errorf("%s has %d lines; a sitting is %d", s.path, s.lines, maxFile)
		}
		if s.test {
			continue // tables are long by nature
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			if n > maxFunction {
				t.Errorf("%s: %s has %d lines; a screen is %d", s.path, f.Name.Name, n, maxFunction)
			}
		}
	}
}

func TestEveryPackageHasADoorPlate(t *testing.T) {
	plates, packages := map[string]bool{}, map[string]string{}
	for _, s := range sources(t) {
		if s.test || s.generated {
			continue
		}
		packages[s.dir] = s.file.Name.Name
		if s.file.Doc != nil && (filepath.Base(s.path) == "doc.go" || (s.file.Name.Name == "main" && filepath.Base(s.path) == "main.go")) {
			plates[s.dir] = true
		}
	}
	bad := regexp.MustCompile(`^(util|utils|common|helper|helpers|misc)$`)
	for dir, name := range packages {
		if !plates[dir] {
			t.Errorf("%s has no doc.go that says what it does, what it guarantees and what it leaves to others", dir)
		}
		if bad.MatchString(name) {
			t.Errorf("%s: package %s says nothing about what is in it", dir, name)
		}
	}
}

// Work that is not done belongs into an issue, where it is seen.
func TestNoStrayNotes(t *testing.T) {
	note := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	for _, s := range sources(t) {
		for i, line := range strings.Split(s.text, "\n") {
			if note.MatchString(line) {
				t.Errorf("%s:%d: %s", s.path, i+1, strings.TrimSpace(line))
			}
		}
	}
}
