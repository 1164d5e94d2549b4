package export

import (
	"context"
	"io"
	"iter"
	"strconv"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// balanceLine is what an account has, or what of it expires in a month.
type balanceLine struct {
	asset   string
	holding *holding
	month   *month // nil for all of it
}

// ofHolding is a column that the lines of accounts have.
func ofHolding(name string, s sort, value func(*holding) string) column[balanceLine] {
	return column[balanceLine]{name, s, func(l *balanceLine) string {
		if l.month != nil {
			return ""
		}
		return value(l.holding)
	}}
}

var balanceColumns = []column[balanceLine]{
	{"asset", plain, func(l *balanceLine) string { return l.asset }},
	{"account", plain, func(l *balanceLine) string { return account(l.holding.account) }},
	{"expiry", plain, func(l *balanceLine) string {
		if l.month == nil {
			return ""
		}
		return l.month.expiry.String()
	}},
	{"points", plain, func(l *balanceLine) string {
		if l.month != nil {
			return l.month.points.String()
		}
		return l.holding.points.String()
	}},
	{"held", plain, func(l *balanceLine) string {
		if l.month != nil {
			return l.month.held.String()
		}
		return l.holding.held.String()
	}},
	ofHolding("pending", plain, func(h *holding) string { return h.pending.String() }),
	ofHolding("debt", plain, func(h *holding) string { return h.debt.String() }),
	ofHolding("frozen", text, func(h *holding) string { return h.frozen }),
	ofHolding("household", plain, func(h *holding) string { return account(h.household) }),
	ofHolding("members", number, func(h *holding) string { return unless(h.members == 0, strconv.Itoa(h.members)) }),
}

// Balances is a Write: what every account has.
func Balances(ctx context.Context, out io.Writer, f Format, from audit.Fetcher, o audit.Options) (audit.Report, error) {
	return ofState(ctx, out, f, from, o, balances)
}

// stateTable writes a table of the state at the end of an audit.
type stateTable func(out io.Writer, f Format, asset string, r audit.Report, state iter.Seq2[string, []byte]) error

func ofState(ctx context.Context, out io.Writer, f Format, from audit.Fetcher, o audit.Options, write stateTable) (audit.Report, error) {
	asset, err := assetOf(o.Chaincode)
	if err != nil {
		return audit.Report{}, err
	}
	r, err := audit.Run(ctx, from, o)
	if err == nil {
		err = write(out, f, asset, r, r.State())
	}
	return r, err
}

func balances(out io.Writer, f Format, asset string, r audit.Report, state iter.Seq2[string, []byte]) error {
	list, err := holdingsOf(state)
	if err != nil {
		return err
	}
	t, err := newTable(out, f, balanceColumns)
	if err != nil {
		return err
	}
	var all holding
	for _, h := range list {
		if err := t.write("account", &balanceLine{asset, h, nil}); err != nil {
			return err
		}
		for i := range h.months {
			if err := t.write("month", &balanceLine{asset, h, &h.months[i]}); err != nil {
				return err
			}
		}
		if err := all.add(h); err != nil {
			return err
		}
	}
	if err := all.balance(r); err != nil {
		return err
	}
	return t.end(&r)
}

// add adds the sums of another holding.
func (h *holding) add(other *holding) (err error) {
	for _, x := range []struct {
		to   *dollars.Amount
		more dollars.Amount
	}{{&h.points, other.points}, {&h.held, other.held}, {&h.pending, other.pending}, {&h.debt, other.debt}} {
		if *x.to, err = x.to.Plus(x.more); err != nil {
			return err
		}
	}
	return nil
}

// balance compares what all accounts have with the books.
func (h *holding) balance(r audit.Report) error {
	return checkSums(
		sum{"points of accounts", h.points, r.Outstanding},
		sum{"points of accounts", h.points, r.Supply.Outstanding()},
		sum{"points in holds", h.held, r.Supply.Held},
		sum{"points of pending bookings", h.pending, r.Supply.Pending},
		sum{"debts", h.debt, r.Supply.Debt},
	)
}
