package native

import (
	"net"
	"strings"
	"testing"

	"github.com/destinasia/dollars/network/topology"
)

func TestFreePortsPassesOverWhatIsTaken(t *testing.T) {
	first := freePortBase(t)
	taken, err := net.Listen("tcp", topology.Address(first+topology.PortSpan-1))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if base, err := FreePorts(first, first+20*topology.PortSpan); err != nil || base <= first || (base-first)%topology.PortSpan != 0 {
		t.Errorf("a span with a port that is taken, from %d on: %d, %v", first, base, err)
	}
	if _, err := FreePorts(first, first+1); err == nil || !strings.Contains(err.Error(), "--port-base") {
		t.Errorf("no span is free: %v", err)
	}
}
