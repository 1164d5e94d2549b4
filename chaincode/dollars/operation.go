package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
)

// Kind is what an operation is. The numbers are on the ledger: never renumber, only add.
type Kind uint8

// The kinds of operation. KindUnreadable is bytes in a batch that are no operation.
const (
	KindUnreadable Kind = iota
	KindConfirm
	KindComplete
	KindCancel
	KindTransfer
	KindRedeem
	KindAbsorb
	KindFreeze
	KindUnfreeze
	KindProposeRules
	KindApproveRules
	KindPublishRules
)

var kindNames = [...]string{
	"unreadable", "confirm", "complete", "cancel", "transfer", "redeem", "absorb", "freeze", "unfreeze",
	"propose-rules", "approve-rules", "publish-rules",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Bounds of a batch, so that one transaction stays far below Fabric's 10 MB and its endorsement below a second.
const (
	MaxOperations = 5_000
	MaxCredits    = 256
)

// Operation is one step of a batch: one of the types below.
type Operation interface {
	Kind() Kind
	append(b []byte) []byte
}

// CreditRef names a credit of the account an operation touches.
type CreditRef struct {
	Expiry Expiry
	TxID   TxID
}

// Of is the credit of that account.
func (c CreditRef) Of(a Account) Credit { return Credit{a, c.Expiry, c.TxID} }

type (
	// Confirm promises points for a booked item. Role issuer.
	Confirm struct {
		Booking BookingID
		Account Account
		Facts   Facts
	}

	// Complete mints the points that were promised. Role issuer.
	Complete struct{ Booking BookingID }

	// Cancel ends a pending booking, or takes an awarded one's points back: what the account has, of its record
	// and of the credits named, and the rest becomes debt. Role issuer.
	Cancel struct {
		Booking BookingID
		Credits []CreditRef
	}

	// SignedOrder carries a member's order, and the credits it may absorb: those are the relayer's proposal, not
	// signed, because naming them neither adds nor moves a point. Anyone may relay it.
	SignedOrder struct {
		Order
		Signature eip712.Signature
		Credits   []CreditRef
	}

	// Absorb folds credits into the account's record, for accounts with more credits than one order may name.
	// Anyone may ask for it: it moves nothing between accounts.
	Absorb struct {
		Account Account
		Credits []CreditRef
	}

	// SetFrozen stops an account from spending, or lets it spend again. Role operator.
	SetFrozen struct {
		Account Account
		Frozen  bool
	}

	// ProposeRules proposes a rule set, as earn.RuleSet.Encode writes it, as the next version, in the place of what
	// was proposed before. Role rules.
	ProposeRules struct {
		Version uint32
		Set     []byte
	}

	// ApproveRules approves what is proposed. Role rules, by another certificate than the proposal.
	ApproveRules struct {
		Version uint32
		Hash    earn.Hash
	}

	// PublishRules makes what is proposed and approved a version of the rules, for bookings confirmed from its start
	// on. Role rules.
	PublishRules struct {
		Version uint32
		Hash    earn.Hash
	}
)

// Kind of each operation.
func (Confirm) Kind() Kind      { return KindConfirm }
func (Complete) Kind() Kind     { return KindComplete }
func (Cancel) Kind() Kind       { return KindCancel }
func (Absorb) Kind() Kind       { return KindAbsorb }
func (ProposeRules) Kind() Kind { return KindProposeRules }
func (ApproveRules) Kind() Kind { return KindApproveRules }
func (PublishRules) Kind() Kind { return KindPublishRules }

// Kind is redeem or transfer.
func (o SignedOrder) Kind() Kind {
	if o.Redeem {
		return KindRedeem
	}
	return KindTransfer
}

// Kind is freeze or unfreeze.
func (o SetFrozen) Kind() Kind {
	if o.Frozen {
		return KindFreeze
	}
	return KindUnfreeze
}

func (o Confirm) append(b []byte) []byte {
	return appendFacts(append(append(b, o.Booking[:]...), o.Account[:]...), o.Facts)
}

func (o Complete) append(b []byte) []byte { return append(b, o.Booking[:]...) }

func (o Cancel) append(b []byte) []byte {
	return appendCredits(append(b, o.Booking[:]...), o.Credits)
}

func (o SignedOrder) append(b []byte) []byte {
	b = append(b, o.From[:]...)
	if !o.Redeem {
		b = append(b, o.To[:]...)
	}
	b = appendAmount(b, o.Amount)
	b = appendUint(b, o.Nonce)
	b = appendUint(b, uint64(o.Deadline))
	b = append(b, o.MemoHash[:]...)
	b = appendUint(b, o.ChainID)
	b = append(b, o.Signature[:]...)
	return appendCredits(b, o.Credits)
}

func (o Absorb) append(b []byte) []byte { return appendCredits(append(b, o.Account[:]...), o.Credits) }

func (o SetFrozen) append(b []byte) []byte { return append(b, o.Account[:]...) }

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
		o.Credits = r.credits()
		return o
	case KindTransfer, KindRedeem:
		return r.order(kind == KindRedeem)
	case KindAbsorb:
		var o Absorb
		r.fixed(o.Account[:])
		o.Credits = r.credits()
		return o
	case KindFreeze, KindUnfreeze:
		o := SetFrozen{Frozen: kind == KindFreeze}
		r.fixed(o.Account[:])
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
	return nil
}

func (r *reader) order(redeem bool) SignedOrder {
	var o SignedOrder
	o.Redeem = redeem
	r.fixed(o.From[:])
	if !redeem {
		r.fixed(o.To[:])
	}
	o.Amount = r.amount()
	o.Nonce = r.uint()
	o.Deadline = int64(r.uintMax(1<<63 - 1))
	r.fixed(o.MemoHash[:])
	o.ChainID = r.uint()
	r.fixed(o.Signature[:])
	o.Credits = r.credits()
	return o
}

// batchVersion is the first byte of a batch.
const batchVersion = 1

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
