package wallet

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// secretDomain keeps secrets apart from whatever else may ever be worked out from a key.
const secretDomain = "destinasia custody secret v1\x00"

// KeySecret is what Keys.Secret works out from a key and a label: HMAC-SHA256. It is here, and not in custody alone, because
// members who hold their keys work out their secrets themselves.
func KeySecret(key []byte, label string) [32]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(secretDomain + label))
	return [32]byte(mac.Sum(nil))
}

// VoucherCode is the code of the voucher that a claim with this nonce gives, which the account pays for and the key signed.
func VoucherCode(key []byte, from dollars.Account, nonce uint64) [32]byte {
	return KeySecret(key, voucherLabel(from, nonce))
}
