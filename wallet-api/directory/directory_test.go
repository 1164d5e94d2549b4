package directory

import (
	"context"
	"errors"
	"fmt"
	"os"
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
