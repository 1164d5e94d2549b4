package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Suffix is what names of block files end with. The number before it has leading zeros, so that names sort as numbers.
const Suffix = ".block"

// Name is the name of the file of a block.
func Name(number uint64) string { return fmt.Sprintf("%012d%s", number, Suffix) }

// Files reads blocks from the files of a directory.
type Files struct {
	names []string
	next  int
}

// Open finds the block files of a directory.
func Open(dir string) (*Files, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+Suffix)) // sorted
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s holds no block files (*%s)", dir, Suffix)
	}
	return &Files{names: names}, nil
}

// Len is how many blocks there are.
func (f *Files) Len() int { return len(f.names) }

// Skip leaves out the next n blocks, or all if there are fewer.
func (f *Files) Skip(n uint64) { f.next += int(min(n, uint64(len(f.names)-f.next))) }

// Next reads the next block, whatever its file's name says its number is.
func (f *Files) Next(context.Context) ([]byte, error) {
	if f.next == len(f.names) {
		return nil, io.EOF
	}
	f.next++
	return os.ReadFile(f.names[f.next-1])
}

// blocks is anything that hands out blocks in order.
type blocks interface {
	Next(context.Context) ([]byte, error)
}

// Export writes blocks to files in a directory, which it makes; files that are there already must hold the same blocks.
func Export(ctx context.Context, from blocks, dir string, each func()) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for {
		raw, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		block := &common.Block{}
		if err := proto.Unmarshal(raw, block); err != nil {
			return fmt.Errorf("what came is no block: %w", err)
		}
		file := filepath.Join(dir, Name(block.GetHeader().GetNumber()))
		if err := write(file, raw); err != nil {
			return err
		}
		each()
	}
}

// write writes a file aside and renames it, so that an export that is interrupted leaves no half block.
func write(file string, content []byte) error {
	if known, err := os.ReadFile(file); err == nil {
		if string(known) != string(content) {
			return fmt.Errorf("%s is there already and holds another block; export to another directory", file)
		}
		return nil
	}
	if err := os.WriteFile(file+".part", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}
