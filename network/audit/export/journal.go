package export

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// Where points come from and go to that are no account's.
const (
	minted     = "minted"
	adjusted   = "adjusted"
	reversed   = "reversed"
	redeemed   = "redeemed"
	expired    = "expired"
	writtenOff = "writtenOff"
	held       = "held"
)

// posting is points of one month that an operation moved. The account is whose they are, or were.
type posting struct {
	account  dollars.Account
	from, to string // an account, or one of the names above
	expiry   dollars.Expiry
	amount   dollars.Amount
}

// journalLine is an operation, or one of its postings.
type journalLine struct {
	applied   *audit.Applied
	operation int
	entry     *dollars.Entry
	posting   *posting // nil for the operation itself
}

// ofEntry is a column that the lines of operations have.
func ofEntry(name string, s sort, value func(*audit.Applied, *dollars.Entry) string) column[journalLine] {
	return column[journalLine]{name, s, func(l *journalLine) string {
		if l.posting != nil {
			return ""
		}
		return value(l.applied, l.entry)
	}}
}

// ofPosting is a column that the lines of postings have.
func ofPosting(name string, value func(*posting) string) column[journalLine] {
	return column[journalLine]{name, plain, func(l *journalLine) string {
		if l.posting == nil {
			return ""
		}
		return value(l.posting)
	}}
}

var journalColumns = []column[journalLine]{
	{"block", number, func(l *journalLine) string { return strconv.FormatUint(l.applied.Block, 10) }},
	{"transaction", number, func(l *journalLine) string { return strconv.Itoa(l.applied.Index) }},
	{"operation", number, func(l *journalLine) string { return strconv.Itoa(l.operation) }},
	{"time", plain, func(l *journalLine) string { return time.Unix(l.applied.Time, 0).UTC().Format(time.RFC3339) }},
	{"kind", plain, func(l *journalLine) string { return l.entry.Kind.String() }},
	ofEntry("txId", plain, func(a *audit.Applied, _ *dollars.Entry) string { return a.TxID.String() }),
	ofEntry("callerMsp", text, func(a *audit.Applied, _ *dollars.Entry) string { return a.Caller.MSP }),
	ofEntry("callerRole", text, func(a *audit.Applied, _ *dollars.Entry) string { return a.Caller.Role }),
	ofEntry("caller", plain, func(a *audit.Applied, _ *dollars.Entry) string { return a.Caller.ID.String() }),
	ofEntry("outcome", plain, func(_ *audit.Applied, e *dollars.Entry) string { return e.Outcome.String() }),
	ofEntry("code", plain, func(_ *audit.Applied, e *dollars.Entry) string { return string(e.Code) }),
	ofEntry("ref", plain, func(_ *audit.Applied, e *dollars.Entry) string { return hash(e.Ref) }),
	{"account", plain, func(l *journalLine) string {
		if l.posting != nil {
			return account(l.posting.account)
		}
		return account(l.entry.Account)
	}},
	ofEntry("other", plain, func(_ *audit.Applied, e *dollars.Entry) string { return account(e.Other) }),
	ofEntry("by", plain, func(_ *audit.Applied, e *dollars.Entry) string { return account(e.By) }),
	{"amount", plain, func(l *journalLine) string {
		if l.posting != nil {
			return l.posting.amount.String()
		}
		return amount(l.entry.Amount)
	}},
	ofEntry("debt", plain, func(_ *audit.Applied, e *dollars.Entry) string { return amount(e.Debt) }),
	ofEntry("forgiven", plain, func(_ *audit.Applied, e *dollars.Entry) string { return amount(e.Forgiven) }),
	ofEntry("version", number, func(_ *audit.Applied, e *dollars.Entry) string {
		return unless(e.Version == 0, strconv.FormatUint(uint64(e.Version), 10))
	}),
	ofEntry("before", plain, func(_ *audit.Applied, e *dollars.Entry) string {
		return unless(e.Before == dollars.BookingNone, e.Before.String())
	}),
	ofEntry("after", plain, func(_ *audit.Applied, e *dollars.Entry) string {
		return unless(e.After == dollars.BookingNone, e.After.String())
	}),
	ofEntry("name", text, func(_ *audit.Applied, e *dollars.Entry) string { return e.Name }),
	ofEntry("burn", plain, func(_ *audit.Applied, e *dollars.Entry) string { return unless(!e.Burn, "true") }),
	ofEntry("link", plain, func(_ *audit.Applied, e *dollars.Entry) string { return hash(e.Link) }),
	ofEntry("explanation", plain, func(_ *audit.Applied, e *dollars.Entry) string { return hash(e.Explanation) }),
	ofPosting("from", func(p *posting) string { return p.from }),
	ofPosting("to", func(p *posting) string { return p.to }),
	ofPosting("expiry", func(p *posting) string { return p.expiry.String() }),
}

func unless(none bool, s string) string {
	if none {
		return ""
	}
	return s
}

func hash(h [32]byte) string { return unless(h == [32]byte{}, hex.EncodeToString(h[:])) }

func account(a dollars.Account) string { return unless(a.IsZero(), a.String()) }

func amount(a dollars.Amount) string { return unless(a == 0, a.String()) }

// journal is the table under way, and what its postings add up to at each place.
type journal struct {
	table  *table[journalLine]
	totals map[string]dollars.Amount // of the names above: what came there less what went
}

// Journal is a Write: every operation, and the points it moved. The options' Applied is its own.
func Journal(ctx context.Context, out io.Writer, f Format, from audit.Fetcher, o audit.Options) (audit.Report, error) {
	j, err := newJournal(out, f)
	if err != nil {
		return audit.Report{}, err
	}
	o.Applied = j.applied
	r, err := audit.Run(ctx, from, o)
	if err == nil {
		err = j.end(r)
	}
	return r, err
}

func newJournal(out io.Writer, f Format) (*journal, error) {
	t, err := newTable(out, f, journalColumns)
	return &journal{table: t, totals: map[string]dollars.Amount{}}, err
}

// applied writes what a transaction did.
func (j *journal) applied(a audit.Applied) error {
	for i := range a.Journal.Entries {
		line := journalLine{applied: &a, operation: i, entry: &a.Journal.Entries[i]}
		if err := j.table.write("operation", &line); err != nil {
			return err
		}
		postings, err := postingsOf(line.entry)
		if err != nil {
			return fmt.Errorf("block %d, transaction %d, operation %d: %w", a.Block, a.Index, i, err)
		}
		for k := range postings {
			line.posting = &postings[k]
			if err := j.table.write("posting", &line); err != nil {
				return err
			}
			if err := j.count(line.posting); err != nil {
				return err
			}
		}
	}
	return nil
}

// postingsOf takes apart what an operation moved; what each kind of operation moves is said at dollars.Entry.
func postingsOf(e *dollars.Entry) (list []posting, err error) {
	if e.Outcome != dollars.Applied {
		return nil, nil
	}
	post := func(whose dollars.Account, from, to string, points dollars.Buckets) {
		for _, x := range points {
			list = append(list, posting{whose, from, to, x.Expiry, x.Amount})
		}
	}
	own := e.Account.String()
	source := own
	if e.Kind == dollars.KindRelease {
		source = held // which is where it expired
	}
	post(e.Account, source, expired, e.Expired)
	post(e.Account, own, reversed, e.Repaid)
	from, to := own, ""
	switch e.Kind {
	case dollars.KindComplete:
		from, to = minted, own
	case dollars.KindCancel:
		to = reversed
	case dollars.KindTransfer, dollars.KindContribute, dollars.KindLeave:
		to = e.Other.String()
	case dollars.KindRedeem, dollars.KindClaim:
		to = redeemed
	case dollars.KindHold:
		to = held
	case dollars.KindCapture:
		from, to = held, redeemed
	case dollars.KindRelease:
		from, to = held, own
	case dollars.KindApproveAdjustment:
		if from, to = adjusted, own; e.Burn {
			from, to = own, writtenOff
		}
	default:
		if len(e.Moved) > 0 {
			return nil, fmt.Errorf("it moves points, and this program does not know where operations of kind %s move them", e.Kind)
		}
	}
	post(e.Account, from, to, e.Moved)
	for _, x := range e.Recalled {
		post(x.Account, x.Account.String(), reversed, x.Moved)
	}
	return list, nil
}

// count adds a posting to the totals of those of its places that are no account.
func (j *journal) count(p *posting) error {
	for _, side := range []struct {
		place  string
		amount dollars.Amount
	}{{p.from, -p.amount}, {p.to, p.amount}} {
		switch side.place {
		case minted, adjusted, reversed, redeemed, expired, writtenOff, held:
			total, err := j.totals[side.place].Plus(side.amount)
			if err != nil {
				return err
			}
			j.totals[side.place] = total
		}
	}
	return nil
}

// end compares the totals with the books, and writes the last line.
func (j *journal) end(r audit.Report) error {
	err := checkSums(
		sum{"minted points", -j.totals[minted], r.Supply.Minted},
		sum{"adjusted points", -j.totals[adjusted], r.Supply.Adjusted},
		sum{"reversed points", j.totals[reversed], r.Supply.Reversed},
		sum{"redeemed points", j.totals[redeemed], r.Supply.Redeemed},
		sum{"expired points", j.totals[expired], r.Supply.Expired},
		sum{"points written off", j.totals[writtenOff], r.Supply.WrittenOff},
		sum{"points in holds", j.totals[held], r.Supply.Held},
	)
	if err != nil {
		return err
	}
	return j.table.end(&r)
}
