package dollars

import "encoding/hex"

// Whatever is 32 bytes, an order's id, a hash, a reference or a voucher's code, is written for people and programs as 0x and
// 64 hex digits.

// WordText writes 32 bytes.
func WordText(word [32]byte) string { return "0x" + hex.EncodeToString(word[:]) }

// ParseWord reads what WordText writes, in either case.
func ParseWord(s string) (word [32]byte, ok bool) {
	if len(s) != 66 || s[:2] != "0x" {
		return word, false
	}
	raw, err := hex.DecodeString(s[2:])
	if err != nil {
		return word, false
	}
	return [32]byte(raw), true
}
