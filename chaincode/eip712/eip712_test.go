package eip712

import (
	"crypto/ecdsa"
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"pgregory.net/rapid"
)

// The types that members sign today. Their definition is in dollars; here they are only realistic messages.
var (
	transferFields = []apitypes.Type{
		{Name: "from", Type: "address"},
		{Name: "to", Type: "address"},
		{Name: "asset", Type: "string"},
		{Name: "amount", Type: "uint256"},
		{Name: "nonce", Type: "uint256"},
		{Name: "deadline", Type: "uint256"},
		{Name: "memoHash", Type: "bytes32"},
	}
	redeemFields = append([]apitypes.Type{transferFields[0]}, transferFields[2:]...)
)

// TestAgainstGoEthereum compares digests with go-ethereum's own typed-data code, for random messages of both types
// under all four shapes of the domain.
func TestAgainstGoEthereum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Never empty: go-ethereum takes an empty name or version for an absent one.
		text := rapid.StringN(1, 40, -1)
		domain := Domain{Name: text.Draw(t, "name"), Version: text.Draw(t, "version")}
		if rapid.Bool().Draw(t, "with chain id") {
			domain.ChainID = rapid.Uint64Min(1).Draw(t, "chain id")
		}
		if rapid.Bool().Draw(t, "with salt") {
			domain.Salt = drawWord(t, "salt")
			domain.Salt[31] |= 1 // an all-zero salt means absent
		}
		name, fields := "Transfer", transferFields
		if rapid.Bool().Draw(t, "redeem") {
			name, fields = "Redeem", redeemFields
		}
		members, oracle := drawMessage(t, fields)
		message := NewType(encodeType(name, fields)).Hash(members...)

		want, _, err := apitypes.TypedDataAndHash(apitypes.TypedData{
			Types:       apitypes.Types{"EIP712Domain": domainFields(domain), name: fields},
			PrimaryType: name,
			Domain:      oracleDomain(domain),
			Message:     oracle,
		})
		if err != nil {
			t.Fatalf("go-ethereum: %v", err)
		}
		if got := Digest(domain.Separator(), message); got != Word(want) {
			t.Fatalf("digest is %x, go-ethereum says %x", got, want)
		}
	})
}

func drawWord(t *rapid.T, label string) Word {
	return Word(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label))
}

// drawMessage draws a value for each field, as our words and as go-ethereum's message.
func drawMessage(t *rapid.T, fields []apitypes.Type) (members []Word, oracle apitypes.TypedDataMessage) {
	oracle = apitypes.TypedDataMessage{}
	for _, f := range fields {
		switch f.Type {
		case "address":
			a := [20]byte(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, f.Name))
			members, oracle[f.Name] = append(members, Address(a)), common.Address(a).Hex()
		case "string":
			s := rapid.String().Draw(t, f.Name)
			members, oracle[f.Name] = append(members, String(s)), s
		case "uint256":
			v := rapid.Uint64().Draw(t, f.Name)
			members, oracle[f.Name] = append(members, Uint64(v)), new(big.Int).SetUint64(v)
		case "bytes32":
			w := drawWord(t, f.Name)
			members, oracle[f.Name] = append(members, w), w[:]
		}
	}
	return members, oracle
}

func encodeType(name string, fields []apitypes.Type) string {
	s := name + "("
	for i, f := range fields {
		if i > 0 {
			s += ","
		}
		s += f.Type + " " + f.Name
	}
	return s + ")"
}

func domainFields(d Domain) []apitypes.Type {
	fields := []apitypes.Type{{Name: "name", Type: "string"}, {Name: "version", Type: "string"}}
	if d.ChainID != 0 {
		fields = append(fields, apitypes.Type{Name: "chainId", Type: "uint256"})
	}
	if d.Salt != (Word{}) {
		fields = append(fields, apitypes.Type{Name: "salt", Type: "bytes32"})
	}
	return fields
}

func oracleDomain(d Domain) apitypes.TypedDataDomain {
	o := apitypes.TypedDataDomain{Name: d.Name, Version: d.Version}
	if d.ChainID != 0 {
		o.ChainId = (*math.HexOrDecimal256)(new(big.Int).SetUint64(d.ChainID))
	}
	if d.Salt != (Word{}) {
		o.Salt = common.Hash(d.Salt).Hex()
	}
	return o
}

// curveOrder is n of secp256k1.
var curveOrder, _ = new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)

func testKey(t testing.TB, name string) (*ecdsa.PrivateKey, [20]byte) {
	t.Helper()
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	return key, [20]byte(crypto.PubkeyToAddress(key.PublicKey))
}

func sign(t testing.TB, key *ecdsa.PrivateKey, digest Word) Signature {
	t.Helper()
	sig, err := crypto.Sign(digest[:], key)
	if err != nil {
		t.Fatal(err)
	}
	return Signature(sig)
}

// withS replaces s, and flips v if asked to.
func withS(sig Signature, s *big.Int, flip bool) Signature {
	s.FillBytes(sig[32:64])
	if flip {
		sig[64] ^= 1
	}
	return sig
}

func TestRecover(t *testing.T) {
	key, address := testKey(t, "member")
	digest := String("some digest")
	good := sign(t, key, digest)
	withV := func(v byte) Signature { s := good; s[64] = v; return s }
	s := new(big.Int).SetBytes(good[32:64])
	half := new(big.Int).Rsh(curveOrder, 1)

	for _, c := range []struct {
		name string
		sig  Signature
		want error
	}{
		{"v 0 or 1", good, nil},
		{"v 27 or 28", withV(good[64] + 27), nil},
		{"v 2", withV(2), ErrInvalid},
		{"v 26", withV(26), ErrInvalid},
		{"v 29", withV(29), ErrInvalid},
		{"v 255", withV(255), ErrInvalid},
		{"the same signature with n - s", withS(good, new(big.Int).Sub(curveOrder, s), true), ErrHighS},
		{"s just above half the order", withS(good, new(big.Int).Add(half, big.NewInt(1)), false), ErrHighS},
		{"s at the order", withS(good, curveOrder, false), ErrHighS},
		{"s zero", withS(good, new(big.Int), false), ErrInvalid},
		{"all zero", Signature{}, ErrInvalid},
		{"r at the order", func() Signature { x := good; curveOrder.FillBytes(x[:32]); return x }(), ErrInvalid},
	} {
		got, err := Recover(digest, c.sig)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if c.want == nil && got != address {
			t.Errorf("%s: recovers %x, want %x", c.name, got, address)
		}
		if c.want != nil && got != ([20]byte{}) {
			t.Errorf("%s: answers an address with the error", c.name)
		}
	}

	// s of exactly half the order is still low. The signature is somebody else's, but it is one.
	if _, err := Recover(digest, withS(good, half, false)); errors.Is(err, ErrHighS) {
		t.Errorf("half the order is refused as high")
	}
}

func TestRecoverAnotherDigest(t *testing.T) {
	key, address := testKey(t, "member")
	sig := sign(t, key, String("what was signed"))
	if got, err := Recover(String("something else"), sig); err == nil && got == address {
		t.Error("a signature recovers its signer over a digest that was not signed")
	}
}

// FuzzRecover: no bytes make Recover panic, what it accepts has a low s and the v it documents, and the signature
// with the other s and v, which is the same signature in mathematics, is never accepted too.
func FuzzRecover(f *testing.F) {
	key, _ := testKey(f, "member")
	digest := String("some digest")
	good := sign(f, key, digest)
	f.Add(digest[:], good[:])
	f.Add(make([]byte, 32), make([]byte, 65))
	f.Fuzz(func(t *testing.T, digest, raw []byte) {
		if len(digest) != 32 || len(raw) != 65 {
			return
		}
		sig := Signature(raw)
		if _, err := Recover(Word(digest), sig); err != nil {
			return
		}
		if v := sig[64]; v > 1 && v != 27 && v != 28 {
			t.Fatalf("accepted v %d", v)
		}
		s := new(big.Int).SetBytes(sig[32:64])
		twin := sig
		if twin[64] >= 27 {
			twin[64] -= 27
		}
		twin = withS(twin, new(big.Int).Sub(curveOrder, s), true)
		if _, err := Recover(Word(digest), twin); !errors.Is(err, ErrHighS) {
			t.Fatalf("the high-s twin is answered with %v", err)
		}
	})
}
