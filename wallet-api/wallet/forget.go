package wallet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// ErasureCertificate tells what was destroyed when a member was forgotten. It names the account and not the member, and the
// service keeps no copy.
type ErasureCertificate struct {
	ID         string // drawn for this certificate
	Account    dollars.Account
	CustodyKey bool // there was one, and it was destroyed with the mapping
	Erased     time.Time
	Height     uint64      // number of blocks of the ledger then
	Abandoned  *PointsLeft // that nobody can spend any more; nil where there are none
}

// PointsLeft are points of an account that only the key in custody can spend.
type PointsLeft struct {
	Available dollars.Amount
	Pending   dollars.Amount // promised by bookings that are not completed
}

func (p PointsLeft) String() string {
	return fmt.Sprintf("%s available and %s pending", p.Available, p.Pending)
}

// Forget destroys what ties a member to an account, and the key in custody if there is one. What is on the ledger stays,
// and nothing tells any more whose it was. Orders that were accepted are signed, and are applied all the same. With a key
// in custody points that are left could never be spent again, so unless they are to be abandoned they are a refusal.
func (s *Service) Forget(ctx context.Context, id string, abandonPoints bool) (ErasureCertificate, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return ErasureCertificate{}, err
	}
	unlock, ok := s.nonces.lock(m.Account, ctx.Done())
	if !ok {
		return ErasureCertificate{}, &Error{Code: CodeUnavailable, Detail: "orders of this member took too long; nothing was destroyed, try again"}
	}
	defer unlock()
	// Another request may have been first, and the id be somebody else's by now.
	switch again, err := s.Member(ctx, id); {
	case err != nil:
		return ErasureCertificate{}, err
	case again.Account != m.Account:
		return ErasureCertificate{}, errMemberUnknown
	}
	cert := ErasureCertificate{Account: m.Account, Erased: s.now().UTC().Truncate(time.Second)}
	if cert.Height, cert.Abandoned, err = s.abandoned(ctx, m, abandonPoints); err != nil {
		return ErasureCertificate{}, err
	}
	switch _, err := s.Keys.Address(ctx, m.ID); {
	case err == nil:
		cert.CustodyKey = true
	case !errors.Is(err, ErrNotFound):
		return ErasureCertificate{}, fmt.Errorf("look for a key: %w", err)
	}
	var name [16]byte
	if _, err := rand.Read(name[:]); err != nil {
		return ErasureCertificate{}, fmt.Errorf("make an id: %w", err)
	}
	cert.ID = hex.EncodeToString(name[:])
	// Begun, it is finished though nobody waits for it any more. The key goes first: as long as the directory knows the
	// member, whoever asks again finishes what a crash left undone.
	ctx = context.WithoutCancel(ctx)
	if err := s.Keys.Forget(ctx, m.ID); err != nil {
		return ErasureCertificate{}, fmt.Errorf("destroy key: %w", err)
	}
	if err := s.Directory.Forget(ctx, m.ID); err != nil {
		return ErasureCertificate{}, fmt.Errorf("destroy mapping: %w", err)
	}
	return cert, nil
}

// abandoned tells what a member would lose with the key in custody, and refuses unless that is meant.
func (s *Service) abandoned(ctx context.Context, m Member, meant bool) (height uint64, left *PointsLeft, err error) {
	if !s.caughtUp() {
		return 0, nil, &Error{Code: CodeUnavailable, Detail: "the ledger is still being read after a restart, so what the member has is not known; nothing was destroyed, try again"}
	}
	b, err := s.Views.Balance(ctx, m.Account, s.now().Unix())
	if err != nil {
		return 0, nil, fmt.Errorf("read balance: %w", err)
	}
	has := PointsLeft{Available: b.Available(), Pending: b.Pending}
	if !m.Custody || has == (PointsLeft{}) {
		return b.Height, nil, nil
	}
	if !meant {
		return 0, nil, &Error{Code: CodePointsLeft, Field: "/abandonPoints", Detail: fmt.Sprintf(
			"the member has %s, which nobody could spend once the key in custody is destroyed; nothing was destroyed: spend them first, or ask again with abandonPoints", has)}
	}
	return b.Height, &has, nil
}

// CustodyKey makes a key with which the service is to sign for a member who holds their own, or finds the one made before,
// and tells its address. It is good for nothing until the member has added the address to the account's keys on the ledger.
func (s *Service) CustodyKey(ctx context.Context, id string) (dollars.Account, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return dollars.Account{}, err
	}
	address, err := s.Keys.Create(ctx, m.ID)
	if err != nil {
		return dollars.Account{}, fmt.Errorf("create key: %w", err)
	}
	return address, nil
}

// BeginCustody has the service sign for a member from now on. The caller has seen on the ledger that the account takes
// signatures of the CustodyKey.
func (s *Service) BeginCustody(ctx context.Context, id string) (Member, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Member{}, err
	}
	switch _, err := s.Keys.Address(ctx, m.ID); {
	case errors.Is(err, ErrNotFound):
		return Member{}, &Error{Code: CodeNoCustody, Detail: "the service holds no key of this member; have it make one, and add its address to the account's keys first"}
	case err != nil:
		return Member{}, fmt.Errorf("look for a key: %w", err)
	}
	return s.setCustody(ctx, m, true)
}

// EndCustody has the service sign no more for a member, and destroys its key. The caller has seen on the ledger that a key of
// the member's own signs for the account. Asking again finishes what a crash left undone.
func (s *Service) EndCustody(ctx context.Context, id string) (Member, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Member{}, err
	}
	unlock, ok := s.nonces.lock(m.Account, ctx.Done())
	if !ok {
		return Member{}, &Error{Code: CodeUnavailable, Detail: "orders of this member took too long; nothing was changed, try again"}
	}
	defer unlock()
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
