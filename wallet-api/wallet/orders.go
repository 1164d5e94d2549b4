package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
)

const (
	// MaxMemoLength bounds a memo, in bytes. Only its hash is signed and reaches the ledger.
	MaxMemoLength = 200

	// custodyLifetime is for how long an order signed in custody may be applied: long enough for any outage the
	// service rides out, short enough that a refused one is soon nothing.
	custodyLifetime = 15 * time.Minute

	// preparedLifetime is for how long an order prepared for a member's own key may be applied.
	preparedLifetime = time.Hour
)

// SignedFields are what a member with their own key chose and signed.
type SignedFields struct {
	Nonce     uint64
	Deadline  int64 // Unix seconds
	ChainID   uint64
	Signature eip712.Signature
}

// OrderReceipt answers a placed order.
type OrderReceipt struct {
	ID       dollars.OrderID
	Order    dollars.Order
	Status   Status
	Repeated bool // it was placed before; nothing new was queued
}

// OrderStatus is what is known of an order: from the intake, the ledger, or both.
type OrderStatus struct {
	ID    dollars.OrderID
	Work  *Status // nil if it was not placed here, or long ago
	Place *OrderAt
}

// PlaceOrder accepts an order once it would be applied as things stand: the same rules the ledger will run are run
// on the views first, so that what cannot succeed is refused at once. The ledger still has the last word.
func (s *Service) PlaceOrder(ctx context.Context, r OrderRequest) (OrderReceipt, error) {
	if receipt, found, err := s.keyed(ctx, r.Key); found || err != nil {
		return receipt, err
	}
	m, order, err := s.draft(ctx, r)
	if err != nil {
		return OrderReceipt{}, err
	}
	if r.Signed != nil {
		return s.placeSigned(ctx, m, order, r)
	}
	if !m.Custody {
		return OrderReceipt{}, &Error{Code: CodeNoCustody, Detail: "this member holds the key; send the order with its signature", Field: "/signed"}
	}
	return s.placeFromCustody(ctx, m, order, r.Key)
}

// placeSigned places an order that the member's own key signed.
func (s *Service) placeSigned(ctx context.Context, m Member, order dollars.Order, r OrderRequest) (OrderReceipt, error) {
	signed, id := s.signed(order, r.Signed)
	receipt, err := s.place(ctx, m, id, signed, r.Key)
	if err != nil {
		return s.repeated(ctx, id, signed.Order, err)
	}
	return receipt, nil
}

// signed is the order with what its signer chose, and its id.
func (s *Service) signed(order dollars.Order, by *SignedFields) (dollars.SignedOrder, dollars.OrderID) {
	order.Nonce, order.Deadline, order.ChainID = by.Nonce, by.Deadline, by.ChainID
	return dollars.SignedOrder{Order: order, Signature: by.Signature}, order.ID(s.ledger.Currency, s.ledger.Channel, s.ledger.Chaincode)
}

// repeated answers an order that was refused, if it is under way or was applied before: sent again, it may be refused for
// what it did itself the first time.
func (s *Service) repeated(ctx context.Context, id dollars.OrderID, order dollars.Order, refused error) (OrderReceipt, error) {
	if known, err := s.OrderStatus(ctx, id); err == nil && known.settled() {
		return OrderReceipt{ID: id, Order: order, Status: known.status(), Repeated: true}, nil
	}
	return OrderReceipt{}, refused
}

// placeFromCustody chooses the nonce, signs and places, one order of an account at a time: only once an order is
// accepted is its nonce taken, so refusals leave no gaps.
func (s *Service) placeFromCustody(ctx context.Context, m Member, order dollars.Order, key *IdempotencyKey) (OrderReceipt, error) {
	unlock, ok := s.lock(ctx, order.From)
	if !ok {
		return OrderReceipt{}, &Error{Code: CodeUnavailable, Detail: "other orders of this member took too long; nothing was accepted, try again"}
	}
	defer unlock()
	// The same request may have been among those that held the account.
	if receipt, found, err := s.keyed(ctx, key); found || err != nil {
		return receipt, err
	}
	if err := s.fillIn(ctx, &order, custodyLifetime); err != nil {
		return OrderReceipt{}, err
	}
	if order.Kind == dollars.KindClaim {
		code, err := s.voucherCode(ctx, m.ID, order.From, order.Nonce)
		if errors.Is(err, ErrNotFound) {
			return OrderReceipt{}, errKeyDestroyed
		}
		if err != nil {
			return OrderReceipt{}, fmt.Errorf("make a voucher's code: %w", err)
		}
		order.Reference = dollars.CodeHash(code)
	}
	id := order.ID(s.ledger.Currency, s.ledger.Channel, s.ledger.Chaincode)
	sig, err := s.Keys.Sign(ctx, m.ID, eip712.Word(id))
	if errors.Is(err, ErrNotFound) {
		return OrderReceipt{}, errKeyDestroyed
	}
	if err != nil {
		return OrderReceipt{}, fmt.Errorf("sign in custody: %w", err)
	}
	receipt, err := s.place(ctx, m, id, dollars.SignedOrder{Order: order, Signature: sig}, key)
	if code, _ := codeOf(err); code == dollars.CodeSignatureInvalid {
		// The account was recovered, or the member removed the key; what they sent is not at fault.
		err = &Error{Code: CodeNoCustody, Detail: "the ledger takes signatures of the service's key for this account no more; send the order with the member's signature", Field: "/signed"}
	}
	if err == nil && receipt.ID == id {
		s.nonces.taken(order.From, order.Nonce, s.now())
	}
	return receipt, err
}

// errKeyDestroyed: by a request that held the account before, or, of a household's order, at the same time.
var errKeyDestroyed = &Error{Code: CodeNoCustody, Detail: "the service no longer holds this member's key; nothing was accepted"}

// PrepareOrder fills in nonce and deadline of an order for the member to sign. It reserves nothing.
func (s *Service) PrepareOrder(ctx context.Context, r OrderRequest) (dollars.Order, dollars.OrderID, error) {
	_, order, err := s.draft(ctx, r)
	if err == nil {
		err = s.fillIn(ctx, &order, preparedLifetime)
	}
	if err == nil {
		err = order.Check(s.now().Unix())
	}
	if err != nil {
		return dollars.Order{}, dollars.OrderID{}, err
	}
	return order, order.ID(s.ledger.Currency, s.ledger.Channel, s.ledger.Chaincode), nil
}

func (s *Service) fillIn(ctx context.Context, order *dollars.Order, lifetime time.Duration) error {
	now := s.now()
	b, err := s.Views.Balance(ctx, order.From, now.Unix())
	if err != nil {
		return fmt.Errorf("read balance: %w", err)
	}
	order.Nonce = s.nonces.next(order.From, b.NextNonce)
	order.Deadline = now.Add(lifetime).Unix()
	return nil
}

// place previews a signed order and accepts it.
func (s *Service) place(ctx context.Context, m Member, id dollars.OrderID, signed dollars.SignedOrder, key *IdempotencyKey) (OrderReceipt, error) {
	refusals, err := s.preview(ctx, []dollars.SignedOrder{signed})
	if err == nil {
		err = refusals[0]
	}
	if err != nil {
		return OrderReceipt{}, err
	}
	work := s.orderWork(m, id, signed, key)
	receipts, err := s.accept(ctx, []Work{work})
	if err != nil {
		return OrderReceipt{}, fmt.Errorf("accept order: %w", err)
	}
	return s.accepted(ctx, work, receipts[0])
}

func (s *Service) orderWork(m Member, id dollars.OrderID, signed dollars.SignedOrder, key *IdempotencyKey) Work {
	return Work{
		ID: WorkID(id), Class: ClassOrder, Digest: [32]byte(id), Owner: AccountOwner(m.Account),
		Label: signed.Kind().String(), Accepted: s.now(), Ops: []dollars.Operation{signed}, Key: key,
	}
}

// accepted is the receipt of an order that the intake has answered.
func (s *Service) accepted(ctx context.Context, work Work, r Receipt) (OrderReceipt, error) {
	switch {
	case r.Err != nil:
		return OrderReceipt{}, fmt.Errorf("accept order: %w", r.Err)
	case r.Repeated:
		return s.receipt(ctx, r.ID, true)
	}
	st, err := s.Intake.Status(ctx, work.ID) // what was accepted just now is nowhere else yet
	if err != nil {
		return OrderReceipt{}, fmt.Errorf("read order: %w", err)
	}
	return OrderReceipt{ID: dollars.OrderID(work.ID), Order: work.Ops[0].(dollars.SignedOrder).Order, Status: st}, nil
}

// preview runs the rules on the views, for orders in their order, and tells why each would be refused, or nil.
func (s *Service) preview(ctx context.Context, orders []dollars.SignedOrder) ([]error, error) {
	ops := make([]dollars.Operation, len(orders))
	for i, o := range orders {
		ops[i] = o
	}
	env := dollars.Env{Currency: s.ledger.Currency, Channel: s.ledger.Channel, Chaincode: s.ledger.Chaincode, Time: s.now().Unix()}
	entries, err := s.foresee(env, ops...)
	if err != nil {
		return nil, err
	}
	var short []int // orders that may have enough with their accounts' credits
	refusals := make([]error, len(orders))
	for i, e := range entries {
		switch {
		case e.Outcome != dollars.Rejected:
		case e.Code == dollars.CodeBalance:
			short = append(short, i)
		default:
			refusals[i] = refused(e.Code, "")
		}
	}
	return refusals, s.previewWithCredits(ctx, env, orders, short, refusals)
}

// previewWithCredits runs the rules once more, for orders that have too little without credits, behind what absorbs those of
// their accounts. Most orders can do without, and looking for credits is what takes longest.
func (s *Service) previewWithCredits(ctx context.Context, env dollars.Env, orders []dollars.SignedOrder, short []int, refusals []error) error {
	if len(short) == 0 {
		return nil
	}
	var ops []dollars.Operation
	absorbs := map[dollars.Account]int{} // places in ops
	for _, i := range short {
		account := orders[i].From
		if _, known := absorbs[account]; known {
			continue
		}
		credits, err := s.Views.Credits(ctx, account, dollars.MaxAmount, dollars.MaxCredits)
		if err != nil {
			return fmt.Errorf("read credits: %w", err)
		}
		absorbs[account] = len(ops)
		ops = append(ops, dollars.Absorb{Account: account, Credits: credits})
	}
	first := len(ops)
	for _, i := range short {
		ops = append(ops, orders[i])
	}
	entries, err := s.foresee(env, ops...)
	if err != nil {
		return err
	}
	for k, i := range short {
		if entries[first+k].Outcome != dollars.Rejected {
			continue
		}
		absorb := absorbs[orders[i].From]
		all := entries[absorb].Outcome != dollars.Rejected && len(ops[absorb].(dollars.Absorb).Credits) < dollars.MaxCredits
		if code := entries[first+k].Code; code != dollars.CodeBalance || all {
			refusals[i] = refused(code, "")
			continue
		}
		// An account may hold more credits than one operation can name, or others than the views knew a moment ago. The
		// gateway absorbs them first.
		b, err := s.Views.Balance(ctx, orders[i].From, env.Time)
		if err != nil {
			return fmt.Errorf("read balance: %w", err)
		}
		if b.Available() < orders[i].Amount {
			refusals[i] = refused(dollars.CodeBalance, "")
		}
	}
	return nil
}

// foresee is what the ledger would answer to operations, as far as the views are up to date.
func (s *Service) foresee(env dollars.Env, ops ...dollars.Operation) ([]dollars.Entry, error) {
	result, err := dollars.Apply(env, ops, s.Views)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return result.Journal.Entries, nil
}

// voucherLabel is what a voucher's code is made from, beside the member's key: the account that pays for it and the nonce of
// the claim. Whoever has the key can make the codes again, and nobody has to keep them. The nonce alone would not do: a
// member's own account and their household's each count theirs.
func voucherLabel(from dollars.Account, nonce uint64) string {
	return fmt.Sprintf("voucher/%s/%d", from, nonce)
}

func (s *Service) voucherCode(ctx context.Context, id MemberID, from dollars.Account, nonce uint64) ([32]byte, error) {
	return s.Keys.Secret(ctx, id, voucherLabel(from, nonce))
}

// keyed answers a request whose idempotency key was used before.
func (s *Service) keyed(ctx context.Context, key *IdempotencyKey) (OrderReceipt, bool, error) {
	if key == nil {
		return OrderReceipt{}, false, nil
	}
	id, digest, err := s.Intake.Keyed(ctx, key.Client, key.Key)
	switch {
	case errors.Is(err, ErrNotFound):
		return OrderReceipt{}, false, nil
	case err != nil:
		return OrderReceipt{}, false, fmt.Errorf("look up idempotency key: %w", err)
	case digest != key.Digest:
		return OrderReceipt{}, false, ErrKeyReused
	}
	receipt, err := s.receipt(ctx, id, true)
	return receipt, err == nil, err
}

func (s *Service) receipt(ctx context.Context, id WorkID, repeated bool) (OrderReceipt, error) {
	known, err := s.OrderStatus(ctx, dollars.OrderID(id))
	if err != nil {
		return OrderReceipt{}, err
	}
	st := known.status()
	receipt := OrderReceipt{ID: dollars.OrderID(id), Status: st, Repeated: repeated}
	for _, op := range st.Work.Ops {
		if signed, ok := op.(dollars.SignedOrder); ok {
			receipt.Order = signed.Order
		}
	}
	return receipt, nil
}

// OrderStatus tells what is known of an order, or refuses with not_found.
func (s *Service) OrderStatus(ctx context.Context, id dollars.OrderID) (OrderStatus, error) {
	out := OrderStatus{ID: id}
	st, err := s.Intake.Status(ctx, WorkID(id))
	switch {
	case err == nil:
		out.Work = &st
	case !errors.Is(err, ErrNotFound):
		return OrderStatus{}, fmt.Errorf("read order: %w", err)
	}
	place, err := s.Views.Order(ctx, id)
	switch {
	case err == nil:
		out.Place = &place
	case !errors.Is(err, ErrNotFound):
		return OrderStatus{}, fmt.Errorf("read order: %w", err)
	}
	if out.Work == nil && out.Place == nil {
		return OrderStatus{}, &Error{Code: CodeNotFound, Detail: "no order with this id was placed here or applied on the ledger"}
	}
	return out, nil
}

// settled tells an order that need not, or may not, be queued again: applied, or under way.
func (o OrderStatus) settled() bool {
	return o.Place != nil || (o.Work != nil && !o.Work.Rejected())
}

// status is the intake's, or made from the order's place on the ledger: an order refused here may have been applied
// since, because anyone may relay it.
func (o OrderStatus) status() Status {
	st := Status{Work: Work{ID: WorkID(o.ID), Class: ClassOrder}}
	if o.Work != nil {
		st = *o.Work
	}
	if o.Place != nil && (o.Work == nil || o.Work.Rejected()) {
		st.Done, st.Results = true, []Result{ResultOf(o.Place.Entry)}
		st.TxID, st.Block = o.Place.TxID, o.Place.Block
	}
	return st
}
