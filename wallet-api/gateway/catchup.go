package gateway

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// catchUp is the folding of what the ledger had before this stream of blocks began: all of it, where views are rebuilt.
type catchUp struct {
	from       uint64 // number of blocks that were folded
	begun      time.Time
	operations int
}

func (c *catchUp) folded(b *wallet.Block) {
	for i := range b.Transactions {
		c.operations += len(b.Transactions[i].Journal.Entries)
	}
}

// pace is how fast it goes, and about how long it takes from here. Blocks differ, so that is no promise.
func (c *catchUp) pace(height, target uint64, now time.Time) (operationsPerSecond float64, left time.Duration) {
	took := now.Sub(c.begun)
	if took <= 0 || height <= c.from || target < height {
		return 0, 0
	}
	left = time.Duration(float64(took) * float64(target-height) / float64(height-c.from))
	return float64(c.operations) / took.Seconds(), left.Round(time.Second)
}

// state says it to people.
func (c *catchUp) state(height, target uint64, now time.Time) string {
	at := fmt.Sprintf("catching up with the ledger: %d of %d blocks", height, target)
	perSecond, left := c.pace(height, target, now)
	if perSecond == 0 {
		return at
	}
	return fmt.Sprintf("%s, %d operations, %.0f a second, about %v left", at, c.operations, perSecond, left)
}

// log says it to whoever reads the log.
func (c *catchUp) log(log *slog.Logger, what string, height, target uint64, now time.Time) {
	perSecond, left := c.pace(height, target, now)
	log.Info(what, slog.Uint64("height", height), slog.Uint64("target", target), slog.Int("operations", c.operations),
		slog.Int("operations_per_second", int(perSecond)), slog.Int("seconds_left", int(left.Seconds())))
}
