package wallet

import (
	"fmt"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// MemberID is the member number of the loyalty programme. It never reaches the ledger or a log.
type MemberID string

// ParseMemberID takes 1 to 64 letters, digits, dots, dashes and underscores, starting with a letter or digit. It does not
// start with 0x: wherever a member or an account may be named, that is how an account starts.
func ParseMemberID(s string) (MemberID, error) {
	ok := len(s) >= 1 && len(s) <= 64 && !strings.HasPrefix(s, "0x")
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		alnum := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		ok = alnum || (i > 0 && (c == '.' || c == '-' || c == '_'))
	}
	if !ok {
		return "", &Error{Code: CodeMemberInvalid, Detail: fmt.Sprintf(
			"a member id is 1 to 64 letters, digits, '.', '-' and '_', starting with a letter or digit but not with 0x; this one has %d bytes", len(s))}
	}
	return MemberID(s), nil
}

// Member is who an account belongs to.
type Member struct {
	ID      MemberID
	Account dollars.Account
	Custody bool // the service holds the key
	Created time.Time
}
