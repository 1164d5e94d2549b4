package eip712

import (
	"encoding/hex"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The "Ether Mail" example of the specification, with every intermediate value its text and its example program
// publish. The domain has a verifying contract, which Domain leaves out, so its separator is built from a Type.
const (
	mailDomainType = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
	personType     = "Person(string name,address wallet)"
	mailType       = "Mail(Person from,Person to,string contents)" + personType
)

var (
	cow      = [20]byte(common.HexToAddress("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"))
	bob      = [20]byte(common.HexToAddress("0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"))
	contract = [20]byte(common.HexToAddress("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"))
)

func mail() (separator, message Word) {
	person := NewType(personType)
	separator = NewType(mailDomainType).Hash(String("Ether Mail"), String("1"), Uint64(1), Address(contract))
	message = NewType(mailType).Hash(
		person.Hash(String("Cow"), Address(cow)),
		person.Hash(String("Bob"), Address(bob)),
		String("Hello, Bob!"),
	)
	return separator, message
}

func TestPublishedHashes(t *testing.T) {
	separator, message := mail()
	person := NewType(personType)
	for _, c := range []struct {
		what string
		got  Word
		want string
	}{
		{"type hash of EIP712Domain", NewType(mailDomainType).hash, "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f"},
		{"type hash of Person", person.hash, "b9d8c78acf9b987311de6c7b45bb6a9c8e1bf361fa7fd3467a2163f994c79500"},
		{"type hash of Mail", NewType(mailType).hash, "a0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2"},
		{"hash of the contents", String("Hello, Bob!"), "b5aadf3154a261abdd9086fc627b61efca26ae5702701d05cd2305f7c52a2fc8"},
		{"struct hash of Cow", person.Hash(String("Cow"), Address(cow)), "fc71e5fa27ff56c350aa531bc129ebdf613b772b6604664f5d8dbe21b85eb0c8"},
		{"struct hash of Bob", person.Hash(String("Bob"), Address(bob)), "cd54f074a4af31b4411ff6a60c9719dbd559c221c8ac3492d9d872b041d703d1"},
		{"domain separator", separator, "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"},
		{"struct hash of the mail", message, "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"},
		{"digest", Digest(separator, message), "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"},
	} {
		if got := hex.EncodeToString(c.got[:]); got != c.want {
			t.Errorf("%s is %s, published is %s", c.what, got, c.want)
		}
	}
}

func TestPublishedSignature(t *testing.T) {
	const published = "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d" + // r
		"07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562" + // s
		"1c" // v
	raw, err := hex.DecodeString(published)
	if err != nil {
		t.Fatal(err)
	}
	digest := Digest(mail())
	if got, err := Recover(digest, Signature(raw)); err != nil || got != cow {
		t.Errorf("the published signature recovers %x, %v; want Cow's address %x", got, err, cow)
	}

	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("cow")))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Recover(digest, Signature(sig)); err != nil || got != cow {
		t.Errorf("a signature by Cow's key recovers %x, %v; want %x", got, err, cow)
	}
}
