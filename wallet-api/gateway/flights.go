package gateway

import "sync"

// flights are the batches whose envelope may be ordered, by transaction id. Who takes a batch out tells its outcome.
type flights struct {
	mu   sync.Mutex
	byID map[string]*batch
}

func (f *flights) add(b *batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.byID[b.tx.TxID] = b
}

// take removes a batch, or returns nil if it is not there, or no more.
func (f *flights) take(txID string) *batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.byID[txID]
	delete(f.byID, txID)
	return b
}
