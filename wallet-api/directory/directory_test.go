package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func opened(t testing.TB, dir string) *Directory {
	t.Helper()
	d, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func person(n int) wallet.Member {
	return wallet.Member{
		ID: wallet.MemberID(fmt.Sprintf("m-%04d", n)), Account: dollars.Account{9, byte(n >> 8), byte(n)},
		Custody: n%2 == 0, Created: time.Unix(1_790_000_000, int64(n)).UTC(),
	}
}

func exists(err error) bool {
	var e *wallet.Error
	return errors.As(err, &e) && e.Code == wallet.CodeMemberExists
}

func TestMembersAreFoundBothWays(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, dir)
	for _, n := range []int{3, 1, 2} {
		if err := d.Add(ctx, person(n)); err != nil {
			t.Fatal(err)
		}
	}
	sameID, sameAccount := person(4), person(4)
	sameID.ID, sameAccount.Account = person(1).ID, person(1).Account
	if !exists(d.Add(ctx, sameID)) || !exists(d.Add(ctx, sameAccount)) {
		t.Error("an id or account was given twice")
	}
	// A copy of the files, taken while the directory is open: what was added is on disk.
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*Directory{d, opened(t, copied)} {
		byID, err1 := d.Member(ctx, person(2).ID)
		byAccount, err2 := d.Owner(ctx, person(2).Account)
		if diff := cmp.Diff([]wallet.Member{person(2), person(2)}, []wallet.Member{byID, byAccount}); diff != "" || err1 != nil || err2 != nil {
			t.Error(err1, err2, diff)
		}
		if _, err := d.Member(ctx, "m"); !errors.Is(err, wallet.ErrNotFound) {
			t.Error(err)
		}
		if _, err := d.Owner(ctx, person(4).Account); !errors.Is(err, wallet.ErrNotFound) {
			t.Error(err)
		}
		list, err := d.List(ctx, "", 2)
		if diff := cmp.Diff([]wallet.Member{person(1), person(2)}, list); diff != "" || err != nil {
			t.Error(err, diff)
		}
		list, err = d.List(ctx, person(2).ID, 2)
		if diff := cmp.Diff([]wallet.Member{person(3)}, list); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if list, err = d.List(ctx, person(3).ID, 2); len(list) != 0 || err != nil {
			t.Error(err, list)
		}
	}
}

func TestOneOfManyGetsTheID(t *testing.T) {
	d := opened(t, t.TempDir())
	var added atomic.Int32
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			m := person(n)
			m.ID = "wanted"
			switch err := d.Add(ctx, m); {
			case err == nil:
				added.Add(1)
			case !exists(err):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if added.Load() != 1 {
		t.Errorf("added %d times", added.Load())
	}
}

func BenchmarkAdd(b *testing.B) {
	d := opened(b, b.TempDir())
	var n atomic.Int32
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			m := wallet.Member{ID: wallet.MemberID(fmt.Sprint(i)), Account: dollars.Account{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}}
			if err := d.Add(ctx, m); err != nil {
				b.Error(err)
			}
		}
	})
}

// names tells which files below a folder hold any of the texts.
func names(t testing.TB, dir string, texts ...[]byte) (files []string) {
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

// The member was written twice and lies among others, in a table and in memory; then the files tell nothing of them.
func TestForgottenMembersAreInNoFile(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	gone := wallet.Member{ID: "Gone-With-The-Wind", Account: dollars.Account{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 7, 7, 7, 7, 7, 9}, Custody: true, Created: person(1).Created}
	longer := gone
	longer.ID, longer.Account = gone.ID+"-2", dollars.Account{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 7, 7, 7, 7, 7, 10}
	for _, m := range []wallet.Member{person(1), gone, longer, person(2)} {
		if err := d.Add(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil { // which makes a table of what was in memory
		t.Fatal(err)
	}
	if d, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetCustody(ctx, gone.ID, false); err != nil {
		t.Fatal(err)
	}
	id, account := []byte(gone.ID), gone.Account[:]
	if len(names(t, dir, id)) < 2 || len(names(t, dir, account)) < 2 {
		t.Fatalf("the member is in %v and %v before: this test cannot see", names(t, dir, id), names(t, dir, account))
	}
	if err := d.Forget(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	if m, err := d.Member(ctx, longer.ID); err != nil || m != longer {
		t.Errorf("another member was lost: %+v, %v", m, err)
	}
	if err := d.Forget(ctx, longer.ID); err != nil {
		t.Fatal(err)
	}
	if files := names(t, dir, id, account, longer.Account[:]); len(files) > 0 {
		t.Errorf("forgotten members are in %v", files)
	}
	if err := d.Forget(ctx, gone.ID); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("forgotten twice: %v", err)
	}
	if err := d.SetCustody(ctx, gone.ID, true); !errors.Is(err, wallet.ErrNotFound) {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if files := names(t, dir, id, account); len(files) > 0 {
		t.Errorf("after closing, forgotten members are in %v", files)
	}
	d = opened(t, dir)
	list, err := d.List(ctx, "", 10)
	if diff := cmp.Diff([]wallet.Member{person(1), person(2)}, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := d.Owner(ctx, gone.Account); !errors.Is(err, wallet.ErrNotFound) {
		t.Error(err)
	}
	again := gone
	again.Account = dollars.Account{0x11}
	if err := d.Add(ctx, again); err != nil {
		t.Errorf("the id cannot be enrolled anew: %v", err)
	}
}

func TestWhoHoldsTheKeyIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, dir)
	m := person(1)
	if err := d.Add(ctx, m); err != nil {
		t.Fatal(err)
	}
	if err := d.SetCustody(ctx, m.ID, true); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	m.Custody = true
	if got, err := opened(t, copied).Owner(ctx, m.Account); err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
}
