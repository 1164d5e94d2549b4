package receipt

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestEveryBitCounts flips bits anywhere in a receipt's file, and in the block in it before it is written. No part is
// left out.
func TestEveryBitCounts(t *testing.T) {
	w := newWorld(t)
	clean := w.receipt(t)
	text := clean.Encode()
	flips := 1000
	if testing.Short() {
		flips = 100
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range flips {
		changed := bytes.Clone(text)
		at, bit := random.IntN(len(changed)), random.IntN(8)
		changed[at] ^= 1 << bit
		if _, err := verify(changed, w.Roots); err == nil {
			t.Errorf("seed %d: bit %d of byte %d of the file is flipped, and nobody sees", seed, bit, at)
		}
		r := clean
		r.RawBlock = bytes.Clone(clean.RawBlock)
		at = random.IntN(len(r.RawBlock))
		r.RawBlock[at] ^= 1 << bit
		if _, err := verify(r.Encode(), w.Roots); err == nil {
			t.Errorf("seed %d: bit %d of byte %d of the block is flipped, and nobody sees", seed, bit, at)
		}
	}
}

// FuzzVerify: whatever a file holds, reading it ends in a receipt or an error, and what was read is written the same.
func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	r := w.receipt(f)
	f.Add(r.Encode())
	r.RawBlock = r.RawBlock[:200]
	f.Add(r.Encode())
	f.Add([]byte(`{"format":"destinasia-receipt/1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Decode(text)
		if err != nil {
			return
		}
		again, err := Decode(r.Encode())
		if err != nil || !bytes.Equal(again.Encode(), r.Encode()) {
			t.Errorf("it is read otherwise when it is written again: %v", err)
		}
		_, _ = Verify(r, w.Roots)
	})
}

// FuzzBlock: whatever block a receipt holds, making and verifying one ends.
func FuzzBlock(f *testing.F) {
	w := newWorld(f)
	clean := w.receipt(f)
	f.Add(w.block())
	f.Add(clean.RawBlock)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Make(raw, clean.Transaction, order)
		if err == nil {
			_ = r.Encode()
		}
		r = clean
		r.RawBlock = raw
		if _, err := Verify(r, w.Roots); err == nil && !bytes.Equal(raw, clean.RawBlock) {
			t.Error("another block proves the same")
		}
	})
}
