package inbox

import (
	"bytes"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
)

func TestRecordsKeepEverything(t *testing.T) {
	w := event(3)
	w.As = wallet.AsApprover
	w.Ops = append(w.Ops, dollars.SignedOrder{
		Order:   dollars.Order{Kind: dollars.KindTransfer, From: dollars.Account{1}, To: dollars.Account{2}, Amount: 5, Nonce: 9, Deadline: 1_790_000_000},
		Credits: []dollars.CreditRef{{Expiry: 24_000, TxID: dollars.TxID{4}}},
	})
	w.Key = &wallet.IdempotencyKey{Client: "shop", Key: "k", Digest: [32]byte{8}}
	for _, want := range []record{
		{seq: 1, status: wallet.Status{Work: event(1)}},
		{seq: 1 << 40, status: wallet.Status{Work: w, Done: true, TxID: "tx", Block: 99, Results: done(w, dollars.Rejected).Results}},
	} {
		got, err := decodeWork(want.status.Work.ID, encodeWork(want))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(record{})); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}

func FuzzDecodeWork(f *testing.F) {
	w := event(1)
	w.Key = &wallet.IdempotencyKey{Client: "c", Key: "k"}
	s := done(w, dollars.Duplicate)
	s.Done = true
	f.Add(encodeWork(record{seq: 5, status: wallet.Status{Work: event(2)}}))
	f.Add(encodeWork(record{seq: 300, status: s}))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := decodeWork(wallet.WorkID{}, data)
		if err == nil && !bytes.Equal(encodeWork(rec), data) {
			t.Fatalf("%x was read, but is written as %x", data, encodeWork(rec))
		}
	})
}

func FuzzDecodeSubmission(f *testing.F) {
	f.Add(encodeSubmission(wallet.Submission{Envelope: []byte("signed"), Work: events(0, 2)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids, envelope, err := decodeSubmission(data)
		if err != nil {
			return
		}
		s := wallet.Submission{Envelope: envelope}
		for _, id := range ids {
			s.Work = append(s.Work, wallet.Work{ID: id})
		}
		if !bytes.Equal(encodeSubmission(s), data) {
			t.Fatalf("%x was read, but is written as %x", data, encodeSubmission(s))
		}
	})
}
