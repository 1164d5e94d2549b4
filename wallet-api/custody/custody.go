package custody

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrMasterKey is Open's answer to a master key other than the one the keys are encrypted under.
var ErrMasterKey = errors.New("custody: this is not the master key these keys were encrypted under; nothing was changed, start with the right one")

// Options of a Custody; the zero value is useful.
type Options struct {
	Log *slog.Logger // nil discards
}

// Custody is the keys of the members the service signs for. It is safe for concurrent use.
type Custody struct {
	db     *disk.DB
	writer *disk.Writer
	seal   cipher.AEAD
}

var _ wallet.Keys = (*Custody)(nil)

// Open opens or creates the custody in a folder under a master key of 32 bytes. Close it.
func Open(dir string, master [32]byte, o Options) (*Custody, error) {
	block, err := aes.NewCipher(master[:])
	if err != nil {
		return nil, fmt.Errorf("custody: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("custody: %w", err)
	}
	db, err := disk.Open(dir, disk.Options{MemTable: 1 << 20, Sync: true, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("custody: %w", err)
	}
	c := &Custody{db: db, writer: disk.NewWriter(db), seal: aead}
	if err := c.checkMaster(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends the custody after what was asked for before.
func (c *Custody) Close() error {
	c.writer.Close()
	return c.db.Close()
}

// checkKey holds a sealed value by which a wrong master key is told at once rather than at the first signature.
// Members' records are under "k" and the id.
var checkKey = []byte("check")

const checkText = "destinasia custody"

func recordKey(id wallet.MemberID) []byte { return append([]byte("k"), id...) }

func (c *Custody) checkMaster() error {
	return c.writer.Update(context.Background(), func(tx *disk.Tx) error {
		sealed, err := tx.Get(checkKey)
		if err != nil {
			return fmt.Errorf("custody: %w", err)
		}
		if sealed == nil {
			tx.Set(checkKey, c.seal.Seal(nil, nil, []byte(checkText), checkKey))
			return nil
		}
		if text, err := c.seal.Open(nil, nil, sealed, checkKey); err != nil || string(text) != checkText {
			return ErrMasterKey
		}
		return nil
	})
}

// Create makes a member's key, or finds the one made before.
func (c *Custody) Create(ctx context.Context, id wallet.MemberID) (dollars.Account, error) {
	if rec, err := c.record(id); err == nil {
		return rec.address, nil
	} else if !errors.Is(err, wallet.ErrNotFound) {
		return dollars.Account{}, err
	}
	fresh, err := c.newRecord(id)
	if err != nil {
		return dollars.Account{}, err
	}
	var address dollars.Account
	err = c.writer.Update(ctx, func(tx *disk.Tx) error {
		// Another Create for the member may have been first.
		value, err := tx.Get(recordKey(id))
		if err != nil {
			return fmt.Errorf("custody: %w", err)
		}
		if value != nil {
			rec, err := decode(value)
			address = rec.address
			return err
		}
		address = fresh.address
		tx.Set(recordKey(id), fresh.encode())
		return nil
	})
	if err != nil {
		return dollars.Account{}, err
	}
	return address, nil
}

func (c *Custody) newRecord(id wallet.MemberID) (record, error) {
	// Drawn here rather than by crypto.GenerateKey, which leaves copies that cannot be wiped.
	var secret [32]byte
	defer clear(secret[:])
	for {
		if _, err := rand.Read(secret[:]); err != nil {
			return record{}, fmt.Errorf("custody: make a key: %w", err)
		}
		// One in 2^128 is no key: zero, or above the order of the curve.
		key, err := crypto.ToECDSA(secret[:])
		if err != nil {
			continue
		}
		address := dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
		wipe(key)
		return record{address, c.seal.Seal(nil, nil, secret[:], []byte(id))}, nil
	}
}

// wipe overwrites a key that is not used again. Copies the libraries made meanwhile are out of reach.
func wipe(key *ecdsa.PrivateKey) {
	//lint:ignore SA1019 go-ethereum keeps the secret here, so here it must be wiped
	clear(key.D.Bits())
}

// Address is that of a member's key.
func (c *Custody) Address(_ context.Context, id wallet.MemberID) (dollars.Account, error) {
	rec, err := c.record(id)
	return rec.address, err
}

// Sign signs a digest with a member's key.
func (c *Custody) Sign(_ context.Context, id wallet.MemberID, digest eip712.Word) (sig eip712.Signature, err error) {
	err = c.use(id, func(secret []byte) error {
		key, err := crypto.ToECDSA(secret)
		if err != nil {
			return errDamaged
		}
		defer wipe(key)
		raw, err := crypto.Sign(digest[:], key)
		if err != nil {
			return errors.New("custody: the digest could not be signed")
		}
		sig = eip712.Signature(raw)
		return nil
	})
	return sig, err
}

// Secret is wallet.KeySecret of a member's key.
func (c *Custody) Secret(_ context.Context, id wallet.MemberID, label string) (secret [32]byte, err error) {
	err = c.use(id, func(key []byte) error {
		secret = wallet.KeySecret(key, label)
		return nil
	})
	return secret, err
}

// Forget destroys a member's key. What was encrypted goes too, and not only the means to decrypt it: the master key
// stays.
func (c *Custody) Forget(ctx context.Context, id wallet.MemberID) error {
	err := c.writer.Update(ctx, func(tx *disk.Tx) error {
		tx.Erase(recordKey(id))
		return nil
	})
	if err != nil {
		return fmt.Errorf("custody: %w", err)
	}
	return nil
}

// use decrypts a member's key for as long as f takes.
func (c *Custody) use(id wallet.MemberID, f func(secret []byte) error) error {
	rec, err := c.record(id)
	if err != nil {
		return err
	}
	secret, err := c.seal.Open(nil, nil, rec.sealed, []byte(id))
	if err != nil {
		return errDamaged
	}
	defer clear(secret)
	return f(secret)
}

func (c *Custody) record(id wallet.MemberID) (rec record, err error) {
	err = c.db.View(func(txn *badger.Txn) error {
		value, err := disk.Get(txn, recordKey(id))
		if err != nil {
			return fmt.Errorf("custody: %w", err)
		}
		if value == nil {
			return wallet.ErrNotFound
		}
		rec, err = decode(value)
		return err
	})
	return rec, err
}

var errDamaged = errors.New("custody: the record of a key is damaged or another member's; it was not used")

// record is a member's key as stored; its address is kept beside it so that finding it needs no decryption.
type record struct {
	address dollars.Account
	sealed  []byte // nonce, encrypted key and tag
}

const version = 1

func (r record) encode() []byte { return append(append([]byte{version}, r.address[:]...), r.sealed...) }

func decode(value []byte) (record, error) {
	r := disk.NewReader(value)
	v := r.Byte()
	var rec record
	r.Fixed(rec.address[:])
	rec.sealed = r.Rest()
	if !r.End() || v != version || len(rec.sealed) != 12+32+16 {
		return record{}, errDamaged
	}
	return rec, nil
}
