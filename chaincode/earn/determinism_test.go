package earn

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const (
	determinismProcesses = 20
	determinismItems     = 100_000
	determinismChild     = "EARN_DETERMINISM_CHILD"
)

// variedRules has all hit policies, roundings, limits and kinds of condition.
func variedRules() RuleSet {
	r := promotions(50)
	for i := range r.Tables[1].Rows {
		row := &r.Tables[1].Rows[i]
		row.CapItem, row.CapBooking, row.CapMember, row.Budget = Cents(i%3*100), Cents(i%4*500), Cents(i%5*900), Cents(i%2*100_000)
	}
	r.Tables = append(r.Tables,
		Table{Name: "one", Hit: Unique, Rounding: HalfEven, Rows: []Row{
			{ID: "far", BasisPoints: 33, Months: 6, When: `country in ["VN", "JP"] && party * 100 + nights > 105`},
			{ID: "early", BasisPoints: 66, Months: 6, When: "lead > 110"},
		}},
		Table{Name: "top", Hit: First, Rounding: Ceiling, Rows: []Row{
			{ID: "second", Fixed: 1_00, Months: 1, Priority: 1, When: `tier < "silver" || channel.contains("e")`},
			{ID: "best", Fixed: 2_00, Months: 1, Priority: 2, Budget: 10_000_00, When: "month == 2 ? days > 3 : !(days < 10)"},
		}},
	)
	return r
}

func randomItem(r *rand.Rand) Item {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	start := 20_800 + r.Int32N(400)
	return Item{
		Kind: Hotel + Kind(r.IntN(3)), Price: r.Int64N(5_000_00), Currency: "EUR", Start: start, End: start + r.Int32N(20),
		Booked: start - r.Int32N(120), Cabin: pick("", "economy", "business", "first"), Route: pick("FRA-LIS", "HAN-SGN", "LIS", ""),
		Country: pick("PT", "VN", "JP", "DE", ""), Hotel: fmt.Sprint("HTL-", r.IntN(50)), Channel: pick("app", "web", "desk"),
		Party: r.Int64N(6), Tier: pick("", "silver", "gold"), Time: int64(start)*86_400 + r.Int64N(86_400),
		Trip: Trip{r.Uint32N(3), r.Uint32N(2), r.Uint32N(3), r.Uint32N(20)},
	}
}

// outcomes digests what many random items earn, budgets that run out, refusals and explanations included.
func outcomes(n int) (string, error) {
	e, err := Load(variedRules().Encode())
	if err != nil {
		return "", err
	}
	all, random := sha256.New(), rand.New(rand.NewPCG(3, 14))
	used := map[string]int64{}
	for i := range n {
		item := randomItem(random)
		parts, err := e.Evaluate(item, func(l Limit, row *Row, want int64) (int64, error) {
			if l != LimitBudget {
				return min(want, int64(max(row.CapBooking, row.CapMember))/2), nil
			}
			return min(want, int64(row.Budget)-used[row.ID]), nil
		})
		for _, p := range parts {
			used[e.Row(p.Table, p.Row).ID] += p.Points
		}
		digest := Digest(e.Hash(), item, parts)
		all.Write(digest[:])
		if err != nil {
			fmt.Fprintln(all, i, err)
		}
		if i%500 == 0 {
			x := e.Explain(item, parts)
			encoded, err := json.Marshal(x)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(all, string(encoded), strings.Join(x.Sentences(Awarded), "\n"))
		}
	}
	return fmt.Sprintf("%x", all.Sum(nil)), nil
}

// TestDeterminism has many processes, each with its own hash seeds, memory layout and schedule, evaluate the same.
func TestDeterminism(t *testing.T) {
	if os.Getenv(determinismChild) != "" {
		digest, err := outcomes(determinismItems)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("outcomes", digest)
		return
	}
	if testing.Short() {
		t.Skipf("-short: %d processes of %d items take some 20 s", determinismProcesses, determinismItems)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for range determinismProcesses {
		child := exec.Command(self, "-test.run=^TestDeterminism$")
		child.Env = append(os.Environ(), determinismChild+"=1")
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		if !strings.HasPrefix(line, "outcomes ") {
			t.Fatalf("a process says %s", out)
		}
		seen[line]++
	}
	if len(seen) != 1 {
		t.Errorf("%d processes came to %d outcomes: %v", determinismProcesses, len(seen), seen)
	}
}
