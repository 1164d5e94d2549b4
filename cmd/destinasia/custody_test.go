package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// asksOf are the method and path of what was asked of a fake's script, in their order.
func asksOf(service *fakeService) (list []string) {
	for _, asked := range service.scripted.asked {
		words := strings.Fields(asked)
		at := slices.IndexFunc(words, func(w string) bool { return w == "GET" || w == "POST" || w == "DELETE" })
		list = append(list, words[at]+" "+words[at+1])
	}
	return list
}

// bertsCustody is what a service answers that keeps a key of bert's, beside one of his own.
func bertsCustody(bert dollars.Account, keys ...dollars.Account) map[string]func(string) any {
	now := time.Now()
	mine := []client.Voucher{
		{CodeHash: dollars.WordText([32]byte{1}), Reward: "lounge", Until: now.Add(time.Hour)},
		{CodeHash: dollars.WordText([32]byte{2}), Reward: "used", Until: now.Add(time.Hour), Used: now},
		{CodeHash: dollars.WordText([32]byte{3}), Reward: "over", Until: now.Add(-time.Hour)},
		{CodeHash: dollars.WordText([32]byte{4}), Reward: "of-another-key", Until: now.Add(time.Hour)},
	}
	done := func(string) any {
		return client.Order{OrderID: dollars.WordText([32]byte{9}), Status: client.StateApplied}
	}
	code := func(string) any { return map[string]string{"code": "the-code"} }
	return map[string]func(string) any{
		"GET /v1/members/bert/keys": func(string) any { return client.Keys{Account: bert, Keys: keys, Custody: bert} },
		"GET /v1/members/bert/vouchers": func(string) any {
			return client.Vouchers{Vouchers: mine}
		},
		"GET /v1/members/bert/vouchers/" + dollars.WordText([32]byte{1}) + "/code": code,
		"GET /v1/members/bert/vouchers/" + dollars.WordText([32]byte{2}) + "/code": code,
		"GET /v1/members/bert/vouchers/" + dollars.WordText([32]byte{3}) + "/code": code,
		"GET /v1/members/bert/vouchers/" + dollars.WordText([32]byte{4}) + "/code": func(string) any { return dollars.Code("no_custody") },
		"POST /v1/members/bert/orders":                                             done,
		"DELETE /v1/members/bert/custody":                                          func(string) any { return client.Member{ID: "bert"} },
	}
}

func bertsAccount() dollars.Account { return dollars.Account{0: 0x70, 19: 7} }

func TestCustodyEndsAfterTheCodesAreHandedOver(t *testing.T) {
	bert := bertsAccount()
	answers := bertsCustody(bert, bert, stranger)
	service, command := scripted(t, answers)
	service.enrol("bert", nil)
	out, code := command(t.Context(), "custody", "end", "bert")
	// The fake answers the same vouchers for bert and for his household.
	if code != 0 || strings.Count(out, "the-code") != 2 || !strings.Contains(out, "lounge") || strings.Contains(out, "over") || strings.Contains(out, "used, ") {
		t.Errorf("exit code %d, and it said\n%s", code, out)
	}
	asked := asksOf(service)
	if n := len(asked); n < 2 || !strings.HasPrefix(asked[n-2], "POST /v1/members/bert/orders") || !strings.HasPrefix(asked[n-1], "DELETE") {
		t.Errorf("asked %q", asked)
	}
	order := service.scripted.asked[len(asked)-2]
	if !strings.HasSuffix(order, `{"kind":"change-keys","remove":"`+bert.String()+`"}`) {
		t.Errorf("ordered %s", order)
	}
}

func TestCustodyStaysWhileItIsNeeded(t *testing.T) {
	bert := bertsAccount()
	for name, test := range map[string]struct {
		keys   []dollars.Account
		change func(answers map[string]func(string) any)
		says   string
	}{
		"no other key": {[]dollars.Account{bert}, func(map[string]func(string) any) {}, "key add bert"},
		"a code is not to be had": {[]dollars.Account{bert, stranger}, func(answers map[string]func(string) any) {
			answers["GET /v1/members/bert/vouchers/"+dollars.WordText([32]byte{1})+"/code"] = func(string) any { return dollars.CodeVoucherUnknown }
		}, "nothing was changed"},
	} {
		answers := bertsCustody(bert, test.keys...)
		test.change(answers)
		service, command := scripted(t, answers)
		service.enrol("bert", nil)
		out, code := command(t.Context(), "custody", "end", "bert")
		changed := slices.ContainsFunc(asksOf(service), func(s string) bool { return !strings.HasPrefix(s, "GET") })
		if code != 1 || changed || !strings.Contains(out, test.says) {
			t.Errorf("%s: exit code %d, asked %q, and it said\n%s", name, code, asksOf(service), out)
		}
	}
}

// The key is destroyed only once the order that removes it is on the ledger.
func TestCustodyWaitsForTheLedger(t *testing.T) {
	bert := bertsAccount()
	for name, answer := range map[string]any{
		"not yet": client.Order{OrderID: dollars.WordText([32]byte{9}), Status: client.StateAccepted},
		"refused": dollars.CodeAccountFrozen,
	} {
		answers := bertsCustody(bert, bert, stranger)
		answers["POST /v1/members/bert/orders"] = func(string) any { return answer }
		service, command := scripted(t, answers)
		service.enrol("bert", nil)
		if out, code := command(t.Context(), "custody", "end", "bert"); code != 1 || slices.Contains(asksOf(service), "DELETE /v1/members/bert/custody") {
			t.Errorf("%s: exit code %d, asked %q, and it said\n%s", name, code, asksOf(service), out)
		}
	}
}

func TestCustodyBegins(t *testing.T) {
	o, service := newOrderer(t)
	anna := service.members["anna"].Account
	s, err := o.signer(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	service.prepared = dollars.Order{Kind: dollars.KindChangeKeys, From: anna, To: stranger, Nonce: 1, Deadline: time.Now().Add(time.Hour).Unix()}
	service.scripted.answers = map[string]func(string) any{
		"POST /v1/members/anna/custody/key": func(string) any { return map[string]dollars.Account{"address": stranger} },
		"POST /v1/members/anna/custody":     func(string) any { return client.Member{ID: "anna", Custody: true} },
	}
	if m, err := s.beginCustody(t.Context()); err != nil || !m.Custody {
		t.Fatal(m, err)
	}
	// Asked again after a crash, the key is on the ledger, and not added a second time.
	service.keys = map[string][]dollars.Account{"anna": {anna, stranger}}
	if _, err := s.beginCustody(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(service.placed) != 1 || *service.placed[0].Add != stranger || service.placed[0].Remove != nil {
		t.Errorf("placed %+v", service.placed)
	}
}
