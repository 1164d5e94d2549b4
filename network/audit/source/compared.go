package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/destinasia/dollars/network/audit"
)

// Options say which blocks are read from peers, and how long these are waited for.
type Options struct {
	From  uint64
	Until uint64 // this block is not read; 0 to follow the chain without end
	// Patience is how long a peer is waited for that does not have a block which it should have. 30 s if zero; 10 s where
	// the chain is followed.
	Patience time.Duration
	// Say is told what happens to a peer (it broke off, is left behind, has caught up), from several goroutines; nil if
	// nobody wants to know.
	Say func(peer, what string)
}

const (
	// ahead is how many blocks of a peer are fetched before they are wanted.
	ahead = 4
	// maxBehind is how many blocks are remembered for peers that are behind, at some 200 bytes each.
	maxBehind = 100_000

	retryFirst, retryMost = 500 * time.Millisecond, 5 * time.Second
)

// holder is a Peer.
type holder interface {
	Name() string
	// open asks for blocks; the context bounds all of the reading. What it answers hands out one after the other.
	open(ctx context.Context, from, until uint64) (next func() ([]byte, error), err error)
}

// Compared reads the blocks of several peers, and hands out those that all of them have. A peer that breaks off is asked
// again. One that stays away ends the reading, with its name; where the chain is followed, the others are followed without
// it, and what it missed is compared when it is back.
type Compared struct {
	options Options
	readers []*reader
	arrived chan struct{} // something may be new in the readers' queues
	cancel  context.CancelFunc
	running sync.WaitGroup

	next uint64           // the number of the block to hand out
	past map[uint64]print // of blocks handed out that peers behind have yet to show

	mu     sync.Mutex
	worded map[uint64]wording // of the latest blocks handed out, where there are two
}

// reader is one of the peers, and how far it has come.
type reader struct {
	peer  holder
	queue chan []byte

	mu   sync.Mutex
	last error // why the peer broke off last

	at     uint64 // the number of the next block in the queue
	head   []byte // that block, taken from the queue; nil if it has not come
	behind bool   // it is not waited for
	lost   bool   // it was behind for longer than is remembered
	apart  bool   // its commit hashes differ, and may
	commit []byte // its last block's
}

// Compare begins to read from peers, of which there must be one at least. Close ends it.
func Compare(ctx context.Context, o Options, peers ...*Peer) *Compared {
	var list []holder
	for _, p := range peers {
		list = append(list, p)
	}
	return compare(ctx, o, list...)
}

func compare(ctx context.Context, o Options, peers ...holder) *Compared {
	if o.Say == nil {
		o.Say = func(string, string) {}
	}
	if o.Patience == 0 {
		if o.Patience = 30 * time.Second; o.Until == 0 {
			o.Patience = 10 * time.Second
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Compared{options: o, arrived: make(chan struct{}, 1), cancel: cancel, next: o.From, past: map[uint64]print{}, worded: map[uint64]wording{}}
	for _, p := range peers {
		r := &reader{peer: p, queue: make(chan []byte, ahead), at: o.From}
		s.readers = append(s.readers, r)
		s.running.Go(func() { s.read(ctx, r) })
	}
	return s
}

// Close ends the reading.
func (s *Compared) Close() {
	s.cancel()
	s.running.Wait()
}

// read fills a reader's queue.
func (s *Compared) read(ctx context.Context, r *reader) {
	number, retry := s.options.From, retryFirst
	for ctx.Err() == nil && (s.options.Until == 0 || number < s.options.Until) {
		reading, cancel := context.WithCancel(ctx)
		next, err := r.peer.open(reading, number, s.options.Until)
		for begun := number; err == nil; number++ {
			var raw []byte
			if raw, err = next(); err != nil {
				break
			}
			if retry = retryFirst; number == begun && r.failed(nil) {
				s.options.Say(r.peer.Name(), fmt.Sprintf("it is back, with block %d", number))
			}
			select {
			case r.queue <- raw:
				s.signal()
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				break
			}
		}
		cancel()
		if ctx.Err() != nil || s.options.Until > 0 && number >= s.options.Until {
			return
		}
		if !r.failed(err) {
			s.options.Say(r.peer.Name(), fmt.Sprintf("it broke off before block %d and is asked again: %v", number, err))
		}
		select {
		case <-time.After(retry):
		case <-ctx.Done():
		}
		retry = min(2*retry, retryMost)
	}
}

// failed remembers how the peer is, and answers whether it was failing before.
func (r *reader) failed(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.last != nil
	r.last = err
	return was
}

func (r *reader) why() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (s *Compared) signal() {
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

// Next is the next block if all peers that are not behind have the same one. The error is a *Difference where they do not.
func (s *Compared) Next(ctx context.Context) ([]byte, error) {
	if s.options.Until > 0 && s.next >= s.options.Until {
		return nil, io.EOF
	}
	timer := time.NewTimer(s.options.Patience)
	defer timer.Stop()
	waiting := s.options.Until > 0 // for blocks that must be there
	for {
		if err := s.take(); err != nil {
			return nil, err
		}
		missing, lead := s.missing()
		if len(missing) == 0 && lead != nil {
			return s.handOut(lead)
		}
		if !waiting && slices.ContainsFunc(s.readers, func(r *reader) bool { return !r.behind && r.head != nil }) {
			waiting = true
			timer.Reset(s.options.Patience)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.arrived:
		case <-timer.C:
			if !waiting {
				continue // nobody has the block yet
			}
			if err := s.leave(missing); err != nil {
				return nil, err
			}
		}
	}
}

// missing are the readers that are waited for, and lead is the one whose block is handed out: the first that has one and
// whose commit hashes are those followed so far.
func (s *Compared) missing() (missing []*reader, lead *reader) {
	for _, r := range s.readers {
		switch {
		case r.behind:
		case r.head == nil:
			missing = append(missing, r)
		case lead == nil && !r.apart:
			lead = r
		}
	}
	return missing, lead
}

// take takes what has come, and compares what came late.
func (s *Compared) take() error {
	for _, r := range s.readers {
		for more := r.head == nil; more; {
			select {
			case r.head = <-r.queue:
			default:
				more = false
				continue
			}
			if r.at < s.next {
				if err := s.late(r); err != nil {
					return err
				}
				continue
			}
			more = false
			s.caughtUp(r)
		}
	}
	return nil
}

// caughtUp takes a reader that has come as far as the others for one of them again.
func (s *Compared) caughtUp(r *reader) {
	if r.behind && r.at == s.next {
		r.behind, r.lost = false, false
		s.options.Say(r.peer.Name(), fmt.Sprintf("it has caught up at block %d", r.at))
	}
}

// late compares a block of a reader that is behind with what was handed out in its place.
func (s *Compared) late(r *reader) error {
	have, err := printOf(r.head)
	if err != nil {
		return fmt.Errorf("block %d of %s: %w", r.at, r.peer.Name(), err)
	}
	if handedOut, known := s.past[r.at]; known && !r.lost {
		var others []string
		for _, other := range s.readers {
			if other != r && other.at > r.at {
				others = append(others, other.peer.Name())
			}
		}
		if reason := handedOut.differ(have, &r.apart); reason != "" {
			return newDifference(r.at, []Side{
				{Peers: others, print: handedOut}, {Peers: []string{r.peer.Name()}, print: have, version: r.version()},
			}, reason)
		}
	}
	r.pass(have)
	s.forget()
	s.caughtUp(r)
	return nil
}

// pass goes on behind the block in the reader's head.
func (r *reader) pass(p print) { r.at, r.head, r.commit = r.at+1, nil, p.commit }

// version is the block in the reader's head, for an audit to judge.
func (r *reader) version() audit.Version {
	v := audit.Version{Number: r.at, Block: r.head}
	if r.apart {
		v.Commit = commitOf(r.commit)
	}
	return v
}

// handOut compares the blocks that came, and answers the lead's.
func (s *Compared) handOut(lead *reader) ([]byte, error) {
	raw := lead.head
	var followed print // left empty where all blocks are the same to the byte and nobody is behind
	for _, r := range s.readers {
		if r.behind || !bytes.Equal(r.head, raw) {
			var err error
			if followed, err = printOf(raw); err != nil {
				return nil, fmt.Errorf("block %d of %s: %w", s.next, lead.peer.Name(), err)
			}
			s.past[s.next] = followed
			break
		}
	}
	if err := s.compareWith(lead, followed); err != nil {
		return nil, err
	}
	s.next++
	s.forget()
	return raw, nil
}

// compareWith compares the blocks that came with the lead's, and passes them.
func (s *Compared) compareWith(lead *reader, followed print) error {
	sides := []Side{{Peers: []string{lead.peer.Name()}, print: followed, version: lead.version()}}
	reason, raw := "", lead.head
	var w wording
	for _, r := range s.readers {
		switch {
		case r.behind:
		case bytes.Equal(r.head, raw):
			if r != lead {
				sides[0].Peers = append(sides[0].Peers, r.peer.Name())
			}
			w.same = append(w.same, r.peer.Name())
			r.pass(followed)
		default:
			have, err := printOf(r.head)
			if err != nil {
				return fmt.Errorf("block %d of %s: %w", s.next, r.peer.Name(), err)
			}
			if first := addToSides(&sides, r, have); reason == "" {
				reason = first
			}
			w.other = append(w.other, r.peer.Name())
			r.pass(have)
		}
	}
	if reason != "" {
		return newDifference(s.next, sides, reason)
	}
	s.keep(w)
	return nil
}

// addToSides puts a reader to those that have the same block, and says what it differs from the first in.
func addToSides(sides *[]Side, r *reader, have print) (reason string) {
	for i := range *sides {
		difference := (*sides)[i].print.differ(have, &r.apart)
		if i == 0 {
			reason = difference
		}
		if difference == "" {
			(*sides)[i].Peers = append((*sides)[i].Peers, r.peer.Name())
			return reason
		}
	}
	s := Side{Peers: []string{r.peer.Name()}, print: have, version: r.version()}
	*sides = append(*sides, s)
	return reason
}

// leave goes on without readers whose time is over, or says that it cannot.
func (s *Compared) leave(missing []*reader) error {
	for _, r := range missing {
		why := fmt.Sprintf("it has not sent block %d for %s", s.next, s.options.Patience)
		if err := r.why(); err != nil {
			why += fmt.Sprintf(" (%v)", err)
		}
		if s.options.Until > 0 {
			return fmt.Errorf("%s: %s, and there are %d", r.peer.Name(), why, s.options.Until)
		}
		r.behind = true
		then := "the others are followed without it, and its blocks are compared when it sends them"
		if _, lead := s.missing(); lead == nil {
			then = "nothing is followed until it does, because the other peers' commit hashes are not those that were followed so far"
		}
		s.options.Say(r.peer.Name(), why+"; "+then)
	}
	return nil
}

// forget drops what no peer has yet to show, and the oldest of too much.
func (s *Compared) forget() {
	from := s.next
	for _, r := range s.readers {
		if !r.lost && r.at < from {
			from = r.at
		}
	}
	if s.next-from > maxBehind {
		for _, r := range s.readers {
			if !r.lost && s.next-r.at > maxBehind {
				r.lost = true
				s.options.Say(r.peer.Name(), fmt.Sprintf("it is more than %d blocks behind: the blocks it missed are no longer compared", maxBehind))
			}
		}
		from = s.next - maxBehind
	}
	for n := from; n > 0; n-- {
		if _, kept := s.past[n-1]; !kept {
			break
		}
		delete(s.past, n-1)
	}
}

// commitOf is the commit hash in a block's metadata; nil if it cannot be read.
func commitOf(raw []byte) []byte {
	var m common.Metadata
	if proto.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m.GetValue()
}
