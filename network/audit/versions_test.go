package audit

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// disputed is a fetcher whose sources agree up to a block, of which they have several versions.
type disputed struct {
	blocksOf
	versions []Version
	faults   []error
}

func (d *disputed) Next(ctx context.Context) ([]byte, error) {
	if d.next == len(d.blocks) {
		return nil, d
	}
	return d.blocksOf.Next(ctx)
}

func (d *disputed) Error() string       { return "they differ" }
func (d *disputed) Versions() []Version { return d.versions }

func (d *disputed) Judged(faults []error) error {
	d.faults = faults
	return d
}

// TestOfSeveralVersionsTheRightOneIsTold, whatever is wrong with the others, and without one getting in the other's way.
func TestOfSeveralVersionsTheRightOneIsTold(t *testing.T) {
	w := newWorld(t)
	clean, forked := tell(t, w, plot{}), tell(t, w, plot{})
	badSeal := func(number int) []byte {
		return edit(number, func(b *common.Block) { flip(b.Metadata.Metadata[0], 20) })(bytesOf(clean))[number]
	}
	badCode := edit(awarding, func(b *common.Block) {
		b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = []byte{0, conflict}
	})(bytesOf(clean))[awarding]
	badState := tell(t, w, on("award too", func(r *request) { r.onAction = spoilJournal }))
	for name, c := range map[string]struct {
		upTo     int
		at       uint64
		versions [][]byte
		right    []bool
	}{
		"a verdict":                    {awarding, awarding, [][]byte{clean[awarding], badCode, clean[awarding]}, []bool{true, false, true}},
		"the wrong one first":          {awarding, awarding, [][]byte{badCode, clean[awarding]}, []bool{false, true}},
		"a seal":                       {awarding, awarding, [][]byte{clean[awarding], badSeal(awarding)}, []bool{true, false}},
		"of another chain":             {awarding, awarding, [][]byte{clean[awarding], badState[awarding]}, []bool{true, false}},
		"two chains from here on":      {defining, defining, [][]byte{clean[defining], forked[defining]}, []bool{true, true}},
		"the genesis block":            {0, 0, [][]byte{clean[0], clean[1]}, []bool{true, false}},
		"a block that was done":        {spending, awarding, [][]byte{forked[awarding]}, []bool{true}},
		"an unsigned one in the past":  {spending, awarding, [][]byte{badSeal(awarding)}, []bool{false}},
		"garbage in the past":          {spending, awarding, [][]byte{{1, 2, 3}}, []bool{false}},
		"one from before":              {spending, spending, [][]byte{clean[awarding], clean[spending]}, []bool{false, true}},
		"one from before, in the past": {spending, awarding, [][]byte{clean[defining]}, []bool{false}},
		"one from after, in the past":  {spending, awarding, [][]byte{clean[spending]}, []bool{false}},
		"another genesis, in the past": {spending, 0, [][]byte{clean[1], clean[0]}, []bool{false, true}},
		"garbage":                      {awarding, awarding, [][]byte{clean[awarding], {1, 2, 3}}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &disputed{blocksOf: blocksOf{blocks: clean[:c.upTo]}}
			for _, block := range c.versions {
				d.versions = append(d.versions, Version{Number: c.at, Block: block})
			}
			a, err := New(Options{Roots: w.roots, Chaincode: "dsd"})
			if err == nil {
				err = a.Run(t.Context(), d)
			}
			if !errors.Is(err, d) || len(d.faults) != len(c.right) {
				t.Fatalf("it ended with %v, and of %d versions %d were judged", err, len(c.right), len(d.faults))
			}
			for i, right := range c.right {
				if (d.faults[i] == nil) != right {
					t.Errorf("version %d is right: %v; the audit says %v", i, right, d.faults[i])
				}
				if one := (*Divergence)(nil); errors.As(d.faults[i], &one) && one.Block != c.at {
					t.Errorf("what is wrong with version %d of block %d is said of block %d", i, c.at, one.Block)
				}
			}
			if c.upTo == 0 {
				return
			}
			dir := t.TempDir()
			if _, err := a.Save(dir, signs(w.auditor), noon); err != nil {
				t.Fatal(err)
			}
			if r, err := w.auditTo(dir, clean); err != nil || r.Height != uint64(len(clean)) {
				t.Errorf("judging left something behind: %v", err)
			}
		})
	}
}

// TestAVersionIsJudgedByItsOwnCommitHash where peers rightly have different ones.
func TestAVersionIsJudgedByItsOwnCommitHash(t *testing.T) {
	w := newWorld(t)
	other := tell(t, w, plot{chain: func(begun *chain) { begun.commit = []byte("another") }})
	d := &disputed{blocksOf: blocksOf{blocks: [][]byte{w.genesis}}, versions: []Version{{Number: 1, Block: other[1]}, {Number: 1, Block: other[1], Commit: []byte("another")}}}
	_, err := Run(t.Context(), d, Options{Roots: w.roots, Chaincode: "dsd"})
	if !errors.Is(err, d) || d.faults[0] == nil || d.faults[1] != nil {
		t.Errorf("%v; %v", err, d.faults)
	}
}

// TestACheckpointsLastBlockInVersions: sources that differ in it are judged by the checkpoint.
func TestACheckpointsLastBlockInVersions(t *testing.T) {
	w := newWorld(t)
	other := tell(t, w, plot{})
	for _, cut := range []int{2, awarding} {
		dir, blocks := checkpointed(t, w, cut)
		from, err := OpenCheckpoint(dir, w.roots)
		if err != nil {
			t.Fatal(err)
		}
		d := &disputed{versions: []Version{{Number: from.Last(), Block: other[cut-1]}, {Number: from.Last(), Block: blocks[cut-1]}}}
		_, err = Run(t.Context(), d, Options{Roots: w.roots, Chaincode: "dsd", From: from})
		if !errors.Is(err, d) || d.faults[0] == nil || d.faults[1] != nil {
			t.Errorf("%v; %v", err, d.faults)
		}
	}
}

// bytesOf are blocks that may be changed.
func bytesOf(blocks [][]byte) [][]byte {
	var list [][]byte
	for _, b := range blocks {
		list = append(list, bytes.Clone(b))
	}
	return list
}
