package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// What members ask for in custody reaches the service as they asked it, with their session.
func TestMembersOrdersInCustody(t *testing.T) {
	account := dollars.Account{0: 0xaa, 19: 1}.String()
	for line, want := range map[string]string{
		"send bert anna 1 --household":                                  `{"amount":"1.00","fromHousehold":true,"kind":"transfer","toMember":"anna"}`,
		"redeem bert 2 --household --memo lunch":                        `{"amount":"2.00","fromHousehold":true,"kind":"redemption","memo":"lunch"}`,
		"hold place bert 3 --until 2026-12-24T18:00:00Z":                `{"amount":"3.00","kind":"hold","until":"2026-12-24T18:00:00Z"}`,
		"hold place bert 3 --until 2026-12-24T18:00:00Z --merchant ann": `{"amount":"3.00","kind":"hold","toMember":"ann","until":"2026-12-24T18:00:00Z"}`,
		"claim bert lounge":                                             `{"kind":"claim","reward":"lounge"}`,
		"claim bert lounge --price 4 --household":                       `{"amount":"4.00","fromHousehold":true,"kind":"claim","reward":"lounge"}`,
		"household form bert":                                           `{"kind":"form"}`,
		"household invite bert anna --day-limit 5":                      `{"amount":"5.00","kind":"invite","whomMember":"anna"}`,
		"household join bert " + account + " --day-limit 5":             `{"amount":"5.00","household":"` + account + `","kind":"join"}`,
		"household contribute bert 6":                                   `{"amount":"6.00","kind":"contribute"}`,
		"household leave bert":                                          `{"kind":"leave"}`,
		"household leave bert --whom anna":                              `{"kind":"leave","whomMember":"anna"}`,
		"household leave bert --decline " + account:                     `{"household":"` + account + `","kind":"leave"}`,
		"key add bert " + account:                                       `{"add":"` + account + `","kind":"change-keys"}`,
		"key remove bert " + account:                                    `{"kind":"change-keys","remove":"` + account + `"}`,
		"key replace bert " + account + " " + stranger.String():         `{"add":"` + stranger.String() + `","kind":"change-keys","remove":"` + account + `"}`,
		"key object bert":                                               `{"kind":"object"}`,
	} {
		const path = "POST /v1/members/bert/orders"
		service, command := scripted(t, map[string]func(string) any{
			path: func(string) any {
				return client.Order{OrderID: dollars.WordText([32]byte{9}), Status: client.StateApplied}
			},
			"GET /v1/members/bert/household": func(string) any { return dollars.CodeHouseholdOther },
		})
		service.enrol("bert", nil)
		out, code := command(t.Context(), strings.Fields(line)...)
		asked := service.scripted.asked
		if code != 0 || len(asked) == 0 || asked[len(asked)-1] != "session of bert POST /v1/members/bert/orders wait=30 "+want {
			t.Errorf("%s: exit code %d, asked %q, and it said\n%s", line, code, asked, out)
		}
	}
}

func TestMembersOrdersThatAskForNothing(t *testing.T) {
	account := dollars.Account{1: 1}.String()
	for line, want := range map[string]string{
		"hold place bert 3 --for 2h --until 2026-12-24T18:00:00Z": "--for and --until exclude each other",
		"hold place bert 3 --until tomorrow":                      "2026-12-24T18:00:00Z",
		"hold place bert 0.001":                                   "amount",
		"household invite bert anna":                              "day-limit",
		"household join bert " + account:                          "day-limit",
		"household join bert anna --day-limit 5":                  "is not an address",
		"household leave bert --decline " + account:               "can decline only after leaving",
		"household leave bert --whom anna --decline " + account:   "--whom and --decline exclude each other",
		"key add bert " + account + " --new-keyfile x":            "either a key's address or a key file",
		"key remove bert " + bertsAccount().String():              "custody end bert",
		"key replace bert " + bertsAccount().String():             "custody end bert",
		"voucher code bert 0x12":                                  "is no hash",
		"voucher code bert x":                                     "is no hash",
		"statement bert 2026-13":                                  "month",
		"statement bert --csv --html":                             "--csv and --html exclude each other",
	} {
		service, command := scripted(t, map[string]func(string) any{
			"GET /v1/members/bert/household": func(string) any { return client.Household{Account: household} },
			"GET /v1/members/bert/keys":      func(string) any { return client.Keys{Custody: bertsAccount()} },
		})
		service.enrol("bert", nil)
		out, code := command(t.Context(), strings.Fields(line)...)
		if code != 1 || !strings.Contains(out, want) || len(service.placed) > 0 {
			t.Errorf("%s: exit code %d, placed %v, and it said\n%s", line, code, service.placed, out)
		}
	}
}

// A claim is made even where its code cannot be read; both must be told.
func TestClaimTellsItsCode(t *testing.T) {
	hash := dollars.WordText([32]byte{1})
	for _, test := range []struct {
		answer any
		code   int
		says   string
	}{
		{map[string]string{"code": "the-code"}, 0, "its code  the-code"},
		{dollars.Code("internal"), 1, "the reward was claimed, but"},
	} {
		service, command := scripted(t, map[string]func(string) any{
			"POST /v1/members/bert/orders": func(string) any {
				return client.Order{OrderID: dollars.WordText([32]byte{9}), Kind: client.OrderClaim, Status: client.StateApplied, Voucher: &client.VoucherName{CodeHash: hash}}
			},
			"GET /v1/members/bert/vouchers/" + hash + "/code": func(string) any { return test.answer },
		})
		service.enrol("bert", nil)
		out, code := command(t.Context(), "claim", "bert", "lounge")
		if code != test.code || !strings.Contains(out, test.says) || !strings.Contains(out, hash) {
			t.Errorf("exit code %d, and it said\n%s", code, out)
		}
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	var pages []client.Page
	list, err := readAll(t.Context(), nil, "bert", true, func(_ context.Context, _ *client.Client, _ string, p client.Page) ([]int, string, error) {
		pages = append(pages, p)
		return []int{len(pages)}, []string{"b", "c", ""}[len(pages)-1], nil
	})
	if err != nil || len(list) != 3 || pages[0].Cursor != "" || pages[1].Cursor != "b" || pages[2].Cursor != "c" || !pages[2].FromHousehold {
		t.Errorf("%v of pages %+v: %v", list, pages, err)
	}
}

func TestStatementIsWrittenOnce(t *testing.T) {
	service, command := scripted(t, map[string]func(string) any{
		"GET /v1/members/bert/statements/2026-11": func(string) any {
			return client.Statement{
				Member: "bert", Month: "2026-11", Opening: "1.00", Closing: "0.00",
				Lines:  []client.Movement{{Line: "redeemed", Amount: "-1.00", Reward: "lounge", Time: time.Now()}},
				Totals: []client.StatementTotal{{Line: "redeemed", Amount: "-1.00"}, {Line: "sent", Amount: "0.00"}},
			}
		},
	})
	service.enrol("bert", nil)
	file := filepath.Join(t.TempDir(), "statement")
	out, code := command(t.Context(), "statement", "bert", "2026-11", "--household", "--out", file)
	text, err := os.ReadFile(file)
	if err != nil || code != 0 {
		t.Fatalf("exit code %d, %v, and it said\n%s", code, err, out)
	}
	for _, want := range []string{"opening  D$ 1.00", "reward lounge", "redeemed  D$ -1.00", "closing   D$ 0.00"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "sent") {
		t.Errorf("nothing was sent, but\n%s", text)
	}
	if asked := service.scripted.asked[0]; asked != "m GET /v1/members/bert/statements/2026-11?fromHousehold=true" {
		t.Errorf("asked %q", asked)
	}
	if out, code := command(t.Context(), "statement", "bert", "2026-11", "--out", file); code != 1 {
		t.Errorf("a file that is there was written over: %s", out)
	}
}

func TestHistoryInWords(t *testing.T) {
	for _, test := range []struct {
		entry client.HistoryEntry
		want  string
	}{
		{client.HistoryEntry{Kind: "complete", After: "completed", Amount: 3_00, Change: "3.00"}, "booking completed: completed 3.00"},
		{client.HistoryEntry{Kind: "transfer", Amount: 3_00, Change: "-3.00", Outcome: "applied"}, "transfer"},
		{client.HistoryEntry{Kind: "transfer", Amount: 3_00, Change: "0.00", Outcome: "applied"}, "transfer: 3.00 of the household's"},
		{client.HistoryEntry{Kind: "redeem", Amount: 3_00, Change: "0.00", Outcome: "rejected"}, "redeemed: 3.00"},
		{client.HistoryEntry{Kind: "claim", Reward: "lounge", Amount: 3_00, Change: "-3.00", Outcome: "applied"}, "claimed lounge"},
		{client.HistoryEntry{Kind: "capture", Amount: 3_00, Change: "0.00", Outcome: "applied"}, "taken by a merchant: 3.00"},
		{client.HistoryEntry{Kind: "join", Change: "0.00", Outcome: "applied"}, "joined a household, to spend 0.00 a day"},
		{client.HistoryEntry{Kind: "freeze", Change: "0.00", Reason: "fraud-1"}, "account frozen: fraud-1"},
		{client.HistoryEntry{Kind: "cancel", After: "reversed", Amount: 3_00, Change: "-1.00", Recalled: 50, Debt: 1_50}, "booking cancelled: reversed 3.00, 0.50 recalled, 1.50 owed"},
		{client.HistoryEntry{Kind: "of-tomorrow", Change: "0.00"}, "of-tomorrow"},
	} {
		if got := inWords(test.entry); got != test.want {
			t.Errorf("%s: %q, want %q", test.entry.Kind, got, test.want)
		}
	}
}

func TestWhatMembersAreShown(t *testing.T) {
	month, err := dollars.ParseExpiry("2028-11")
	if err != nil {
		t.Fatal(err)
	}
	limit, order, made := dollars.Amount(5_00), dollars.WordText([32]byte{9}), time.Now()
	points := []client.Points{{Month: month, Amount: 1_20}, {Month: month + 1, Amount: 30}}
	for _, test := range []struct {
		command, path string
		answer        any
		wants         []string
	}{
		{
			"balance bert", "balance",
			client.Balance{Available: 1_50, Held: 70, Debt: 20, Frozen: "fraud-1", Expiring: points},
			[]string{"available         D$ 1.50", "held              D$ 0.70", "owed              D$ 0.20", "valid to 2028-12  D$ 0.30", "fraud-1; the account can receive"},
		},
		{
			"balance bert --explain", "balance/explanation",
			client.ExplainedBalance{
				Points: []client.ExplainedPoints{{Month: month, Amount: 2_00, Parts: []client.Movement{
					{Line: "earned", Amount: "1.25", Booking: "b00k", Item: 1, Version: 3}, {Line: "received", Amount: "0.75", Counterparty: stranger},
				}}},
				Holds: []client.ExplainedHold{{Order: order, Points: points[:1]}},
			},
			[]string{"1.25 │ earned", "b00k, rules version 3", "0.75 │ received", stranger.String(), "1.20 │ held", "order " + order},
		},
		{
			"statement bert 2026-11", "statements/2026-11",
			client.Statement{
				Month: "2026-11", Opening: "3.00", Closing: "3.00", Lines: []client.Movement{{Line: "held", Amount: "-1.20", Order: order}},
				Totals: []client.StatementTotal{{Line: "held", Amount: "-1.20"}},
			},
			[]string{"-1.20 │", "order " + order, "held     D$ -1.20, within the balance"},
		},
		{
			"statement bert 2026-10", "statements/2026-10",
			client.Statement{Month: "2026-10", Opening: "3.00", Closing: "3.00"},
			[]string{"(UTC)\nopening  D$ 3.00\nclosing  D$ 3.00\n"}, // no empty table
		},
		{
			"household show bert", "household",
			client.Household{
				Account: household, Available: 1_50, Held: 70, Expiring: points,
				Members: []client.HouseholdMember{
					{Account: stranger, Joined: true, Share: points}, {Account: lost, DayLimit: &limit, SpentToday: 1_00},
				},
			},
			[]string{household.String(), "held              D$ 0.70", stranger.String() + " │ head", "1.50 │", lost.String() + " │ invited │     5.00 │  1.00"},
		},
		{
			"key list bert", "keys",
			client.Keys{
				Account: stranger, Keys: []dollars.Account{stranger}, Custody: lost,
				Recovery: &client.Recovery{Key: household, ProposedBy: "DestinasiaMSP"},
			},
			[]string{stranger.String() + " │ the account is named after it", lost.String() + " │ in the service's custody; does not sign", household.String() + ", which then alone signs", "nobody has approved", "key object"},
		},
		{
			"hold list bert", "holds",
			client.Holds{Holds: []client.Hold{
				{Account: stranger, Order: order, Amount: 3_00, Left: 1_00, Made: made, Until: made}, {Account: stranger, Order: order, Amount: 2_00, Released: true, Merchant: lost},
			}},
			[]string{"3.00 │     1.00", stranger.String() + "/" + order, "2.00 │ released", lost.String()},
		},
		{
			"voucher list bert", "vouchers",
			client.Vouchers{Vouchers: []client.Voucher{{Reward: "lounge", Amount: 2_00, CodeHash: order}}},
			[]string{"lounge", "2.00", order},
		},
	} {
		service, command := scripted(t, map[string]func(string) any{"GET /v1/members/bert/" + test.path: func(string) any { return test.answer }})
		service.enrol("bert", nil)
		out, code := command(t.Context(), strings.Fields(test.command)...)
		for _, want := range test.wants {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, and %q is not in\n%s", test.command, code, want, out)
			}
		}
	}
}
