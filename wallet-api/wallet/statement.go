package wallet

import (
	"context"
	"fmt"
	"iter"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Statement is what happened to an account's points in a month. Opening and Closing are what the account has, what is held
// included: so holding and releasing move neither, and Opening plus all totals that count is exactly Closing. Points are
// gone from the moment their month is over, whenever the ledger burns them. In the current month Closing is as of now.
type Statement struct {
	Account dollars.Account
	Month   Month
	Opening dollars.Amount
	Closing dollars.Amount
	Totals  Totals
	Lines   []Movement // oldest first
}

// Totals are sums by Line; those of what left are below zero.
type Totals [lines]dollars.Amount

// Change is by how much all of it together changed what the account has.
func (t Totals) Change() (sum dollars.Amount) {
	for line, a := range t {
		if Line(line).Counts() {
			sum += a
		}
	}
	return sum
}

// maxWalked bounds the entries of a history that one request walks through: about a second's worth.
const maxWalked = 100_000

// clockSlack is how far, in seconds, the times of transactions may be out of the order of the ledger, with much to spare:
// peers endorse what is up to a quarter of an hour off.
const clockSlack = 24 * 60 * 60

var errHistoryTooLong = &Error{
	Code:   CodeHistoryTooLong,
	Detail: fmt.Sprintf("that is more than %d entries of the account's history ago; ask for the history instead, page by page", maxWalked),
}

// Statement is an account's statement of a month.
func (s *Service) Statement(ctx context.Context, a dollars.Account, m Month) (st Statement, err error) {
	now := s.now().Unix()
	if m > MonthOf(now) {
		return Statement{}, &Error{Code: dollars.CodeDateInvalid, Detail: "the month has not begun", Field: "/month"}
	}
	err = s.Views.Past(ctx, a, func(has Holding, history iter.Seq[HistoryEntry]) (err error) {
		st, err = MakeStatement(has, history, m, now)
		return err
	})
	if err != nil {
		return Statement{}, fmt.Errorf("statement of %s: %w", m, err)
	}
	return st, nil
}

// MakeStatement works a statement out from what the account has at a time (Unix seconds), and its history until then,
// newest first. It reads no more of it than back to the month.
func MakeStatement(has Holding, history iter.Seq[HistoryEntry], m Month, now int64) (Statement, error) {
	st := Statement{Account: has.Account, Month: m}
	start, end := m.Start(), (m + 1).Start()
	had, err := has.Buckets.Total()
	if err != nil {
		return Statement{}, err
	}
	if had, err = had.Plus(has.Held); err != nil {
		return Statement{}, err
	}
	add := func(x Movement) {
		switch {
		case x.Time >= end:
			if x.Line.Counts() {
				had -= x.Amount // so it is what there was at the month's end
			}
		case x.Time >= start:
			st.Totals[x.Line] += x.Amount
			st.Lines = append(st.Lines, x)
		}
	}
	for _, x := range has.unburned(now) {
		had += x.Amount
		add(x)
	}
	walked := 0
	for h := range history {
		if h.Time < start-clockSlack {
			break
		}
		if walked++; walked > maxWalked {
			return Statement{}, errHistoryTooLong
		}
		for _, x := range Movements(has.Account, h) {
			add(x)
		}
	}
	inOrder(st.Lines)
	st.Closing = had
	st.Opening = had - st.Totals.Change()
	return st, nil
}
