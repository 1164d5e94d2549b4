package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/client"
)

// keyfileFor writes a new key file, and answers its key and the flags that name it.
func keyfileFor(t *testing.T) (key memberKey, flags string) {
	key, err := newMemberKey()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "key.json"), filepath.Join(dir, "secret")
	if err := key.write(file, "correct horse", lightCost); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, " --keyfile " + file + " --passphrase-file " + secret
}

// What a merchant with a key of their own signs is what was asked for, written here once more by hand.
func TestMerchantsSignWhatTheyTake(t *testing.T) {
	key, flags := keyfileFor(t)
	merchant, account := key.address(), dollars.Account{0: 0xaa, 19: 1}
	word := [32]byte{0: 0xab, 31: 0xcd}
	hold := account.String() + "/" + dollars.WordText(word)
	reference := sha256.Sum256([]byte("till-7"))
	for _, test := range []struct {
		command, path string
		want          dollars.Order
	}{
		{
			"hold capture " + hold + " 1.25 --reference till-7", "POST /v1/holds/" + hold + "/captures",
			dollars.Order{Kind: dollars.KindCapture, To: account, Ref: word, Amount: 1_25, Reference: reference},
		},
		{"hold release " + hold, "POST /v1/holds/" + hold + "/release", dollars.Order{Kind: dollars.KindRelease, To: account, Ref: word}},
		{
			"voucher use " + dollars.WordText(word) + " --reference till-7", "POST /v1/vouchers/use",
			dollars.Order{Kind: dollars.KindUse, Ref: word, Reference: reference},
		},
	} {
		var asked struct{ Signed client.MerchantSignature }
		service, command := scripted(t, map[string]func(string) any{test.path: func(body string) any {
			if err := json.Unmarshal([]byte(body), &asked); err != nil {
				t.Error(err)
			}
			return applied(body)
		}})
		service.enrol("spa", &merchant)
		before := time.Now()
		out, code := command(t.Context(), strings.Fields(test.command+" --as spa"+flags)...)
		if code != 0 || !strings.HasPrefix(strings.Join(service.scripted.asked, ""), "s "+test.path) {
			t.Errorf("%s: exit code %d, asked %q, and it said\n%s", test.command, code, service.scripted.asked, out)
			continue
		}
		test.want.From, test.want.Deadline = merchant, asked.Signed.Deadline
		signature, err := hex.DecodeString(strings.TrimPrefix(asked.Signed.Signature, "0x"))
		if err != nil || len(signature) != 65 {
			t.Errorf("%s: signature %q, %v", test.command, asked.Signed.Signature, err)
			continue
		}
		signer, err := dollars.Signer(service.orderID(test.want), eip712.Signature(signature))
		if err != nil || signer != merchant || asked.Signed.Merchant != merchant || asked.Signed.ChainID != 0 {
			t.Errorf("%s: %+v was signed by %s, %v; the merchant is %s", test.command, asked.Signed, signer, err, merchant)
		}
		if good := time.Unix(asked.Signed.Deadline, 0).Sub(before); good < merchantLifetime-time.Second || good > merchantLifetime+time.Minute {
			t.Errorf("%s: it is good for %s", test.command, good)
		}
	}
}

func TestMerchantsWhoseKeyDoesNotSign(t *testing.T) {
	key, flags := keyfileFor(t)
	spa := key.address()
	hold := dollars.Account{1: 1}.String() + "/" + dollars.WordText([32]byte{1})
	for line, want := range map[string]string{
		"hold release " + hold + " --as custodian":                            "in the service's custody",
		"hold release " + hold + " --as shop" + flags:                         "does not sign for account",
		"hold release " + hold + " --as ../spa" + flags:                       "member id",
		"hold release " + hold + flags:                                        "say with --as whose key it is",
		"hold capture " + hold + " 0 --reference x --as spa" + flags:          "amount_zero",
		"voucher use 0xabcd --reference till-8":                               "is no voucher's code",
		"voucher use " + strings.Repeat("ab", 32) + " --reference x --as spa": "is no voucher's code",
	} {
		service, command := scripted(t, map[string]func(string) any{
			"POST /v1/holds/" + hold + "/captures": applied, "POST /v1/holds/" + hold + "/release": applied, "POST /v1/vouchers/use": applied,
		})
		service.enrol("spa", &spa)
		service.enrol("shop", &stranger)
		service.enrol("custodian", nil)
		out, code := command(t.Context(), strings.Fields(line)...)
		if code != 1 || !strings.Contains(out, want) || len(service.scripted.asked) > 0 {
			t.Errorf("%s: exit code %d, asked %q, and it said\n%s", line, code, service.scripted.asked, out)
		}
	}
}
