package wallet

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// AccountState is an account as the ledger has it.
type AccountState struct {
	Balance
	Signing  []dollars.Account       // whose signatures the ledger takes for it; none for a household's
	Recovery *dollars.RecoveryRecord // nil where none is under way
}

// SigningKeys are the keys of a member: those that sign for the account, and the service's own.
type SigningKeys struct {
	Account  dollars.Account
	Signing  []dollars.Account
	Custody  dollars.Account // address of the key in custody; zero where there is none
	Recovery *dollars.RecoveryRecord
}

// Account is an account as the ledger has it; of a household, with what its members may spend and did spend today. Those that
// nobody used are empty.
func (s *Service) Account(ctx context.Context, a dollars.Account) (AccountState, error) {
	now := s.now().Unix()
	b, err := s.Views.Balance(ctx, a, now)
	if err != nil {
		return AccountState{}, err
	}
	state := AccountState{Balance: b}
	if b.Pool != nil {
		today(b.Pool, now)
		return state, nil
	}
	rec := dollars.AccountRecord{Keys: b.Keys}
	state.Signing = rec.KeysOf(a)
	state.Recovery, err = s.recovery(a)
	return state, err
}

// today leaves of a household only what was spent today, and the points that have not expired.
func today(pool *dollars.Pool, now int64) {
	for i := range pool.Members {
		m := &pool.Members[i]
		if m.Day.Day != dollars.DateOf(now) {
			m.Day = dollars.Spent{}
		}
		var valid dollars.Buckets
		for _, b := range m.Share {
			if !b.Expiry.Passed(now) {
				valid = append(valid, b)
			}
		}
		m.Share = valid
	}
}

func (s *Service) recovery(a dollars.Account) (*dollars.RecoveryRecord, error) {
	rec, err := read(s.Views, dollars.RecoveryKey(a), dollars.DecodeRecoveryRecord)
	if err != nil || rec.Key.IsZero() {
		return nil, err
	}
	return &rec, nil
}

// AccountOf is a member's account or, if asked for, that of the household they are in.
func (s *Service) AccountOf(ctx context.Context, id string, household bool) (dollars.Account, error) {
	m, err := s.Member(ctx, id)
	if err != nil || !household {
		return m.Account, err
	}
	account, err := s.householdOf(m.Account)
	if err == nil && account.IsZero() {
		err = &Error{Code: dollars.CodeHouseholdOther, Detail: "the member is in no household"}
	}
	return account, err
}

// SigningKeys are the keys of a member.
func (s *Service) SigningKeys(ctx context.Context, id string) (SigningKeys, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return SigningKeys{}, err
	}
	rec, err := read(s.Views, dollars.AccountKey(m.Account), dollars.DecodeAccountRecord)
	if err != nil {
		return SigningKeys{}, err
	}
	keys := SigningKeys{Account: m.Account, Signing: rec.KeysOf(m.Account)}
	if keys.Custody, err = s.custodyAddress(ctx, m.ID); err != nil {
		return SigningKeys{}, err
	}
	keys.Recovery, err = s.recovery(m.Account)
	return keys, err
}

// Holds is a page of an account's holds, newest first, and the cursor of the next page: all, or those that still have
// points.
func (s *Service) Holds(ctx context.Context, a dollars.Account, open bool, cursor string, limit int) ([]Hold, string, error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	return s.Views.Holds(ctx, a, open, cursor, limit)
}

// Vouchers is a page of an account's vouchers, newest first, and the cursor of the next page.
func (s *Service) Vouchers(ctx context.Context, a dollars.Account, cursor string, limit int) ([]Voucher, string, error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	return s.Views.Vouchers(ctx, a, cursor, limit)
}

// Rewards is a page of the catalogue, in the order of the rewards' ids, from after one.
func (s *Service) Rewards(ctx context.Context, after string, limit int) ([]CatalogueReward, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	return s.Views.Rewards(ctx, after, limit)
}

// read is the record under a key of the ledger's state, as the views have it; the zero record where there is none.
func read[T any](v Views, key string, decode func([]byte) (T, error)) (record T, err error) {
	values, err := v.Get([]string{key})
	if err == nil && len(values) == 1 && len(values[0]) > 0 {
		record, err = decode(values[0])
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", key, err)
	}
	return record, err
}
