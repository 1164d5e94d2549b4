package wallet

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Ports are the adapters the use cases need.
type Ports struct {
	Intake    Intake
	Views     Views
	Blocks    Blocks
	Directory Directory
	Keys      Keys
}

// LedgerInfo names the ledger that orders are signed for.
type LedgerInfo struct {
	Currency  dollars.Currency
	Channel   string
	Chaincode string
}

// Options of a Service; the zero value is useful.
type Options struct {
	Now     func() time.Time // time.Now if nil
	Pending []Work           // orders accepted earlier and not settled: their nonces are taken

	// CaughtUp tells whether the views have been where the ledger is since the start; nil if they always are. Orders
	// are judged by them, and refused until then.
	CaughtUp func() bool

	// Waiting, if not nil, hears of a request, by its context, when it has to wait: for the disk, after which little is left
	// of it, or for another of the same account, after which resume is called.
	Waiting func(context.Context) (resume func())
}

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	Ports
	ledger   LedgerInfo
	now      func() time.Time
	caughtUp func() bool
	waiting  func(context.Context) (resume func())
	nonces   nonces

	rulesNow atomic.Pointer[rulesVersion]
}

// New makes a Service over its ports.
func New(p Ports, l LedgerInfo, o Options) *Service {
	s := &Service{Ports: p, ledger: l, now: o.Now, caughtUp: o.CaughtUp, waiting: o.Waiting}
	if s.now == nil {
		s.now = time.Now
	}
	if s.caughtUp == nil {
		s.caughtUp = func() bool { return true }
	}
	if s.waiting == nil {
		s.waiting = func(context.Context) func() { return func() {} }
	}
	for _, w := range o.Pending {
		for _, op := range w.Ops {
			if order, ok := op.(dollars.SignedOrder); ok {
				s.nonces.taken(order.From, order.Nonce, s.now())
			}
		}
	}
	return s
}

// accept has the intake accept work, which is a wait for the disk.
func (s *Service) accept(ctx context.Context, work []Work) ([]Receipt, error) {
	s.waiting(ctx)
	return s.Intake.Accept(ctx, work)
}

// lock waits until no other request chooses a nonce for the account, or the context ends.
func (s *Service) lock(ctx context.Context, a dollars.Account) (unlock func(), ok bool) {
	resume := func() {}
	unlock, ok = s.nonces.lock(a, func() { resume = s.waiting(ctx) }, ctx.Done())
	if ok {
		resume()
	}
	return unlock, ok
}

// LedgerInfo tells which ledger this is.
func (s *Service) LedgerInfo() LedgerInfo { return s.ledger }

// CreateMember enrols a member with their own account, or, where account is nil, with a key in custody. Asking for
// what is there already is not an error; created tells the two apart.
func (s *Service) CreateMember(ctx context.Context, id string, account *dollars.Account) (m Member, created bool, err error) {
	memberID, err := ParseMemberID(id)
	if err != nil {
		return Member{}, false, at("/id", err)
	}
	if account != nil && account.IsZero() {
		return Member{}, false, &Error{Code: dollars.CodeZeroAddress, Detail: "nobody owns the zero address", Field: "/account"}
	}
	if m, found, err := s.enrolled(ctx, memberID, account); found || err != nil {
		return m, false, err
	}
	m = Member{ID: memberID, Custody: account == nil, Created: s.now().UTC().Truncate(time.Second)}
	if account != nil {
		m.Account = *account
	} else if m.Account, err = s.Keys.Create(ctx, memberID); err != nil {
		return Member{}, false, fmt.Errorf("create key: %w", err)
	}
	if err := s.Directory.Add(ctx, m); err != nil {
		// The same request may have been first by a moment.
		if m, found, _ := s.enrolled(ctx, memberID, account); found {
			return m, false, nil
		}
		return Member{}, false, fmt.Errorf("add member: %w", err)
	}
	return m, true, nil
}

// enrolled finds a member as CreateMember was asked for; another with this id is a refusal.
func (s *Service) enrolled(ctx context.Context, id MemberID, account *dollars.Account) (m Member, found bool, err error) {
	m, err = s.Directory.Member(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Member{}, false, nil
	case err != nil:
		return Member{}, false, fmt.Errorf("look up member: %w", err)
	case (account == nil && m.Custody) || (account != nil && !m.Custody && m.Account == *account):
		return m, true, nil
	}
	return Member{}, false, &Error{Code: CodeMemberExists, Detail: "a member with this id exists with another account; nothing was changed", Field: "/id"}
}

// Member finds a member by id, or refuses with member_unknown.
func (s *Service) Member(ctx context.Context, id string) (Member, error) {
	memberID, err := ParseMemberID(id)
	if err != nil {
		return Member{}, err
	}
	m, err := s.Directory.Member(ctx, memberID)
	if errors.Is(err, ErrNotFound) {
		return Member{}, errMemberUnknown
	}
	return m, err
}

var errMemberUnknown = &Error{Code: CodeMemberUnknown, Detail: "there is no member with this id; create the member first"}

// Owner finds the member an account belongs to, or ErrNotFound.
func (s *Service) Owner(ctx context.Context, a dollars.Account) (Member, error) {
	return s.Directory.Owner(ctx, a)
}

// MaxPage bounds how much one page of a list may hold.
const MaxPage = 500

// Members lists members in the order of their ids, from after one.
func (s *Service) Members(ctx context.Context, after string, limit int) ([]Member, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	if after != "" {
		if _, err := ParseMemberID(after); err != nil {
			return nil, at("/after", err)
		}
	}
	return s.Directory.List(ctx, MemberID(after), limit)
}

// Balance is what a member has.
func (s *Service) Balance(ctx context.Context, id string) (Balance, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return Balance{}, err
	}
	b, err := s.Views.Balance(ctx, m.Account, s.now().Unix())
	if err != nil {
		return Balance{}, err
	}
	b.NextNonce = s.nonces.next(m.Account, b.NextNonce)
	b.Tier, err = s.tier(m.Account)
	return b, err
}

// History is a page of a member's history, newest first, and the cursor of the next page.
func (s *Service) History(ctx context.Context, id, cursor string, limit int) ([]HistoryEntry, string, error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	m, err := s.Member(ctx, id)
	if err != nil {
		return nil, "", err
	}
	return s.Views.History(ctx, m.Account, cursor, limit)
}

func checkLimit(limit int) error {
	if limit < 1 || limit > MaxPage {
		return &Error{Code: CodeLimitInvalid, Detail: fmt.Sprintf("a page holds 1 to %d entries", MaxPage), Field: "/limit"}
	}
	return nil
}

// Supply is the supply of the asset at the height of the views.
func (s *Service) Supply(ctx context.Context) (SupplyAt, error) { return s.Views.Supply(ctx) }

// Status tells how far accepted work has come.
func (s *Service) Status(ctx context.Context, id WorkID) (Status, error) {
	return known(s.Intake.Status(ctx, id))
}

// Wait is Status of each, once all of the work is done or the context ends.
func (s *Service) Wait(ctx context.Context, ids ...WorkID) ([]Status, error) {
	return known(s.Intake.Wait(ctx, ids...))
}

func known[S any](st S, err error) (none S, _ error) {
	if errors.Is(err, ErrNotFound) {
		return none, &Error{Code: CodeNotFound, Detail: "nothing with this id was accepted here, or it was long ago"}
	}
	return st, err
}

// at says which field of the request a refusal is about.
func at(field string, err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		e := *refused
		e.Field = field + e.Field
		return &e
	}
	var domain *dollars.Error
	if errors.As(err, &domain) {
		return &Error{Code: domain.Code, Detail: domain.Detail, Field: field}
	}
	return err
}
