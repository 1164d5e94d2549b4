package inbox

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
)

// crashDir tells a child process of the crash test where to work until it is killed.
const crashDir = "INBOX_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		workUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// workUntilKilled accepts, submits and settles, and says so only after it is done.
func workUntilKilled(dir string) {
	in, err := Open(dir, Options{})
	for n := 0; err == nil; n += 10 {
		work := events(n, n+10)
		if _, err = in.Accept(ctx, work); err != nil {
			break
		}
		fmt.Println("accepted", n)
		tx := fmt.Sprintf("tx%d", n)
		taken := in.Take(wallet.ClassBooking, 5)
		if err = in.Submitting(ctx, wallet.Submission{TxID: tx, Envelope: make([]byte, 100<<10), Work: taken}); err != nil {
			break
		}
		fmt.Println("submitting", n)
		if n%20 == 0 {
			continue
		}
		var list []wallet.Status
		for _, w := range taken {
			list = append(list, done(w, dollars.Applied))
		}
		if err = in.Settle(ctx, list, []string{tx}); err != nil {
			break
		}
		fmt.Println("settled", n)
	}
	fmt.Println("failed", err)
	os.Exit(1)
}

func TestKilledWhileWorking(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	accepted, settled := 0, 0
	submitted := map[string]bool{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var what string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &what, &n); err != nil {
			t.Fatal(lines.Text())
		}
		switch what {
		case "accepted":
			accepted = n + 10
		case "submitting":
			submitted[fmt.Sprintf("tx%d", n)] = true
		case "settled":
			delete(submitted, fmt.Sprintf("tx%d", n))
			settled += 5
		}
		if accepted == 300 {
			// What the child still does before it dies may or may not be there.
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	_ = child.Wait()

	in := opened(t, dir, Options{})
	finished := 0
	for n := range accepted {
		s, err := in.Status(ctx, event(n).ID)
		if err != nil {
			t.Fatalf("event %d was accepted: %v", n, err)
		}
		if s.Done {
			finished++
		}
	}
	if finished < settled {
		t.Errorf("%d are settled, but %d were", finished, settled)
	}
	list, err := in.Submissions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	underway := map[wallet.WorkID]bool{}
	for _, s := range list {
		delete(submitted, s.TxID)
		if len(s.Work) != 5 || len(s.Envelope) != 100<<10 {
			t.Errorf("submission %s of %d works, %d bytes", s.TxID, len(s.Work), len(s.Envelope))
		}
		for _, w := range s.Work {
			underway[w.ID] = true
		}
	}
	if len(submitted) > 1 { // the one in progress may have been settled unheard
		t.Errorf("submissions lost: %v", submitted)
	}
	for _, w := range in.Take(wallet.ClassBooking, 10_000) {
		if underway[w.ID] {
			t.Fatalf("work %s is in a submission and was handed out", w.ID)
		}
	}
}

// TestPowerLoss looks at a copy of the files while the inbox is open: nothing depends on closing it.
func TestPowerLoss(t *testing.T) {
	before, after := t.TempDir(), t.TempDir()
	in := opened(t, before, Options{})
	accept(t, in, events(0, 50)...)
	taken := in.Take(wallet.ClassBooking, 20)
	for i, tx := range []string{"gone", "underway"} {
		s := wallet.Submission{TxID: tx, Envelope: []byte("envelope " + tx), Work: taken[10*i : 10*i+10]}
		if err := in.Submitting(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, in, dollars.Applied, []string{"gone"}, taken[:10]...)
	if err := os.CopyFS(after, os.DirFS(before)); err != nil {
		t.Fatal(err)
	}

	in = opened(t, after, Options{})
	for n := range 50 {
		if s, err := in.Status(ctx, event(n).ID); err != nil || s.Done != (n < 10) {
			t.Errorf("event %d: %+v, %v", n, s, err)
		}
	}
	list, err := in.Submissions(ctx)
	want := []wallet.Submission{{TxID: "underway", Envelope: []byte("envelope underway"), Work: events(10, 20)}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	pending, err := in.Pending(ctx, wallet.ClassBooking)
	if diff := cmp.Diff(events(10, 50), pending); diff != "" || err != nil {
		t.Error(err, diff)
	}
	<-in.Ready()
	if diff := cmp.Diff(events(20, 50), in.Take(wallet.ClassBooking, 1000)); diff != "" {
		t.Error(diff)
	}
	if d := in.Depth(wallet.ClassBooking); d != 40 {
		t.Errorf("depth %d", d)
	}
	// New work goes behind the old.
	accept(t, in, events(50, 52)...)
	pending, _ = in.Pending(ctx, wallet.ClassBooking)
	if !slices.EqualFunc(pending, events(10, 52), func(x, y wallet.Work) bool { return x.ID == y.ID }) {
		t.Errorf("%d pending, out of order", len(pending))
	}
}

func TestClosedInboxRefuses(t *testing.T) {
	in := opened(t, t.TempDir(), Options{})
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Accept(ctx, events(0, 1)); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Error(err)
	}
	if in.Depth(wallet.ClassBooking) != 0 {
		t.Error("room is taken for refused work")
	}
}
