package source

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/destinasia/dollars/network/audit"
)

// TestWhoseWordsAnAuditRefusedIsNamed: of what peers may have in other words, the audit sees those of one only.
func TestWhoseWordsAnAuditRefusedIsNamed(t *testing.T) {
	unsigned := func(b *common.Block) { b.Metadata.Metadata[0] = nil }
	refused := &audit.Divergence{Block: 1, Transaction: -1, Reason: "its 0 signatures do not satisfy the policy"}
	for _, c := range []struct {
		changed []func(*common.Block)
		failed  error
		wrong   []string // nil where nobody is named
	}{
		{[]func(*common.Block){unsigned, unchanged, unchanged}, refused, []string{"a"}},
		{[]func(*common.Block){unsigned, unchanged, unsigned}, refused, []string{"a", "c"}},
		{[]func(*common.Block){unsigned, unsigned, unsigned}, refused, nil},
		{[]func(*common.Block){unsigned, unchanged, unchanged}, &audit.Divergence{Block: 0}, nil},
		{[]func(*common.Block){unsigned, unchanged, unchanged}, context.Canceled, nil},
	} {
		var peers []holder
		for i, change := range c.changed {
			peers = append(peers, newFakePeer([]string{"a", "b", "c"}[i], two(change)))
		}
		s := compare(t.Context(), Options{Until: 2}, peers...)
		if _, err := readAll(t, s); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		s.Close()
		var d *Difference
		switch err := s.Named(c.failed); {
		case c.wrong == nil && err != c.failed:
			t.Errorf("%v was made %v", c.failed, err)
		case c.wrong != nil && (!errors.As(err, &d) || d.Block != 1 || !slices.Equal(d.Wrong(), c.wrong) || len(d.Peers()) != 3):
			t.Errorf("wrong are %v, not %v: %v", d.Wrong(), c.wrong, err)
		case c.wrong != nil && !strings.Contains(err.Error(), "Wrong is a") || c.wrong != nil && !strings.Contains(err.Error(), refused.Reason):
			t.Errorf("it says %v", err)
		}
	}
}

// TestNothingIsFollowedInSilence: a peer whose commit hashes rightly differ cannot stand in for the one that was followed.
func TestNothingIsFollowedInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := chain(4)
		list[1].Metadata.Metadata[2][1] = 10
		for _, b := range list[1:] {
			b.Metadata.Metadata[4] = []byte("other")
		}
		var said log
		first := newFakePeer("first", chain(2))
		s := compare(t.Context(), Options{Say: said.say}, first, newFakePeer("other", list))
		defer s.Close()
		for range 2 {
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("block 2 of the first peer is not there, and Next says %v", err)
		}
		said.has(t, "first: it has not sent block 2 for 10s; nothing is followed until it does")
		first.change(func() { first.blocks = chain(4) })
		for range 2 {
			if _, err := s.Next(t.Context()); err != nil {
				t.Error(err)
			}
		}
		said.has(t, "first: it has caught up")
	})
}
