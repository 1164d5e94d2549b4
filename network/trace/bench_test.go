package trace

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// payments makes up transactions of a ledger as dollars.Apply would write them: awards first, then transfers of whatever
// their accounts have, each account naming all its credits.
type payments struct {
	*rand.Rand
	accounts []payer
	sent     uint64
}

type payer struct {
	account dollars.Account
	record  dollars.Amount
	credits []dollars.Credit
	owed    []dollars.Amount // of each credit
}

const paidMonth dollars.Expiry = 2032 * 12

func newPayments(accounts int) *payments {
	p := &payments{Rand: rand.New(rand.NewPCG(1, 2)), accounts: make([]payer, accounts)}
	for i := range p.accounts {
		binary.BigEndian.PutUint64(p.accounts[i].account[:], p.Uint64())
	}
	return p
}

// batch is a transaction of so many operations; awards first, until every account had one.
func (p *payments) batch(size int) audit.Applied {
	p.sent++
	a := audit.Applied{Block: p.sent, Time: 1_900_000_000}
	binary.BigEndian.PutUint64(a.TxID[:], p.Uint64())
	binary.BigEndian.PutUint64(a.TxID[8:], p.sent)
	came := map[*payer]dollars.Amount{}
	first := int(p.sent-1) * size
	half := len(p.accounts) / 2
	for i := range size {
		e := dollars.Entry{Outcome: dollars.Applied}
		binary.BigEndian.PutUint64(e.Ref[:], p.Uint64())
		if to := first + i; to < len(p.accounts) {
			e.Kind, e.Account, e.Amount = dollars.KindComplete, p.accounts[to].account, 10_00
			came[&p.accounts[to]] += e.Amount
		} else { // one half of them to the other, in turn: who sends does not receive in the same transaction
			from, to := &p.accounts[(first+i)%half], &p.accounts[half+p.IntN(half)]
			if p.sent%2 == 0 {
				from, to = &p.accounts[half+(first+i)%half], &p.accounts[p.IntN(half)]
			}
			if e.Amount = min(1_00, p.absorb(&a, from)); e.Amount == 0 {
				continue
			}
			from.record -= e.Amount
			e.Kind, e.Account, e.Other = dollars.KindTransfer, from.account, to.account
			rec := dollars.AccountRecord{}
			if from.record > 0 {
				rec.Buckets = dollars.Buckets{{Expiry: paidMonth, Amount: from.record}}
			}
			a.Writes = append(a.Writes, dollars.Write{Key: dollars.AccountKey(from.account), Value: rec.Encode()})
			came[to] += e.Amount
		}
		e.Moved = dollars.Buckets{{Expiry: paidMonth, Amount: e.Amount}}
		a.Journal.Entries = append(a.Journal.Entries, e)
	}
	for to, amount := range came {
		c := dollars.Credit{Account: to.account, Expiry: paidMonth, TxID: a.TxID}
		to.credits, to.owed = append(to.credits, c), append(to.owed, amount)
		a.Writes = append(a.Writes, dollars.Write{Key: c.Key(), Value: dollars.EncodeCredit(amount)})
	}
	return a
}

// absorb brings all credits of an account into its record, and answers what that has then.
func (p *payments) absorb(a *audit.Applied, from *payer) dollars.Amount {
	for i, c := range from.credits {
		from.record += from.owed[i]
		a.Writes = append(a.Writes, dollars.Write{Key: c.Key()})
	}
	from.credits, from.owed = nil, nil
	return from.record
}

// BenchmarkMillion follows a million movements, of a hundred thousand accounts, 500 to a transaction.
func BenchmarkMillion(b *testing.B) {
	const accounts, movements, size = 100_000, 1_000_000, 500
	var g *Graph
	for b.Loop() {
		b.StopTimer()
		p := newPayments(accounts)
		g = New()
		for g.Movements() < movements {
			applied := p.batch(size)
			b.StartTimer()
			err := g.Add(applied)
			b.StopTimer()
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
	}
	b.StopTimer()
	if err := g.lost(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(g.Movements())*float64(b.N)/b.Elapsed().Seconds(), "movements/s")
	b.ReportMetric(float64(len(g.parts))/float64(g.Movements()), "parts/movement")
	movementsMade := g.Movements()
	with := heap()
	runtime.KeepAlive(g)
	g = nil
	b.ReportMetric(float64(with-heap())/float64(movementsMade), "B/movement")
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkTrace makes the trees of the account that has been paid most often, of the last order and of the first booking
// on a ledger of a million movements.
func BenchmarkTrace(b *testing.B) {
	p, g := newPayments(100_000), New()
	for g.Movements() < 1_000_000 {
		if err := g.Add(p.batch(500)); err != nil {
			b.Fatal(err)
		}
	}
	first, last := &g.entries[0], &g.entries[len(g.entries)-1]
	for _, id := range []string{g.accounts[1].String(), refText(first), refText(last)} {
		s := g.Find(id)
		if len(s) != 1 {
			b.Fatalf("%s is %v", id, s)
		}
		b.Run(string(s[0].Kind), func(b *testing.B) {
			for b.Loop() {
				g.Trace(g.Find(id)[0], Limits{Depth: 12, Breadth: 20, Nodes: 400})
			}
		})
	}
}
