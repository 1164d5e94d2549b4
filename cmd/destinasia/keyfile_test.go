package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
)

var lightCost = scryptCost{keystore.LightScryptN, keystore.LightScryptP}

func TestKeyfile(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("correct horse\r\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "keys", "anna.json")
	source := passphraseSource{file: secret}
	made, err := ownKey(path, source, lightCost)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if raw := hex.EncodeToString(crypto.FromECDSA(made.key.PrivateKey)); bytes.Contains(text, []byte(raw)) {
		t.Error("the key file shows the key")
	}
	opened, err := ownKey(path, source, lightCost)
	if err != nil || opened.address() != made.address() {
		t.Errorf("opened again: %s, %v; made %s", opened.address(), err, made.address())
	}
	if err := made.write(path, "another", lightCost); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("written over: %v", err)
	}
	if _, err := readMemberKey(path, "wrong"); err == nil || !strings.Contains(err.Error(), "passphrase does not open") {
		t.Errorf("wrong passphrase: %v", err)
	}
	if _, err := readMemberKey(secret, "correct horse"); err == nil || !strings.Contains(err.Error(), "is not a key file") {
		t.Errorf("another file: %v", err)
	}
	if _, err := readMemberKey(path+"x", ""); err == nil || !strings.Contains(err.Error(), "there is no key file") {
		t.Errorf("no file: %v", err)
	}
}

func TestKeySignsWhatTheLedgerAccepts(t *testing.T) {
	key, err := newMemberKey()
	if err != nil {
		t.Fatal(err)
	}
	for nonce := range uint64(20) { // Every second signature would have a high s if it were left to chance.
		order := dollars.Order{From: key.address(), Kind: dollars.KindRedeem, Amount: 5, Nonce: nonce}
		id := order.ID(dollars.Currency{Asset: "DSD"}, "channel", "chaincode")
		sig, err := key.sign(id)
		if err != nil {
			t.Fatal(err)
		}
		if signer, err := dollars.Signer(id, sig); err != nil || signer != key.address() {
			t.Error(signer, err)
		}
	}
}

func TestPassphraseIsAskedForOnATerminalOnly(t *testing.T) {
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	os.Stdin = null
	if _, err := (passphraseSource{}).chosen("x"); err == nil || !strings.Contains(err.Error(), "--passphrase-file") {
		t.Error(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\nsecond line"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (passphraseSource{file: empty}).existing("x"); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Error(err)
	}
}
