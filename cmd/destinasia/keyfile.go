package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/uuid"
	"golang.org/x/term"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// scryptCost is the work that guessing a key file's passphrase takes, for each guess.
type scryptCost struct{ n, p int }

// standardCost takes about a second and 256 MB.
var standardCost = scryptCost{keystore.StandardScryptN, keystore.StandardScryptP}

// memberKey is a key that a member holds, decrypted.
type memberKey struct{ key *keystore.Key }

func newMemberKey() (memberKey, error) {
	private, err := crypto.GenerateKey()
	if err != nil {
		return memberKey{}, fmt.Errorf("make a key: %w", err)
	}
	id, err := uuid.NewRandomFromReader(rand.Reader)
	if err != nil {
		return memberKey{}, fmt.Errorf("make a key: %w", err)
	}
	return memberKey{&keystore.Key{Id: id, Address: crypto.PubkeyToAddress(private.PublicKey), PrivateKey: private}}, nil
}

// address names the key. It is the account of a member who is enrolled with it.
func (k memberKey) address() dollars.Account { return dollars.Account(k.key.Address) }

// sign signs an order by its id. The signature has a low s, as the ledger demands.
func (k memberKey) sign(id dollars.OrderID) (eip712.Signature, error) {
	sig, err := crypto.Sign(id[:], k.key.PrivateKey)
	if err != nil {
		return eip712.Signature{}, fmt.Errorf("sign the order: %w", err)
	}
	return eip712.Signature(sig), nil
}

// voucherCode is the code of the voucher that a claim with this nonce gives, which the account pays for. Whoever has the key
// can make it again, so it is kept nowhere.
func (k memberKey) voucherCode(from dollars.Account, nonce uint64) [32]byte {
	secret := crypto.FromECDSA(k.key.PrivateKey)
	defer clear(secret)
	return wallet.VoucherCode(secret, from, nonce)
}

// maxClaims is how many orders of an account are looked at for the claim of a voucher; going through all takes seconds.
const maxClaims = 1 << 20

// findVoucherCode finds the code of a voucher among those that the key can have made.
func (k memberKey) findVoucherCode(from dollars.Account, codeHash [32]byte) (code [32]byte, found bool) {
	for nonce := uint64(1); nonce <= maxClaims; nonce++ {
		if code = k.voucherCode(from, nonce); dollars.CodeHash(code) == codeHash {
			return code, true
		}
	}
	return [32]byte{}, false
}

// write makes the key file, readable by its owner only. It does not touch a file that is there already.
func (k memberKey) write(path, passphrase string, cost scryptCost) error {
	text, err := keystore.EncryptKey(k.key, passphrase, cost.n, cost.p)
	if err != nil {
		return fmt.Errorf("encrypt the key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("no place for the key file: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the key file %s exists already and was left as it is: name another one with --keyfile", path)
	}
	if err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the key file %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// readMemberKey decrypts a key file.
func readMemberKey(path, passphrase string) (memberKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return memberKey{}, fmt.Errorf("there is no key file %s: name the member's with --keyfile", path)
	}
	if err != nil {
		return memberKey{}, fmt.Errorf("read the key file: %w", err)
	}
	key, err := keystore.DecryptKey(text, passphrase)
	if errors.Is(err, keystore.ErrDecrypt) {
		return memberKey{}, fmt.Errorf("the passphrase does not open the key file %s", path)
	}
	if err != nil {
		return memberKey{}, fmt.Errorf("%s is not a key file: %w", path, err)
	}
	return memberKey{key}, nil
}

// passphraseSource is where a passphrase comes from: a file, or a person at the terminal. Never an argument or the
// environment, which other users and programs can see.
type passphraseSource struct {
	file string
	ask  io.Writer // for the prompt
}

// existing is the passphrase of a key file that is there.
func (s passphraseSource) existing(path string) (string, error) {
	if s.file != "" {
		return s.read()
	}
	return s.prompt("Passphrase of " + path + ": ")
}

// chosen is the passphrase for a new key file; a person is asked twice.
func (s passphraseSource) chosen(path string) (string, error) {
	if s.file != "" {
		return s.read()
	}
	first, err := s.prompt("Choose a passphrase for " + path + ": ")
	if err != nil {
		return "", err
	}
	second, err := s.prompt("The same again: ")
	if err != nil {
		return "", err
	}
	switch {
	case first != second:
		return "", errors.New("the two passphrases differ; nothing was made")
	case first == "":
		return "", errors.New("the passphrase is empty; nothing was made")
	}
	return first, nil
}

// read takes the first line of the passphrase file.
func (s passphraseSource) read() (string, error) {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return "", fmt.Errorf("the first line of the passphrase file %s is empty", s.file)
	}
	return string(line), nil
}

func (s passphraseSource) prompt(question string) (string, error) {
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return "", errors.New("there is no terminal to ask for the passphrase: name a file that holds it with --passphrase-file")
	}
	fmt.Fprint(s.ask, question)
	answer, err := term.ReadPassword(stdin)
	fmt.Fprintln(s.ask)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return string(answer), nil
}
