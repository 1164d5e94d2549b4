package custody

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ctx    = context.Background()
	master = [32]byte{1, 2, 3}
)

func opened(t testing.TB, dir string, o Options) *Custody {
	t.Helper()
	c, err := Open(dir, master, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestSignaturesAreTheMembers(t *testing.T) {
	dir := t.TempDir()
	c := opened(t, dir, Options{})
	alice, err := c.Create(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := c.Create(ctx, "bob")
	if err != nil || bob == alice || alice.IsZero() {
		t.Fatal(alice, bob, err)
	}
	if again, err := c.Create(ctx, "alice"); err != nil || again != alice {
		t.Errorf("a second key was made: %s, %v", again, err)
	}
	// A copy of the files, taken while the custody is open: what was created is on disk.
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Custody{c, opened(t, copied, Options{})} {
		digest := eip712.String("an order")
		sig, err := c.Sign(ctx, "alice", digest)
		if err != nil {
			t.Fatal(err)
		}
		if signer, err := eip712.Recover(digest, sig); err != nil || dollars.Account(signer) != alice {
			t.Errorf("signed by %x, %v", signer, err)
		}
		if _, err := c.Sign(ctx, "carol", digest); !errors.Is(err, wallet.ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestWrongMasterKeyIsToldAtOpen(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(dir, master, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, [32]byte{9}, Options{}); !errors.Is(err, ErrMasterKey) {
		t.Error(err)
	}
	opened(t, dir, Options{}) // the right one still fits
}

func TestRecordsCannotBeSwapped(t *testing.T) {
	c := opened(t, t.TempDir(), Options{})
	for _, id := range []wallet.MemberID{"alice", "mallory"} {
		if _, err := c.Create(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	err := c.writer.Update(ctx, func(tx *disk.Tx) error {
		value, err := tx.Get(recordKey("alice"))
		tx.Set(recordKey("mallory"), value)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sign(ctx, "mallory", eip712.Word{1}); !errors.Is(err, errDamaged) {
		t.Errorf("alice's key signed for mallory: %v", err)
	}
}

func TestKeysAreNeitherInFilesNorInLogs(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	c, err := Open(dir, master, Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	rec, err := c.record("alice")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := c.seal.Open(nil, nil, rec.sealed, []byte("alice"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if files := holding(t, dir, secret, master[:]); len(files) > 0 {
		t.Errorf("a key is in %v", files)
	}
	if bytes.Contains(log.Bytes(), secret) || bytes.Contains(log.Bytes(), fmt.Appendf(nil, "%x", secret)) {
		t.Error("a key is in the log")
	}
}

// holding tells which files below a folder hold any of the texts.
func holding(t testing.TB, dir string, texts ...[]byte) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || (err == nil && d.IsDir()) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // compacted meanwhile
			return nil
		}
		for _, text := range texts {
			if bytes.Contains(data, text) {
				files = append(files, filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Neither who it was nor what was encrypted is in any file, wherever it was before.
func TestForgottenKeysAreInNoFile(t *testing.T) {
	for _, where := range []string{"in memory", "in a table"} {
		t.Run(where, func(t *testing.T) {
			dir := t.TempDir()
			c, err := Open(dir, master, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []wallet.MemberID{"alice", "Gone-With-The-Wind", "Gone-With-The-Wind-2", "zoe"} {
				if _, err := c.Create(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			rec, err := c.record("Gone-With-The-Wind")
			if err != nil {
				t.Fatal(err)
			}
			longer, err := c.record("Gone-With-The-Wind-2")
			if err != nil {
				t.Fatal(err)
			}
			if where == "in a table" {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				if c, err = Open(dir, master, Options{}); err != nil {
					t.Fatal(err)
				}
			}
			defer func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if files := holding(t, dir, rec.sealed, rec.address[:]); len(files) > 0 {
					t.Errorf("after closing, the key is in %v", files)
				}
			}()
			if len(holding(t, dir, rec.sealed)) == 0 {
				t.Fatal("the key was in no file before: this test cannot see")
			}
			if err := c.Forget(ctx, "Gone-With-The-Wind"); err != nil {
				t.Fatal(err)
			}
			if files := holding(t, dir, rec.sealed, rec.address[:]); len(files) > 0 {
				t.Errorf("the key is in %v", files)
			}
			if got, err := c.record("Gone-With-The-Wind-2"); err != nil || !bytes.Equal(got.sealed, longer.sealed) {
				t.Errorf("another's key was lost: %v", err)
			}
			if err := c.Forget(ctx, "Gone-With-The-Wind-2"); err != nil {
				t.Fatal(err)
			}
			if files := holding(t, dir, []byte("Gone-With-The-Wind"), longer.sealed); len(files) > 0 {
				t.Errorf("the members are in %v", files)
			}
		})
	}
}

func TestForgottenKeysAreMadeAnew(t *testing.T) {
	c := opened(t, t.TempDir(), Options{})
	if err := c.Forget(ctx, "alice"); err != nil {
		t.Errorf("there was nothing to forget: %v", err)
	}
	if _, err := c.Address(ctx, "alice"); !errors.Is(err, wallet.ErrNotFound) {
		t.Error(err)
	}
	first, err := c.Create(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if address, err := c.Address(ctx, "alice"); err != nil || address != first {
		t.Errorf("%s, %v", address, err)
	}
	if err := c.Forget(ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	for _, use := range []func() error{
		func() error { _, err := c.Sign(ctx, "alice", eip712.Word{1}); return err },
		func() error { _, err := c.Secret(ctx, "alice", "x"); return err },
		func() error { _, err := c.Address(ctx, "alice"); return err },
	} {
		if err := use(); !errors.Is(err, wallet.ErrNotFound) {
			t.Errorf("a forgotten key was used: %v", err)
		}
	}
	if second, err := c.Create(ctx, "alice"); err != nil || second == first {
		t.Errorf("the new key is the old one: %s, %v", second, err)
	}
}

// A secret is the same whenever it is asked for, and another for each member and label; whoever has the key, and nobody
// else, can work it out.
func TestSecrets(t *testing.T) {
	c := opened(t, t.TempDir(), Options{})
	seen := map[[32]byte]string{}
	for _, id := range []wallet.MemberID{"alice", "bob"} {
		if _, err := c.Create(ctx, id); err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"", "voucher", "voucher 1", "voucher 11"} {
			secret, err := c.Secret(ctx, id, label)
			if err != nil {
				t.Fatal(err)
			}
			what := string(id) + "/" + label
			if other, taken := seen[secret]; taken {
				t.Errorf("%s has the secret of %s", what, other)
			}
			seen[secret] = what
			if again, err := c.Secret(ctx, id, label); err != nil || again != secret {
				t.Errorf("%s has two secrets, %v", what, err)
			}
		}
	}
	rec, err := c.record("alice")
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.seal.Open(nil, nil, rec.sealed, []byte("alice"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("destinasia custody secret v1\x00voucher"))
	if seen[[32]byte(mac.Sum(nil))] != "alice/voucher" {
		t.Error("the secret is not HMAC-SHA256 of domain and label under the key: members with the key could not work it out")
	}
}

func TestOneKeyForManyCreates(t *testing.T) {
	c := opened(t, t.TempDir(), Options{})
	var accounts [20]dollars.Account
	var wg sync.WaitGroup
	for i := range accounts {
		wg.Go(func() {
			var err error
			if accounts[i], err = c.Create(ctx, "alice"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range accounts {
		if a != accounts[0] {
			t.Fatal("a member has two keys")
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	c := opened(b, b.TempDir(), Options{})
	var n atomic.Int32
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Create(ctx, wallet.MemberID(fmt.Sprint(n.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
}
