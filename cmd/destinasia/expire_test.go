package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// expirable is a ledger with accounts, by their first byte, of which some have expired points; two are looked at in a call.
type expirable struct {
	accounts []byte
	has      map[byte]dollars.Amount
	burned   dollars.Amount
	most     dollars.Amount // that a call burns of an account
	calls    int
	called   func() // before each answer, if set
}

func (x *expirable) answers() map[string]func(string) any {
	return map[string]func(string) any{
		"GET /v1/ledger/supply": func(string) any {
			return map[string]any{"assets": []client.AssetSupply{{Asset: "DSD", Expired: 1_00 + x.burned}}}
		},
		"POST /v1/expirations": x.expire,
	}
}

func (x *expirable) expire(body string) any {
	var asked struct {
		After *client.Account
		Limit int
	}
	if err := json.Unmarshal([]byte(body), &asked); err != nil {
		return dollars.Code("malformed")
	}
	page := client.Expirations{Changes: []string{}}
	looked := 0
	var last dollars.Account
	for _, first := range x.accounts {
		if asked.After != nil && first <= asked.After[0] {
			continue
		}
		if looked == 2 || page.Accounts == asked.Limit {
			page.Next = &last
			break
		}
		looked++
		last = dollars.Account{first}
		if x.has[first] == 0 {
			continue
		}
		page.Accounts++
		part := min(x.has[first], x.most)
		x.burned += part
		x.has[first] -= part
	}
	if x.calls++; x.called != nil {
		x.called()
	}
	return page
}

func (x *expirable) empty() bool { return x.has[0x20]+x.has[0x40]+x.has[0xa0] == 0 }

func newExpirable() *expirable {
	return &expirable{accounts: []byte{0x20, 0x40, 0x60, 0x80, 0xa0}, has: map[byte]dollars.Amount{0x20: 5, 0x40: 7, 0xa0: 1_00}, most: 1_00}
}

func TestExpireBurnsAllThereIs(t *testing.T) {
	x := newExpirable()
	service, command := scripted(t, x.answers())
	out, code := command(t.Context(), "expire")
	if code != 0 || !strings.Contains(out, "D$ 1.12\naccounts  3\nleft      nothing that expired") || !x.empty() {
		t.Errorf("exit code %d, left %v, and it said\n%s", code, x.has, out)
	}
	for _, asked := range service.scripted.asked {
		if strings.Contains(asked, "expirations") && !strings.HasPrefix(asked, "o POST /v1/expirations wait=30 ") {
			t.Errorf("asked %q", asked)
		}
	}
	if out, code = command(t.Context(), "expire", "--json"); code != 0 || !strings.Contains(out, `"accounts": 0,`) || !strings.Contains(out, `"complete": true`) {
		t.Errorf("again: exit code %d, %s", code, out)
	}
}

func TestExpireGoesOnWhereAnAccountHasMore(t *testing.T) {
	x := newExpirable()
	x.most = 3
	_, command := scripted(t, x.answers())
	if out, code := command(t.Context(), "expire"); code != 0 || !strings.Contains(out, "D$ 1.12\naccounts  3\n") || !x.empty() {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestExpireStopsAtItsLimitAndGoesOn(t *testing.T) {
	x := newExpirable()
	_, command := scripted(t, x.answers())
	out, code := command(t.Context(), "expire", "--limit", "2", "--json")
	var report expireReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v, %s", code, err, out)
	}
	if report.Accounts != 2 || report.Burned != 12 || report.Complete || report.After == nil || *report.After != (dollars.Account{0x40}) {
		t.Errorf("%s", out)
	}
	if out, code = command(t.Context(), "expire", "--limit", "2"); code != 0 || !strings.Contains(out, "D$ 1.00\naccounts  1\nleft      nothing that expired") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestExpireSaysWhereItWasInterrupted(t *testing.T) {
	x := newExpirable()
	_, command := scripted(t, x.answers())
	ctx, cancel := context.WithCancel(t.Context())
	x.called = func() {
		if x.calls == 2 {
			cancel()
		}
	}
	out, code := command(ctx, "expire")
	if code != 130 || !strings.Contains(out, "stopped after account 0x") || !strings.Contains(out, "the same command goes on") {
		t.Errorf("exit code %d: %s", code, out)
	}
	x.called = nil
	if out, code := command(t.Context(), "expire"); code != 0 || !strings.Contains(out, "nothing that expired") || !x.empty() {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestExpireDoesNotClaimWhatIsNotDone(t *testing.T) {
	x := newExpirable()
	x.most = 0
	_, command := scripted(t, x.answers())
	if out, code := command(t.Context(), "expire"); code != 1 || strings.Contains(out, "nothing that expired") || !strings.Contains(out, "D$ 0.00") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestTotalIsGuessedFromAddresses(t *testing.T) {
	for _, test := range []struct {
		found int
		upTo  dollars.Account
		want  int64
	}{
		{10, dollars.Account{0x80}, 20},
		{10, dollars.Account{0x40}, 40},
		{0, dollars.Account{0x40}, 0},
		{5, dollars.Account{}, 5_000_000},
	} {
		if got := guessTotal(test.found, test.upTo); got != test.want {
			t.Errorf("%d up to %s: %d, want %d", test.found, test.upTo, got, test.want)
		}
	}
}

func TestMeterInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now().Add(-10 * time.Second)
		for want, m := range map[string]*meter{
			"100 of 200, 10/s, 10s left":       {total: 200},
			"100 of about 300, 10/s, 20s left": {},
			"100, 10/s":                        {},
		} {
			m.settled.Store(100)
			if strings.Contains(want, "about") {
				m.about.Store(300)
			}
			if got := m.line(begun); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

func TestReminders(t *testing.T) {
	reminder := func(id string) client.Reminder {
		return client.Reminder{ID: id, Subject: "0xaa", Data: client.ExpiringPoints{Member: "member-" + id, Amount: 12_50, LastDay: "2026-12-31", Days: 30}}
	}
	var service *fakeService
	service, command := scripted(t, map[string]func(string) any{"GET /v1/reminders": func(string) any {
		switch asked := service.scripted.asked[len(service.scripted.asked)-1]; {
		case strings.Contains(asked, "day=2026-12-02"):
			return []client.Reminder{}
		case strings.Contains(asked, "after=0x03"):
			return []client.Reminder{reminder("two")}
		case strings.Contains(asked, "after=0x02"):
			return linked{[]client.Reminder{}, "/v1/reminders?day=2026-12-01&after=0x03"}
		}
		return linked{[]client.Reminder{reminder("one")}, "/v1/reminders?day=2026-12-01&after=0x02"}
	}})
	out, code := command(t.Context(), "reminders", "--day", "2026-12-01")
	for _, want := range []string{"member-one", "member-two", "12.50", "2026-12-31", "30"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q in\n%s", code, want, out)
		}
	}
	out, code = command(t.Context(), "reminders", "--day", "2026-12-01", "--json")
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		var got client.Reminder
		if err := json.Unmarshal([]byte(line), &got); err != nil || code != 0 || got != reminder([]string{"one", "two"}[i]) {
			t.Errorf("line %d: exit code %d, %v: %s", i, code, err, line)
		}
	}
	if out, code := command(t.Context(), "reminders", "--day", "2026-12-02"); code != 0 || out != "There are no reminders on 2026-12-02.\n" {
		t.Errorf("exit code %d: %s", code, out)
	}
}
