package readmodel

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// bookings are blocks of so many operations each, confirmations and then completions, for 20,000 accounts.
func bookings(b *testing.B, blocks, perBlock int) *chain {
	c := newChain(b)
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range blocks {
		ops := make([]dollars.Operation, perBlock)
		for i := range ops {
			booking := n/2*perBlock + i
			ops[i] = dollars.Operation(dollars.Complete{Booking: bookingID(booking)})
			if n%2 == 0 {
				member := uint16(rng.IntN(20_000))
				ops[i] = confirm(booking, dollars.Account{1, byte(member >> 8), byte(member)}, dollars.Amount(rng.IntN(10_000)+1))
			}
		}
		c.add(c.apply(dollars.RoleIssuer, ops[:perBlock/2]...), c.apply(dollars.RoleIssuer, ops[perBlock/2:]...))
	}
	return c
}

func BenchmarkFold(b *testing.B) {
	const blocks, perBlock = 120, 2000
	b.Run("bookings", func(b *testing.B) { benchmarkFold(b, bookings(b, blocks, perBlock).blocks, blocks*perBlock) })
	b.Run("transfers", func(b *testing.B) { benchmarkFold(b, transfers(blocks, perBlock, 20_000), blocks*perBlock) })
	b.Run("to one", func(b *testing.B) { benchmarkFold(b, transfers(blocks, perBlock, 1), blocks*perBlock) })
}

// benchmarkFold reports besides the rate what it takes of both cores, with what the store does behind it until it is closed, and
// of the disk.
func benchmarkFold(b *testing.B, blocks []wallet.Block, operations int) {
	b.ResetTimer()
	folded := 0
	var busy time.Duration
	var bytes int64
	for b.Loop() {
		before := cpuTime(b)
		dir := b.TempDir()
		v, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		foldAll(b, v, blocks...)
		folded += operations
		b.StopTimer()
		busy += cpuTime(b) - before
		if err := v.Check(ctx); err != nil {
			b.Fatal(err)
		}
		before = cpuTime(b)
		if err := v.Close(); err != nil {
			b.Fatal(err)
		}
		busy += cpuTime(b) - before
		bytes += tableBytes(b, dir)
		b.StartTimer()
	}
	b.ReportMetric(float64(folded)/b.Elapsed().Seconds(), "operations/s")
	b.ReportMetric(float64(busy.Microseconds())/float64(folded), "cpu-us/operation")
	b.ReportMetric(float64(bytes)/float64(folded), "bytes/operation")
}

// tableBytes is what the tables of a closed store take of the disk.
func tableBytes(b *testing.B, dir string) (bytes int64) {
	b.Helper()
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		b.Fatal(err)
	}
	for _, table := range tables {
		info, err := os.Stat(table)
		if err != nil {
			b.Fatal(err)
		}
		bytes += info.Size()
	}
	return bytes
}

// cpuTime is what this process has used of all cores.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// transfers are blocks of so many transfers each, in transactions of 250, from any of 20,000 accounts to any of the first
// so many, after blocks in which each of them earned enough. They are made by hand, because signing and checking them would
// take most of the time.
func transfers(blocks, perBlock, receivers int) (list []wallet.Block) {
	const accounts, perTransaction = 20_000, 250
	m := &payments{rng: rand.New(rand.NewPCG(3, 4)), receivers: receivers, accounts: make([]payer, accounts)}
	for n := range accounts/perBlock + blocks {
		block := made(uint64(n))
		for i := range perBlock / perTransaction {
			first := n*perBlock + i*perTransaction
			tx := wallet.Transaction{ID: txID(uint64(first)).String(), Index: i, Valid: true}
			if first < accounts {
				m.earn(&tx, first, perTransaction)
			} else {
				m.pay(&tx, first, perTransaction)
			}
			block.Transactions = append(block.Transactions, tx)
		}
		list = append(list, block)
	}
	return list
}

// payments is what accounts have of which transfers are made, with as many credits as the mirror of the state has.
type payments struct {
	rng       *rand.Rand
	receivers int
	accounts  []payer
}

type payer struct {
	has     dollars.Amount // in its record
	credits []dollars.Write
}

func payerAccount(i int) dollars.Account { return dollars.Account{1, byte(i >> 8), byte(i)} }

func (m *payments) earn(tx *wallet.Transaction, first, count int) {
	for i := first; i < first+count; i++ {
		e := earned(payerAccount(i), 0, points(june, 1_000_000))
		e.Ref, e.Outcome = [32]byte{byte(i >> 8), byte(i), 2}, dollars.Applied
		b := dollars.BookingRecord{State: dollars.BookingAwarded, Account: e.Account, Parts: []dollars.Part{}}
		tx.Journal.Entries = append(tx.Journal.Entries, e)
		tx.Writes = append(tx.Writes, dollars.Write{Key: dollars.BookingKey(e.Ref), Value: b.Encode()}, m.credit(tx, i, e.Amount))
	}
}

// pay makes each sender absorb what it had received, as an order does.
func (m *payments) pay(tx *wallet.Transaction, first, count int) {
	received := map[int]dollars.Amount{}
	for i := first; i < first+count; i++ {
		from := i * 7919 % len(m.accounts)
		to := m.rng.IntN(m.receivers)
		if from == to {
			to = (to + 1) % len(m.accounts)
		}
		e := dollars.Entry{Kind: dollars.KindTransfer, Outcome: dollars.Applied, Account: payerAccount(from), Other: payerAccount(to), Amount: 1, Moved: points(june, 1)}
		e.Ref = [32]byte{byte(i >> 16), byte(i >> 8), byte(i), 1}
		tx.Journal.Entries = append(tx.Journal.Entries, e)
		sender := &m.accounts[from]
		for _, w := range sender.credits {
			points, _ := dollars.DecodeCredit(w.Value)
			sender.has += points
			tx.Writes = append(tx.Writes, dollars.Write{Key: w.Key})
		}
		sender.has--
		sender.credits = nil
		record := dollars.AccountRecord{Buckets: points(june, sender.has)}
		tx.Writes = append(tx.Writes, dollars.Write{Key: dollars.AccountKey(e.Account), Value: record.Encode()})
		received[to]++
	}
	for _, to := range slices.Sorted(maps.Keys(received)) {
		tx.Writes = append(tx.Writes, m.credit(tx, to, received[to]))
	}
}

func (m *payments) credit(tx *wallet.Transaction, to int, a dollars.Amount) dollars.Write {
	id, _ := dollars.ParseTxID(tx.ID)
	w := dollars.Write{Key: dollars.Credit{Account: payerAccount(to), Expiry: june, TxID: id}.Key(), Value: dollars.EncodeCredit(a)}
	m.accounts[to].credits = append(m.accounts[to].credits, w)
	return w
}

// BenchmarkBalance reads an account that has a hundred thousand credits it never absorbed.
func BenchmarkBalance(b *testing.B) {
	account := dollars.Account{7}
	v := opened(b, b.TempDir())
	c := newChain(b)
	foldAll(b, v, c.blocks...)
	// Made by hand: a hundred thousand transactions through Apply would say no more.
	for n := range uint64(100) {
		block := made(n + 1)
		for i := range 1000 {
			id := txID(n*1000 + uint64(i) + 100)
			moved := dollars.Buckets{{Expiry: 2028*12 + dollars.Expiry(i%24), Amount: 5}}
			block.Transactions = append(block.Transactions, wallet.Transaction{
				ID: id.String(), Index: i, Valid: true,
				Journal: dollars.Journal{Entries: []dollars.Entry{{
					Kind: dollars.KindComplete, Outcome: dollars.Applied, Account: account, Moved: moved,
					Before: dollars.BookingNone, After: dollars.BookingAwarded,
				}}},
				Writes: []dollars.Write{{
					Key:   dollars.Credit{Account: account, Expiry: moved[0].Expiry, TxID: id}.Key(),
					Value: dollars.EncodeCredit(5),
				}},
			})
		}
		foldAll(b, v, block)
	}
	b.Run("balance", func(b *testing.B) {
		for b.Loop() {
			if got, err := v.Balance(ctx, account, 0); err != nil || got.Available() != 500_000 {
				b.Fatal(got, err)
			}
		}
	})
	b.Run("credits", func(b *testing.B) {
		for b.Loop() {
			if refs, err := v.Credits(ctx, account, 500, 256); err != nil || len(refs) != 100+beyond {
				b.Fatal(len(refs), err)
			}
		}
	})
	b.Run("statement", func(b *testing.B) { // which walks through all of it
		month := wallet.Month(2028 * 12)
		for b.Loop() {
			err := v.Past(ctx, account, func(has wallet.Holding, history iter.Seq[wallet.HistoryEntry]) error {
				later := func(yield func(wallet.HistoryEntry) bool) {
					for h := range history {
						if h.Time += (month + 1).Start(); !yield(h) { // every entry is of time 0
							return
						}
					}
				}
				st, err := wallet.MakeStatement(has, later, month, month.Start())
				if err == nil && (st.Opening != 0 || st.Closing != 0) {
					err = fmt.Errorf("opens with %s and closes with %s", st.Opening, st.Closing)
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("history", func(b *testing.B) {
		for b.Loop() {
			if page, _, err := v.History(ctx, account, "", 50); err != nil || len(page) != 50 {
				b.Fatal(len(page), err)
			}
		}
	})
}

// BenchmarkExplorer reads pages of a ledger of 200,000 transfers: what they cost must not depend on how long it is.
func BenchmarkExplorer(b *testing.B) {
	blocks := transfers(100, 2000, 20_000)
	v := opened(b, b.TempDir())
	foldAll(b, v, blocks...)
	middle := uint64(len(blocks) / 2)
	id, err := dollars.ParseTxID(blocks[middle].Transactions[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	all, half := everything(50), wallet.Listing{To: middle, Limit: 50}
	payer := payerAccount(7)
	for _, read := range []struct {
		name string
		page func() (items int, err error)
	}{
		{"newest blocks", func() (int, error) { p, err := v.ListBlocks(ctx, all); return len(p.Items), err }},
		{"newest operations", func() (int, error) { p, err := v.ListOperations(ctx, all, nil); return len(p.Items), err }},
		{"operations before a block", func() (int, error) { p, err := v.ListOperations(ctx, half, nil); return len(p.Items), err }},
		{"operations of an account", func() (int, error) {
			p, err := v.ListOperations(ctx, half, &payer)
			return min(50, 50*len(p.Items)), err
		}},
		{"newest transactions", func() (int, error) { p, err := v.ListTransactions(ctx, all); return len(p.Items), err }},
		{"a transaction", func() (int, error) { _, p, err := v.TransactionContent(ctx, id, "", 50); return len(p.Items), err }},
		{"accounts", func() (int, error) { p, err := v.ListAccounts(ctx, nil, 0, 50); return len(p.Items), err }},
		{"search", func() (int, error) {
			word := [32]byte(id)
			found, err := v.Find(ctx, wallet.Names{Word: &word}, 50)
			return 50 * len(found.Found), err
		}},
	} {
		b.Run(read.name, func(b *testing.B) {
			for b.Loop() {
				if n, err := read.page(); err != nil || n != 50 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
