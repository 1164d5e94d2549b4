package network

import (
	"syscall"

	"github.com/destinasia/dollars/network/native"
)

// PID is the process of a part, which must run.
func (n *Network) PID(part string) int {
	n.t.Helper()
	r, err := native.Dir(n.Dir).Record(part)
	if err != nil || !r.Running() {
		n.t.Fatalf("%s does not run: %+v, %v", part, r, err)
	}
	return r.PID
}

// Kill ends a part at once, with no chance to tidy up. `up` starts it again.
func (n *Network) Kill(part string) {
	n.t.Helper()
	n.signal(n.PID(part), syscall.SIGKILL)
}

// Pause stops a part as it is, until resume is called.
func (n *Network) Pause(part string) (resume func()) {
	n.t.Helper()
	pid := n.PID(part)
	n.signal(pid, syscall.SIGSTOP)
	return func() { n.signal(pid, syscall.SIGCONT) }
}

func (n *Network) signal(pid int, s syscall.Signal) {
	n.t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		n.t.Fatal(err)
	}
}
