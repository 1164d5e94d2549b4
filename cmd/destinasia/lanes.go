package main

import (
	"context"
	"hash/fnv"
	"iter"

	"golang.org/x/sync/errgroup"
)

// lanes send items over several connections at once. Items of one key always go over the same lane, and a lane sends
// one request after the other, so what belongs together arrives in its order. No lane runs further ahead of another
// than two batches, so the order of everything else is kept about as well.
type lanes[T any] struct {
	count int
	batch int
	key   func(T) string
	// send sends a batch. It is called concurrently, never for two batches of one lane, and must not keep the batch.
	send func(ctx context.Context, batch []T) error
}

// run sends all items, or stops at the first error, or when the context ends.
func (l lanes[T]) run(ctx context.Context, items iter.Seq[T]) error {
	group, ctx := errgroup.WithContext(ctx)
	queues := make([]chan T, l.count)
	for i := range queues {
		queues[i] = make(chan T, l.batch)
		group.Go(func() error { return l.drain(ctx, queues[i]) })
	}
	group.Go(func() error {
		defer func() {
			for _, queue := range queues {
				close(queue)
			}
		}()
		for item := range items {
			select {
			case queues[laneOf(l.key(item), l.count)] <- item:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

// drain sends what comes from a queue in full batches, and the rest when the queue is closed.
func (l lanes[T]) drain(ctx context.Context, queue <-chan T) error {
	batch := make([]T, 0, l.batch)
	for item := range queue {
		if batch = append(batch, item); len(batch) < l.batch {
			continue
		}
		if err := l.send(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	if ctx.Err() != nil || len(batch) == 0 {
		return ctx.Err()
	}
	return l.send(ctx, batch)
}

func laneOf(key string, count int) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32() % uint32(count))
}
