package readmodel

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"

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
	b.Run("transfers", func(b *testing.B) { benchmarkFold(b, transfers(blocks, perBlock), blocks*perBlock) })
}

func benchmarkFold(b *testing.B, blocks []wallet.Block, operations int) {
	b.ResetTimer()
	folded := 0
	for b.Loop() {
		v, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		foldAll(b, v, blocks...)
		folded += operations
		b.StopTimer()
		if err := v.Check(ctx); err != nil {
			b.Fatal(err)
		}
		if err := v.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(folded)/b.Elapsed().Seconds(), "operations/s")
}

// transfers are blocks of so many transfers each among 2,000 accounts, after one in which each of them earned enough.
// They are made by hand, because signing and checking them would take most of the time.
func transfers(blocks, perBlock int) (list []wallet.Block) {
	const accounts = 2_000
	rng := rand.New(rand.NewPCG(3, 4))
	account := func(i int) dollars.Account { return dollars.Account{1, byte(i >> 8), byte(i)} }
	points := func(a dollars.Amount) dollars.Buckets { return dollars.Buckets{{Expiry: 2028 * 12, Amount: a}} }
	has := make([]dollars.Amount, accounts)
	record := func(i int) dollars.Write {
		return dollars.Write{Key: dollars.AccountKey(account(i)), Value: dollars.AccountRecord{Buckets: points(has[i])}.Encode()}
	}
	for n := range blocks + 1 {
		tx := wallet.Transaction{ID: txID(uint64(n)).String(), Valid: true}
		for i := range perBlock {
			e := dollars.Entry{Kind: dollars.KindComplete, Outcome: dollars.Applied, Account: account(i % accounts), Amount: 1_000_000, After: dollars.BookingAwarded}
			from, to := i%accounts, i%accounts
			if n > 0 {
				from = rng.IntN(accounts)
				to = (from + 1 + rng.IntN(accounts-1)) % accounts
				e = dollars.Entry{Kind: dollars.KindTransfer, Outcome: dollars.Applied, Account: account(from), Other: account(to), Amount: 1}
				e.Ref = [32]byte{byte(n), byte(i >> 8), byte(i), 1}
				has[from]--
			} else {
				b := dollars.BookingRecord{State: dollars.BookingAwarded, Account: account(from), Parts: []dollars.Part{}}
				booking := [32]byte{byte(i >> 8), byte(i), 2}
				tx.Writes = append(tx.Writes, dollars.Write{Key: dollars.BookingKey(booking), Value: b.Encode()})
			}
			has[to] += e.Amount
			e.Moved = points(e.Amount)
			tx.Journal.Entries = append(tx.Journal.Entries, e)
		}
		for i := range accounts {
			tx.Writes = append(tx.Writes, record(i))
		}
		list = append(list, wallet.Block{Number: uint64(n), Transactions: []wallet.Transaction{tx}})
	}
	return list
}

// BenchmarkBalance reads an account that has a hundred thousand credits it never absorbed.
func BenchmarkBalance(b *testing.B) {
	account := dollars.Account{7}
	v := opened(b, b.TempDir())
	c := newChain(b)
	foldAll(b, v, c.blocks...)
	// Made by hand: a hundred thousand transactions through Apply would say no more.
	for n := range uint64(100) {
		block := wallet.Block{Number: n + 1}
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
