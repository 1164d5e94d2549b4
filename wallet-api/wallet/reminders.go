package wallet

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// reminderDays are how many days before the last on which points are valid their owner is reminded.
var reminderDays = [...]dollars.Date{60, 30, 7}

// Reminder is an event for whoever tells members that points expire.
type Reminder struct {
	ID      string // the same whenever this reminder is asked for
	Account dollars.Account
	Member  MemberID // "" where the directory knows nobody
	Amount  dollars.Amount
	LastDay dollars.Date // on which the points are valid, until midnight UTC
	Days    int          // from the day asked for until then
}

// Reminders are the reminders that are due on a day, of up to limit accounts after one (nil for the first), and the account
// to go on after, nil at the end. They follow from the day and from what accounts have when they are asked for. What is
// held is not in them: it comes back or is captured.
func (s *Service) Reminders(ctx context.Context, day dollars.Date, after *dollars.Account, limit int) (list []Reminder, next *dollars.Account, err error) {
	if err := checkLimit(limit); err != nil {
		return nil, nil, err
	}
	due := dueOn(day)
	if len(due) == 0 {
		return nil, nil, nil
	}
	months := make([]dollars.Expiry, len(due))
	for i, d := range due {
		months[i] = d.month
	}
	holdings, next, err := s.Views.Expiring(ctx, after, months, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("reminders of %s: %w", day, err)
	}
	for _, h := range holdings {
		reminders := remindersOf(h, day, due)
		if len(reminders) == 0 {
			continue
		}
		m, err := s.Directory.Owner(ctx, h.Account)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, nil, fmt.Errorf("reminders of %s: %w", day, err)
		}
		for i := range reminders {
			reminders[i].Member = m.ID
		}
		list = append(list, reminders...)
	}
	return list, next, nil
}

// dueMonth is a month whose points there are reminders for.
type dueMonth struct {
	month dollars.Expiry
	days  dollars.Date
}

// dueOn is what there are reminders for on a day: mostly nothing, as points are valid until the end of a month.
func dueOn(day dollars.Date) (due []dueMonth) {
	for _, days := range reminderDays {
		m := MonthOf(int64(day+days) * 24 * 60 * 60)
		if m.LastDay() == day+days {
			due = append(due, dueMonth{dollars.Expiry(m), days})
		}
	}
	return due
}

// remindersOf are the reminders of one account, without the member.
func remindersOf(h Holding, day dollars.Date, due []dueMonth) (list []Reminder) {
	debt := h.Debt
	for _, b := range h.Buckets {
		if b.Expiry < dollars.Expiry(MonthOf(int64(day)*24*60*60)) {
			continue // gone by then
		}
		// Debt is repaid of what expires first, so these points cannot be spent.
		repaid := min(debt, b.Amount)
		debt -= repaid
		for _, d := range due {
			if d.month != b.Expiry || b.Amount == repaid {
				continue
			}
			list = append(list, Reminder{
				ID: reminderID(h.Account, d), Account: h.Account, Amount: b.Amount - repaid, LastDay: day + d.days, Days: int(d.days),
			})
		}
	}
	return list
}

func reminderID(a dollars.Account, d dueMonth) string {
	b := binary.BigEndian.AppendUint32(a[:], uint32(d.month))
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(b, uint32(d.days)))
	return hex.EncodeToString(sum[:])
}
