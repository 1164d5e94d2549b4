package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// script is what a fake service answers to requests, by method and path, and which of them came.
type script struct {
	answers map[string]func(body string) any // a dollars.Code is a refusal
	asked   []string                         // role's key, method, path with its query, Prefer, body
}

func (s *script) serve(w http.ResponseWriter, r *http.Request, body []byte) bool {
	reply, known := s.answers[r.Method+" "+r.URL.Path]
	if !known {
		return false
	}
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	asked := strings.Join([]string{key, r.Method, r.URL.RequestURI(), r.Header.Get("Prefer"), string(body)}, " ")
	s.asked = append(s.asked, strings.TrimRight(asked, " \n"))
	switch what := reply(string(body)).(type) {
	case dollars.Code:
		refuse(w, 409, what)
	case linked:
		w.Header().Set("Link", "<"+what.next+`>; rel="next"`)
		answer(w, 200, what.page)
	default:
		answer(w, 200, what)
	}
	return true
}

// linked is an answer that says where the next page is.
type linked struct {
	page any
	next string
}

// applied answers that a change was made.
func applied(string) any {
	return client.Status{ID: "77", Status: client.StateApplied, Adjustment: adjustmentID, Transaction: &client.Transaction{ID: "tx", Block: 9}}
}

const adjustmentID = "4a0000000000000000000000000000000000000000000000000000000000004a"

// scripted starts a fake service with answers, and runs the program against it.
func scripted(t *testing.T, answers map[string]func(string) any) (service *fakeService, command func(ctx context.Context, args ...string) (out string, code int)) {
	service, n := newFake(t)
	service.scripted.answers = answers
	if err := native.WriteJSON(string(n.Dir)+"/network.json", map[string]int{"portBase": n.Topology.WalletPort}); err != nil {
		t.Fatal(err)
	}
	return service, func(ctx context.Context, args ...string) (string, int) {
		var out bytes.Buffer
		code := run(ctx, append([]string{"--dir", string(n.Dir)}, args...), &out, &out)
		return out.String(), code
	}
}

func TestOperatorsAndMerchantsAskAsTheirRole(t *testing.T) {
	account, key := dollars.Account{0: 0xaa, 19: 1}.String(), dollars.Account{0: 0xbb, 19: 2}.String()
	order := "0x" + strings.Repeat("ab", 32)
	hold := account + "/" + order
	const waits = "wait=30"
	for _, test := range []struct{ command, path, asked string }{
		{"freeze " + account + " --reason fraud-1", "POST /v1/accounts/" + account + "/freeze", "o " + waits + ` {"reason":"fraud-1"}`},
		{"unfreeze " + account + " --reason cleared", "POST /v1/accounts/" + account + "/unfreeze", "o " + waits + ` {"reason":"cleared"}`},
		{"recovery propose " + account + " " + key, "POST /v1/accounts/" + account + "/recovery", "o " + waits + ` {"key":"` + key + `"}`},
		{"recovery approve " + account + " " + key, "POST /v1/accounts/" + account + "/recovery/approve", "p " + waits + ` {"key":"` + key + `"}`},
		{"recovery complete " + account + " " + key + " --wait=false", "POST /v1/accounts/" + account + "/recovery/complete", `o  {"key":"` + key + `"}`},
		{
			"adjustment propose " + account + " 2.50 --reason goodwill --months 6", "POST /v1/adjustments",
			"o " + waits + ` {"account":"` + account + `","amount":"2.50","months":6,"reason":"goodwill"}`,
		},
		{
			"adjustment propose " + account + " 3 --reason correction --burn", "POST /v1/adjustments",
			"o " + waits + ` {"account":"` + account + `","amount":"3.00","burn":true,"reason":"correction"}`,
		},
		{"adjustment approve " + adjustmentID, "POST /v1/adjustments/" + adjustmentID + "/approve", "p " + waits},
		{
			"hold capture " + hold + " 1.25 --reference till-7", "POST /v1/holds/" + hold + "/captures",
			"s " + waits + ` {"amount":"1.25","reference":"till-7"}`,
		},
		{"hold release " + hold, "POST /v1/holds/" + hold + "/release", "s " + waits + " {}"},
		{"voucher use " + order + " --reference till-8", "POST /v1/vouchers/use", "s " + waits + ` {"code":"` + order + `","reference":"till-8"}`},
		{
			"reward set lounge --price 5 --stock 3 --from 2026-01-01T06:00:00Z --until 2026-12-31 --merchant " + account, "PUT /v1/rewards/lounge",
			"s " + waits + ` {"days":30,"from":"2026-01-01T06:00:00Z","merchant":"` + account + `","price":"5.00","stock":3,"until":"2027-01-01T00:00:00Z"}`,
		},
	} {
		service, command := scripted(t, map[string]func(string) any{test.path: applied})
		out, code := command(t.Context(), strings.Fields(test.command)...)
		if code != 0 || !strings.Contains(out, "block        9") || !strings.Contains(out, adjustmentID) {
			t.Errorf("%s: exit code %d, and it said\n%s", test.command, code, out)
		}
		want := strings.Replace(test.asked, " ", " "+test.path+" ", 1)
		if asked := service.scripted.asked; len(asked) != 1 || asked[0] != want {
			t.Errorf("%s: asked %q, want %q", test.command, asked, want)
		}
		refusing := func(string) any { return dollars.CodeOwnApproval }
		_, command = scripted(t, map[string]func(string) any{test.path: refusing})
		if out, code := command(t.Context(), strings.Fields(test.command)...); code != 1 || !strings.Contains(out, "own_approval") || !strings.Contains(out, advice[dollars.CodeOwnApproval]) {
			t.Errorf("%s, refused: exit code %d, and it said\n%s", test.command, code, out)
		}
	}
}

func TestCommandsThatAskForNothing(t *testing.T) {
	account := dollars.Account{1: 1}.String()
	for line, want := range map[string]string{
		"freeze " + account:                                                 "--reason",
		"adjustment propose " + account + " 1":                              "--reason",
		"adjustment propose " + account + " -1 --reason x":                  "--help",
		"adjustment propose " + account + " 1 --reason x --burn --months 3": "--months is for points that are granted",
		"recovery propose " + account + " nobody":                           "the key is named by its address",
		"hold capture " + account + " 1 --reference x":                      "ACCOUNT/ORDER",
		"voucher use 0x00":                                                  "--reference",
		"reward set lounge --until 2026-12-31":                              "--price",
		"reward set lounge --price 1 --until tomorrow":                      "2027-12-31",
		"reward set lounge --price 1 --until 2026-12-31 --stock -1":         "--stock -1",
		"expire --limit -1":                                                 "--limit -1",
	} {
		service, command := scripted(t, nil)
		if out, code := command(t.Context(), strings.Fields(line)...); code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, and it said\n%s", line, code, out)
		}
		if len(service.scripted.asked) > 0 {
			t.Errorf("%s: asked %q", line, service.scripted.asked)
		}
	}
}

func TestMembersAreNamedByTheirID(t *testing.T) {
	var account dollars.Account
	service, command := scripted(t, nil)
	service.enrol("anna", nil)
	account = service.members["anna"].Account
	service.scripted.answers = map[string]func(string) any{"POST /v1/accounts/" + account.String() + "/freeze": applied}
	if out, code := command(t.Context(), "freeze", "anna", "--reason", "lost"); code != 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := command(t.Context(), "freeze", "0x12", "--reason", "lost"); code != 1 {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestAccountsAreShown(t *testing.T) {
	limit := dollars.Amount(5_00)
	account, key := dollars.Account{1: 1}, dollars.Account{2: 2}
	state := client.AccountState{
		Account: account, Available: 9_00, Held: 1_50, Debt: 25, Frozen: "fraud-1", Keys: []client.Account{key},
		Members:  []client.HouseholdMember{{Account: key, Joined: true}, {Account: account, DayLimit: &limit, Joined: true, SpentToday: 75}},
		Recovery: &client.Recovery{Key: key, ProposedBy: "DestinasiaMSP"},
	}
	_, command := scripted(t, map[string]func(string) any{"GET /v1/accounts/" + account.String(): func(string) any { return state }})
	for line, wants := range map[string][]string{
		"account show ":  {"D$ 9.00", "D$ 1.50", "D$ 0.25", "fraud-1", key.String(), "the head", "D$ 5.00 a day, and has spent 0.75", "recovery show"},
		"recovery show ": {key.String(), "DestinasiaMSP", "not yet"},
	} {
		out, code := command(t.Context(), strings.Fields(line+account.String())...)
		for _, want := range wants {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, no %q in\n%s", line, code, want, out)
			}
		}
	}
}

func TestTheCatalogueIsReadWhole(t *testing.T) {
	left := int64(2)
	pages := []client.Rewards{
		{Rewards: []client.Reward{{ID: "lounge", Price: 5_00, Stock: 3, Left: &left}}, Next: "lounge"},
		{Rewards: []client.Reward{{ID: "wifi", Price: 1_00}}},
	}
	service, command := scripted(t, map[string]func(string) any{"GET /v1/rewards": func(string) any {
		page := pages[0]
		pages = pages[1:]
		return page
	}})
	out, code := command(t.Context(), "reward", "list")
	for _, want := range []string{"lounge", "2 of 3", "wifi", "without end"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q in\n%s", code, want, out)
		}
	}
	if asked := fmt.Sprint(service.scripted.asked); !strings.Contains(asked, "after=lounge") {
		t.Errorf("asked %s", asked)
	}
}

func TestHoldsAndAdjustmentsAreShown(t *testing.T) {
	account, order := dollars.Account{1: 1}, "0x"+strings.Repeat("ab", 32)
	hold := client.Hold{Account: account, Order: order, Left: 2_00, Captures: []client.CapturedPart{{Reference: "0x77", Amount: 1_25}}}
	grant := client.Adjustment{ID: adjustmentID, Account: account, Amount: 12_50, Months: 6, Reason: "goodwill"}
	_, command := scripted(t, map[string]func(string) any{
		"GET /v1/holds/" + account.String() + "/" + order: func(string) any { return hold },
		"GET /v1/adjustments/" + adjustmentID:             func(string) any { return grant },
	})
	shows := func(line string, wants ...string) {
		t.Helper()
		out, code := command(t.Context(), strings.Fields(line)...)
		for _, want := range wants {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, no %q in\n%s", line, code, want, out)
			}
		}
	}
	shows("hold show "+account.String()+"/"+order, "D$ 2.00", "D$ 1.25", "0x77", "what is left goes back")
	hold.Released = true
	shows("hold show "+account.String()+"/"+order, "what was left went back")
	shows("adjustment show "+adjustmentID, "grant", "D$ 12.50", "for 6 months", "goodwill", "not yet", "adjustment approve "+adjustmentID)
	grant.Burn, grant.Applied = true, time.Date(2028, 10, 1, 12, 0, 0, 0, time.UTC)
	shows("adjustment show "+adjustmentID, "burn", localTime(grant.Applied))
}
