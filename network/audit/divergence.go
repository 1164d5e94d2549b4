package audit

import (
	"errors"
	"fmt"
)

// Divergence is the first thing that is not as it must be.
type Divergence struct {
	Block       uint64
	Transaction int    // its place in the block; -1 where it is the block that is wrong
	TxID        string // where there is a transaction
	Key         string // where there is one
	Reason      string
}

func (d *Divergence) Error() string {
	text := fmt.Sprintf("block %d", d.Block)
	if d.Transaction >= 0 {
		text += fmt.Sprintf(", transaction %d", d.Transaction)
		if d.TxID != "" {
			text += " (" + d.TxID + ")"
		}
	}
	if d.Key != "" {
		text += fmt.Sprintf(", key %q", d.Key)
	}
	return text + ": " + d.Reason
}

// wrongBlock is a divergence of a whole block.
func wrongBlock(number uint64, format string, args ...any) *Divergence {
	return &Divergence{Block: number, Transaction: -1, Reason: fmt.Sprintf(format, args...)}
}

// wrong is what is not right with a transaction or a block, before it is said with which.
type wrong struct{ key, reason string }

func (w *wrong) Error() string { return w.reason }

// keyOf is the key that an error names, or "".
func keyOf(err error) string {
	if w := (*wrong)(nil); errors.As(err, &w) {
		return w.key
	}
	return ""
}

func wrongf(key, format string, args ...any) *wrong {
	return &wrong{key, fmt.Sprintf(format, args...)}
}
