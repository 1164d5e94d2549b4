package audit

import (
	"context"
	"errors"
	"io"
)

// First hands out a fetcher's first so many blocks.
func First(from Fetcher, blocks uint64) Fetcher { return &first{from, blocks} }

type first struct {
	from Fetcher
	left uint64
}

func (f *first) Next(ctx context.Context) ([]byte, error) {
	if f.left == 0 {
		return nil, io.EOF
	}
	f.left--
	return f.from.Next(ctx)
}

// HeightAt audits until it knows how many blocks there were at a time (Unix seconds). Blocks have no time, and
// transactions the one that their creators dated them, which need not ascend: so it is the longest run of blocks from the
// first on in which no transaction that changed the ledger is dated later. Of a time that is not over it may still grow.
func HeightAt(ctx context.Context, from Fetcher, o Options, unix int64) (uint64, error) {
	var height uint64
	later := errors.New("later")
	o.Applied = func(a Applied) error {
		if a.Time > unix {
			height = a.Block // blocks are counted from 0, so this is how many are before it
			return later
		}
		return nil
	}
	found, err := Run(ctx, from, o)
	switch {
	case errors.Is(err, later):
		return height, nil
	case err != nil:
		return 0, err
	}
	return found.Height, nil
}
