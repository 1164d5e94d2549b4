package audit

import (
	"errors"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// TestHeightAt: a change that is dated back does not take later ones with it, and what changed nothing has no say.
func TestHeightAt(t *testing.T) {
	w := newWorld(t)
	freeze := func(n byte, seconds int64) request {
		return request{
			creator:  w.operator,
			ops:      []dollars.Operation{dollars.SetFrozen{Account: dollars.Account{n}, Frozen: true, Reason: "test"}},
			onHeader: func(h *common.ChannelHeader) { h.Timestamp = &timestamppb.Timestamp{Seconds: noon.Unix() + seconds} },
		}
	}
	c := newChain(w)
	c.order([]byte{0}, c.envelope(t, definition(w, "DestinasiaMSP", "AircncMSP")))
	c.order([]byte{0}, c.envelope(t, freeze(1, 0)))
	c.order([]byte{0, 0}, c.envelope(t, freeze(2, 10)), c.envelope(t, freeze(3, 30)))
	late := freeze(9, 99)
	late.endorsers = []*signer{w.peer}
	c.order([]byte{unendorsed}, c.envelope(t, late))
	c.order([]byte{0}, c.envelope(t, freeze(4, 20)))
	c.order([]byte{0}, c.envelope(t, freeze(5, 40)))
	at := func(seconds int64) (uint64, error) {
		return HeightAt(t.Context(), &blocksOf{blocks: c.blocks}, Options{Roots: w.roots, Chaincode: "dsd"}, noon.Unix()+seconds)
	}
	for _, test := range []struct {
		seconds int64
		want    uint64
	}{{-1, 2}, {0, 3}, {20, 3}, {29, 3}, {30, 6}, {39, 6}, {40, 7}, {1_000_000, 7}} {
		if got, err := at(test.seconds); err != nil || got != test.want {
			t.Errorf("at %+d s: %d blocks, %v; want %d", test.seconds, got, err, test.want)
		}
	}
	c.blocks[4] = c.blocks[3]
	var d *Divergence
	if _, err := at(30); !errors.As(err, &d) || d.Block != 4 {
		t.Errorf("with a wrong block it answers %v", err)
	}
	if got, err := at(10); err != nil || got != 3 {
		t.Errorf("what is wrong later has no say: %d blocks, %v", got, err)
	}
	r, err := Run(t.Context(), First(&blocksOf{blocks: c.blocks}, 3), Options{Roots: w.roots, Chaincode: "dsd"})
	if err != nil || r.Height != 3 || r.Operations != 1 {
		t.Errorf("of the first 3 blocks the audit says %d blocks, %d operations, %v", r.Height, r.Operations, err)
	}
}
