package service

import (
	"context"
	"log/slog"
	"time"
)

const (
	// sweepEvery is how often holds are looked for that have ended: members should not wait for their points.
	sweepEvery = 5 * time.Second

	// sweepTimeout bounds one look, so that a disk that hangs does not keep the service from stopping.
	sweepTimeout = 30 * time.Second
)

// sweep has what is left of holds that have ended given back, over and over until the context ends. A look that fails is
// made again.
func sweep(ctx context.Context, look func(context.Context) (int, error), every time.Duration, log *slog.Logger) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		one, cancel := context.WithTimeout(ctx, sweepTimeout)
		found, err := look(one)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.Warn("holds that ended were not released; trying again", slog.Any("error", err))
		case found > 0:
			log.Info("released holds that ended", slog.Int("holds", found))
		}
	}
}
