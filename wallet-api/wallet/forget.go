package wallet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	Held      dollars.Amount // set aside for merchants, or to come back
	Pending   dollars.Amount // promised by bookings that are not completed
	Pooled    dollars.Amount // in a household, theirs until others spend it
}

func (p PointsLeft) String() string {
	s := fmt.Sprintf("%s available, %s held and %s pending", p.Available, p.Held, p.Pending)
	if p.Pooled > 0 {
		s += fmt.Sprintf(", and %s in their household", p.Pooled)
	}
	return s
}

// Forget destroys what ties a member to an account, and the key in custody if there is one. What is on the ledger stays,
// and nothing tells any more whose it was. Orders that were accepted are signed, and are applied all the same. Where only
// a key in custody signs, points that are left could never be spent again: unless they are to be abandoned they are a
// refusal.
func (s *Service) Forget(ctx context.Context, id string, abandonPoints bool) (ErasureCertificate, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return ErasureCertificate{}, err
	}
	unlock, ok := s.lock(ctx, m.Account)
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
	keys, err := s.keysOf(ctx, m)
	if err != nil {
		return ErasureCertificate{}, err
	}
	cert := ErasureCertificate{Account: m.Account, CustodyKey: keys.inCustody, Erased: s.now().UTC().Truncate(time.Second)}
	if cert.Height, cert.Abandoned, err = s.abandoned(ctx, m, keys, abandonPoints); err != nil {
		return ErasureCertificate{}, err
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
func (s *Service) abandoned(ctx context.Context, m Member, keys memberKeys, meant bool) (height uint64, left *PointsLeft, err error) {
	b, err := s.Views.Balance(ctx, m.Account, s.now().Unix())
	if err != nil {
		return 0, nil, fmt.Errorf("read balance: %w", err)
	}
	has := PointsLeft{Available: b.Available(), Held: b.Held, Pending: b.Pending}
	if has.Pooled, err = s.pooled(m.Account); err != nil {
		return 0, nil, err
	}
	if keys.ofTheirOwn || has == (PointsLeft{}) {
		return b.Height, nil, nil
	}
	if !meant {
		return 0, nil, &Error{Code: CodePointsLeft, Field: "/abandonPoints", Detail: fmt.Sprintf(
			"the member has %s, which nobody could spend once the key in custody is destroyed; nothing was destroyed: spend them first, or ask again with abandonPoints", has)}
	}
	return b.Height, &has, nil
}

// pooled is an account's share of the household it is in.
func (s *Service) pooled(a dollars.Account) (dollars.Amount, error) {
	own, err := read(s.Views, dollars.AccountKey(a), dollars.DecodeAccountRecord)
	if err != nil || own.Household.IsZero() {
		return 0, err
	}
	rec, err := read(s.Views, dollars.AccountKey(own.Household), dollars.DecodeAccountRecord)
	if err != nil || rec.Pool == nil {
		return 0, err
	}
	today(rec.Pool, s.now().Unix())
	for _, m := range rec.Pool.Members {
		if m.Account == a {
			return m.Share.Total()
		}
	}
	return 0, nil
}
