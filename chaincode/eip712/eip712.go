package eip712

import (
	"encoding/binary"
	"errors"

	"github.com/ethereum/go-ethereum/crypto"
)

// Word is one encoded member of a struct: 32 bytes, big-endian for numbers, left-padded for addresses.
type Word [32]byte

// Type is a struct type, known by its encodeType string, e.g. "Mail(Person from,string contents)Person(...)".
type Type struct{ hash Word }

// NewType takes the encodeType string of a struct. It does not check the string: a wrong one only gives hashes
// nobody else computes, which the tests against published vectors would show.
func NewType(encodeType string) Type { return Type{hash: keccak([]byte(encodeType))} }

// Hash is hashStruct of the specification: keccak256(typeHash ‖ members in the order of the type).
func (t Type) Hash(members ...Word) Word {
	buf := make([]byte, 0, 32*(1+len(members)))
	buf = append(buf, t.hash[:]...)
	for i := range members {
		buf = append(buf, members[i][:]...)
	}
	return keccak(buf)
}

// Uint64 encodes a number as uint256.
func Uint64(v uint64) (w Word) {
	binary.BigEndian.PutUint64(w[24:], v)
	return w
}

// Address encodes a 20-byte address.
func Address(a [20]byte) (w Word) {
	copy(w[12:], a[:])
	return w
}

// String encodes a dynamic string as its keccak256.
func String(s string) Word { return keccak([]byte(s)) }

// Domain is what a signature is bound to beyond the message. A zero ChainID or Salt is absent from the domain's
// type, as the specification asks for fields that are not used.
type Domain struct {
	Name    string
	Version string
	ChainID uint64
	Salt    Word
}

// Separator is hashStruct(EIP712Domain) over the fields that are present.
func (d Domain) Separator() Word {
	encodeType := "EIP712Domain(string name,string version"
	members := []Word{String(d.Name), String(d.Version)}
	if d.ChainID != 0 {
		encodeType += ",uint256 chainId"
		members = append(members, Uint64(d.ChainID))
	}
	if d.Salt != (Word{}) {
		encodeType += ",bytes32 salt"
		members = append(members, d.Salt)
	}
	return NewType(encodeType + ")").Hash(members...)
}

// Digest is what is signed: keccak256("\x19\x01" ‖ separator ‖ hashStruct(message)).
func Digest(separator, message Word) Word {
	buf := make([]byte, 0, 66)
	buf = append(buf, 0x19, 0x01)
	buf = append(buf, separator[:]...)
	buf = append(buf, message[:]...)
	return keccak(buf)
}

// Signature is r ‖ s ‖ v, 65 bytes, v being 0, 1, 27 or 28.
type Signature [65]byte

// Errors of Recover. ErrHighS is told apart because a signature with a high s is valid elsewhere, and its owner
// deserves to know why it is refused here.
var (
	ErrHighS   = errors.New("signature has s in the upper half of the curve order; sign with a low s (EIP-2)")
	ErrInvalid = errors.New("signature is not a valid secp256k1 signature")
)

// Recover returns the address whose key signed the digest. A signature over another digest does not fail here: it
// yields another address, and the caller compares.
func Recover(digest Word, sig Signature) ([20]byte, error) {
	if sig[64] >= 27 {
		sig[64] -= 27
	}
	if sig[64] > 1 {
		return [20]byte{}, ErrInvalid
	}
	if highS(sig[32:64]) {
		return [20]byte{}, ErrHighS
	}
	pub, err := crypto.Ecrecover(digest[:], sig[:])
	if err != nil {
		return [20]byte{}, ErrInvalid
	}
	// The public key is 0x04 ‖ X ‖ Y; an address is the last 20 bytes of keccak256(X ‖ Y).
	h := keccak(pub[1:])
	return [20]byte(h[12:]), nil
}

// halfOrder is floor(n/2) of secp256k1 (SEC 2, section 2.4.1).
var halfOrder = [32]byte{
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
}

func highS(s []byte) bool {
	for i := range halfOrder {
		if s[i] != halfOrder[i] {
			return s[i] > halfOrder[i]
		}
	}
	return false
}

func keccak(data []byte) Word { return Word(crypto.Keccak256(data)) }
