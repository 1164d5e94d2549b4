package network

import (
	"fmt"
	"syscall"
	"time"

	"github.com/destinasia/dollars/network/native"
)

// PID is the process of a part, which must run.
func (n *Network) PID(part string) int {
	n.t.Helper()
	r, err := running(n.Dir, part)
	if err != nil {
		n.t.Fatal(err)
	}
	return r.PID
}

func running(dir, part string) (native.Record, error) {
	r, err := native.Dir(dir).Record(part)
	if err == nil && !r.Running() {
		err = fmt.Errorf("process %d has ended", r.PID)
	}
	if err != nil {
		return r, fmt.Errorf("%s does not run: %w", part, err)
	}
	return r, nil
}

// Kill ends a part at once, with no chance to tidy up, and waits until it is gone. `up` starts it again.
func (n *Network) Kill(part string) {
	n.t.Helper()
	if err := Kill(n.Dir, part); err != nil {
		n.t.Fatal(err)
	}
}

// Kill ends a part of the network in a directory as the method does. An `up` that still met it would take it for running.
func Kill(dir, part string) error {
	r, err := running(dir, part)
	if err != nil {
		return err
	}
	if err := syscall.Kill(r.PID, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", part, err)
	}
	for begun := time.Now(); r.Running(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			return fmt.Errorf("%s, process %d, outlives SIGKILL by half a minute", part, r.PID)
		}
	}
	return nil
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
