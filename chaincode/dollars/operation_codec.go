package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

func (o Confirm) append(b []byte) []byte {
	return appendFacts(append(append(b, o.Booking[:]...), o.Account[:]...), o.Facts)
}

func (o Complete) append(b []byte) []byte { return append(b, o.Booking[:]...) }

func (o Cancel) append(b []byte) []byte {
	b = appendBytes(append(b, o.Booking[:]...), []byte(o.Cause))
	b = appendUint(appendCredits(b, o.Credits), uint64(len(o.Recall)))
	for _, n := range o.Recall {
		b = appendCredits(append(b, n.Account[:]...), n.Credits)
	}
	return b
}

func (o SignedOrder) append(b []byte) []byte {
	b = appendOrder(b, &o.Order, forms[o.Order.Kind])
	if !o.From.IsZero() {
		b = append(b, o.Signature[:]...)
	}
	return appendCredits(b, o.Credits)
}

func (o Absorb) append(b []byte) []byte { return appendCredits(append(b, o.Account[:]...), o.Credits) }

func (o Expire) append(b []byte) []byte { return appendCredits(append(b, o.Account[:]...), o.Credits) }

func (o SetFrozen) append(b []byte) []byte {
	return appendBytes(append(b, o.Account[:]...), []byte(o.Reason))
}

func (o SetReward) append(b []byte) []byte {
	return appendReward(appendBytes(b, []byte(o.ID)), o.Reward)
}

func (o Recovery) append(b []byte) []byte { return append(append(b, o.Account[:]...), o.Key[:]...) }

func (o ProposeAdjustment) append(b []byte) []byte {
	return appendAdjustment(append(b, o.ID[:]...), o.Adjustment)
}

func (o ApproveAdjustment) append(b []byte) []byte {
	return appendCredits(append(b, o.ID[:]...), o.Credits)
}

func (o ProposeRules) append(b []byte) []byte {
	return appendBytes(appendUint(b, uint64(o.Version)), o.Set)
}

func (o ApproveRules) append(b []byte) []byte {
	return append(appendUint(b, uint64(o.Version)), o.Hash[:]...)
}

func (o PublishRules) append(b []byte) []byte {
	return append(appendUint(b, uint64(o.Version)), o.Hash[:]...)
}

func appendCredits(b []byte, refs []CreditRef) []byte {
	b = appendUint(b, uint64(len(refs)))
	for _, c := range refs {
		b = append(appendUint(b, uint64(c.Expiry)), c.TxID[:]...)
	}
	return b
}

func (r *reader) credits() []CreditRef {
	n := r.count(33)
	if n == 0 {
		return nil
	}
	refs := make([]CreditRef, n)
	for i := range refs {
		refs[i].Expiry = Expiry(r.uintMax(uint64(maxExpiry)))
		r.fixed(refs[i].TxID[:])
	}
	return refs
}

// EncodeOperation writes one operation: its kind, then its fields.
func EncodeOperation(op Operation) []byte { return op.append([]byte{byte(op.Kind())}) }

// DecodeOperation reads what EncodeOperation wrote.
func DecodeOperation(data []byte) (Operation, error) {
	r := reader{buf: data}
	op := r.operation(Kind(r.byte()))
	if !r.end() || op == nil {
		return nil, malformed("operation")
	}
	return op, nil
}

func (r *reader) operation(kind Kind) Operation {
	switch kind {
	case KindConfirm:
		var o Confirm
		r.fixed(o.Booking[:])
		r.fixed(o.Account[:])
		o.Facts = r.facts()
		return o
	case KindComplete:
		var o Complete
		r.fixed(o.Booking[:])
		return o
	case KindCancel:
		var o Cancel
		r.fixed(o.Booking[:])
		o.Cause = string(r.bytes(MaxFactCode))
		o.Credits = r.credits()
		for range r.count(21) {
			var n NamedCredits
			r.fixed(n.Account[:])
			n.Credits = r.credits()
			o.Recall = append(o.Recall, n)
		}
		return o
	case KindAbsorb:
		var o Absorb
		r.fixed(o.Account[:])
		o.Credits = r.credits()
		return o
	case KindFreeze, KindUnfreeze:
		o := SetFrozen{Frozen: kind == KindFreeze}
		r.fixed(o.Account[:])
		o.Reason = string(r.bytes(MaxFactCode))
		return o
	case KindProposeRules:
		return ProposeRules{uint32(r.uintMax(1<<32 - 1)), r.bytes(earn.MaxDocument)}
	case KindApproveRules:
		o := ApproveRules{Version: uint32(r.uintMax(1<<32 - 1))}
		r.fixed(o.Hash[:])
		return o
	case KindPublishRules:
		o := PublishRules{Version: uint32(r.uintMax(1<<32 - 1))}
		r.fixed(o.Hash[:])
		return o
	}
	return r.laterOperation(kind)
}

// laterOperation reads the kinds that have a file of their own.
func (r *reader) laterOperation(kind Kind) Operation {
	switch kind {
	case KindExpire:
		var o Expire
		r.fixed(o.Account[:])
		o.Credits = r.credits()
		return o
	case KindSetReward:
		return SetReward{string(r.bytes(MaxFactCode)), r.reward()}
	case KindProposeRecovery, KindApproveRecovery, KindRecover:
		o := Recovery{Step: kind}
		r.fixed(o.Account[:])
		r.fixed(o.Key[:])
		return o
	case KindProposeAdjustment:
		var o ProposeAdjustment
		r.fixed(o.ID[:])
		o.Adjustment = r.adjustment()
		return o
	case KindApproveAdjustment:
		var o ApproveAdjustment
		r.fixed(o.ID[:])
		o.Credits = r.credits()
		return o
	}
	if form := FormOf(kind); form != nil {
		o := SignedOrder{Order: r.order(kind, form)}
		if !o.From.IsZero() {
			r.fixed(o.Signature[:])
		}
		o.Credits = r.credits()
		return o
	}
	return nil
}

// batchVersion is the first byte of a batch.
const batchVersion = 2

// EncodeBatch writes a batch of operations already encoded by EncodeOperation, each with its length before it. Batches
// under way at the same time should have different lanes, below Lanes.
func EncodeBatch(lane uint8, ops [][]byte) []byte {
	size := 16
	for _, op := range ops {
		size += len(op) + 5
	}
	b := appendUint(append(make([]byte, 0, size), batchVersion, lane), uint64(len(ops)))
	for _, op := range ops {
		b = appendBytes(b, op)
	}
	return b
}

// DecodeBatch reads what EncodeBatch wrote. An operation that cannot be read is nil: Apply answers it as malformed,
// and its neighbours are not spoiled.
func DecodeBatch(data []byte) (lane uint8, ops []Operation, err error) {
	r := reader{buf: data}
	version := r.byte()
	lane = r.byte()
	n := r.count(1)
	if r.bad || version != batchVersion || lane >= Lanes {
		return 0, nil, malformed("batch")
	}
	if n > MaxOperations {
		return 0, nil, refuse(CodeMalformed, fmt.Sprintf("a batch of %d operations is more than %d", n, MaxOperations))
	}
	ops = make([]Operation, n)
	for i := range ops {
		if op, err := DecodeOperation(r.bytes(len(r.buf))); err == nil {
			ops[i] = op
		}
	}
	if !r.end() {
		return 0, nil, malformed("batch")
	}
	return lane, ops, nil
}
