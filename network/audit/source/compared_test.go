package source

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// fakePeer holds blocks. Asked for more than it holds it waits, as a peer that hangs or has nothing new does.
type fakePeer struct {
	name   string
	mu     sync.Mutex
	blocks []*common.Block
	fails  map[uint64]error // once, instead of a block
	away   bool
	more   chan struct{} // closed and made anew when there is more to have
}

func newFakePeer(name string, blocks []*common.Block) *fakePeer {
	return &fakePeer{name: name, blocks: blocks, fails: map[uint64]error{}, more: make(chan struct{})}
}

func (p *fakePeer) Name() string { return p.name }

// change is how a peer becomes another while it is read.
func (p *fakePeer) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	close(p.more)
	p.more = make(chan struct{})
}

func (p *fakePeer) look(number uint64) (*common.Block, chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch err := p.fails[number]; {
	case p.away:
		return nil, p.more, errors.New("connection refused")
	case err != nil:
		delete(p.fails, number)
		return nil, p.more, err
	case number < uint64(len(p.blocks)):
		return p.blocks[number], p.more, nil
	}
	return nil, p.more, nil
}

func (p *fakePeer) open(ctx context.Context, from, until uint64) (func() ([]byte, error), error) {
	return func() ([]byte, error) {
		for until == 0 || from < until {
			block, more, err := p.look(from)
			if err != nil {
				return nil, err
			}
			if block != nil {
				from++
				return proto.Marshal(block)
			}
			select {
			case <-more:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return nil, io.EOF
	}, nil
}

// chain is that many blocks.
func chain(length int) (list []*common.Block) {
	for number := range uint64(length) {
		b := two(unchanged)[1]
		b.Header.Number = number
		list = append(list, b)
	}
	return list
}

// log is what was said of peers.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) say(peer, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, peer+": "+what)
}

func (l *log) has(t *testing.T, says ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, want := range says {
		if !slices.ContainsFunc(l.lines, func(line string) bool { return strings.Contains(line, want) }) {
			t.Errorf("%q was not said, only %q", want, l.lines)
		}
	}
}

// readAll reads to the end.
func readAll(t *testing.T, s *Compared) (count int, err error) {
	for {
		if _, err := s.Next(t.Context()); err != nil {
			return count, err
		}
		count++
	}
}

func TestTwoPeersAreCompared(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*common.Block)
		says   string // "" where they are the same
	}{
		"the same":         {unchanged, ""},
		"other signatures": {func(b *common.Block) { b.Metadata.Metadata[0] = []byte("another orderer's") }, ""},
		"header":           {func(b *common.Block) { b.Header.DataHash = nil }, "fork"},
		"data":             {func(b *common.Block) { b.Data.Data[0] = nil }, "transactions"},
		"validity":         {func(b *common.Block) { b.Metadata.Metadata[2][0] = 1 }, "transaction 0 is VALID for one"},
		"verdicts":         {func(b *common.Block) { b.Metadata.Metadata[2] = nil }, "2 validation codes"},
		"other reasons":    {func(b *common.Block) { b.Metadata.Metadata[2][1], b.Metadata.Metadata[4] = 10, []byte("other") }, ""},
		"state":            {func(b *common.Block) { b.Metadata.Metadata[4] = []byte("other") }, "commit hashes"},
	} {
		t.Run(name, func(t *testing.T) {
			both := compare(t.Context(), Options{Until: 2}, newFakePeer("one", two(unchanged)), newFakePeer("other", two(c.change)))
			defer both.Close()
			count, err := readAll(t, both)
			if c.says == "" {
				if !errors.Is(err, io.EOF) || count != 2 {
					t.Errorf("%d blocks, then %v", count, err)
				}
				return
			}
			var d *Difference
			if !errors.As(err, &d) || d.Block != 1 || !slices.Equal(d.Peers(), []string{"one", "other"}) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("found %v; want a difference of block 1: %s", err, c.says)
			}
			if len(d.Wrong()) > 0 || len(d.Versions()) != 2 {
				t.Errorf("%v was called wrong before anybody judged; %d versions", d.Wrong(), len(d.Versions()))
			}
			checkVerdicts(t, d)
		})
	}
}

// checkVerdicts: an audit that refuses one block has said who is wrong.
func checkVerdicts(t *testing.T, d *Difference) {
	t.Helper()
	fault := errors.New("its books do not balance")
	for _, c := range []struct {
		faults []error
		wrong  []string
		says   string
	}{
		{[]error{nil, fault}, []string{"other"}, "Wrong is other: its books"},
		{[]error{fault, nil}, []string{"one"}, "Wrong is one: its books"},
		{[]error{fault, fault}, []string{"one", "other"}, "None of them is right. one: its books"},
	} {
		judged := d.Judged(c.faults)
		var j *Difference
		if !errors.As(judged, &j) || !slices.Equal(j.Wrong(), c.wrong) || !strings.Contains(judged.Error(), c.says) {
			t.Errorf("judged %v: %v", c.faults, judged)
		}
	}
	says := strings.Contains(d.Judged([]error{nil, nil}).Error(), "the orderers signed two chains")
	if fork := strings.Contains(d.Reason, "fork"); says != fork {
		t.Errorf("with nothing wrong in either: %v", d.Judged([]error{nil, nil}))
	}
}

func TestOfThreePeersTheOneAgainstTheOthersIsNamed(t *testing.T) {
	changed := func(b *common.Block) { b.Metadata.Metadata[2][0] = 1 }
	for odd, names := range []string{"a", "b", "c"} {
		var peers []holder
		for i, name := range []string{"a", "b", "c"} {
			blocks := two(unchanged)
			if i == odd {
				blocks = two(changed)
			}
			peers = append(peers, newFakePeer(name, blocks))
		}
		s := compare(t.Context(), Options{Until: 2}, peers...)
		_, err := readAll(t, s)
		s.Close()
		var d *Difference
		if !errors.As(err, &d) || !slices.Equal(d.Wrong(), []string{names}) || !strings.Contains(err.Error(), "stands "+names) {
			t.Errorf("%s has another block: %v", names, err)
		}
	}
}

// TestWhoMarksOtherwiseIsNotWrongForThatLater: from a block on two peers have rightly different commit hashes; the version
// of each is judged by its own.
func TestWhoMarksOtherwiseIsNotWrongForThatLater(t *testing.T) {
	one, other := chain(3), chain(3)
	for i, b := range other[1:] {
		b.Metadata.Metadata[2] = []byte{0, 10}
		b.Metadata.Metadata[4], _ = proto.Marshal(&common.Metadata{Value: []byte{byte(i)}})
	}
	other[2].Metadata.Metadata[2] = []byte{1, 10}
	s := compare(t.Context(), Options{Until: 3}, newFakePeer("one", one), newFakePeer("other", other))
	defer s.Close()
	count, err := readAll(t, s)
	var d *Difference
	if !errors.As(err, &d) || d.Block != 2 || count != 2 {
		t.Fatalf("%d blocks, then %v", count, err)
	}
	if v := d.Versions(); v[0].Commit != nil || string(v[1].Commit) != "\x00" {
		t.Errorf("the commit hashes before are %x and %x", v[0].Commit, v[1].Commit)
	}
}

func TestAPeerThatBreaksOffIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := &log{}
		broken := newFakePeer("broken", chain(5))
		broken.fails[3] = errors.New("connection reset")
		s := compare(t.Context(), Options{Until: 5, Say: said.say}, newFakePeer("well", chain(5)), broken)
		defer s.Close()
		if count, err := readAll(t, s); count != 5 || !errors.Is(err, io.EOF) {
			t.Errorf("%d blocks, then %v", count, err)
		}
		said.has(t, "broken: it broke off before block 3 and is asked again: connection reset", "broken: it is back, with block 3")
	})
}

func TestAPeerThatHangsOrStaysAwayEndsTheReadingByName(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakePeer)
		says   string
	}{
		"hangs":         {func(p *fakePeer) { p.blocks = p.blocks[:2] }, "ill: it has not sent block 2 for 30s, and there are 5"},
		"stays away":    {func(p *fakePeer) { p.away = true }, "ill: it has not sent block 0 for 30s (connection refused)"},
		"does not last": {func(p *fakePeer) { p.fails[4], p.blocks = io.ErrUnexpectedEOF, p.blocks[:4] }, "ill: it has not sent block 4"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ill := newFakePeer("ill", chain(5))
				c.change(ill)
				s := compare(t.Context(), Options{Until: 5}, newFakePeer("well", chain(5)), ill)
				defer s.Close()
				if _, err := readAll(t, s); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("it ended with %v", err)
				}
			})
		})
	}
}

func TestBeginningInTheMiddle(t *testing.T) {
	s := compare(t.Context(), Options{From: 3, Until: 5}, newFakePeer("one", chain(5)), newFakePeer("other", chain(5)))
	defer s.Close()
	if count, err := readAll(t, s); count != 2 || !errors.Is(err, io.EOF) {
		t.Errorf("%d blocks, then %v", count, err)
	}
}

// TestTheChainIsFollowedWithoutAPeerThatIsAway, and what it has is compared when it is back.
func TestTheChainIsFollowedWithoutAPeerThatIsAway(t *testing.T) {
	for name, change := range map[string]func(*common.Block){
		"and back": unchanged, "and back with other verdicts": func(b *common.Block) { b.Metadata.Metadata[2][0] = 1 },
		"and back with another chain": func(b *common.Block) { b.Header.DataHash = nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				said := &log{}
				well, away := newFakePeer("well", chain(2)), newFakePeer("away", chain(2))
				s := compare(t.Context(), Options{Say: said.say}, well, away)
				defer s.Close()
				read := func(blocks int) {
					t.Helper()
					for range blocks {
						if _, err := s.Next(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
				}
				read(2)
				away.change(func() { away.away = true })
				well.change(func() { well.blocks = chain(10) })
				read(8)
				said.has(t, "away: it broke off before block 2", "away: it has not sent block 2 for 10s (connection refused); the others are followed")
				later := chain(12)
				change(later[5])
				away.change(func() { away.away, away.blocks = false, later })
				synctest.Wait()
				well.change(func() { well.blocks = chain(12) })
				err := func() error {
					for s.next < 12 {
						if _, err := s.Next(t.Context()); err != nil {
							return err
						}
					}
					return s.catchUp(t.Context())
				}()
				if name == "and back" {
					if err != nil {
						t.Error(err)
					}
					said.has(t, "away: it is back, with block 2", "away: it has caught up")
					if len(s.past) > 0 {
						t.Errorf("%d blocks are still remembered", len(s.past))
					}
					return
				}
				checkLate(t, err)
			})
		})
	}
}

// catchUp waits for peers that are behind.
func (s *Compared) catchUp(ctx context.Context) error {
	for {
		if err := s.take(); err != nil {
			return err
		}
		if !slices.ContainsFunc(s.readers, func(r *reader) bool { return r.behind }) {
			return nil
		}
		select {
		case <-s.arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkLate checks a difference of a block that an audit had taken already.
func checkLate(t *testing.T, err error) {
	t.Helper()
	var d *Difference
	if !errors.As(err, &d) || d.Block != 5 || len(d.Versions()) != 1 {
		t.Fatalf("found %v", err)
	}
	judged := d.Judged([]error{nil}).(*Difference)
	if fork := strings.Contains(d.Reason, "fork"); fork {
		if len(judged.Wrong()) > 0 || !strings.Contains(judged.Error(), "signed two chains") {
			t.Errorf("two signed chains: %v", judged)
		}
	} else if !slices.Equal(judged.Wrong(), []string{"away"}) || !strings.Contains(judged.Error(), "Wrong is away") {
		t.Errorf("other verdicts: %v", judged)
	}
	if judged := d.Judged([]error{errors.New("nobody signed it")}).(*Difference); !slices.Equal(judged.Wrong(), []string{"away"}) {
		t.Errorf("an unsigned block: %v", judged)
	}
}

// TestAPeerThatIsAwayForTooLongIsNoLongerCompared: what is remembered for it has an end.
func TestAPeerThatIsAwayForTooLongIsNoLongerCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := &log{}
		away := newFakePeer("away", nil)
		s := compare(t.Context(), Options{Say: said.say}, newFakePeer("well", chain(maxBehind+10)), away)
		defer s.Close()
		for range maxBehind + 10 {
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		said.has(t, "the blocks it missed are no longer compared")
		if len(s.past) > maxBehind {
			t.Errorf("%d blocks are remembered", len(s.past))
		}
	})
}
