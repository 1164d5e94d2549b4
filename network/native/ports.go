package native

import (
	"fmt"

	"github.com/destinasia/dollars/network/topology"
)

// FreePorts finds a port base, from first on and below last, from which nobody listens on any port that a network may
// occupy. It holds none of them: somebody else may be faster.
func FreePorts(first, last int) (base int, err error) {
	for base = first; base < last; base += topology.PortSpan {
		if spanFree(base) {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row from %d to %d; choose some with --port-base", topology.PortSpan, first, last)
}

func spanFree(base int) bool {
	for port := base; port < base+topology.PortSpan; port++ {
		if bindable(port) != nil {
			return false
		}
	}
	return true
}
