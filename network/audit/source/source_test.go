package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// memory is a peer that holds these blocks.
type memory struct {
	name   string
	blocks []*common.Block
}

func (m *memory) Name() string { return m.name }

func (m *memory) Next(context.Context) ([]byte, error) {
	if len(m.blocks) == 0 {
		return nil, io.EOF
	}
	b := m.blocks[0]
	m.blocks = m.blocks[1:]
	return proto.Marshal(b)
}

// two are two blocks, the second changed.
func two(change func(*common.Block)) []*common.Block {
	var list []*common.Block
	for number := range uint64(2) {
		list = append(list, &common.Block{
			Header:   &common.BlockHeader{Number: number, DataHash: []byte("hash")},
			Data:     &common.BlockData{Data: [][]byte{[]byte("transaction")}},
			Metadata: &common.BlockMetadata{Metadata: [][]byte{[]byte("signature"), nil, {0, 11}, nil, []byte("commit")}},
		})
	}
	change(list[1])
	return list
}

func unchanged(*common.Block) {}

func same(one, other []*common.Block) *Same {
	return &Same{peers: []named{&memory{"one", one}, &memory{"other", other}}, apart: make([]bool, 2)}
}

func TestSame(t *testing.T) {
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
			both := same(two(unchanged), two(c.change))
			var err error
			count := 0
			for err == nil {
				if _, err = both.Next(t.Context()); err == nil {
					count++
				}
			}
			if c.says == "" {
				if !errors.Is(err, io.EOF) || count != 2 {
					t.Errorf("%d blocks, then %v", count, err)
				}
				return
			}
			var d *Difference
			if !errors.As(err, &d) || d.Block != 1 || d.Peers != [2]string{"one", "other"} || !strings.Contains(err.Error(), c.says) {
				t.Errorf("found %v; want a difference of block 1: %s", err, c.says)
			}
		})
	}
	uneven := same(two(unchanged), two(unchanged)[:1])
	uneven.Next(t.Context())
	if _, err := uneven.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "equally many") {
		t.Errorf("a block too few: %v", err)
	}
}

func TestExportedBlocksAreReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blocks")
	if _, err := Open(dir); err == nil {
		t.Error("a directory without blocks was opened")
	}
	export := func(change func(*common.Block)) error {
		return Export(t.Context(), &memory{blocks: two(change)}, dir, func() {})
	}
	for range 2 { // again changes nothing
		if err := export(unchanged); err != nil {
			t.Fatal(err)
		}
	}
	if err := export(func(b *common.Block) { b.Header.DataHash = nil }); err == nil || !strings.Contains(err.Error(), "holds another block") {
		t.Errorf("another chain was exported over the first: %v", err)
	}
	files, err := Open(dir)
	if err != nil || files.Len() != 2 {
		t.Fatal(files, err)
	}
	for _, b := range two(unchanged) {
		want, _ := proto.Marshal(b)
		if got, err := files.Next(t.Context()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("block %d: %x, %v", b.Header.Number, got, err)
		}
	}
	if _, err := files.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("%d files are left", len(left))
	}
}
