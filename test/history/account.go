package history

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// write is a change of an account, in its place among the account's changes on the ledger, from 1 on; place 0 is none: it
// was told committed and is not there.
type write struct {
	place int
	delta dollars.Amount
}

// read is a question for the balance; its output is the amount.
type read struct{}

// account is what a model knows of an account: how many changes it has seen, and what they add up to.
type account struct {
	changes int
	balance dollars.Amount
}

// model is an account as members understand it.
var model = porcupine.Model{
	Init: func() any { return account{} },
	Step: func(state, input, output any) (bool, any) {
		a := state.(account)
		if w, ok := input.(write); ok {
			return w.place == a.changes+1, account{a.changes + 1, a.balance + w.delta}
		}
		return output == a.balance, a
	},
}

// CheckAccounts tells of which accounts no order of events explains what was told. It looks for one for so long at each.
func CheckAccounts(h *History, l *Ledger, within time.Duration) (lies []Lie) {
	h.mu.Lock()
	defer h.mu.Unlock()
	told := map[dollars.Account][]porcupine.Operation{}
	for a, postings := range l.postings {
		told[a] = h.writes(a, postings)
	}
	for _, o := range h.order {
		a := o.committed()
		if a == nil || len(l.applied(o.Key)) > 0 {
			continue
		}
		for _, account := range []dollars.Account{o.From, o.To} {
			if !account.IsZero() {
				told[account] = append(told[account], porcupine.Operation{Input: write{}, Call: int64(o.called()), Return: int64(a.Return)})
			}
		}
	}
	for _, r := range h.reads {
		told[r.Account] = append(told[r.Account], porcupine.Operation{Input: read{}, Output: r.Available, Call: int64(r.Call), Return: int64(r.Return)})
	}
	for _, a := range slices.SortedFunc(maps.Keys(told), func(a, b dollars.Account) int { return bytes.Compare(a[:], b[:]) }) {
		switch result := porcupine.CheckOperationsTimeout(model, told[a], within); result {
		case porcupine.Illegal:
			lies = append(lies, Lie{Order, fmt.Sprintf("of %d requests for %s", len(told[a]), a)})
		case porcupine.Unknown:
			lies = append(lies, Lie{Undecided, fmt.Sprintf("whether %d requests for %s can be put in order was not found out in %s", len(told[a]), a, within)})
		}
	}
	return lies
}

// writes are an account's changes as requests. Each request explains one change: what is there twice has none the second
// time, and so nothing after it can be explained.
func (h *History) writes(a dollars.Account, postings []posting) (list []porcupine.Operation) {
	explained := map[Key]bool{}
	for i, p := range postings {
		o := h.ops[p.key]
		if o == nil || explained[p.key] {
			continue
		}
		explained[p.key] = true
		until := int64(math.MaxInt64) // whoever was never told cannot say when it was
		if a := o.committed(); a != nil {
			until = int64(a.Return)
		}
		list = append(list, porcupine.Operation{Input: write{i + 1, p.delta}, Call: int64(o.called()), Return: until})
	}
	return list
}
