package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// disk is what of the inbox and the views survives a crash.
type disk struct {
	mu          sync.Mutex
	order       []wallet.WorkID
	work        map[wallet.WorkID]wallet.Work
	done        map[wallet.WorkID]wallet.Status
	submissions map[string]wallet.Submission
	settledWith map[wallet.WorkID]int // how often

	height uint64
	state  map[string][]byte
	txs    map[string]wallet.TransactionAt
	orders map[dollars.OrderID]wallet.OrderAt
}

func newDisk() *disk {
	return &disk{
		work: map[wallet.WorkID]wallet.Work{}, done: map[wallet.WorkID]wallet.Status{},
		submissions: map[string]wallet.Submission{}, settledWith: map[wallet.WorkID]int{},
		state: map[string][]byte{}, txs: map[string]wallet.TransactionAt{}, orders: map[dollars.OrderID]wallet.OrderAt{},
	}
}

func (d *disk) durable(txID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.submissions[txID]
	return ok
}

func (d *disk) unsettled() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.order) - len(d.done)
}

var errCrashed = errors.New("simulated: this process is dead")

// process is a running service's handle on its disk; once dead, it changes nothing any more.
type process struct {
	*disk
	dead    bool
	taken   map[wallet.WorkID]bool
	ready   chan struct{}
	failing func(what string) bool // of the disk
}

func (d *disk) open() *process {
	p := &process{disk: d, taken: map[wallet.WorkID]bool{}, ready: make(chan struct{}, 1), failing: func(string) bool { return false }}
	for _, s := range d.submissions {
		for _, w := range s.Work {
			p.taken[w.ID] = true
		}
	}
	return p
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
}

func (p *process) ok(ctx context.Context, what string) error {
	switch {
	case p.dead:
		return errCrashed
	case ctx.Err() != nil:
		return ctx.Err()
	case p.failing(what):
		return fmt.Errorf("simulated: %s failed", what)
	}
	return nil
}

func (p *process) accept(work ...wallet.Work) {
	p.mu.Lock()
	for _, w := range work {
		p.order = append(p.order, w.ID)
		p.work[w.ID] = w
	}
	p.mu.Unlock()
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

func (p *process) Ready() <-chan struct{} { return p.ready }

func (p *process) Take(class wallet.Class, most int) (out []wallet.Work) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.order {
		w := p.work[id]
		if _, done := p.done[id]; len(out) < most && w.Class == class && !done && !p.taken[id] && !p.dead {
			p.taken[id] = true
			out = append(out, w)
		}
	}
	return out
}

func (p *process) Submitting(ctx context.Context, s wallet.Submission) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ok(ctx, "submitting"); err != nil {
		return err
	}
	p.submissions[s.TxID] = s
	return nil
}

func (p *process) Settle(ctx context.Context, done []wallet.Status, txIDs []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ok(ctx, "settle"); err != nil {
		return err
	}
	for _, s := range done {
		p.settledWith[s.Work.ID]++
		if _, already := p.done[s.Work.ID]; !already {
			p.done[s.Work.ID] = s
		}
	}
	for _, id := range txIDs {
		delete(p.submissions, id)
	}
	return nil
}

func (p *process) Submissions(ctx context.Context) ([]wallet.Submission, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ok(ctx, "submissions"); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(p.submissions)), nil
}

func (p *process) Fold(ctx context.Context, b wallet.Block) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ok(ctx, "fold"); err != nil {
		return err
	}
	if b.Number < p.height {
		return nil
	}
	if b.Number > p.height {
		return fmt.Errorf("block %d after %d", b.Number, p.height)
	}
	for _, tx := range b.Transactions {
		at := placeOf(b.Number, &tx)
		p.txs[tx.ID] = at
		for _, w := range tx.Writes {
			if w.Value == nil {
				delete(p.state, w.Key)
			} else {
				p.state[w.Key] = w.Value
			}
		}
		for _, e := range tx.Journal.Entries {
			if e.Outcome == dollars.Applied && (e.Kind == dollars.KindTransfer || e.Kind == dollars.KindRedeem) {
				p.orders[dollars.OrderID(e.Ref)] = wallet.OrderAt{TxID: tx.ID, Block: b.Number, Entry: e}
			}
		}
	}
	p.height++
	return nil
}

func (p *process) Height(context.Context) (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.height, nil
}

func (p *process) Transaction(_ context.Context, txID string) (wallet.TransactionAt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.txs[txID]
	if !ok {
		return at, wallet.ErrNotFound
	}
	return at, nil
}

func (p *process) Order(_ context.Context, id dollars.OrderID) (wallet.OrderAt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.orders[id]
	if !ok {
		return at, wallet.ErrNotFound
	}
	return at, nil
}

func (p *process) Get(keys []string) ([][]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([][]byte, len(keys))
	for i, k := range keys {
		out[i] = p.state[k]
	}
	return out, nil
}

func (p *process) Balance(_ context.Context, a dollars.Account, _ int64) (wallet.Balance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := wallet.Balance{Account: a, Height: p.height}
	if value := p.state[dollars.AccountKey(a)]; value != nil {
		rec, err := dollars.DecodeAccountRecord(value)
		if err != nil {
			return b, err
		}
		b.Debt, b.Buckets = rec.Debt, rec.Buckets
	}
	for k, value := range p.state {
		if strings.HasPrefix(k, dollars.CreditPrefix(a)) {
			worth, err := dollars.DecodeCredit(value)
			if err != nil {
				return b, err
			}
			b.Buckets = append(b.Buckets, dollars.Bucket{Amount: worth})
		}
	}
	return b, nil
}

func (p *process) Credits(_ context.Context, a dollars.Account, amount dollars.Amount, limit int) ([]dollars.CreditRef, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if value := p.state[dollars.AccountKey(a)]; value != nil {
		rec, err := dollars.DecodeAccountRecord(value)
		if err != nil {
			return nil, err
		}
		have, err := rec.Buckets.Total()
		if err != nil {
			return nil, err
		}
		amount += rec.Debt - have
	}
	var keys []string
	for k := range p.state {
		if strings.HasPrefix(k, dollars.CreditPrefix(a)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var refs []dollars.CreditRef
	for _, k := range keys {
		if amount <= 0 || len(refs) == limit {
			break
		}
		c := dollars.ParseStateKey(k).Credit
		worth, err := dollars.DecodeCredit(p.state[k])
		if err != nil {
			return nil, err
		}
		refs = append(refs, dollars.CreditRef{Expiry: c.Expiry, TxID: c.TxID})
		amount -= worth
	}
	return refs, nil
}
