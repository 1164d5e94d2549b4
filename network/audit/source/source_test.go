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

// memory is a Fetcher of these blocks.
type memory struct{ blocks []*common.Block }

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

func TestExportedBlocksAreReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blocks")
	if _, err := Open(dir); err == nil {
		t.Error("a directory without blocks was opened")
	}
	export := func(change func(*common.Block)) error {
		return Export(t.Context(), &memory{two(change)}, dir, func() {})
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
