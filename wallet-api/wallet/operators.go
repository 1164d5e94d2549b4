package wallet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// SetFrozen freezes an account, or lets it spend again. The reason is a code that the member sees.
func (s *Service) SetFrozen(ctx context.Context, owner string, a dollars.Account, frozen bool, reason string, key *IdempotencyKey) (Receipt, error) {
	if err := neverSent(dollars.CheckReason(reason)); err != nil {
		return Receipt{}, err
	}
	return s.change(ctx, owner, AsOperator, dollars.SetFrozen{Account: a, Frozen: frozen, Reason: reason}, key)
}

// ProposeAdjustment asks for points to be granted to an account, or burned in it; another certificate approves it. Asked
// again under the same id it is the same proposal.
func (s *Service) ProposeAdjustment(ctx context.Context, owner string, id [32]byte, a dollars.Adjustment, key *IdempotencyKey) (Receipt, error) {
	if err := neverSent(a.Check()); err != nil {
		return Receipt{}, err
	}
	return s.change(ctx, owner, AsOperator, dollars.ProposeAdjustment{ID: id, Adjustment: a}, key)
}

// ApproveAdjustment has a proposed adjustment made.
func (s *Service) ApproveAdjustment(ctx context.Context, owner string, id [32]byte, key *IdempotencyKey) (Receipt, error) {
	return s.change(ctx, owner, AsApprover, dollars.ApproveAdjustment{ID: id}, key)
}

// Adjustment is a proposed or approved adjustment as the ledger has it, and the height at which it was so, or not_found.
func (s *Service) Adjustment(ctx context.Context, id [32]byte) (dollars.AdjustmentRecord, uint64, error) {
	rec, height, err := readAt(ctx, s.Views, dollars.AdjustmentKey(id), dollars.DecodeAdjustmentRecord)
	if errors.Is(err, ErrNotFound) {
		err = &Error{Code: CodeNotFound, Detail: "no adjustment with this id was proposed"}
	}
	return rec, height, err
}

// Recover takes a step in giving an account whose keys are lost a new one. Who proposes and who approves are operators of
// different organisations; anyone may complete it after the waiting period.
func (s *Service) Recover(ctx context.Context, owner string, step dollars.Kind, a, newKey dollars.Account, key *IdempotencyKey) (Receipt, error) {
	as := AsOperator
	if step == dollars.KindApproveRecovery {
		as = AsApprover
	}
	return s.change(ctx, owner, as, dollars.Recovery{Step: step, Account: a, Key: newKey}, key)
}

// SetReward puts a reward into the catalogue, or changes it.
func (s *Service) SetReward(ctx context.Context, owner, id string, r dollars.Reward, key *IdempotencyKey) (Receipt, error) {
	op := dollars.SetReward{ID: id, Reward: r}
	if err := neverSent(op.Check()); err != nil {
		return Receipt{}, err
	}
	return s.change(ctx, owner, AsMerchant, op, key)
}

// neverSent is a refusal of what the ledger would refuse too. It must not get that far: a transaction stays in its block with
// all that was asked for, and free text may name a person.
func neverSent(err error) error {
	if err == nil {
		return nil
	}
	code, _ := codeOf(err)
	field := ""
	if code == dollars.CodeReasonInvalid {
		field = "/reason"
	}
	return refused(code, field)
}

// MaxExpire is how many accounts one call of Expire looks for at most.
const MaxExpire = 500

// Expire accepts the burning of points that have expired, of up to limit accounts after one. It answers the works and where
// to go on, nil at the end. Asked again it finds what is still there, so it can be stopped at any point.
func (s *Service) Expire(ctx context.Context, owner string, after *dollars.Account, limit int) (works []WorkID, next *dollars.Account, err error) {
	if limit < 1 || limit > MaxExpire {
		return nil, nil, &Error{Code: CodeLimitInvalid, Detail: fmt.Sprintf("one call looks for 1 to %d accounts", MaxExpire), Field: "/limit"}
	}
	accounts, next, err := s.Views.Expired(ctx, after, s.now().Unix(), limit)
	if err != nil || len(accounts) == 0 {
		return nil, next, err
	}
	batch := make([]Work, len(accounts))
	for i, a := range accounts {
		if batch[i], err = s.newChange(owner, AsIssuer, dollars.Expire{Account: a}); err != nil {
			return nil, nil, err
		}
	}
	receipts, err := s.accept(ctx, batch)
	if err != nil {
		return nil, nil, fmt.Errorf("accept expirations: %w", err)
	}
	for _, r := range receipts {
		if r.Err != nil {
			return nil, nil, fmt.Errorf("accept expirations: %w", r.Err)
		}
		works = append(works, r.ID)
	}
	return works, next, nil
}

// maxSweep is how many holds one sweep releases at most.
const maxSweep = 500

// Sweep gives back what is left of holds that have ended. It tells how many it found; those of an earlier sweep that are
// still under way are not asked for twice.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	if !s.caughtUp() {
		return 0, nil // views that are being folded anew show holds that were released long ago
	}
	ended, err := s.Views.HoldsPast(ctx, s.now().Unix(), maxSweep)
	if err != nil || len(ended) == 0 {
		return 0, err
	}
	works := make([]Work, len(ended))
	for i, id := range ended {
		release := dollars.Order{Kind: dollars.KindRelease, To: id.Account, Ref: id.Order}
		works[i] = s.work(ClassAdmin, AsIssuer, "client:sweep", dollars.SignedOrder{Order: release}) // at its end anyone may
		works[i].ID, works[i].Digest = namedWork("end", id.Order), [32]byte{}
	}
	if _, err := s.accept(ctx, works); err != nil {
		return 0, fmt.Errorf("accept releases: %w", err)
	}
	return len(ended), nil
}

// change accepts an operation under an id of its own.
func (s *Service) change(ctx context.Context, owner string, as Certificate, op dollars.Operation, key *IdempotencyKey) (Receipt, error) {
	w, err := s.newChange(owner, as, op)
	if err != nil {
		return Receipt{}, err
	}
	w.Key = key
	return s.acceptOne(ctx, w)
}

func (s *Service) newChange(owner string, as Certificate, op dollars.Operation) (Work, error) {
	w := s.work(ClassAdmin, as, owner, op)
	if _, err := rand.Read(w.ID[:]); err != nil {
		return Work{}, fmt.Errorf("make an id: %w", err)
	}
	return w, nil
}

// work is an operation as the intake takes it; its id is left open.
func (s *Service) work(c Class, as Certificate, owner string, op dollars.Operation) Work {
	ops := []dollars.Operation{op}
	return Work{Class: c, As: as, Digest: digestOf(ops), Owner: owner, Label: op.Kind().String(), Accepted: s.now(), Ops: ops}
}

func (s *Service) acceptOne(ctx context.Context, w Work) (Receipt, error) {
	receipts, err := s.accept(ctx, []Work{w})
	if err != nil {
		return Receipt{}, fmt.Errorf("accept %s: %w", w.Label, err)
	}
	return receipts[0], receipts[0].Err
}

// namedWork is the id of work that has a name: asked for again it is the same work.
func namedWork(what string, names ...[32]byte) WorkID {
	h := sha256.New()
	h.Write([]byte(what))
	for _, n := range names {
		h.Write(n[:])
	}
	return WorkID(h.Sum(nil))
}
