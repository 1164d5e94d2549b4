package gateway

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestWorkIsCarriedInBatchesWithoutConflict(t *testing.T) {
	simulate(t, 1, faults{}, func(w *world) {
		m := newMember(1)
		w.start()
		const bookings = 2000
		for n := range bookings {
			w.proc.accept(confirm(n, m.account, 10_000), complete(n))
		}
		w.settled(time.Minute)
		for n := range bookings {
			for _, label := range []string{"confirm", "complete"} {
				if st := w.outcome(event(fmt.Sprintf("%s %d", label, n)).ID); !st.Applied() || st.Results[0].Outcome != dollars.Applied {
					t.Fatalf("%s was told as %+v", st.Work.Label, st.Results)
				}
			}
		}
		w.proc.accept(m.redeem(500 * bookings))
		w.settled(time.Minute)
		w.verify()
		if w.chain.codes["VALID"] != w.chain.submits || len(w.chain.batches) > 25 {
			t.Errorf("%d batches, %d submissions, ended as %v", len(w.chain.batches), w.chain.submits, w.chain.codes)
		}
	})
}

func TestLostSubmissionIsSubmittedAgainAndNotEndorsedAgain(t *testing.T) {
	simulate(t, 1, faults{submitLost: 1}, func(w *world) {
		w.start()
		w.proc.accept(confirm(1, newMember(1).account, 100))
		time.Sleep(4 * time.Second)
		w.chain.suffer(faults{})
		w.settled(10 * time.Second)
		w.verify()
		if len(w.chain.batches) != 1 || w.chain.submits < 3 {
			t.Errorf("endorsed %d times and submitted %d times", len(w.chain.batches), w.chain.submits)
		}
	})
}

func TestSubmittedWorkIsFollowedUpAfterCrash(t *testing.T) {
	for _, test := range []struct {
		name      string
		faults    faults
		committed bool // before the restart
	}{
		{"lost", faults{submitLost: 1}, false},
		{"no answer", faults{submitUnsure: 1}, false},
		{"committed while down", faults{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulate(t, 2, test.faults, func(w *world) {
				t := w.t
				w.start()
				m := newMember(1)
				w.proc.accept(confirm(1, m.account, 100), complete(1), event("cancel", dollars.Cancel{Booking: bookingID(2)}))
				// Endorsed and submitted, and in no block yet.
				time.Sleep(50 * time.Millisecond)
				synctest.Wait()
				w.kill()
				if w.chain.submits != 1 {
					t.Fatalf("submitted %d times", w.chain.submits)
				}
				if test.committed {
					time.Sleep(time.Second)
				}
				w.chain.suffer(faults{})
				w.start()
				w.settled(10 * time.Second)
				w.verify()
				if len(w.chain.batches) != 1 {
					t.Errorf("endorsed %d times", len(w.chain.batches))
				}
			})
		})
	}
}

func TestBadWorkIsFoundAndKeptAndSpoilsNoOther(t *testing.T) {
	simulate(t, 3, faults{}, func(w *world) {
		m := newMember(1)
		bad := bookingID(77)
		w.chain.refuse = func(ops []dollars.Operation) error {
			for _, op := range ops {
				if o, ok := op.(dollars.Confirm); ok && o.Booking == bad {
					return errors.New("simulated: the contract fails on this")
				}
			}
			return nil
		}
		w.start()
		for n := range 600 {
			w.proc.accept(confirm(n, m.account, 100))
		}
		w.proc.accept(complete(77))
		time.Sleep(30 * time.Second)
		if n := w.disk.unsettled(); n != 2 {
			t.Errorf("%d works are not settled, instead of the bad one and the one behind it", n)
		}
		w.chain.mu.Lock()
		w.chain.refuse = nil
		w.chain.mu.Unlock()
		w.settled(2 * time.Minute)
		w.verify()
		if st := w.outcome(complete(77).ID); !st.Applied() {
			t.Errorf("the work behind it was told as %+v", st.Results)
		}
	})
}

func TestOrderAppliedBeforeIsToldWhere(t *testing.T) {
	simulate(t, 4, faults{}, func(w *world) {
		m := newMember(1)
		w.fund(m.account, 1)
		work := m.redeem(300)
		o := work.Ops[0].(dollars.SignedOrder)
		credits, _ := func() ([]dollars.CreditRef, error) {
			p := newDisk().open()
			for _, b := range w.chain.blocks {
				if err := p.Fold(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			return p.Credits(t.Context(), m.account, 300, 10)
		}()
		o.Credits = credits
		first := w.chain.apply(wallet.AsIssuer, o)
		w.start()
		w.proc.accept(work)
		w.settled(10 * time.Second)
		w.verify()
		if st := w.outcome(work.ID); st.TxID != first.ID || !st.Applied() {
			t.Errorf("told as %+v in %s", st.Results, st.TxID)
		}
	})
}

func TestManyCreditsAreAbsorbedFirst(t *testing.T) {
	for _, credits := range []int{1, dollars.MaxCredits, dollars.MaxCredits + 1, 3000} {
		simulate(t, 5, faults{}, func(w *world) {
			m := newMember(1)
			w.fund(m.account, credits)
			w.start()
			all := m.redeem(dollars.Amount(credits) * 500)
			w.proc.accept(all)
			w.settled(10 * time.Second)
			w.verify()
			if st := w.outcome(all.ID); !st.Applied() {
				t.Errorf("%d credits: told as %+v", credits, st.Results)
			}
		})
	}
}

func TestOrderNeedsMoreCreditsThanOneTransactionNames(t *testing.T) {
	const small = maxStale*maxAccountCredits + 5_000
	for _, credits := range []int{10_000, small} {
		simulate(t, 5, faults{}, func(w *world) {
			m := newMember(1)
			w.fund(m.account, credits)
			w.start()
			// The second finds nothing left, and must be told so rather than tried for ever.
			all, more := m.send(newMember(2).account, dollars.Amount(credits)*500), m.redeem(1)
			w.proc.accept(all)
			w.settled(time.Minute)
			w.proc.accept(more)
			w.settled(time.Minute)
			w.verify()
			if st := w.outcome(all.ID); !st.Applied() {
				t.Errorf("%d credits: told as %+v", credits, st.Results)
			}
			if st := w.outcome(more.ID); !st.Rejected() {
				t.Errorf("spending from nothing was told as %+v", st.Results)
			}
		})
	}
}

func TestRefusedOrderDoesNotTakeCreditsFromTheNext(t *testing.T) {
	simulate(t, 6, faults{}, func(w *world) {
		m := newMember(1)
		w.fund(m.account, 2)
		bad, good := m.redeem(1), m.redeem(1000)
		o := bad.Ops[0].(dollars.SignedOrder)
		o.Signature[5] ^= 1
		bad.Ops[0] = o
		w.start()
		w.proc.accept(bad, good)
		w.settled(10 * time.Second)
		if b, g := w.outcome(bad.ID), w.outcome(good.ID); !b.Rejected() || !g.Applied() {
			t.Errorf("told as %+v and %+v", b.Results, g.Results)
		}
	})
}

func TestReversalTakesPointsBackWithoutDebt(t *testing.T) {
	simulate(t, 7, faults{}, func(w *world) {
		m := newMember(1)
		w.start()
		w.proc.accept(confirm(1, m.account, 10_000), complete(1), cancel(1), confirm(2, m.account, 10_000), complete(2), m.redeem(1))
		w.settled(10 * time.Second)
		w.verify()
		for _, b := range w.chain.blocks {
			for _, tx := range b.Transactions {
				for _, e := range tx.Journal.Entries {
					if e.Debt != 0 {
						t.Errorf("%s left a debt of %s", e.Kind, e.Debt)
					}
				}
			}
		}
		if st := w.outcome(cancel(1).ID); st.Results[0].State != dollars.BookingReversed {
			t.Errorf("the cancellation was told as %+v", st.Results)
		}
	})
}

func TestAdminWorkIsSubmittedByTheOperatorAndNotStarved(t *testing.T) {
	simulate(t, 8, faults{}, func(w *world) {
		m := newMember(1)
		freeze := wallet.Work{ID: wallet.WorkID{1}, Class: wallet.ClassAdmin, As: wallet.AsOperator, Label: "freeze", Ops: []dollars.Operation{dollars.SetFrozen{Account: m.account, Frozen: true, Reason: "test"}}}
		w.options = Options{BatchOperations: 100, InFlight: 3}
		w.start()
		for n := range 5000 {
			w.proc.accept(confirm(n, m.account, 100))
		}
		time.Sleep(300 * time.Millisecond)
		w.proc.accept(freeze)
		time.Sleep(900 * time.Millisecond)
		if w.disk.unsettled() == 0 {
			t.Error("the flood was over too soon to tell")
		}
		if st := w.outcome(freeze.ID); !st.Applied() {
			t.Errorf("told as %+v", st)
		}
		w.settled(time.Minute)
		w.verify()
		if w.chain.codes["MVCC_READ_CONFLICT"] > 0 {
			t.Error("the service conflicted with itself")
		}
	})
}

func TestWorkThatNoTransactionHoldsIsRejected(t *testing.T) {
	simulate(t, 9, faults{}, func(w *world) {
		var ops []dollars.Operation
		for n := range maxWorkOperations + 1 {
			ops = append(ops, dollars.Complete{Booking: bookingID(n)})
		}
		big := event("big", ops...)
		w.start()
		w.proc.accept(confirm(1, newMember(1).account, 100), big, complete(1))
		w.settled(10 * time.Second)
		if st := w.outcome(big.ID); !st.Rejected() || st.Results[0].Code != CodeTooLarge {
			t.Errorf("told as %+v", st.Results[0])
		}
	})
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	simulate(t, 10, faults{}, func(w *world) {
		w.start()
		for n := range 100 {
			w.proc.accept(confirm(n, newMember(1).account, 100))
		}
		time.Sleep(10 * time.Millisecond)
		w.stop()
		if n := len(w.disk.submissions); n != 0 || w.disk.unsettled() != 0 {
			t.Errorf("%d submissions and %d works are left", n, w.disk.unsettled())
		}
	})
}

func TestReady(t *testing.T) {
	simulate(t, 11, faults{}, func(w *world) {
		w.start()
		if w.engine.follower.ready() == nil {
			t.Error("ready before it began")
		}
		time.Sleep(time.Second)
		if err := w.engine.follower.ready(); err != nil {
			t.Error(err)
		}
		w.chain.suffer(faults{drop: 1})
		w.chain.publish(2, unlimited())
		synctest.Wait()
		if w.engine.follower.ready() == nil {
			t.Error("ready while the stream is broken")
		}
	})
}

// TestFaults throws everything at the service: what it tells must be true all the same, and it must tell everything.
func TestFaults(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			some := func(most float64) float64 { return max(0, rng.Float64()*2-1) * most }
			f := faults{
				endorseDown: some(0.4), endorseMismatch: some(0.3), submitLost: some(0.5), submitUnsure: some(0.5),
				submitTwice: some(0.5), refused: some(0.3), invalid: some(0.3), rival: some(0.5), reorder: some(1), drop: some(0.5),
			}
			simulate(t, seed, f, func(w *world) {
				if seed%2 == 1 {
					w.chain.publish(2, loyalty(30_00))
				}
				runFaults(w, rng)
				w.limits()
			})
		})
	}
}

func runFaults(w *world, rng *rand.Rand) {
	w.options = Options{BatchOperations: 20, InFlight: 1 + rng.IntN(4)}
	members := make([]*member, 5)
	for i := range members {
		members[i] = newMember(i)
		w.fund(members[i].account, 3)
	}
	diskFails := max(0, rng.Float64()*0.2-0.1)
	start := func() {
		w.start()
		disk := rand.New(rand.NewPCG(rng.Uint64(), 0))
		w.proc.failing = func(string) bool { return disk.Float64() < diskFails }
	}
	start()
	for n := range 150 {
		m := members[rng.IntN(len(members))]
		switch rng.IntN(4) {
		case 0:
			w.proc.accept(m.send(members[rng.IntN(len(members))].account, dollars.Amount(1+rng.IntN(900))))
		default:
			w.proc.accept(confirm(n, m.account, dollars.Amount(rng.IntN(20_000))))
			if rng.IntN(2) == 0 {
				w.proc.accept(complete(n))
			}
			if rng.IntN(3) == 0 {
				w.proc.accept(cancel(n))
			}
		}
		time.Sleep(time.Duration(rng.IntN(100)) * time.Millisecond)
		if rng.IntN(15) == 0 {
			w.kill()
			start()
		}
	}
	w.settled(30 * time.Minute)
	time.Sleep(time.Second)
	w.proc.kill()
	w.verify()
	for id, st := range w.disk.done {
		if st.Work.Class == wallet.ClassBooking && !st.Applied() {
			w.t.Errorf("%s (%s) was told as %+v: work on one booking was not kept in order", st.Work.Label, id, st.Results)
		}
	}
	synctest.Wait()
}
