package readmodel

import (
	"bytes"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func FuzzDecoders(f *testing.F) {
	f.Add(header{id: dollars.TxID{7}, time: 5, valid: true, operations: wallet.OperationCounts{Applied: 300, Rejected: 1}, creator: "AMSP", code: "VALID"}.encode())
	f.Add(encodeBlock(wallet.BlockSummary{Hash: [32]byte{1}, Size: 3, Transactions: 2, Valid: 1, First: 7, Last: 800, Supply: dollars.Supply{Minted: 9}}))
	f.Add(progress{block: 300, steps: 2, clock: 1_800_000_000, supply: dollars.Supply{Minted: 1000}}.encode())
	own := account{
		balance: balance{pending: 3, held: 5, debt: 4, household: dollars.Account{6}, buckets: buckets{{Expiry: 24_000, Amount: 9}}},
		record:  []byte{1}, further: 7, credits: []credit{{dollars.CreditRef{Expiry: 24_000}, []byte{9}}},
	}
	f.Add(own.encode())
	f.Add(lines{{txPlace{3, 0}, 200}, {txPlace{3, 1}, 0}}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := decodeHeader(data); err == nil && !bytes.Equal(h.encode(), data) {
			t.Errorf("header %x is written as %x", data, h.encode())
		}
		if b, err := decodeBlock(0, data); err == nil && !bytes.Equal(encodeBlock(b), data) {
			t.Errorf("block %x is written as %x", data, encodeBlock(b))
		}
		if p, err := decodeProgress(data); err == nil && !bytes.Equal(p.encode(), data) {
			t.Errorf("progress %x is written as %x", data, p.encode())
		}
		if a, err := decodeAccount(data); err == nil && (!bytes.Equal(a.encode(), data) || a.maxSize() < len(data)) {
			t.Errorf("account %x is written as %x, at most %d bytes", data, a.encode(), a.maxSize())
		}
		var list lines
		if err := walkLines(3, data, func(at place) error { list = append(list, at); return nil }); err == nil {
			if slices.Reverse(list); !bytes.Equal(list.encode(), data) {
				t.Errorf("lines %x are written as %x", data, list.encode())
			}
		}
	})
}
