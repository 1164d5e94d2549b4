package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/service"
)

// keyClients names the client each development key stands for; the service's log knows clients by these names.
var keyClients = map[string]string{
	roleBooking:  "booking-system",
	roleMember:   "member-service",
	roleOperator: "operator",
	roleAuditor:  "auditor",
	roleMerchant: "merchant",
	roleApprover: "approver",
}

// makeSecrets makes whatever secret the directory does not hold yet, and says where the service finds them. The service
// itself reads API keys as hashes only.
func makeSecrets(d native.Dir) (service.Secrets, error) {
	s := service.Secrets{
		APIKeys: d.Config("api-keys.sha256.json"),
		Session: filepath.Join(d.Secrets(), "session.key"),
		Custody: filepath.Join(d.Secrets(), "custody.key"),
	}
	if err := os.MkdirAll(d.Secrets(), 0o700); err != nil {
		return s, err
	}
	for _, file := range []string{s.Session, s.Custody} {
		if err := writeOnce(file, []byte(hex.EncodeToString(random32())+"\n"), 0o600); err != nil {
			return s, err
		}
	}
	keys, err := makeKeys(d)
	if err != nil {
		return s, err
	}
	return s, hashKeys(d, keys, s.APIKeys)
}

// makeKeys makes a key for each role that has none yet. They are in a file of their own, in the clear.
func makeKeys(d native.Dir) (map[string]string, error) {
	keys, err := readAPIKeys(d)
	if errors.Is(err, fs.ErrNotExist) {
		keys, err = map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	had := len(keys)
	for role := range keyClients {
		if keys[role] == "" {
			keys[role] = "dsk_" + role + "_" + base64.RawURLEncoding.EncodeToString(random32())
		}
	}
	if len(keys) == had {
		return keys, nil
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return nil, err
	}
	return keys, native.WriteFile(apiKeysFile(d), append(text, '\n'), 0o600)
}

// hashKeys writes the hashes of the keys that are in force, old or new.
func hashKeys(d native.Dir, keys map[string]string, file string) error {
	type holder struct {
		Role   string `json:"role"`
		Client string `json:"client"`
	}
	hashes := map[string]holder{}
	for role, key := range keys {
		client, known := keyClients[role]
		if !known {
			return fmt.Errorf("API keys in %s: %q is not a role", apiKeysFile(d), role)
		}
		hash := sha256.Sum256([]byte(key))
		hashes[hex.EncodeToString(hash[:])] = holder{role, client}
	}
	return native.WriteJSON(file, hashes)
}

func random32() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: it ends the program instead
	return secret
}

// writeOnce writes a file that is not there yet; one that is stays as it is.
func writeOnce(file string, content []byte, mode fs.FileMode) error {
	if _, err := os.Stat(file); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return native.WriteFile(file, content, mode)
}
