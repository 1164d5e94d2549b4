package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/history"
	"github.com/destinasia/dollars/test/network"
	"github.com/destinasia/dollars/wallet-api/client"
)

// rig is a network whose parts can be harmed, with its load.
type rig struct {
	*testing.T
	*network.Network
	plan    topology.Network
	wires   wires
	crowd   *crowd
	resumes []func()
	disks   map[string]*disk // by part
}

// newRig starts a network of a topology, and gives the members something to spend.
func newRig(t *testing.T, name string, seed uint64) *rig {
	t.Helper()
	r := &rig{T: t, Network: network.New(t), disks: map[string]*disk{}}
	base, err := network.PortBase()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := topology.Named(name, topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	r.plan = r.Make(name, linksTo(bare, base))
	r.wires = connect(t, r.plan)
	begun := time.Now()
	r.Up()
	t.Logf("the network is up after %.0f seconds", time.Since(begun).Seconds())

	call := &caller{history: history.New(), send: map[history.Key]func(context.Context){}}
	for role, c := range map[string]**client.Client{"member": &call.members, "booking": &call.booking, "merchant": &call.merchant} {
		if *c, err = client.New("http://"+r.Address, client.Options{Token: r.Key(role), RetryFor: -1}); err != nil {
			t.Fatal(err)
		}
	}
	r.crowd = newCrowd(t, call, seed)
	r.crowd.settle(t, time.Minute)
	return r
}

// nodes are all peers and orderers.
func (r *rig) nodes() []string { return append(r.orderers(), r.peers()...) }

func (r *rig) orderers() (names []string) {
	for _, org := range r.plan.Organisations {
		for _, o := range org.Orderers {
			names = append(names, o.Name)
		}
	}
	return names
}

func (r *rig) peers() (names []string) {
	for _, org := range r.plan.Organisations {
		for _, p := range org.Peers {
			names = append(names, p.Name)
		}
	}
	return names
}

// leader is the orderer that leads.
func (r *rig) leader() string {
	r.Helper()
	n, err := native.Open(r.Dir)
	if err != nil {
		r.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) { // there is none while one is voted for
		name, err := n.Leader(r.Context())
		if err == nil {
			return name
		}
		if time.Since(begun) > leaderPatience {
			r.Fatal(err)
		}
	}
}

func (r *rig) killAll(parts []string) {
	for _, part := range parts {
		r.Kill(part)
	}
}

// pause stops a part until the fault is healed.
func (r *rig) pause(part string) { r.resumes = append(r.resumes, r.Pause(part)) }

// heal ends a fault.
func (r *rig) heal(f fault) {
	r.Helper()
	for _, resume := range r.resumes {
		resume()
	}
	r.resumes = nil
	if f.heal != nil {
		f.heal(r)
	}
	r.Up() // starts what does not run
}

// What is waited for at most, with a message: machines are noisy.
const (
	recoveryPatience  = 90 * time.Second
	goOnPatience      = 60 * time.Second // for a commit while a fault lasts that must not stop them: then it lasts longer
	settlePatience    = 90 * time.Second
	leaderPatience    = 30 * time.Second
	linearizePatience = 3 * time.Minute // of the processor's time, which other tests want, too
)

// result is what became of a network when a fault was injected.
type result struct {
	Topology, Fault string
	history.Tally
	Lost, Doubled, OtherLies int

	PerSecond   float64 // told committed before
	Silence     float64 // the longest time without a commit, from the injection on; in seconds, as all below
	FirstCommit float64 // from healing, of an operation that was sent after it
	FullRate    float64 // from healing until as many are committed as before, nine of ten at least
	Level       float64 // from the last request until all nodes had the same blocks
	During      int     // commits told while it lasted
	Restarted   bool    // orderers had to be, after healing
}

// try injects a fault under load, heals it, and checks what clients were told.
func (r *rig) try(f fault, last times) result {
	r.Helper()
	h := r.crowd.history
	first := len(h.Operations(0))
	r.crowd.start(r.Context())
	time.Sleep(last.before)
	injected := h.Now()
	before := rate(h, injected-last.before+time.Second, injected)
	f.inject(r)
	time.Sleep(last.during)
	for f.goesOn && during(h, injected, h.Now()) == 0 && h.Now() < injected+goOnPatience {
		time.Sleep(100 * time.Millisecond)
	}
	healing := h.Now()
	r.heal(f)
	healed := h.Now()
	commit, fullRate, err := recovery(h, healed, 0.9*before)
	restarted := errors.Is(err, errStill) && r.plan.Channel.SmartBFT != nil
	if restarted { // decision 032: what an operator would do
		r.Logf("%s: %v; the orderers are restarted", f.name, err)
		r.killAll(r.orderers())
		r.Up()
		again := h.Now()
		commit, fullRate, err = recovery(h, again, 0.9*before)
		commit, fullRate = commit+again-healed, fullRate+again-healed
	}
	if errors.Is(err, errSlow) && !*full {
		r.Logf("%s: %v", f.name, err)
		err = nil
	}
	if err == nil {
		time.Sleep(last.after)
	}
	r.crowd.end()
	if err != nil {
		r.Fatalf("%s: %v", f.name, err)
	}
	r.crowd.settle(r.T, settlePatience)
	r.crowd.askAll(r.Context(), first)
	level, stuck := r.level()

	begun := time.Now()
	ledger := audited(r.T, r.Network)
	lies := append(history.Check(h, ledger), history.CheckAccounts(h, ledger, linearizePatience)...)
	r.Logf("%s: %d operations are held against the ledger in %.1f seconds", f.name, len(h.Operations(0)), time.Since(begun).Seconds())
	for _, lie := range lies[:min(len(lies), 20)] {
		r.Errorf("%s: %s", f.name, lie)
	}
	res := result{
		Topology: r.plan.Name, Fault: f.name, Tally: history.TallyOf(h.Operations(first)), PerSecond: before, Silence: silence(h, injected).Seconds(),
		FirstCommit: commit.Seconds(), FullRate: fullRate.Seconds(), Level: level.Seconds(), During: during(h, injected, healing),
		Restarted: restarted || stuck,
	}
	res.count(lies)
	if f.goesOn && res.During == 0 && !restarted {
		r.Errorf("%s: nothing was committed for the %.0f seconds that it lasted, though the network is made to go on", f.name, (healing - injected).Seconds())
	}
	return res
}

// rate is how many commits were told in a second.
func rate(h *history.History, from, to time.Duration) float64 {
	n := 0
	for _, c := range h.Commits(from) {
		if c.Told < to {
			n++
		}
	}
	return float64(n) / (to - from).Seconds()
}

// errStill tells that nothing is committed at all.
var errStill = fmt.Errorf("nothing was committed for %s after it was healed", recoveryPatience)

// errSlow tells that there are commits, and not as many as before. With other tests beside this one that may be their doing.
var errSlow = fmt.Errorf("%s after it was healed there are still fewer than nine of ten commits of before in a second", recoveryPatience)

// recovery waits until an operation that was sent after a fault was healed is committed, and until a second has so many
// commits; it tells how long each took.
func recovery(h *history.History, healed time.Duration, want float64) (first, full time.Duration, err error) {
	for h.Now() < healed+recoveryPatience {
		time.Sleep(100 * time.Millisecond)
		now := h.Now()
		if first == 0 {
			for _, c := range h.Commits(healed) {
				if c.Called > healed {
					first = c.Told - healed
					break
				}
			}
		}
		if first > 0 && now > healed+time.Second && rate(h, now-time.Second, now) >= want {
			return first, now - healed, nil
		}
	}
	if first == 0 {
		return 0, 0, errStill
	}
	return first, recoveryPatience, errSlow
}

// silence is the longest time without a commit.
func silence(h *history.History, from time.Duration) (longest time.Duration) {
	for last, commits := from, h.Commits(from); len(commits) > 0; commits = commits[1:] {
		longest, last = max(longest, commits[0].Told-last), commits[0].Told
	}
	return longest
}

// during counts commits of what was sent after a fault was injected, and was told before it was healed.
func during(h *history.History, injected, healing time.Duration) (n int) {
	for _, c := range h.Commits(injected) {
		if c.Called > injected && c.Told < healing {
			n++
		}
	}
	return n
}

func (r *result) count(lies []history.Lie) {
	for _, lie := range lies {
		switch lie.Sort {
		case history.Lost:
			r.Lost++
		case history.Doubled:
			r.Doubled++
		default:
			r.OtherLies++
		}
	}
}
