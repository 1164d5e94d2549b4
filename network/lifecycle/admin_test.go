package lifecycle

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"
)

func TestFullDiskIsNotWaitedOut(t *testing.T) {
	begun := time.Now()
	err := retry(t.Context(), "installing", func(context.Context) error {
		return errors.New("status 500: write somewhere: no space left on device")
	})
	if !errors.Is(err, syscall.ENOSPC) || time.Since(begun) > patience/2 {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
}
