package gateway

import (
	"fmt"
	"testing"
	"time"
)

func TestWorkDoesNotWaitLongForABatchInTrouble(t *testing.T) {
	s := newScheduler(limits{operations: 10, bytes: 1 << 20, inFlight: 3})
	s.add(confirm(1, account(1), 1))
	expect(t, s, nil, [][]string{{"confirm 1"}})
	s.add(confirm(2, account(1), 1))
	expect(t, s, nil, nil)
	if b, _ := s.next(time.Unix(1000, 0).Add(s.patience()), awarded{}.records()); fmt.Sprint(labels(b)) != "[confirm 2]" {
		t.Errorf("batch %v", labels(b))
	}
}

func TestALookAtNothingDelaysNobody(t *testing.T) {
	s := newScheduler(limits{operations: 10, bytes: 1 << 20, inFlight: 3})
	s.add(spend("order 1", 1))
	expect(t, s, nil, [][]string{{"order 1"}})
	late := time.Unix(1000, 0).Add(mostPatience)
	s.add(confirm(1, account(9), 1))
	for { // a booking goes, and orders are looked at in vain
		if b, _ := s.next(late, awarded{}.records()); b == nil {
			break
		}
	}
	s.add(spend("order 2", 2))
	if b, _ := s.next(late.Add(time.Millisecond), awarded{}.records()); fmt.Sprint(labels(b)) != "[order 2]" {
		t.Errorf("%v, though orders have waited long enough", labels(b))
	}
}

func TestPatienceForgetsAnOutage(t *testing.T) {
	s := newScheduler(limits{operations: 10, bytes: 1 << 20, inFlight: 3})
	s.committed(10 * time.Minute)
	for range 10 {
		s.committed(80 * time.Millisecond)
	}
	if p := s.patience(); p > mostPatience/4 {
		t.Errorf("patience is still %v", p)
	}
}
