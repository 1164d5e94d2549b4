package directory

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Options of a Directory; the zero value is useful.
type Options struct {
	Log *slog.Logger // nil discards
}

// Directory is the members by id and by account. It is safe for concurrent use.
type Directory struct {
	db     *disk.DB
	writer *disk.Writer
}

var _ wallet.Directory = (*Directory)(nil)

// Open opens or creates the directory in a folder. Close it.
func Open(dir string, o Options) (*Directory, error) {
	db, err := disk.Open(dir, disk.Options{MemTable: 1 << 20, Sync: true, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return &Directory{db: db, writer: disk.NewWriter(db)}, nil
}

// Close ends the directory after what was asked for before.
func (d *Directory) Close() error {
	d.writer.Close()
	return d.db.Close()
}

// Keys: "m" and the id to the member, "a" and the account to the id.
func memberKey(id wallet.MemberID) []byte { return append([]byte("m"), id...) }
func accountKey(a dollars.Account) []byte { return append([]byte("a"), a[:]...) }

// Add stores a member.
func (d *Directory) Add(ctx context.Context, m wallet.Member) error {
	return d.writer.Update(ctx, func(tx *disk.Tx) error {
		for _, taken := range []struct {
			key  []byte
			what string
		}{{memberKey(m.ID), "id"}, {accountKey(m.Account), "account"}} {
			switch found, err := tx.Get(taken.key); {
			case err != nil:
				return fmt.Errorf("directory: %w", err)
			case found != nil:
				return &wallet.Error{Code: wallet.CodeMemberExists, Detail: "a member with this " + taken.what + " exists; nothing was changed"}
			}
		}
		tx.Set(memberKey(m.ID), encode(m))
		tx.Set(accountKey(m.Account), []byte(m.ID))
		return nil
	})
}

// SetCustody changes who holds a member's key.
func (d *Directory) SetCustody(ctx context.Context, id wallet.MemberID, custody bool) error {
	return d.writer.Update(ctx, func(tx *disk.Tx) error {
		m, err := found(id, tx.Get)
		if err != nil {
			return err
		}
		m.Custody = custody
		tx.Set(memberKey(id), encode(m))
		return nil
	})
}

// Forget destroys what ties a member to an account, in both directions.
func (d *Directory) Forget(ctx context.Context, id wallet.MemberID) error {
	return d.writer.Update(ctx, func(tx *disk.Tx) error {
		m, err := found(id, tx.Get)
		if err != nil {
			return err
		}
		tx.Erase(memberKey(id))
		tx.Erase(accountKey(m.Account))
		return nil
	})
}

// Member finds by id.
func (d *Directory) Member(_ context.Context, id wallet.MemberID) (m wallet.Member, err error) {
	err = d.db.View(func(txn *badger.Txn) error {
		m, err = member(txn, id)
		return err
	})
	return m, err
}

// Owner finds by account.
func (d *Directory) Owner(_ context.Context, a dollars.Account) (m wallet.Member, err error) {
	err = d.db.View(func(txn *badger.Txn) error {
		id, err := disk.Get(txn, accountKey(a))
		if err != nil {
			return fmt.Errorf("directory: %w", err)
		}
		if id == nil {
			return wallet.ErrNotFound
		}
		m, err = member(txn, wallet.MemberID(id))
		return err
	})
	return m, err
}

func member(txn *badger.Txn, id wallet.MemberID) (wallet.Member, error) {
	return found(id, func(key []byte) ([]byte, error) { return disk.Get(txn, key) })
}

func found(id wallet.MemberID, get func(key []byte) ([]byte, error)) (wallet.Member, error) {
	value, err := get(memberKey(id))
	if err != nil {
		return wallet.Member{}, fmt.Errorf("directory: %w", err)
	}
	if value == nil {
		return wallet.Member{}, wallet.ErrNotFound
	}
	return decode(id, value)
}

// List is the members after an id.
func (d *Directory) List(ctx context.Context, after wallet.MemberID, limit int) ([]wallet.Member, error) {
	var list []wallet.Member
	err := d.db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.Prefix, o.PrefetchSize = []byte("m"), max(1, min(limit, 100))
		it := txn.NewIterator(o)
		defer it.Close()
		// The key after an id is the id with a zero byte: no id holds one.
		for it.Seek(append(memberKey(after), 0)); it.Valid() && len(list) < limit; it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			id := wallet.MemberID(it.Item().Key()[1:])
			err := it.Item().Value(func(value []byte) error {
				m, err := decode(id, value)
				list = append(list, m)
				return err
			})
			if err != nil {
				return fmt.Errorf("directory: %w", err)
			}
		}
		return nil
	})
	return list, err
}

const version = 1

func encode(m wallet.Member) []byte {
	b := append([]byte{version, 0}, m.Account[:]...)
	if m.Custody {
		b[1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(m.Created.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(m.Created.Nanosecond()))
}

func decode(id wallet.MemberID, value []byte) (wallet.Member, error) {
	r := disk.NewReader(value)
	v, custody := r.Byte(), r.Byte()
	m := wallet.Member{ID: id, Custody: custody == 1}
	r.Fixed(m.Account[:])
	var sec, nsec [8]byte
	r.Fixed(sec[:])
	r.Fixed(nsec[4:])
	m.Created = time.Unix(int64(binary.BigEndian.Uint64(sec[:])), int64(binary.BigEndian.Uint64(nsec[:]))).UTC()
	if !r.End() || v != version || custody > 1 {
		return wallet.Member{}, fmt.Errorf("directory: the record of a member is damaged")
	}
	return m, nil
}
