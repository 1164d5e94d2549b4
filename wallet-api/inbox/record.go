package inbox

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Keys: a letter for what is there, then its name.
const (
	workPrefix  = "w" // id of the work -> record
	queuePrefix = "q" // sequence of unfinished work, 8 bytes big-endian -> id
	keyedPrefix = "k" // SHA-256 of client and idempotency key -> id, digest
)

func workKey(id wallet.WorkID) []byte { return append([]byte(workPrefix), id[:]...) }
func queueKey(seq uint64) []byte      { return binary.BigEndian.AppendUint64([]byte(queuePrefix), seq) }

func idempotencyKey(c, k string) []byte {
	h := sha256.Sum256(disk.AppendBytes(disk.AppendBytes(nil, c), k))
	return append([]byte(keyedPrefix), h[:]...)
}

// record is one work and how far it has come.
type record struct {
	seq    uint64
	status wallet.Status
}

const recordVersion = 2

const (
	flagDone = 1 << iota
	flagKey
	flagsAll = 1<<iota - 1
)

var errDamaged = errors.New("inbox: a record is damaged")

// encodeWork writes a record but for the id, which is its key.
func encodeWork(rec record) []byte {
	w := &rec.status.Work
	b := append(make([]byte, 0, 256), recordVersion, 0, byte(w.Class), byte(w.As))
	b = binary.AppendUvarint(b, rec.seq)
	b = append(b, w.Digest[:]...)
	b = disk.AppendBytes(disk.AppendBytes(b, w.Owner), w.Label)
	b = binary.BigEndian.AppendUint64(b, uint64(w.Accepted.Unix()))
	b = binary.AppendUvarint(b, uint64(w.Accepted.Nanosecond()))
	b = binary.AppendUvarint(b, uint64(len(w.Ops)))
	for _, op := range w.Ops {
		b = disk.AppendBytes(b, dollars.EncodeOperation(op))
	}
	if w.Key != nil {
		b[1] |= flagKey
		b = disk.AppendBytes(disk.AppendBytes(b, w.Key.Client), w.Key.Key)
		b = append(b, w.Key.Digest[:]...)
	}
	if !rec.status.Done {
		return b
	}
	return appendOutcome(b, rec.status)
}

// appendOutcome makes the record of unfinished work that of work that is done. It may write into its argument.
func appendOutcome(b []byte, s wallet.Status) []byte {
	b[1] |= flagDone
	b = binary.AppendUvarint(disk.AppendBytes(b, s.TxID), s.Block)
	b = binary.AppendUvarint(b, uint64(len(s.Results)))
	for _, r := range s.Results {
		b = disk.AppendBytes(append(b, byte(r.Kind), byte(r.Outcome), byte(r.State)), r.Code)
		b = binary.AppendUvarint(b, uint64(r.Amount))
	}
	return b
}

func decodeWork(id wallet.WorkID, data []byte) (record, error) {
	r := disk.NewReader(data)
	version, flags := r.Byte(), r.Byte()
	rec := record{status: wallet.Status{Done: flags&flagDone != 0}}
	s, w := &rec.status, &rec.status.Work
	w.ID, w.Class, w.As = id, wallet.Class(r.Byte()), wallet.Certificate(r.Byte())
	rec.seq = r.Uint(math.MaxUint64)
	r.Fixed(w.Digest[:])
	w.Owner, w.Label = string(r.Bytes()), string(r.Bytes())
	var seconds [8]byte
	r.Fixed(seconds[:])
	w.Accepted = time.Unix(int64(binary.BigEndian.Uint64(seconds[:])), int64(r.Uint(999_999_999))).UTC()
	w.Ops = make([]dollars.Operation, r.Count(1))
	for i := range w.Ops {
		var err error
		if w.Ops[i], err = dollars.DecodeOperation(r.Bytes()); err != nil {
			r.Fail()
		}
	}
	if flags&flagKey != 0 {
		w.Key = &wallet.IdempotencyKey{Client: string(r.Bytes()), Key: string(r.Bytes())}
		r.Fixed(w.Key.Digest[:])
	}
	if s.Done {
		s.TxID, s.Block = string(r.Bytes()), r.Uint(math.MaxUint64)
		s.Results = make([]wallet.Result, r.Count(5))
		for i := range s.Results {
			s.Results[i] = wallet.Result{
				Kind: dollars.Kind(r.Byte()), Outcome: dollars.Outcome(r.Byte()), State: dollars.BookingState(r.Byte()),
				Code: dollars.Code(r.Bytes()), Amount: dollars.Amount(r.Uint(math.MaxInt64)),
			}
		}
	}
	known := w.Class >= wallet.ClassBooking && w.Class <= wallet.ClassAdmin && w.As <= wallet.AsApprover && flags <= flagsAll
	if !r.End() || version != recordVersion || !known {
		return record{}, errDamaged
	}
	return rec, nil
}

func encodeKeyed(id wallet.WorkID, digest [32]byte) []byte {
	return append(append([]byte{recordVersion}, id[:]...), digest[:]...)
}

func decodeKeyed(data []byte) (id wallet.WorkID, digest [32]byte, err error) {
	r := disk.NewReader(data)
	version := r.Byte()
	r.Fixed(id[:])
	r.Fixed(digest[:])
	if !r.End() || version != recordVersion {
		return id, digest, errDamaged
	}
	return id, digest, nil
}

// queued reads the work with an id that the inbox itself has written down.
func queued(txn *badger.Txn, id []byte) (rec record, encoded []byte, err error) {
	if len(id) != len(wallet.WorkID{}) {
		return record{}, nil, errDamaged
	}
	encoded, err = disk.Get(txn, append([]byte(workPrefix), id...))
	if err != nil {
		return record{}, nil, err
	}
	if encoded == nil {
		return record{}, nil, fmt.Errorf("inbox: work %x is queued or submitted but not there", id)
	}
	rec, err = decodeWork(wallet.WorkID(id), encoded)
	return rec, encoded, err
}

// scan calls f with all keys of a prefix in their order; what it gets is good for the call only.
func scan(txn *badger.Txn, prefix string, f func(key, value []byte) error) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = []byte(prefix)
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		if err := item.Value(func(value []byte) error { return f(item.Key(), value) }); err != nil {
			return fmt.Errorf("inbox: %w", err)
		}
	}
	return nil
}
