package bench

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestUsageIsRead(t *testing.T) {
	const stat = "42 (peer) of 5) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 9 0 100 200 300"
	got, err := parseUsage([]byte(stat), []byte("Name:\tpeer\nVmPeak:\t 999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1024 kB\n"))
	if want := (Usage{1750 * time.Millisecond, 2 << 20}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, broken := range [][2]string{{"", "VmHWM: 1 kB"}, {"42 (peer) S 1", "VmHWM: 1 kB"}, {stat, "VmRSS: 1 kB"}, {stat, "VmHWM:"}} {
		if got, err := parseUsage([]byte(broken[0]), []byte(broken[1])); err == nil {
			t.Errorf("%q: %+v", broken, got)
		}
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	before, err := UsageOf(os.Getpid())
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for begun := time.Now(); err == nil && after.CPU <= before.CPU && time.Since(begun) < time.Minute; {
		after, err = UsageOf(os.Getpid())
	}
	if err != nil || after.CPU <= before.CPU || after.Peak < 1<<20 {
		t.Errorf("%+v, then %+v, %v", before, after, err)
	}
}
