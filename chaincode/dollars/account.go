package dollars

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// Account is the 20-byte address of an account: at first the address of the key that signs for it. It is a
// pseudonym; who it belongs to is not on the ledger.
type Account [20]byte

// ParseAccount reads an address in hex with the 0x prefix. All lower or all upper case is taken as it is; mixed
// case must match the EIP-55 checksum.
func ParseAccount(s string) (Account, error) {
	if len(s) != 42 || s[:2] != "0x" {
		return Account{}, refuse(CodeAccountInvalid, fmt.Sprintf("%q is not an address: 0x and 40 hex digits", clip(s)))
	}
	raw, err := hex.DecodeString(s[2:])
	if err != nil {
		return Account{}, refuse(CodeAccountInvalid, fmt.Sprintf("%q is not an address: 0x and 40 hex digits", clip(s)))
	}
	a := Account(raw)
	mixed := strings.ToLower(s[2:]) != s[2:] && strings.ToUpper(s[2:]) != s[2:]
	if mixed && a.String() != s {
		return Account{}, refuse(CodeAccountInvalid, fmt.Sprintf("%s fails its checksum (EIP-55): a digit is mistyped", s))
	}
	return a, nil
}

// String writes the address with its EIP-55 checksum.
func (a Account) String() string { return common.Address(a).Hex() }

// IsZero tells the zero address, which nobody owns.
func (a Account) IsZero() bool { return a == Account{} }

// MarshalText writes the address as String does.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAccount reads.
func (a *Account) UnmarshalText(text []byte) error {
	v, err := ParseAccount(string(text))
	if err == nil {
		*a = v
	}
	return err
}

func (a Account) hex() string { return hex.EncodeToString(a[:]) }
