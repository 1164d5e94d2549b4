package tamper

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/network"
)

// ledger is what a network left: its blocks, whom to trust, and the keys of all who took part.
type ledger struct {
	blocks [][]byte
	roots  audit.Roots
	keys   map[string]*prooftest.Signer // by serialized identity
	people map[string]*prooftest.Signer // the same by organisation and name, as in orderer/orderer0
	right  audit.Report                 // what it comes to as it is
}

func TestMain(m *testing.M) { network.Main(m, 30_000, 30_500) }

// work is what is done on the network: bookings of all outcomes, orders of members and merchants, operators' and rules'
// changes. An argument in braces is the first group of what an earlier command printed, as named by captures.
var work = [][]string{
	{"demo", "--bookings", "60"},
	{"member", "create", "ann"},
	{"member", "create", "ben"},
	{"report", "{earned}"},
	{"send", "ann", "ben", "8.00"},
	{"send", "ann", "ben", "1.00"},
	{"reward", "set", "lounge", "--price", "2.00", "--stock", "1", "--until", "2999-12-31", "--days", "30"},
	{"claim", "ann", "lounge"},
	{"voucher", "use", "{code}", "--reference", "gate-7"},
	{"hold", "place", "ann", "1.00"},
	{"hold", "capture", "{hold}", "0.60", "--reference", "till-1"},
	{"hold", "release", "{hold}"},
	{"household", "form", "ann"},
	{"household", "contribute", "ann", "2.00"},
	{"redeem", "ann", "0.50", "--household"},
	{"adjustment", "propose", "ann", "1.00", "--reason", "goodwill"},
	{"rules", "propose", "{rules}"},
	{"rules", "approve", "{rules}"},
	{"rules", "publish", "{rules}"},
	{"adjustment", "approve", "{adjustment}"},
	{"freeze", "ben", "--reason", "dispute-17"},
	{"unfreeze", "ben", "--reason", "settled"},
}

var captures = map[string]*regexp.Regexp{
	"code":       regexp.MustCompile(`code +(0x[0-9a-f]+)`),
	"hold":       regexp.MustCompile(`hold +(0x\S+/0x\S+)`),
	"adjustment": regexp.MustCompile(`adjustment +([0-9a-fx]+)`),
}

const earned = `[{"specversion": "1.0", "id": "1", "source": "urn:example:bookings", "type": "com.destinasia.booking.confirmed.v1",
  "time": "2026-02-01T09:00:00Z", "datacontenttype": "application/json",
  "data": {"booking": "oslo", "member": "ann", "items": [
    {"item": "hotel", "kind": "hotel", "price": {"amount": "400.00", "currency": "EUR"}, "start": "2026-02-10", "end": "2026-02-14"},
    {"item": "flight", "kind": "flight", "price": {"amount": "100.00", "currency": "EUR"}, "start": "2026-02-10", "end": "2026-02-10"}]}},
 {"specversion": "1.0", "id": "2", "source": "urn:example:bookings", "type": "com.destinasia.booking.completed.v1",
  "time": "2026-02-14T11:00:00Z", "datacontenttype": "application/json",
  "data": {"booking": "oslo", "items": [{"item": "hotel"}, {"item": "flight"}]}}]`

const rules = `name: cautious
currency: EUR
tables:
  - name: base
    hit: first
    rows:
      - id: stays
        basisPoints: 500
        months: 24
policy:
  dayMost: 800.00
  adjustmentDayMost: 100.00
`

// newLedger does work on a network of its own, takes its blocks and ends it.
func newLedger(t *testing.T, plan topology.Network, work [][]string, args ...string) *ledger {
	t.Helper()
	n := network.Start(t, args...)
	files := t.TempDir()
	known := map[string]string{"earned": filepath.Join(files, "earned.json"), "rules": filepath.Join(files, "cautious.yaml")}
	for file, content := range map[string]string{known["earned"]: earned, known["rules"]: rules} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range work {
		args := slices.Clone(command)
		for i, arg := range args {
			if name, ok := strings.CutPrefix(arg, "{"); ok {
				args[i] = known[strings.TrimSuffix(name, "}")]
			}
		}
		out := n.Run(args...)
		for name, pattern := range captures {
			if found := pattern.FindSubmatch(out); found != nil {
				known[name] = string(found[1])
			}
		}
	}
	exported := filepath.Join(files, "blocks")
	n.Run("audit", "export", "blocks", exported)
	n.Run("down")
	return readLedger(t, plan, exported, native.Dir(n.Dir).Material())
}

// readLedger reads block files, and everybody's keys from the network's material.
func readLedger(t *testing.T, plan topology.Network, blocks string, layout material.Layout) *ledger {
	t.Helper()
	l := &ledger{keys: map[string]*prooftest.Signer{}, people: map[string]*prooftest.Signer{}}
	files, err := source.Open(blocks)
	if err != nil {
		t.Fatal(err)
	}
	for {
		raw, err := files.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		l.blocks = append(l.blocks, raw)
	}
	for _, org := range plan.Organisations {
		dirs, err := filepath.Glob(filepath.Join(layout.Organisation(org.Name), "*", "*", "msp"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("identities of %s: %v, %v", org.Name, dirs, err)
		}
		for _, dir := range dirs {
			s := prooftest.Load(t, org.MSPID, dir)
			l.keys[string(s.Serialized)] = s
			l.people[org.Name+"/"+filepath.Base(filepath.Dir(dir))] = s
		}
	}
	header := parse(l.blocks[0]).GetHeader()
	hash := block.HeaderHash(header.GetNumber(), header.GetPreviousHash(), header.GetDataHash())
	l.roots.Genesis = &hash
	return l
}

// fetcher hands out blocks.
type fetcher struct{ blocks [][]byte }

func (f *fetcher) Next(context.Context) ([]byte, error) {
	if len(f.blocks) == 0 {
		return nil, io.EOF
	}
	first := f.blocks[0]
	f.blocks = f.blocks[1:]
	return first, nil
}

func (l *ledger) audit(blocks [][]byte) (audit.Report, error) {
	return audit.Run(context.Background(), &fetcher{blocks}, audit.Options{Roots: l.roots, Chaincode: "dsd"})
}
