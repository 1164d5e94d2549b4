package trace

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// Graph is where all points of a ledger came from and went. It is made by New and grows by Add.
type Graph struct {
	transactions []transaction
	numbers      map[dollars.TxID]uint32 // of transactions
	entries      []entry
	missing      map[uint32]shortfall // of the few entries that found too little
	movements    []movement
	parts        []part
	accounts     []dollars.Account
	known        map[dollars.Account]uint32 // their numbers

	stock   map[place]*pile
	holds   map[dollars.HoldID]*hold // of which something is left
	sharers map[uint32][]uint32      // of a household: whose shares its points are in
	records []dollars.Amount         // by account: the sum of what its record has
	owed    map[uint32]dollars.Amount
	now     int64 // Unix seconds: the latest transaction's time

	// Of the transaction under way.
	received  []place         // piles of what came
	unsettled map[uint32]bool // accounts whose records must be in its writes
}

// Everything below is kept by the million: it has no pointers, and names others by their places in the slices above.
// Account 0 is nobody.
type (
	transaction struct {
		id    dollars.TxID
		block uint64
		time  int64  // Unix seconds
		index uint32 // in the block
		first uint32 // of its entries
		idle  uint32 // entries of its journal that changed nothing
	}

	// entry is one of a journal that was applied.
	entry struct {
		ref            [32]byte
		amount         dollars.Amount
		transaction    uint32
		account, other uint32
		place          uint16 // in the journal
		kind           dollars.Kind
		after          dollars.BookingState
	}

	// movement is points of one month that an entry moved, with one source and one destination. Each cent of it has a
	// place in it, from 0 on, in the order of its parts.
	movement struct {
		amount   dollars.Amount
		entry    uint32
		month    dollars.Expiry
		from, to uint32
		first    uint32 // of its parts; they end where the next movement's begin
		uses     uint32 // the latest of the parts that were taken of it, counted from 1
		way      Way
	}

	// part is a stretch of an earlier movement that a later one is made of.
	part struct {
		at, amount dollars.Amount
		source     uint32
		before     uint32 // the part that was taken of the same source before, counted from 1
	}

	shortfall struct{ debt, forgiven dollars.Amount }
)

// Way is what became of points in a movement.
type Way uint8

// The ways. Earned and Granted begin where nothing was; Redeemed and what comes after it end.
const (
	Earned Way = iota
	Granted
	Sent
	Contributed // to a household
	Withdrawn   // from a household, by who leaves it
	Held
	Released
	Redeemed // also by a claim, or captured
	Expired
	Repaid // burned for a debt
	Reversed
	Recalled // reversed too, but taken from an account that was given them
	Corrected
)

var wayNames = [...]string{
	"earned", "granted", "sent", "contributed", "withdrawn", "held", "released", "redeemed", "expired", "repaid", "reversed",
	"recalled", "corrected",
}

func (w Way) String() string { return wayNames[w] }

// begins tells that the points were not there before.
func (w Way) begins() bool { return w <= Granted }

// ends tells that the points are no more.
func (w Way) ends() bool { return w >= Redeemed }

// New is the graph of a ledger on which nothing has happened.
func New() *Graph {
	return &Graph{
		numbers: map[dollars.TxID]uint32{}, missing: map[uint32]shortfall{},
		accounts: make([]dollars.Account, 1), known: map[dollars.Account]uint32{}, records: make([]dollars.Amount, 1),
		stock: map[place]*pile{}, holds: map[dollars.HoldID]*hold{}, sharers: map[uint32][]uint32{},
		owed: map[uint32]dollars.Amount{}, unsettled: map[uint32]bool{},
	}
}

// Movements is how many movements of points there are.
func (g *Graph) Movements() int { return len(g.movements) }

// Add follows a transaction, which comes after those added before. Every key that it writes must then have what the graph
// says is there; an error means that it has not, so that this package has misunderstood the ledger, and that nothing can be
// asked of the graph any more.
func (g *Graph) Add(a audit.Applied) error {
	g.now = max(g.now, a.Time)
	number := uint32(len(g.transactions))
	g.numbers[a.TxID] = number
	t := transaction{id: a.TxID, block: a.Block, time: a.Time, index: uint32(a.Index), first: uint32(len(g.entries))}
	for _, e := range a.Journal.Entries {
		if e.Outcome != dollars.Applied {
			t.idle++
		}
	}
	g.transactions = append(g.transactions, t)
	if err := g.follow(a, number); err != nil {
		return fmt.Errorf("trace block %d, transaction %s: %w", a.Block, a.TxID, err)
	}
	return nil
}

func (g *Graph) follow(a audit.Applied, number uint32) error {
	g.absorb(a.Writes)
	for i := range a.Journal.Entries {
		e := &a.Journal.Entries[i]
		if e.Outcome != dollars.Applied {
			continue
		}
		g.entries = append(g.entries, entry{
			ref: e.Ref, amount: e.Amount, transaction: number, account: g.number(e.Account), other: g.number(e.Other),
			place: uint16(i), kind: e.Kind, after: e.After,
		})
		if e.Debt != 0 || e.Forgiven != 0 {
			g.missing[uint32(len(g.entries)-1)] = shortfall{e.Debt, e.Forgiven}
		}
		if err := g.move(e); err != nil {
			return fmt.Errorf("entry %d, %s: %w", i, e.Kind, err)
		}
	}
	return g.settle(a.Writes, number)
}

// number is what an account goes by in the graph.
func (g *Graph) number(a dollars.Account) uint32 {
	if a.IsZero() {
		return 0
	}
	n, known := g.known[a]
	if !known {
		n = uint32(len(g.accounts))
		g.accounts, g.records = append(g.accounts, a), append(g.records, 0)
		g.known[a] = n
	}
	return n
}

// record notes that the last entry moved these points, and answers them as they are from then on. With nothing drawn they
// begin.
func (g *Graph) record(m movement, drawn []piece) []piece {
	number := uint32(len(g.movements))
	m.entry, m.first = uint32(len(g.entries)-1), uint32(len(g.parts))
	out := []piece{{amount: m.amount, movement: number, since: number}}
	if m.way == Held || m.way == Released {
		out = out[:0]
	}
	var at dollars.Amount
	for _, p := range drawn {
		source := &g.movements[p.movement]
		g.parts = append(g.parts, part{at: p.at, amount: p.amount, source: p.movement, before: source.uses})
		source.uses = uint32(len(g.parts))
		if m.way == Held || m.way == Released { // What is set aside keeps its turn.
			out = appendPiece(out, piece{at: at, amount: p.amount, movement: number, since: p.since})
		}
		at += p.amount
	}
	g.movements = append(g.movements, m)
	return out
}

// partsOf are the parts that a movement is made of.
func (g *Graph) partsOf(m uint32) []part {
	end := len(g.parts)
	if int(m)+1 < len(g.movements) {
		end = int(g.movements[m+1].first)
	}
	return g.parts[g.movements[m].first:end]
}
