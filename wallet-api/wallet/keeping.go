package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// A member's account may change hands between the service's key and keys of the member's own: its address stays, and which
// keys sign for it is on the ledger.

// memberKeys are the keys that a member has.
type memberKeys struct {
	inCustody  bool // the service holds one
	listed     bool // and the ledger takes its signatures for the account
	ofTheirOwn bool // the ledger takes those of another
}

// keysOf tells what keys a member has, here and by the ledger.
func (s *Service) keysOf(ctx context.Context, m Member) (keys memberKeys, err error) {
	if !s.caughtUp() {
		return keys, &Error{Code: CodeUnavailable, Detail: "the ledger is still being read after a restart, so neither this account's points nor its keys are known; nothing was changed, try again"}
	}
	address, err := s.custodyAddress(ctx, m.ID)
	if err != nil {
		return keys, err
	}
	keys.inCustody = !address.IsZero()
	rec, err := read(s.Views, dollars.AccountKey(m.Account), dollars.DecodeAccountRecord)
	if err != nil {
		return keys, err
	}
	sign := rec.KeysOf(m.Account)
	keys.listed = keys.inCustody && slices.Contains(sign, address)
	keys.ofTheirOwn = !keys.listed || len(sign) > 1
	return keys, nil
}

// custodyAddress is the address of the key that the service holds of a member, zero where it holds none.
func (s *Service) custodyAddress(ctx context.Context, id MemberID) (dollars.Account, error) {
	address, err := s.Keys.Address(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return dollars.Account{}, nil
	}
	if err != nil {
		return dollars.Account{}, fmt.Errorf("look for a key: %w", err)
	}
	return address, nil
}

// CustodyKey makes a key with which the service is to sign for a member who holds their own, or finds the one made before,
// and tells its address. It is good for nothing until the member has added the address to the account's keys on the ledger.
func (s *Service) CustodyKey(ctx context.Context, id string) (dollars.Account, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return dollars.Account{}, err
	}
	unlock, err := s.alone(ctx, m.Account)
	if err != nil {
		return dollars.Account{}, err
	}
	defer unlock()
	address, err := s.Keys.Create(ctx, m.ID)
	if err != nil {
		return dollars.Account{}, fmt.Errorf("create key: %w", err)
	}
	return address, nil
}

// alone waits until nothing else signs with, makes or destroys the key of an account's member: a key whose address is told
// must not be one that another request destroys.
func (s *Service) alone(ctx context.Context, a dollars.Account) (unlock func(), err error) {
	unlock, ok := s.lock(ctx, a)
	if !ok {
		return nil, &Error{Code: CodeUnavailable, Detail: "other requests of this member took too long; nothing was changed, try again"}
	}
	return unlock, nil
}

// BeginCustody has the service sign for a member from now on, once the ledger lists the CustodyKey among those that sign for
// the account.
func (s *Service) BeginCustody(ctx context.Context, id string) (Member, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Member{}, err
	}
	unlock, err := s.alone(ctx, m.Account)
	if err != nil {
		return Member{}, err
	}
	defer unlock()
	switch keys, err := s.keysOf(ctx, m); {
	case err != nil:
		return Member{}, err
	case !keys.inCustody:
		return Member{}, &Error{Code: CodeNoCustody, Detail: "the service holds no key of this member; have it make one, and add its address to the account's keys on the ledger"}
	case !keys.listed:
		return Member{}, &Error{Code: CodeNoCustody, Detail: "the ledger does not take signatures of the service's key for this account yet; add its address to the account's keys"}
	}
	return s.setCustody(ctx, m, true)
}

// EndCustody has the service sign no more for a member, and destroys its key, once the ledger lists another that signs for
// the account. Asking again finishes what a crash left undone.
func (s *Service) EndCustody(ctx context.Context, id string) (Member, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Member{}, err
	}
	unlock, err := s.alone(ctx, m.Account)
	if err != nil {
		return Member{}, err
	}
	defer unlock()
	keys, err := s.keysOf(ctx, m)
	if err != nil {
		return Member{}, err
	}
	if !keys.ofTheirOwn {
		return Member{}, &Error{Code: CodeOnlyKey, Detail: "no key of the member's own signs for the account, so nobody could spend its points any more; nothing was changed: add one to the account's keys on the ledger first"}
	}
	// The directory goes first: a member of whom it says so without a key in custody could have nothing signed.
	if m, err = s.setCustody(ctx, m, false); err != nil {
		return Member{}, err
	}
	if err := s.Keys.Forget(context.WithoutCancel(ctx), m.ID); err != nil {
		return Member{}, fmt.Errorf("destroy key: %w", err)
	}
	return m, nil
}

func (s *Service) setCustody(ctx context.Context, m Member, custody bool) (Member, error) {
	if err := s.Directory.SetCustody(ctx, m.ID, custody); err != nil {
		return Member{}, fmt.Errorf("change custody: %w", err)
	}
	m.Custody = custody
	return m, nil
}
