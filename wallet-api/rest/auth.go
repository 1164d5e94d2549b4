package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Role is what a caller may do; the table in access.go says what that is.
type Role string

// The roles. Of these RoleSession alone is a member's; the others belong to API clients.
const (
	RoleBooking  Role = "booking"  // reports booking events
	RoleMember   Role = "member"   // the member service: enrols members and obtains their tokens
	RoleOperator Role = "operator" // freezes, adjusts and recovers accounts, has points expire
	RoleAuditor  Role = "auditor"  // sees everything, changes nothing
	RoleMerchant Role = "merchant" // takes points and vouchers
	RoleApprover Role = "approver" // approves what an operator proposed
	RoleSession  Role = "session"  // a member, by a token of their session
)

// caller is who sent a request.
type caller struct {
	role   Role
	client string        // name of the API client; empty for a session
	member wallet.Member // of a session
}

// owner is how work remembers who sent it.
func (c caller) owner() string {
	if c.role == RoleSession {
		return wallet.AccountOwner(c.member.Account)
	}
	return wallet.ClientOwner(c.client)
}

// sees tells whether the caller may see work of that owner: its own; anybody's as an operator or auditor; any
// member's as the member service, which sees their histories too.
func (c caller) sees(owner string) bool {
	switch c.role {
	case RoleOperator, RoleAuditor:
		return true
	case RoleMember:
		return owner == c.owner() || wallet.OwnedByAccount(owner)
	}
	return owner == c.owner()
}

// plans tells whether the caller may see earning rules that are not in force yet, or never will be: what a promotion will
// give, and what it may cost, is members' to know once it starts. The member service shows what it sees to members;
// booking systems are our own and quote points for offers ahead.
func (c caller) plans() bool {
	switch c.role {
	case RoleBooking, RoleOperator, RoleAuditor:
		return true
	}
	return false
}

// authenticator tells who the bearer of a token is; ok is false where the token is not one of its own, or not valid.
type authenticator interface {
	authenticate(ctx context.Context, token string) (who caller, ok bool, err error)
}

// APIKeys are the API clients by SHA-256 of their key. A key starts with dsk_ and has at least 128 random bits, which
// is why a plain hash protects it at rest.
type APIKeys map[[sha256.Size]byte]APIClient

// APIClient is who an API key belongs to.
type APIClient struct {
	Role   Role   `json:"role"`
	Client string `json:"client"` // its name in logs, and as the owner of what it sent
}

// ParseAPIKeys reads a JSON object of the hex SHA-256 of each key to role and client.
func ParseAPIKeys(data []byte) (APIKeys, error) {
	var raw map[string]APIClient
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("API keys: there is something after the JSON object")
	}
	keys := make(APIKeys, len(raw))
	for digest, client := range raw {
		sum, err := hex.DecodeString(digest)
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("API keys: the entry of client %q is not under a SHA-256 in hex", client.Client)
		}
		if !slices.Contains(clients, client.Role) {
			return nil, fmt.Errorf("API keys: client %q has the role %q; use one of %q", client.Client, client.Role, clients)
		}
		if client.Client == "" {
			return nil, errors.New("API keys: a client has no name")
		}
		keys[[sha256.Size]byte(sum)] = client
	}
	return keys, nil
}

func (k APIKeys) authenticate(_ context.Context, token string) (who caller, ok bool, err error) {
	if !strings.HasPrefix(token, "dsk_") {
		return caller{}, false, nil
	}
	// Every key is compared, and in constant time, so that the time taken says nothing about any of them.
	sum := sha256.Sum256([]byte(token))
	for digest, client := range k {
		if subtle.ConstantTimeCompare(digest[:], sum[:]) == 1 {
			who, ok = caller{role: client.Role, client: client.Client}, true
		}
	}
	return who, ok, nil
}

// sessions issues and checks the tokens of members' sessions.
type sessions struct {
	secret [32]byte
	now    func() time.Time
	member func(ctx context.Context, id string) (wallet.Member, error)
}

// sessionClaims name the account too: the id of a forgotten member may be given to somebody else while a token lives.
type sessionClaims struct {
	jwt.RegisteredClaims
	Account string `json:"account"`
}

const (
	sessionLifetime = 15 * time.Minute
	sessionIssuer   = "urn:destinasia:dollars:wallet"
	sessionAudience = "urn:destinasia:dollars:wallet:session"
)

func (s sessions) issue(m wallet.Member) (token string, expires time.Time, err error) {
	now := s.now().UTC().Truncate(time.Second)
	expires = now.Add(sessionLifetime)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, sessionClaims{jwt.RegisteredClaims{
		Issuer: sessionIssuer, Audience: jwt.ClaimStrings{sessionAudience}, Subject: string(m.ID),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
	}, m.Account.String()}).SignedString(s.secret[:])
	return token, expires, err
}

// authenticate knows a token only as long as the directory knows the member with the account the token was issued for.
func (s sessions) authenticate(ctx context.Context, token string) (who caller, ok bool, err error) {
	var claims sessionClaims
	_, err = jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return s.secret[:], nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(sessionIssuer), jwt.WithAudience(sessionAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.now))
	if err != nil {
		return caller{}, false, nil
	}
	m, err := s.member(ctx, claims.Subject)
	var refused *wallet.Error
	switch {
	case errors.As(err, &refused):
		return caller{}, false, nil // no such member, or no id
	case err != nil:
		return caller{}, false, err
	}
	return caller{role: RoleSession, member: m}, m.Account.String() == claims.Account, nil
}
