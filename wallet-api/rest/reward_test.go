package rest

import (
	"strings"
	"testing"
	"time"
)

// A reward that was always there to claim has no start, rather than one in 1970.
func TestRewardsMayHaveNoStart(t *testing.T) {
	a := newAPI(t, Options{})
	a.send(t, "dsk_merchant", "PUT", "/v1/rewards/always", spa).want(t, 200)
	a.send(t, "dsk_merchant", "PUT", "/v1/rewards/later", strings.Replace(spa, `"days"`, `"from":"2026-12-24T00:00:00Z","days"`, 1)).want(t, 200)
	got := a.send(t, "dsk_merchant", "GET", "/v1/rewards", "").want(t, 200)
	var rewards struct {
		Rewards []struct{ From *time.Time }
	}
	got.decode(t, &rewards)
	list := rewards.Rewards
	if len(list) != 2 || list[0].From != nil || list[1].From == nil || !list[1].From.Equal(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s", got.body)
	}
}
