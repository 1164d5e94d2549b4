package rest

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

const spa = `{"price":"12.50","stock":2,"until":"2027-01-01T00:00:00Z","days":30}`

// claimed enrols alice, who claims a reward.
func claimed(t *testing.T) (a api, alice string, claim Order, code string) {
	t.Helper()
	a = newAPI(t, Options{})
	alice = a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	a.send(t, "dsk_merchant", "PUT", "/v1/rewards/spa", spa).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"claim","reward":"spa"}`).want(t, 200).decode(t, &claim)
	var secret VoucherCode
	a.send(t, alice, "GET", "/v1/members/alice/vouchers/"+claim.Voucher.CodeHash+"/code", "").want(t, 200).decode(t, &secret)
	return a, alice, claim, secret.Code
}

func TestVouchers(t *testing.T) {
	a, alice, claim, code := claimed(t)
	if claim.Kind != OrderClaim || claim.Reward != "spa" || claim.Amount != 12_50 {
		t.Errorf("%+v", claim)
	}
	var known Order
	a.send(t, alice, "GET", "/v1/orders/"+claim.OrderID, "").want(t, 200).decode(t, &known)
	if known.Voucher == nil || known.Voucher.CodeHash != claim.Voucher.CodeHash || known.Reward != "spa" {
		t.Errorf("%+v", known)
	}
	var rewards Rewards
	a.send(t, "dsk_booking", "GET", "/v1/rewards", "").want(t, 200).decode(t, &rewards)
	if r := rewards.Rewards[0]; len(rewards.Rewards) != 1 || r.ID != "spa" || r.Stock != 2 || *r.Left != 1 || r.Price != 12_50 {
		t.Errorf("%+v", rewards)
	}

	use := `{"code":"` + code + `","reference":"front desk"}`
	var first, again Status
	a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", use, "Prefer", "wait=1").want(t, 200).decode(t, &first)
	a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", use).want(t, 200).decode(t, &again)
	if first.ID != again.ID {
		t.Errorf("%+v, then %+v", first, again)
	}
	a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", strings.Replace(use, "front", "back", 1)).problem(t, 422, dollars.CodeVoucherUsed, "")
	var vouchers Vouchers
	a.send(t, alice, "GET", "/v1/members/alice/vouchers", "").want(t, 200).decode(t, &vouchers)
	if v := vouchers.Vouchers[0]; v.CodeHash != claim.Voucher.CodeHash || v.Used.IsZero() || v.Order != claim.OrderID || v.Amount != 12_50 {
		t.Errorf("%+v", vouchers)
	}
}

// Codes are as good as vouchers: nobody but the member reads them, and they are in no log, also where they are refused.
func TestCodesAreTheMembersAlone(t *testing.T) {
	a, alice, claim, code := claimed(t)
	bob := a.enrol(t, "bob")
	path := "/v1/members/alice/vouchers/" + claim.Voucher.CodeHash + "/code"
	for _, token := range []string{"dsk_member", "dsk_merchant", "dsk_operator", "dsk_auditor", bob} {
		a.send(t, token, "GET", path, "").problem(t, 403, wallet.CodeForbidden, "")
	}
	a.send(t, bob, "GET", strings.Replace(path, "alice", "bob", 1), "").problem(t, 404, dollars.CodeVoucherUnknown, "")
	a.send(t, alice, "GET", "/v1/members/alice/vouchers/0x12/code", "").problem(t, 404, wallet.CodeNotFound, "")
	for _, body := range []string{
		`{"code":"` + code + `","reference":"r"}`, `{"code":"` + code + `x","reference":"r"}`, `{"code":"` + code + `"}`, `{"` + code + `":1}`,
	} {
		got := a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", body)
		if strings.Contains(string(got.body), code) && !strings.Contains(body, `":1`) {
			t.Errorf("the answer says the code: %s", got.body)
		}
	}
	if log := a.logged.String(); strings.Contains(log, code[2:]) || strings.Contains(log, claim.Voucher.CodeHash[2:]) {
		t.Errorf("logged: %s", log)
	}
}

// With the key in custody the codes made from it are gone, and no claim can be made.
func TestCodesGoWithTheKey(t *testing.T) {
	a, alice, claim, _ := claimed(t)
	delete(a.ledger.keys, "alice")
	a.send(t, alice, "GET", "/v1/members/alice/vouchers/"+claim.Voucher.CodeHash+"/code", "").problem(t, 422, wallet.CodeNoCustody, "")
	a.orders(t, alice, "alice", `{"kind":"claim","reward":"spa"}`).problem(t, 422, wallet.CodeNoCustody, "")
}

// Whose nonces are far ahead, because they signed such an order, does not keep the service looking for ever.
func TestCodesAreNotLookedForForEver(t *testing.T) {
	a, alice, claim, _ := claimed(t)
	key := dollars.AccountKey(a.ledger.members["alice"].Account)
	rec, err := dollars.DecodeAccountRecord(a.ledger.state[key])
	if err != nil {
		t.Fatal(err)
	}
	rec.Window = dollars.Window{Floor: 1 << 40}
	a.ledger.state[key] = rec.Encode()
	a.send(t, alice, "GET", "/v1/members/alice/vouchers/"+claim.Voucher.CodeHash+"/code", "").problem(t, 422, wallet.CodeNoCustody, "")
}

// A merchant who is shown a voucher that another took, and happens to call it the same, is not told that they have it.
func TestAReferenceIsOneMerchants(t *testing.T) {
	a, _, _, code := claimed(t)
	use := func(signed string) answer {
		return a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", `{"code":"`+code+`","reference":"1"`+signed+`}`)
	}
	use("").want(t, 200)
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	order := dollars.Order{Kind: dollars.KindUse, From: accountOf(key), Reference: sha256.Sum256([]byte("1")), Deadline: a.ledger.now.Unix() + 60}
	order.Ref, _ = dollars.ParseWord(code)
	info := a.ledger.info()
	id := order.ID(info.Currency, info.Channel, info.Chaincode)
	sig, err := crypto.Sign(id[:], key)
	if err != nil {
		t.Fatal(err)
	}
	use(fmt.Sprintf(`,"signed":{"merchant":"%s","deadline":%d,"signature":"0x%x"}`, order.From, order.Deadline, sig)).problem(t, 422, dollars.CodeNotMerchant, "")
	use("").want(t, 200)
}

func TestBadVouchers(t *testing.T) {
	a, alice, _, code := claimed(t)
	use := func(body string) answer { return a.send(t, "dsk_merchant", "POST", "/v1/vouchers/use", body) }
	use(`{"code":"0x`+strings.Repeat("1", 64)+`","reference":"r"}`).problem(t, 422, dollars.CodeVoucherUnknown, "")
	use(`{"code":"0x12","reference":"r"}`).problem(t, 400, wallet.CodeMalformed, "/code")
	use(`{"code":12,"reference":"r"}`).problem(t, 400, wallet.CodeMalformed, "/code")
	use(`{"reference":"r"}`).problem(t, 400, wallet.CodeMalformed, "/code")
	use(`{"code":"`+code+`"}`).problem(t, 400, wallet.CodeMalformed, "/reference")
	use(`{"code":"`+code+`","reference":"r","amount":"1"}`).problem(t, 400, wallet.CodeMalformed, "/amount")

	claim := func(body string) answer { return a.orders(t, alice, "alice", body) }
	claim(`{"kind":"claim","reward":"sauna"}`).problem(t, 404, dollars.CodeRewardUnknown, "/reward")
	claim(`{"kind":"claim"}`).problem(t, 400, wallet.CodeMalformed, "/reward")
	claim(`{"kind":"claim","reward":"spa","amount":"12.49"}`).problem(t, 409, dollars.CodeRewardPrice, "/amount")
	claim(`{"kind":"claim","reward":"spa","codeHash":"0x`+strings.Repeat("1", 64)+`"}`).problem(t, 400, wallet.CodeMalformed, "/codeHash")
	claim(`{"kind":"claim","reward":"spa"}`).want(t, 200)
	claim(`{"kind":"claim","reward":"spa"}`).problem(t, 409, dollars.CodeRewardSoldOut, "")
	a.send(t, alice, "POST", "/v1/members/alice/orders/prepare", `{"kind":"claim","reward":"spa"}`).problem(t, 400, wallet.CodeMalformed, "/codeHash")

	set := func(id, body string) answer { return a.send(t, "dsk_merchant", "PUT", "/v1/rewards/"+id, body) }
	set("spa", strings.Replace(spa, `"stock":2`, `"stock":1`, 1)).problem(t, 422, dollars.CodeRewardStock, "")
	set("Spa", spa).problem(t, 422, dollars.CodeRewardInvalid, "")
	set("spa", strings.Replace(spa, `"days":30`, `"days":0`, 1)).problem(t, 422, dollars.CodeRewardInvalid, "")
	set("spa", strings.Replace(spa, `"stock":2`, `"stock":0`, 1)).problem(t, 400, wallet.CodeMalformed, "/stock")
	set("spa", strings.Replace(spa, `"stock":2`, `"stock":1000000001`, 1)).problem(t, 400, wallet.CodeMalformed, "/stock")
	set("spa", strings.Replace(spa, "2027-01-01T00:00:00Z", "never", 1)).problem(t, 400, wallet.CodeMalformed, "/until")
	set("spa", strings.Replace(spa, "2027", "1927", 1)).problem(t, 400, wallet.CodeMalformed, "/until")
	set("spa", `{"price":"1","days":1}`).problem(t, 400, wallet.CodeMalformed, "/until")
	set("spa", strings.Replace(spa, "2027-01-01T00:00:00Z", "2026-11-22T11:00:00Z", 1)).want(t, 200)
	claim(`{"kind":"claim","reward":"spa"}`).problem(t, 409, dollars.CodeRewardClosed, "")

	a.ledger.now = a.ledger.now.Add(31 * 24 * time.Hour)
	use(`{"code":"`+code+`","reference":"r"}`).problem(t, 422, dollars.CodeVoucherExpired, "")
}

// A reward that ends after every calendar is answered all the same.
func TestRewardsWithoutEnd(t *testing.T) {
	a := newAPI(t, Options{})
	_, journal := a.ledger.apply(certificates[wallet.AsMerchant], dollars.SetReward{
		ID: "forever", Reward: dollars.Reward{Price: 1, Until: 1 << 62, Days: 1},
	})
	if journal.Entries[0].Outcome != dollars.Applied {
		t.Fatalf("%+v", journal)
	}
	var rewards Rewards
	a.send(t, "dsk_booking", "GET", "/v1/rewards", "").want(t, 200).decode(t, &rewards)
	if len(rewards.Rewards) != 1 || !rewards.Rewards[0].Until.Equal(lastMoment) {
		t.Errorf("%+v", rewards)
	}
}
