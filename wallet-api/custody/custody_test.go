package custody

import (
	"bytes"
	"context"
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
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, secret) || bytes.Contains(data, master[:]) {
			t.Errorf("a key is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(log.Bytes(), secret) || bytes.Contains(log.Bytes(), fmt.Appendf(nil, "%x", secret)) {
		t.Error("a key is in the log")
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
