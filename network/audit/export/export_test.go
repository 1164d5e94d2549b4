package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/audittest"
	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// written is a table of a ledger.
func written(t testing.TB, l *audittest.Ledger, what string, f Format) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch what {
	case "journal":
		var j *journal
		if j, err = newJournal(&out, f); err == nil {
			err = l.Tell(j.applied)
		}
		if err == nil {
			err = j.end(l.Report())
		}
	case "balances":
		err = balances(&out, f, "DSD", l.Report(), l.State())
	case "liability":
		err = liability(&out, f, "DSD", l.Report(), l.State())
	}
	if err != nil {
		t.Fatalf("%s as %s: %v", what, f, err)
	}
	return out.Bytes()
}

var (
	tables  = []string{"journal", "balances", "liability"}
	formats = []Format{CSV, JSONLines}
)

func TestGoldens(t *testing.T) {
	l := audittest.Life(t)
	for _, what := range tables {
		for _, f := range formats {
			got := written(t, l, what, f)
			file := filepath.Join("testdata", what+"."+string(f))
			if *rewrite {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("%s (go test -rewrite accepts it):\n%s", file, diff)
			}
			if again := written(t, audittest.Life(t), what, f); !bytes.Equal(got, again) {
				t.Errorf("%s as %s differs between two runs", what, f)
			}
		}
	}
}

// lines reads a CSV table into maps by column, without empty cells.
func lines(t testing.TB, raw []byte) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		line := map[string]string{}
		for i, cell := range row {
			if cell != "" {
				line[rows[0][i]] = cell
			}
		}
		list = append(list, line)
	}
	return list
}

// TestBothFormatsSayTheSame: but for the apostrophe that defuses a formula.
func TestBothFormatsSayTheSame(t *testing.T) {
	l := audittest.Life(t)
	defusedOnes := 0
	for _, what := range tables {
		var objects []map[string]string
		for text := range strings.Lines(string(written(t, l, what, JSONLines))) {
			object := map[string]string{}
			var members map[string]any
			if err := json.Unmarshal([]byte(text), &members); err != nil {
				t.Fatalf("%s: %s: %v", what, text, err)
			}
			for name, value := range members {
				object[name] = fmt.Sprint(value)
			}
			objects = append(objects, object)
		}
		rows := lines(t, written(t, l, what, CSV))
		for _, row := range rows {
			for name, cell := range row {
				if plain, quoted := strings.CutPrefix(cell, "'"); quoted {
					row[name], defusedOnes = plain, defusedOnes+1
				}
			}
		}
		if diff := cmp.Diff(rows, objects); diff != "" {
			t.Errorf("%s: CSV and JSON Lines differ:\n%s", what, diff)
		}
		end := rows[len(rows)-1]
		if end["record"] != "end" || end["lines"] != strconv.Itoa(len(rows)-1) || end["height"] == "" || len(end["headerHash"]) != 64 || len(end["stateDigest"]) != 64 {
			t.Errorf("%s ends with %v after %d lines", what, end, len(rows)-1)
		}
	}
	if defusedOnes == 0 {
		t.Error("no cell looks like a formula: the reason of a freeze should")
	}
}

// TestJournalAddsUpToBalances: the postings of all operations, added up by account and month, are the balances.
func TestJournalAddsUpToBalances(t *testing.T) {
	l := audittest.Life(t)
	points, inHolds := map[string]dollars.Amount{}, map[string]dollars.Amount{}
	kinds := map[string]bool{}
	for _, line := range lines(t, written(t, l, "journal", CSV)) {
		if line["record"] != "posting" {
			continue
		}
		amount := parsed(t, line["amount"])
		kinds[line["kind"]] = true
		for _, side := range []struct {
			place string
			by    dollars.Amount
		}{{line["from"], -amount}, {line["to"], amount}} {
			switch {
			case side.place == held:
				inHolds[line["account"]+" "+line["expiry"]] += side.by
			case strings.HasPrefix(side.place, "0x"):
				points[side.place+" "+line["expiry"]] += side.by
			}
		}
	}
	if l.Report().Supply.Debt == 0 {
		t.Error("nobody owes anything in this life: it shows too little")
	}
	for _, kind := range strings.Fields("complete cancel transfer redeem hold capture release claim contribute leave approve-adjustment absorb expire") {
		if !kinds[kind] {
			t.Errorf("no %s moved points in this life: it shows too little", kind)
		}
	}
	months := map[string]dollars.Amount{}
	for _, line := range lines(t, written(t, l, "balances", CSV)) {
		if line["record"] != "month" {
			continue
		}
		key := line["account"] + " " + line["expiry"]
		points[key] -= parsed(t, line["points"])
		inHolds[key] -= parsed(t, line["held"])
		months[line["expiry"]] += parsed(t, line["points"]) + parsed(t, line["held"])
	}
	for name, left := range map[string]map[string]dollars.Amount{"points": points, "held": inHolds} {
		for key, amount := range left {
			if amount != 0 {
				t.Errorf("%s of %s: the journal comes to %s more than the balances", name, key, amount)
			}
		}
	}
	for _, line := range lines(t, written(t, l, "liability", CSV)) {
		if line["record"] == "month" {
			months[line["expiry"]] -= parsed(t, line["total"])
		}
	}
	for expiry, amount := range months {
		if amount != 0 {
			t.Errorf("%s: balances come to %s more than the liability", expiry, amount)
		}
	}
	if len(months) < 2 {
		t.Errorf("points end in %d month only", len(months))
	}
}

func parsed(t testing.TB, s string) dollars.Amount {
	t.Helper()
	a, err := dollars.ParseAmount(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestSumsAreCompared: a table that does not add up to the books has no last line.
func TestSumsAreCompared(t *testing.T) {
	l := audittest.Life(t)
	for _, change := range []func(*audit.Report){
		func(r *audit.Report) { r.Supply.Minted++ },
		func(r *audit.Report) { r.Supply.Redeemed-- },
		func(r *audit.Report) { r.Supply.Held++ },
	} {
		r := l.Report()
		change(&r)
		var out bytes.Buffer
		j, err := newJournal(&out, CSV)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Tell(j.applied); err != nil {
			t.Fatal(err)
		}
		if err := j.end(r); err == nil || !strings.Contains(err.Error(), "does not add up") {
			t.Errorf("with other books the journal says %v", err)
		}
	}
	for _, change := range []func(*audit.Report){
		func(r *audit.Report) { r.Outstanding++ },
		func(r *audit.Report) { r.Supply.Minted++ },
		func(r *audit.Report) { r.Supply.Held++ },
		func(r *audit.Report) { r.Supply.Pending++ },
		func(r *audit.Report) { r.Supply.Debt++ },
	} {
		r := l.Report()
		change(&r)
		for name, write := range map[string]stateTable{"balances": balances, "liability": liability} {
			var out bytes.Buffer
			if err := write(&out, CSV, "DSD", r, l.State()); err == nil || !strings.Contains(err.Error(), "does not add up") {
				t.Errorf("with other books the %s say %v", name, err)
			}
		}
	}
}

// TestNothingIsTakenForAFormula: whatever text comes from outside, and it stays readable.
func TestNothingIsTakenForAFormula(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "a\xffb", "a,b", "a\"b", "a\nb"} {
		l := audittest.New(t)
		by := audittest.Caller("DestinasiaMSP", text, "somebody")
		l.Do(by, dollars.SetFrozen{Account: dollars.Account{1}, Frozen: true, Reason: "x"})
		line := lines(t, written(t, l, "journal", CSV))[0]
		want := strings.ToValidUTF8(text, "\uFFFD")
		if slices.Contains([]string{"a\xffb", "a,b", "a\"b", "a\nb"}, text) {
			if line["callerRole"] != want {
				t.Errorf("role %q is written as %q", text, line["callerRole"])
			}
		} else if line["callerRole"] != "'"+want {
			t.Errorf("role %q is written as %q", text, line["callerRole"])
		}
		var object map[string]any
		first, _, _ := bytes.Cut(written(t, l, "journal", JSONLines), []byte("\n"))
		if err := json.Unmarshal(first, &object); err != nil || object["callerRole"] != want {
			t.Errorf("role %q is %q in JSON: %v", text, object["callerRole"], err)
		}
	}
}

// TestAnEmptyLedger has no lines but the last ones.
func TestAnEmptyLedger(t *testing.T) {
	l := audittest.New(t)
	for what, want := range map[string]int{"journal": 1, "balances": 1, "liability": 4} {
		if got := lines(t, written(t, l, what, CSV)); len(got) != want {
			t.Errorf("%s has %d lines: %v", what, len(got), got)
		}
	}
}
