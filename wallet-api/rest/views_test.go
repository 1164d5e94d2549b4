package rest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// The ports of the ledger in memory whose method names collide with those of its intake.
type (
	views     struct{ *ledger }
	directory struct{ l *ledger }
)

func (v views) Bookings(_ context.Context, id dollars.TripID, asked func(dollars.BookingRecord) bool, limit int) (items []wallet.BookedItem, err error) {
	for _, key := range slices.Sorted(maps.Keys(v.state)) {
		if strings.HasPrefix(key, dollars.TripPrefix(id)) && len(items) < limit {
			rec, err := dollars.DecodeBookingRecord(v.state[key])
			if err != nil {
				return nil, err
			}
			if asked(rec) {
				items = append(items, wallet.BookedItem{ID: dollars.ParseStateKey(key).Booking, Record: rec})
			}
		}
	}
	return items, nil
}

func (v views) Balance(_ context.Context, a dollars.Account, now int64) (wallet.Balance, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b := wallet.Balance{Account: a, NextNonce: 1, Height: uint64(len(v.chain))}
	held := map[dollars.Expiry]dollars.Amount{}
	if raw := v.state[dollars.AccountKey(a)]; raw != nil {
		rec, err := dollars.DecodeAccountRecord(raw)
		if err != nil {
			return b, err
		}
		b.Debt, b.Frozen, b.NextNonce = rec.Debt, rec.Frozen, rec.Window.Next()
		b.Keys, b.Household, b.Pool = rec.Keys, rec.Household, rec.Pool
		for _, x := range rec.Buckets {
			held[x.Expiry] += x.Amount
		}
	}
	for _, h := range v.holds(func(id dollars.HoldID, _ dollars.HoldRecord) bool { return id.Account == a }) {
		b.Held += sum(h.Record.Buckets)
	}
	for _, ref := range v.credits(a) {
		amount, err := dollars.DecodeCredit(v.state[ref.Of(a).Key()])
		if err != nil {
			return b, err
		}
		held[ref.Expiry] += amount
	}
	for e, amount := range held {
		if !e.Passed(now) {
			b.Buckets = append(b.Buckets, dollars.Bucket{Expiry: e, Amount: amount})
		}
	}
	slices.SortFunc(b.Buckets, func(x, y dollars.Bucket) int { return cmp.Compare(x.Expiry, y.Expiry) })
	return b, nil
}

func (v views) History(_ context.Context, a dollars.Account, cursor string, limit int) (page []wallet.HistoryEntry, next string, err error) {
	skip := 0
	if cursor != "" {
		if skip, err = strconv.Atoi(cursor); err != nil {
			return nil, "", &wallet.Error{Code: wallet.CodeCursorInvalid, Detail: "not a cursor of this service", Field: "/cursor"}
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []wallet.HistoryEntry
	for _, h := range slices.Backward(v.history) {
		e := h.Entry
		recalled := slices.ContainsFunc(e.Recalled, func(r dollars.Recalled) bool { return r.Account == a })
		if e.Outcome == dollars.Applied && (e.Account == a || e.Other == a || e.By == a || recalled) {
			all = append(all, h)
		}
	}
	all = all[min(skip, len(all)):]
	if len(all) > limit {
		return all[:limit], strconv.Itoa(skip + limit), nil
	}
	return all, "", nil
}

func (v views) Credits(_ context.Context, a dollars.Account, _ dollars.Amount, limit int) ([]dollars.CreditRef, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	refs := v.credits(a)
	return refs[:min(limit, len(refs))], nil
}

func (v views) Supply(context.Context) (wallet.SupplyAt, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return wallet.SupplyAt{Height: uint64(len(v.chain)), Supply: v.supply}, nil
}

func (v views) Order(_ context.Context, id dollars.OrderID) (wallet.OrderAt, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at, ok := v.orders[id]; ok {
		return at, nil
	}
	return wallet.OrderAt{}, wallet.ErrNotFound
}

func (d directory) Add(_ context.Context, m wallet.Member) error {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	for _, other := range d.l.members {
		if other.Account == m.Account {
			return &wallet.Error{Code: wallet.CodeMemberExists, Detail: "the account belongs to a member already", Field: "/account"}
		}
	}
	d.l.members[m.ID] = m
	return nil
}

func (d directory) SetCustody(_ context.Context, id wallet.MemberID, custody bool) error {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	m, ok := d.l.members[id]
	if !ok {
		return wallet.ErrNotFound
	}
	m.Custody = custody
	d.l.members[id] = m
	return nil
}

func (d directory) Forget(_ context.Context, id wallet.MemberID) error {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	if _, ok := d.l.members[id]; !ok {
		return wallet.ErrNotFound
	}
	delete(d.l.members, id)
	return nil
}

func (d directory) Member(_ context.Context, id wallet.MemberID) (wallet.Member, error) {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	if m, ok := d.l.members[id]; ok {
		return m, nil
	}
	return wallet.Member{}, wallet.ErrNotFound
}

func (d directory) Owner(_ context.Context, a dollars.Account) (wallet.Member, error) {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	for _, m := range d.l.members {
		if m.Account == a {
			return m, nil
		}
	}
	return wallet.Member{}, wallet.ErrNotFound
}

func (d directory) List(_ context.Context, after wallet.MemberID, limit int) (page []wallet.Member, err error) {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	for _, m := range d.l.members {
		if m.ID > after {
			page = append(page, m)
		}
	}
	slices.SortFunc(page, func(a, b wallet.Member) int { return cmp.Compare(a.ID, b.ID) })
	return page[:min(limit, len(page))], nil
}
