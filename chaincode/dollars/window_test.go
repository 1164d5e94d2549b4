package dollars

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// nonceSet is the window as one would write it without a thought for space: every nonce ever used, and the rule
// that what lags WindowSize or more behind the highest counts as used.
type nonceSet struct {
	used map[uint64]bool
	high uint64
}

func (s *nonceSet) floor() uint64 {
	low := uint64(0)
	if s.high > WindowSize {
		low = s.high - WindowSize
	}
	for s.used[low+1] {
		low++
	}
	return low
}

// refuses tells why a nonce cannot be used.
func (s *nonceSet) refuses(nonce uint64) Code {
	switch floor := s.floor(); {
	case nonce <= floor || s.used[nonce]:
		return CodeNonceUsed
	case nonce > floor+MaxNonceJump:
		return CodeNonceTooHigh
	}
	return ""
}

func (s *nonceSet) use(nonce uint64) Code {
	if code := s.refuses(nonce); code != "" {
		return code
	}
	s.used[nonce] = true
	s.high = max(s.high, nonce)
	return ""
}

func TestWindowAgainstSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, model := Window{}, &nonceSet{used: map[uint64]bool{}}
		for range rapid.IntRange(1, 60).Draw(t, "orders") {
			nonce := rapid.OneOf(
				rapid.Just(w.Next()),
				rapid.Uint64Range(0, 40),
				rapid.Map(rapid.Uint64Range(0, 2*WindowSize+20), func(d uint64) uint64 { return w.Floor + d }),
				rapid.Map(rapid.Uint64Range(0, 20), func(d uint64) uint64 { return w.Floor + WindowSize - 10 + d }),
				rapid.Map(rapid.Uint64Range(0, 20), func(d uint64) uint64 { return w.Floor + MaxNonceJump - 10 + d }),
				rapid.Uint64(),
			).Draw(t, "nonce")

			before, bytes := w, slices.Clone(w.Used)
			next, err := w.use(nonce)
			if got, want := codeOf(err), model.use(nonce); got != want {
				t.Fatalf("nonce %d above floor %d: %q, the set says %q", nonce, w.Floor, got, want)
			}
			if !slices.Equal(before.Used, bytes) {
				t.Fatal("use changed the bitmap of the window it was asked of")
			}
			if err != nil {
				continue
			}
			w = next
			if w.Floor != model.floor() || w.Next() != model.high+1 {
				t.Fatalf("floor %d, next %d; the set says %d, %d", w.Floor, w.Next(), model.floor(), model.high+1)
			}
			r := reader{buf: appendWindow(nil, w)}
			if back := r.window(); !r.end() || back.Floor != w.Floor || !slices.Equal(back.Used, w.Used) {
				t.Fatalf("%+v reads back as %+v", w, back)
			}
		}
	})
}

func TestWindow(t *testing.T) {
	use := func(w Window, nonces ...uint64) Window {
		for _, n := range nonces {
			var err error
			if w, err = w.use(n); err != nil {
				t.Fatalf("nonce %d: %v", n, err)
			}
		}
		return w
	}
	inOrder := use(Window{}, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	if inOrder.Floor != 9 || len(inOrder.Used) != 0 {
		t.Errorf("nonces in sequence leave %+v, want a floor and no bitmap", inOrder)
	}
	if shuffled := use(Window{}, 9, 3, 1, 8, 2, 4, 7, 5, 6); shuffled.Floor != 9 || len(shuffled.Used) != 0 {
		t.Errorf("the same nonces shuffled leave %+v", shuffled)
	}
	if got := (Window{}).Next(); got != 1 {
		t.Errorf("the first nonce is %d", got)
	}

	// A jump passes older ones by: 2 was never used, and counts as used from then on.
	jumped := use(Window{}, 1, 2+WindowSize)
	if _, err := jumped.use(2); codeOf(err) != CodeNonceUsed {
		t.Errorf("a nonce that left the window: %v", err)
	}
	use(jumped, 3)

	if _, err := (Window{}).use(0); codeOf(err) != CodeNonceUsed {
		t.Errorf("nonce 0: %v", err)
	}
	if _, err := (Window{}).use(MaxNonceJump + 1); codeOf(err) != CodeNonceTooHigh {
		t.Errorf("a nonce too far ahead: %v", err)
	}
	use(Window{}, MaxNonceJump)

	// No account reaches the end of the numbers, but a record could say so, and must not wrap around.
	end := Window{Floor: math.MaxUint64 - 1}
	if _, err := end.use(math.MaxUint64); err != nil && codeOf(err) != CodeNonceTooHigh {
		t.Errorf("the last nonce: %v", err)
	}
	if _, err := end.use(5); codeOf(err) != CodeNonceUsed {
		t.Errorf("a small nonce at the end of the numbers: %v", err)
	}
}
