package dollars

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the scenarios' output into their files instead of comparing")

// The scenarios in testdata are stories of the ledger. A block is a run of lines; the lines above ---- are commands,
// those below what they answered. After a change on purpose, go test -run Scenarios -rewrite, and read the diff.
//
//	time 2026-11-01 [12:00:00]      the time of the transactions that follow
//	caller DestinasiaMSP issuer [anna]   their submitter: organisation, role and whose certificate it is
//	lane 3                          their lane; 0 if never said
//	set winter EUR ...              gives a rule set a name; see parseSet
//	rules 1 winter                  proposes, approves and publishes it, by Anna and Ben; rules 1 EUR hotel=500 ... for
//	                                a set that is needed once
//	batch                           the rest of the block are operations, applied in one transaction
//	preview                         the same, but nothing is encoded or written: what a wallet would show beforehand
//	again                           the last batch once more, byte for byte, in a new transaction
//	balance alice bob, supply       what accounts hold, what exists
//	budget spring                   what is left of a row's budget, and where
//	stock mug                       the same of a reward's stock
//	state [account|booking|...]     everything on the ledger, or what starts with the word
//	writes                          what the last batch wrote
//
// The operations are described at parseOperation.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	seen := coverage{codes: map[Code]bool{}, moves: map[string]bool{}}
	ran := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			ran++
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScenario(t, string(want), seen)
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s answers otherwise (-file +now):\n%s", file, diff)
			}
		})
	}
	if ran == len(files) && !t.Failed() { // -run may have picked one
		seen.check(t)
	}
}

// coverage is what the scenarios have shown between them.
type coverage struct {
	codes map[Code]bool
	moves map[string]bool // "confirm none -> pending", and outcomes of the other kinds: "redeem applied"
}

func (c coverage) add(e Entry) {
	c.codes[e.Code] = true
	if e.Outcome == Applied && e.Before != e.After {
		c.moves[fmt.Sprintf("%s %s -> %s", e.Kind, e.Before, e.After)] = true
	}
	c.moves[e.Kind.String()+" "+e.Outcome.String()] = true
}

func (c coverage) check(t *testing.T) {
	elsewhere := map[Code]string{
		CodeAmountInvalid:  "only ParseAmount answers it",
		CodeAccountInvalid: "only ParseAccount answers it",
		CodeAmountOverflow: "needs state that no batch could have made; see TestOverflow",
		CodeHoldCaptures:   "needs more lines than anyone would read; see TestCaptures",
	}
	for _, code := range declaredCodes(t) {
		if why, ok := elsewhere[code]; ok == c.codes[code] {
			t.Errorf("code %s: shown by a scenario is %t, but exempt because %q", code, c.codes[code], why)
		}
	}
	for _, move := range []string{
		"form applied", "form rejected", "invite applied", "invite rejected", "join applied", "join rejected",
		"contribute applied", "contribute rejected", "leave applied", "leave rejected",
		"change-keys applied", "change-keys rejected", "object applied", "object rejected",
		"propose-recovery applied", "propose-recovery duplicate", "propose-recovery rejected",
		"approve-recovery applied", "approve-recovery duplicate", "approve-recovery rejected",
		"recover applied", "recover rejected",
		"confirm none -> pending", "confirm noted -> cancelled", "confirm duplicate", "confirm rejected",
		"complete pending -> awarded", "complete duplicate", "complete rejected",
		"cancel none -> noted", "cancel pending -> cancelled", "cancel awarded -> reversed", "cancel duplicate", "cancel rejected",
		"transfer applied", "transfer rejected", "redeem applied", "redeem rejected", "absorb applied", "absorb rejected",
		"freeze applied", "freeze duplicate", "freeze rejected", "unfreeze applied", "unfreeze duplicate", "unfreeze rejected",
		"propose-rules applied", "propose-rules duplicate", "propose-rules rejected",
		"approve-rules applied", "approve-rules duplicate", "approve-rules rejected",
		"publish-rules applied", "publish-rules duplicate", "publish-rules rejected", "unreadable rejected",
		"hold applied", "hold rejected", "capture applied", "capture duplicate", "capture rejected",
		"release applied", "release duplicate", "release rejected",
		"set-reward applied", "set-reward duplicate", "set-reward rejected", "claim applied", "claim rejected",
		"use applied", "use duplicate", "use rejected",
		"propose-adjustment applied", "propose-adjustment duplicate", "propose-adjustment rejected",
		"approve-adjustment applied", "approve-adjustment duplicate", "approve-adjustment rejected",
	} {
		if !c.moves[move] {
			t.Errorf("no scenario shows: %s", move)
		}
	}
}

// declaredCodes reads the constants of type Code from errors.go, so that a new code cannot go without a scenario.
func declaredCodes(t *testing.T) (codes []Code) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && strings.HasPrefix(spec.Names[0].Name, "Code") {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, Code(s))
		}
		return true
	})
	if len(codes) < 25 {
		t.Fatalf("errors.go declares %d codes: this test reads it wrongly", len(codes))
	}
	return codes
}

// scenario is a story under way.
type scenario struct {
	*ledger
	seen     coverage
	accounts map[Account]string
	bookings map[BookingID]string
	trips    map[TripID]string
	sets     map[string][]byte // encoded rule sets

	households map[string]Account
	codes      map[[32]byte]string // of vouchers, by their hash
	orders     map[string]OrderID  // that were given a name
	last       []step              // of the last batch
	writes     []Write
}

// runScenario runs a scenario's commands and returns its text with what they answer now.
func runScenario(t *testing.T, text string, seen coverage) string {
	s := &scenario{
		ledger: newLedger(), seen: seen,
		accounts: map[Account]string{}, bookings: map[BookingID]string{}, trips: map[TripID]string{}, sets: map[string][]byte{},
		households: map[string]Account{}, codes: map[[32]byte]string{}, orders: map[string]OrderID{},
	}
	blocks := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, block := range blocks {
		input, _, _ := strings.Cut(block, "\n----")
		output, err := s.block(strings.Split(input, "\n"))
		if err != nil {
			t.Fatalf("%v, in:\n%s", err, input)
		}
		blocks[i] = input
		if output != "" {
			blocks[i] += "\n----\n" + strings.TrimSuffix(output, "\n")
		}
	}
	return strings.Join(blocks, "\n\n") + "\n"
}

func (s *scenario) block(lines []string) (output string, err error) {
	for i, line := range lines {
		words := strings.Fields(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case words[0] == "batch" || words[0] == "preview":
			out, err := s.operations(lines[i+1:], words[0] == "preview")
			return output + out, err
		case words[0] == "set":
			return output, s.parseSet(words[1], words[2:], lines[i+1:])
		}
		out, err := s.command(words[0], words[1:])
		if err != nil {
			return "", err
		}
		output += out
	}
	return output, nil
}

func (s *scenario) command(name string, args []string) (string, error) {
	switch name {
	case "time":
		layout := time.DateTime[:len(strings.Join(args, " "))]
		at, err := time.Parse(layout, strings.Join(args, " "))
		s.env.Time = at.Unix()
		return "", err
	case "caller":
		args = append(args, "", "")
		s.env.Caller = callerNamed(args[0], args[1], args[2])
		return "", nil
	case "lane":
		lane, err := strconv.ParseUint(args[0], 10, 8)
		s.env.Lane = uint8(lane)
		return "", err
	case "rules":
		return s.rules(args)
	case "again":
		return s.apply(s.last)
	case "balance":
		return s.printBalances(args)
	case "supply":
		return printSupply(s.supply), nil
	case "budget":
		return s.printBudget(args[0], args[0], Amount.String)
	case "stock":
		return s.printBudget(args[0], StockName(args[0]), pieces)
	case "state":
		return s.printState(strings.Join(args, " "))
	case "writes":
		return s.printWrites()
	}
	return "", fmt.Errorf("unknown command %q", name)
}

func (s *scenario) operations(lines []string, preview bool) (string, error) {
	var steps []step
	for _, line := range lines {
		if line[0] == '#' {
			continue
		}
		st, err := s.parseOperation(line)
		if err != nil {
			return "", fmt.Errorf("%s: %w", line, err)
		}
		steps = append(steps, st)
	}
	if preview {
		return s.preview(steps)
	}
	return s.apply(steps)
}

func (s *scenario) apply(steps []step) (string, error) {
	s.last = steps
	encoded := make([][]byte, len(steps))
	for i, st := range steps {
		encoded[i] = st.encoded
	}
	res, err := s.run(encoded)
	if err != nil {
		return "", err
	}
	s.writes = res.Writes
	return s.printEntries(steps, res.Journal)
}

func (s *scenario) preview(steps []step) (string, error) {
	ops := make([]Operation, len(steps))
	for i, st := range steps {
		ops[i] = st.op
	}
	res, err := Apply(s.next(), ops, s.state)
	if err != nil {
		return "", err
	}
	return s.printEntries(steps, res.Journal)
}

func (s *scenario) printEntries(steps []step, j Journal) (string, error) {
	var out strings.Builder
	for i, e := range j.Entries {
		if e.Ref != steps[i].ref {
			return "", fmt.Errorf("%s is answered for %x, not %x", steps[i].label, e.Ref, steps[i].ref)
		}
		s.seen.add(e)
		fmt.Fprintf(&out, "%s: %s\n", steps[i].label, s.printEntry(e))
	}
	return out.String(), nil
}

func (s *scenario) printEntry(e Entry) string {
	if e.Outcome == Rejected {
		return "rejected, " + string(e.Code)
	}
	parts := []string{e.Outcome.String()}
	add := func(show bool, format string, args ...any) {
		if show {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(e.Before != e.After, "%s -> %s", e.Before, e.After)
	add(e.Before == e.After && e.After != BookingNone, "%s", e.After)
	add(!e.Account.IsZero(), "%s", s.name(e.Account))
	add(!e.Other.IsZero(), "to %s", s.name(e.Other))
	add(!e.By.IsZero(), "by %s", s.name(e.By))
	add(e.Amount != 0, "%s", e.Amount)
	add(e.Name != "", "%s", e.Name)
	add(e.Link != [32]byte{}, "%s", s.printLink(e))
	add(e.Burn, "correction")
	add(e.Version != 0, "rules %d", e.Version)
	add(len(e.Moved) > 0, "moved %s", printBuckets(e.Moved))
	for _, x := range e.Recalled {
		add(true, "recalled %s from %s", printBuckets(x.Moved), s.name(x.Account))
	}
	add(e.Debt != 0, "debt %s", e.Debt)
	add(e.Forgiven != 0, "forgiven %s", e.Forgiven)
	add(len(e.Expired) > 0, "expired %s", printBuckets(e.Expired))
	add(len(e.Repaid) > 0, "repaid %s", printBuckets(e.Repaid))
	return strings.Join(parts, ", ")
}

func printBuckets(b Buckets) string {
	if len(b) == 0 {
		return "nothing"
	}
	parts := make([]string, len(b))
	for i, x := range b {
		parts[i] = fmt.Sprintf("%s until %s", x.Amount, x.Expiry)
	}
	return strings.Join(parts, " + ")
}

func (s *scenario) name(a Account) string {
	if name, ok := s.accounts[a]; ok {
		return name
	}
	return a.String()
}

// sorted joins lines in alphabetical order: keys of the state are hashes, whose order would tell nobody anything.
func sorted(lines []string) string {
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
