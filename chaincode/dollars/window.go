package dollars

import (
	"math/bits"
	"slices"
)

// A nonce makes an order count once. Members may have several orders under way and they may arrive in any order, so
// the account keeps a window rather than a counter: every nonce up to the floor is used, and of the WindowSize above
// it a bitmap tells which are. With nonces used in sequence the bitmap is empty and costs nothing.
const (
	// WindowSize is how many nonces above the floor can be told apart. An order that lags further behind the
	// newest one is refused as used.
	WindowSize = 1024

	// MaxNonceJump is how far ahead of the floor a nonce may be, so that one mistyped order cannot use up an
	// account's nonces.
	MaxNonceJump = 1 << 20
)

// Window is the replay protection of one account.
type Window struct {
	Floor uint64
	Used  []byte // bit i (least significant first) is nonce Floor+1+i; never ends in a zero byte; bit 0 is never set
}

// Next is the lowest nonce above every used one.
func (w Window) Next() uint64 {
	if len(w.Used) == 0 {
		return w.Floor + 1
	}
	last := len(w.Used) - 1
	return w.Floor + uint64(last*8+bits.Len8(w.Used[last])) + 1
}

// use marks a nonce, or says why it may not be used. It never changes the bytes of w.Used in place.
func (w Window) use(nonce uint64) (Window, error) {
	if nonce <= w.Floor {
		return w, refuse(CodeNonceUsed, "an order with this nonce was applied before, or newer ones have passed it by")
	}
	if nonce > w.Floor+MaxNonceJump {
		return w, refuse(CodeNonceTooHigh, "the nonce is too far ahead: use the account's next one")
	}
	used := slices.Clone(w.Used)
	if nonce > w.Floor+WindowSize {
		used = shift(used, nonce-w.Floor-WindowSize)
		w.Floor = nonce - WindowSize
	}
	i := nonce - w.Floor - 1
	for uint64(len(used)) <= i/8 {
		used = append(used, 0)
	}
	if used[i/8]&(1<<(i%8)) != 0 {
		return w, refuse(CodeNonceUsed, "an order with this nonce was applied before")
	}
	used[i/8] |= 1 << (i % 8)
	// What is used without a gap above the floor belongs below it.
	run := uint64(0)
	for run < uint64(len(used))*8 && used[run/8]&(1<<(run%8)) != 0 {
		run++
	}
	return Window{Floor: w.Floor + run, Used: trim(shift(used, run))}, nil
}

// shift drops the lowest n bits of a bitmap.
func shift(b []byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	if n >= uint64(len(b))*8 {
		return nil
	}
	b = b[n/8:]
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] >> (n % 8)
		if n%8 != 0 && i+1 < len(b) {
			out[i] |= b[i+1] << (8 - n%8)
		}
	}
	return out
}

func trim(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

func appendWindow(b []byte, w Window) []byte { return appendBytes(appendUint(b, w.Floor), w.Used) }

func (r *reader) window() Window {
	w := Window{Floor: r.uint(), Used: r.bytes(WindowSize / 8)}
	if n := len(w.Used); n > 0 && (w.Used[n-1] == 0 || w.Used[0]&1 != 0) {
		r.fail()
	}
	if len(w.Used) == 0 {
		w.Used = nil
	}
	return w
}
