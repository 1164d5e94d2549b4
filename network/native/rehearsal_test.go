package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// planned is a network of the directory as `up` would see it, its clock set.
func planned(t *testing.T, dir string, clock, now time.Time) (*Network, error) {
	t.Helper()
	n, err := plan(Dir(dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !clock.IsZero() {
		err = n.setClock(clock, now)
	}
	return n, err
}

func settled(t *testing.T, dir string, clock, now time.Time) {
	t.Helper()
	n, err := planned(t, dir, clock, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(now); err != nil {
		t.Fatal(err)
	}
}

func TestRehearsalIsRememberedAndMovedOn(t *testing.T) {
	now := time.Now()
	dir, first := t.TempDir(), now.AddDate(2, 0, 0)
	settled(t, dir, first, now)

	offset := func(clock, now time.Time) time.Duration {
		t.Helper()
		n, err := planned(t, dir, clock, now)
		if err != nil {
			t.Fatal(err)
		}
		return n.ClockOffset()
	}
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if d := want - got; d < 0 || d >= time.Second {
			t.Errorf("%s: %s ahead, want %s", what, got, want)
		}
	}
	later := now.Add(time.Hour)
	near("opened again", offset(time.Time{}, later), first.Sub(now))
	near("the same command again", offset(first, later), first.Sub(now))
	second := now.AddDate(5, 0, 0)
	settled(t, dir, second, later)
	near("moved on", offset(time.Time{}, later), second.Sub(later))
	if _, err := planned(t, dir, first, later); err == nil || !strings.Contains(err.Error(), "later --clock") {
		t.Errorf("time went back: %v", err)
	}
	if s := (&Network{Dir: Dir(dir), Rehearsal: &Rehearsal{Clock: second}}).Status(t.Context()); !s.Rehearsal || s.Time.IsZero() {
		t.Errorf("status does not say that it is a rehearsal: %+v", s)
	}
}

func TestClockIsRefusedWhereItCannotBe(t *testing.T) {
	now := time.Now()
	present := t.TempDir()
	settled(t, present, time.Time{}, now)
	for name, test := range map[string]struct {
		dir   string
		clock time.Time
		says  string
	}{
		"a network in the present": {present, now.AddDate(1, 0, 0), "lives in the present"},
		"the past":                 {t.TempDir(), now.Add(-25 * time.Hour), "is past"},
		"the far future":           {t.TempDir(), time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC), "end of 2035"},
	} {
		if n, err := planned(t, test.dir, test.clock, now); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want a refusal that says %q", name, err, test.says)
		} else if n.Dir != Dir(present) && n.Rehearsal != nil {
			t.Errorf("%s: it is a rehearsal all the same", name)
		}
	}
	if n, err := planned(t, present, time.Time{}, now); err != nil || n.ClockOffset() != 0 {
		t.Errorf("the network in the present: %v", err)
	}
	if _, err := planned(t, t.TempDir(), now.Add(-23*time.Hour), now); err != nil {
		t.Errorf("yesterday: %v", err)
	}
}

func TestOnlyPeersOfARehearsalTakeOtherTimes(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		clock time.Time
		want  string
	}{
		{time.Time{}, "authentication: {timewindow: 15m0s}"},
		{now.AddDate(2, 0, 0), "authentication: {timewindow: 175200h0m0s}"},
	} {
		dir := t.TempDir()
		settled(t, dir, test.clock, now)
		n, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		org := n.Topology.Members()[0]
		if _, err := n.peer(org, org.Peers[0], Programs{}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(n.Dir.nodeConfig(org.Peers[0].Name), "core.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), test.want) {
			t.Errorf("%s is not in the peer's configuration:\n%s", test.want, text)
		}
	}
}
