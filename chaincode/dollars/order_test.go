package dollars

import (
	"math/big"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"pgregory.net/rapid"
)

func TestOrderCheck(t *testing.T) {
	const now = 1_700_000_000
	alice, bob := memberNamed("alice").account, memberNamed("bob").account
	good := Order{Kind: KindTransfer, From: alice, To: bob, Amount: 1_00, Nonce: 1, Deadline: now + 60}
	for _, c := range []struct {
		name   string
		change func(*Order)
		code   Code
	}{
		{"a good transfer", func(*Order) {}, ""},
		{"a good redemption", func(o *Order) { o.Kind, o.To = KindRedeem, Account{} }, ""},
		{"the smallest amount", func(o *Order) { o.Amount = 1 }, ""},
		{"the largest amount", func(o *Order) { o.Amount = MaxAmount }, ""},
		{"a deadline right now", func(o *Order) { o.Deadline = now }, ""},
		{"a deadline in exactly seven days", func(o *Order) { o.Deadline = now + MaxOrderLifetime }, ""},
		{"nothing", func(o *Order) { o.Amount = 0 }, CodeAmountZero},
		{"less than nothing", func(o *Order) { o.Amount = -1 }, CodeAmountNegative},
		{"too much", func(o *Order) { o.Amount = MaxAmount + 1 }, CodeAmountTooLarge},
		{"from nobody", func(o *Order) { o.From = Account{} }, CodeZeroAddress},
		{"to nobody", func(o *Order) { o.To = Account{} }, CodeZeroAddress},
		{"to oneself", func(o *Order) { o.To = alice }, CodeSelfTransfer},
		{"a deadline a second ago", func(o *Order) { o.Deadline = now - 1 }, CodeDeadlinePassed},
		{"no deadline", func(o *Order) { o.Deadline = 0 }, CodeDeadlinePassed},
		{"a deadline a second too far", func(o *Order) { o.Deadline = now + MaxOrderLifetime + 1 }, CodeDeadlineTooFar},
		{"a deadline in milliseconds", func(o *Order) { o.Deadline = now * 1000 }, CodeDeadlineTooFar},
	} {
		o := good
		c.change(&o)
		if err := o.Check(now); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

// TestOrderVerify: a signature is good for exactly the fields, the ledger and the key it was made with.
func TestOrderVerify(t *testing.T) {
	currency, _ := CurrencyOf(testChaincode)
	alice, bob, eve := memberNamed("alice"), memberNamed("bob"), memberNamed("eve")
	signed := Order{Kind: KindTransfer, From: alice.account, To: bob.account, Amount: 1_00, Nonce: 7, Deadline: 1_700_000_000, MemoHash: [32]byte{1}}
	sig := alice.sign(signed, testChannel)
	for _, c := range []struct {
		name   string
		change func(*Order)
	}{
		{"redeemed instead", func(o *Order) { o.Kind = KindRedeem }},
		{"from somebody else", func(o *Order) { o.From = eve.account }},
		{"to somebody else", func(o *Order) { o.To = eve.account }},
		{"another amount", func(o *Order) { o.Amount++ }},
		{"another nonce", func(o *Order) { o.Nonce++ }},
		{"another deadline", func(o *Order) { o.Deadline++ }},
		{"another memo", func(o *Order) { o.MemoHash[31] = 1 }},
		{"another chain id", func(o *Order) { o.ChainID = 1 }},
	} {
		o := signed
		c.change(&o)
		if err := signedBy(o.ID(currency, testChannel, testChaincode), sig, alice.account); codeOf(err) != CodeSignatureInvalid {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	other := currency
	other.Asset = "AIR"
	renamed := currency
	renamed.Name = "Aircnc Dollars"
	for name, id := range map[string]OrderID{
		"another channel":   signed.ID(currency, "other", testChaincode),
		"another chaincode": signed.ID(currency, testChannel, "air"),
		"another asset":     signed.ID(other, testChannel, testChaincode),
		"another name":      signed.ID(renamed, testChannel, testChaincode),
	} {
		if err := signedBy(id, sig, alice.account); codeOf(err) != CodeSignatureInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}

	id := signed.ID(currency, testChannel, testChaincode)
	if err := signedBy(id, sig, alice.account); err != nil {
		t.Errorf("as signed: %v", err)
	}
	if err := signedBy(id, highS(sig), alice.account); codeOf(err) != CodeSignatureHighS {
		t.Errorf("with the other s: %v", err)
	}
	if err := signedBy(id, eve.sign(signed, testChannel), alice.account); codeOf(err) != CodeSignatureInvalid {
		t.Errorf("signed by Eve: %v", err)
	}
}

// signedBy tells why an order is not signed by an account's own key.
func signedBy(id OrderID, sig eip712.Signature, account Account) error {
	signer, err := Signer(id, sig)
	if err == nil && signer != account {
		err = notSigned()
	}
	return err
}

// TestOrderIDAgainstGoEthereum signs what a wallet would show: the typed data built from our type strings, hashed by
// go-ethereum.
func TestOrderIDAgainstGoEthereum(t *testing.T) {
	currency, _ := CurrencyOf(testChaincode)
	rapid.Check(t, func(t *rapid.T) {
		o := drawAnyOrder(t).Order
		domain := currency.Domain(testChannel, testChaincode, o.ChainID)
		form := FormOf(o.Kind)
		message := apitypes.TypedDataMessage{}
		for _, m := range form.Members {
			message[m.Name] = o.Value(m.Field, currency)
		}
		data := apitypes.TypedData{
			Types:       apitypes.Types{form.Name: fieldsOf(form.Type()), "EIP712Domain": fieldsOf("D(string name,string version,bytes32 salt)")},
			PrimaryType: form.Name, Message: message,
			Domain: apitypes.TypedDataDomain{Name: "Destinasia Dollars", Version: "1", Salt: common.Hash(domain.Salt).Hex()},
		}
		if o.ChainID != 0 {
			data.Types["EIP712Domain"] = fieldsOf("D(string name,string version,uint256 chainId,bytes32 salt)")
			data.Domain.ChainId = (*math.HexOrDecimal256)(new(big.Int).SetUint64(o.ChainID))
		}
		want, _, err := apitypes.TypedDataAndHash(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.ID(currency, testChannel, testChaincode); got != OrderID(want) {
			t.Fatalf("id is %s, go-ethereum says %x", got, want)
		}
	})
}

// fieldsOf takes an encodeType string apart.
func fieldsOf(encodeType string) (fields []apitypes.Type) {
	_, list, _ := strings.Cut(strings.TrimSuffix(encodeType, ")"), "(")
	for _, f := range strings.Split(list, ",") {
		kind, name, _ := strings.Cut(f, " ")
		fields = append(fields, apitypes.Type{Name: name, Type: kind})
	}
	return fields
}

func TestParseOrderID(t *testing.T) {
	id := OrderID{1, 2, 31: 0xff}
	if got, err := ParseOrderID(id.String()); err != nil || got != id {
		t.Errorf("%s reads back as %s, %v", id, got, err)
	}
	for _, s := range []string{"", "0x", id.String()[2:], id.String() + "0", id.String()[:65] + "g"} {
		if _, err := ParseOrderID(s); codeOf(err) != CodeMalformed {
			t.Errorf("%q is read as an order id: %v", s, err)
		}
	}
}
