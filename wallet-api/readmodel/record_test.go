package readmodel

import (
	"bytes"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
)

func FuzzDecoders(f *testing.F) {
	f.Add(header{id: "tx", time: 5, valid: true, code: "VALID"}.encode())
	f.Add(progress{block: 300, steps: 2, supply: dollars.Supply{Minted: 1000}}.encode())
	f.Add(balance{pending: 3, held: 5, debt: 4, household: dollars.Account{6}, buckets: buckets{{Expiry: 24_000, Amount: 9}}}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := decodeHeader(data); err == nil && !bytes.Equal(h.encode(), data) {
			t.Errorf("header %x is written as %x", data, h.encode())
		}
		if p, err := decodeProgress(data); err == nil && !bytes.Equal(p.encode(), data) {
			t.Errorf("progress %x is written as %x", data, p.encode())
		}
		if b, err := decodeBalance(data); err == nil && !bytes.Equal(b.encode(), data) {
			t.Errorf("balance %x is written as %x", data, b.encode())
		}
		if e, err := decodeEntry(data); err == nil && !bytes.Equal(encodeEntry(e), data) {
			t.Errorf("entry %x is written as %x", data, encodeEntry(e))
		}
	})
}
