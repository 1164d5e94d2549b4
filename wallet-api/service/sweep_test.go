package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestSweepGoesOnAndTellsOnlyNews(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var logged bytes.Buffer
	looks := 0
	err := sweep(ctx, func(one context.Context) (int, error) {
		if _, bounded := one.Deadline(); !bounded {
			t.Error("a look is not bounded")
		}
		looks++
		switch looks {
		case 2:
			return 3, nil
		case 3:
			return 0, errors.New("disk full")
		case 5:
			stop()
			return 7, context.Canceled
		}
		return 0, nil
	}, time.Millisecond, slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil || looks != 5 {
		t.Errorf("ended with %v after %d looks", err, looks)
	}
	text := logged.String()
	if lines := strings.Count(text, "\n"); lines != 2 || !strings.Contains(text, "holds=3") || !strings.Contains(text, "disk full") {
		t.Errorf("logged %s", text)
	}
}
