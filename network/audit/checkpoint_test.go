package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

// signs is a signer's part in checkpoints.
func signs(s *signer) Signer {
	return Signer{
		Certificate: unmarshal(s.Serialized, &msp.SerializedIdentity{}).GetIdBytes(),
		Sign:        func(message []byte) ([]byte, error) { return s.Sign(message), nil },
	}
}

// auditTo audits blocks, from the checkpoint of the directory if there is one, and leaves a checkpoint there.
func (w *world) auditTo(dir string, blocks [][]byte) (Report, error) {
	o := Options{Roots: w.roots, Chaincode: "dsd"}
	c, err := OpenCheckpoint(dir, w.roots)
	switch {
	case err == nil:
		o.From, blocks = c, blocks[min(c.Last(), uint64(len(blocks))):]
	case !errors.Is(err, fs.ErrNotExist):
		return Report{}, err
	}
	a, err := New(o)
	if err != nil {
		return Report{}, err
	}
	if err := a.Run(context.Background(), &blocksOf{blocks: blocks}); err != nil {
		return a.report, err
	}
	_, err = a.Save(dir, signs(w.auditor), noon)
	return a.Report(), err
}

// figures are all of a report that does not depend on where its audit began.
func figures(r Report) Report {
	r.Believed, r.entries = nil, nil
	return r
}

// TestAnAuditGoesOnFromAnyHeight: cut anywhere, it comes to the same, and its next checkpoint has the same bytes of state.
func TestAnAuditGoesOnFromAnyHeight(t *testing.T) {
	w := newWorld(t)
	blocks := live(t, w, "", nil)
	whole := t.TempDir()
	want, err := w.auditTo(whole, blocks)
	if err != nil || want.Believed != nil {
		t.Fatal(err)
	}
	everyCut := t.TempDir()
	for cut := 1; cut <= len(blocks); cut++ {
		dir := t.TempDir()
		for i, to := range []int{cut, len(blocks)} {
			got, err := w.auditTo(dir, blocks[:to])
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			if i == 1 && !reflect.DeepEqual(figures(got), figures(want)) {
				t.Errorf("cut at %d, the audit comes to\n%+v, not\n%+v", cut, figures(got), figures(want))
			}
			if i == 1 && (got.Believed.Height != uint64(cut) || got.Believed.Signer() != "auditor@destinasia of DestinasiaMSP") {
				t.Errorf("cut at %d, it believed %d blocks of %s", cut, got.Believed.Height, got.Believed.Signer())
			}
		}
		if _, err := w.auditTo(everyCut, blocks[:cut]); err != nil {
			t.Fatalf("block by block, at %d: %v", cut, err)
		}
		if a, b := stateOf(t, dir), stateOf(t, whole); !bytes.Equal(a, b) {
			t.Errorf("cut at %d, the checkpoint's state is another", cut)
		}
	}
	if a, b := stateOf(t, everyCut), stateOf(t, whole); !bytes.Equal(a, b) {
		t.Error("block by block, the checkpoint's state is another")
	}
}

// stateOf is the one state file of a checkpoint.
func stateOf(t *testing.T, dir string) []byte {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil || len(found) != 2 {
		t.Fatalf("a checkpoint is %v: %v", found, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, found[1].Name()))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestACheckpointHidesNothing: what is wrong with a block is found from any checkpoint before it as it is from genesis.
func TestACheckpointHidesNothing(t *testing.T) {
	w := newWorld(t)
	for name, p := range map[string]plot{
		"an id that came before the cut": {
			request: map[string]func(*request){"third": func(r *request) { r.nonce = "again" }, "award": func(r *request) { r.nonce = "again" }},
		},
		"a version from before the cut": on("spend", func(r *request) { r.onSet = oldVersion }),
		"a policy from before the cut":  on("spend", func(r *request) { r.endorsers = []*signer{w.peer} }),
		"rules from before the cut":     on("spend", func(r *request) { r.onAction = spoilJournal }),
		"a conflict that is marked valid": {codes: func(number int, codes []byte) {
			if number == invalids {
				codes[1] = 0
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			blocks := tell(t, w, p)
			_, want := w.audit(blocks)
			var d *Divergence
			if !errors.As(want, &d) {
				t.Fatalf("from genesis: %v", want)
			}
			for cut := 1; cut <= int(d.Block); cut++ {
				dir := t.TempDir()
				if _, err := w.auditTo(dir, blocks[:cut]); err != nil {
					t.Fatal(err)
				}
				if _, err := w.auditTo(dir, blocks); fmt.Sprint(err) != fmt.Sprint(want) {
					t.Errorf("from a checkpoint at %d: %v; from genesis: %v", cut, err, want)
				}
				if c, err := OpenCheckpoint(dir, w.roots); err != nil || c.Height != uint64(cut) {
					t.Errorf("after a divergence the checkpoint is not what it was: %v", err)
				}
			}
		})
	}
}

// oldVersion says that everything was read as it was in the first block.
func oldVersion(set *kvrwset.KVRWSet) {
	for _, r := range set.Reads {
		if r.Version != nil {
			r.Version.BlockNum = 1
		}
	}
}

// checkpointed is the story's blocks, and a checkpoint of the first of them.
func checkpointed(t *testing.T, w *world, cut int) (dir string, blocks [][]byte) {
	t.Helper()
	dir, blocks = t.TempDir(), tell(t, w, plot{})
	if _, err := w.auditTo(dir, blocks[:cut]); err != nil {
		t.Fatal(err)
	}
	return dir, blocks
}

// TestNothingIsAddedToACheckpointsSignature: no hash covers it, and decoders of signatures read over what comes after them.
func TestNothingIsAddedToACheckpointsSignature(t *testing.T) {
	w := newWorld(t)
	dir, _ := checkpointed(t, w, spending)
	name := filepath.Join(dir, statementFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := readStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	s.Signature = append(s.Signature, 0)
	if text, err = s.encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(dir, w.roots); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("a checkpoint with a longer signature: %v", err)
	}
}

// TestEveryByteOfACheckpointCounts: whoever changes one, of the statement or of the state, is found before it is believed.
func TestEveryByteOfACheckpointCounts(t *testing.T) {
	w := newWorld(t)
	dir, _ := checkpointed(t, w, spending)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Join(dir, f.Name())
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, changed []byte) {
			t.Helper()
			if err := os.WriteFile(name, changed, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenCheckpoint(dir, w.roots); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("seed %d: %s, %s: %v", seed, f.Name(), what, err)
			}
		}
		step := 1
		if testing.Short() {
			step = 1 + len(content)/500
		}
		for at := random.IntN(step); at < len(content); at += step {
			changed := bytes.Clone(content)
			changed[at] ^= 1 << random.IntN(8)
			check(fmt.Sprintf("byte %d changed", at), changed)
		}
		for range 100 {
			at := random.IntN(len(content))
			check(fmt.Sprintf("cut at %d", at), content[:at])
			check(fmt.Sprintf("byte %d left out", at), slices.Delete(bytes.Clone(content), at, at+1))
			check(fmt.Sprintf("a byte before %d", at), slices.Insert(bytes.Clone(content), at, byte(random.IntN(256))))
		}
		check("a byte at the end", append(bytes.Clone(content), '\n'))
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenCheckpoint(dir, w.roots); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

// TestWhoseCheckpointsAreBelieved: those of auditors of the channel's members, as the roots have it, and of nobody else.
func TestWhoseCheckpointsAreBelieved(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t)
	dir, blocks := checkpointed(t, w, awarding)
	refused := func(roots Roots, says string) {
		t.Helper()
		if _, err := OpenCheckpoint(dir, roots); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	refused(elsewhere.roots, "it is not of the network that is trusted: the genesis block is")
	refused(Roots{Certificates: elsewhere.roots.Certificates}, "it is not of the network that is trusted: the channel trusts the authority")
	a, err := New(Options{Roots: w.roots, Chaincode: "dsd"})
	if err == nil {
		err = a.Run(t.Context(), &blocksOf{blocks: blocks})
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*signer{
		"an issuer": w.issuer, "an operator": w.approver, "a client": w.client, "a peer": w.peer, "an orderer": w.orderer,
		"another network's auditor": elsewhere.auditor,
	} {
		if _, err := a.Save(t.TempDir(), signs(s), noon); err == nil {
			t.Errorf("%s could sign", name)
		}
		rewrite(t, dir, func(statement *Statement) {
			by := unmarshal(s.Serialized, &msp.SerializedIdentity{})
			statement.MSPID, statement.Certificate = by.GetMspid(), string(by.GetIdBytes())
			message, _ := statement.message()
			statement.Signature = s.Sign(message)
		})
		refused(w.roots, "is not believed")
	}
	rewrite(t, dir, func(s *Statement) { s.Format = 2 })
	refused(w.roots, "it is of format 2, and this version of the program reads format 1")
}

// TestOnlyRegularFilesAreCheckpoints: a pipe would be waited for, and a file without end would fill the memory.
func TestOnlyRegularFilesAreCheckpoints(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		make func(file string) error
		says string
	}{
		"a pipe":   {func(file string) error { return syscall.Mkfifo(file, 0o600) }, "is no regular file"},
		"a device": {func(file string) error { return os.Symlink("/dev/zero", file) }, "is no regular file"},
		"too much": {func(file string) error {
			return errors.Join(os.WriteFile(file, nil, 0o600), os.Truncate(file, maxStatement+1))
		}, "and no statement more than"},
	} {
		dir := t.TempDir()
		if err := c.make(filepath.Join(dir, statementFile)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCheckpoint(dir, w.roots); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir, _ := checkpointed(t, w, awarding)
	states, err := filepath.Glob(filepath.Join(dir, statePrefix+"*"))
	if err != nil || len(states) != 1 {
		t.Fatal(states, err)
	}
	if err := errors.Join(os.Remove(states[0]), syscall.Mkfifo(states[0], 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(dir, w.roots); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a pipe for the state: %v", err)
	}
}

// rewrite writes a statement that somebody changed, spelled as it must be.
func rewrite(t *testing.T, dir string, change func(*Statement)) {
	t.Helper()
	name := filepath.Join(dir, statementFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var s Statement
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	change(&s)
	if text, err = s.encode(); err == nil {
		err = os.WriteFile(name, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnInterruptedCheckpointLeavesTheOneBefore: whatever of a new one is there already.
func TestAnInterruptedCheckpointLeavesTheOneBefore(t *testing.T) {
	w := newWorld(t)
	dir, blocks := checkpointed(t, w, awarding)
	next := t.TempDir()
	if _, err := w.auditTo(next, blocks); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(next)
	state := entries[1].Name()
	for i, name := range []string{"state.part", state, statementFile + ".part"} {
		content := stateOf(t, next)
		if err := os.WriteFile(filepath.Join(dir, name), content[:len(content)-(2-i)%2], 0o644); err != nil {
			t.Fatal(err)
		}
		if c, err := OpenCheckpoint(dir, w.roots); err != nil || c.Height != awarding {
			t.Errorf("interrupted after %s: %v", name, err)
		}
	}
	if _, err := w.auditTo(dir, blocks); err != nil {
		t.Fatal(err)
	}
	stateOf(t, dir)
}

// TestTheChainOfACheckpointMustBeThere: its last block is compared with what there is.
func TestTheChainOfACheckpointMustBeThere(t *testing.T) {
	w := newWorld(t)
	other := tell(t, w, plot{})
	for _, cut := range []int{1, 2, spending} {
		dir, blocks := checkpointed(t, w, cut)
		_, err := w.auditTo(dir, blocks[:cut-1])
		found{cut - 1, -1, false, "the end of the chain was taken away"}.check(t, err)
		_, err = w.auditTo(dir, blocks[:max(cut-2, 0)])
		found{cut - 1, -1, false, "the end of the chain was taken away"}.check(t, err)
		if cut == 1 {
			continue // both chains have this block
		}
		_, err = w.auditTo(dir, other[:cut])
		found{cut - 1, -1, false, "they are of different chains"}.check(t, err)
		_, err = w.auditTo(dir, edit(cut-1, func(b *common.Block) {
			b.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = marshal(&common.Metadata{Value: []byte("another")})
		})(slices.Clone(blocks)))
		found{cut - 1, -1, false, "the peer summed it up as"}.check(t, err)
		_, err = w.auditTo(dir, edit(cut-1, func(b *common.Block) {
			b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER][0] = conflict
		})(slices.Clone(blocks)))
		found{cut - 1, -1, false, "its validity codes are"}.check(t, err)
	}
}

// TestACheckpointNamesWhomItBelieved: who goes on from somebody else's checkpoint does not make it his own by signing the next.
func TestACheckpointNamesWhomItBelieved(t *testing.T) {
	w := newWorld(t)
	dir, blocks := checkpointed(t, w, awarding)
	const first, second = "auditor@destinasia of DestinasiaMSP", "auditor@aircnc of AircncMSP"
	want := [][]string{{first}, {second, first}, {first, second}, {second, first}}
	for i, signers := range want {
		c, err := OpenCheckpoint(dir, w.roots)
		if err != nil || !slices.Equal(c.Signers(), signers) {
			t.Fatalf("the checkpoint is believed of %v, want %v: %v", c.Signers(), signers, err)
		}
		a, err := New(Options{Roots: w.roots, Chaincode: "dsd", From: c})
		if err == nil {
			err = a.Run(t.Context(), &blocksOf{blocks: blocks[c.Last() : awarding+i]})
		}
		if err == nil {
			_, err = a.Save(dir, signs([]*signer{w.otherAuditor, w.auditor}[i%2]), noon)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoCheckpointOfWhatIsWrong: after a divergence the state is that of nothing.
func TestNoCheckpointOfWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	a, err := New(Options{Roots: w.roots, Chaincode: "dsd"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Save(t.TempDir(), signs(w.auditor), noon); err == nil {
		t.Error("a checkpoint of nothing was written")
	}
	if err := a.Run(t.Context(), &blocksOf{blocks: tell(t, w, on("award too", func(r *request) { r.onAction = spoilJournal }))}); err == nil {
		t.Fatal("nothing was found")
	}
	dir := t.TempDir()
	if _, err := a.Save(dir, signs(w.auditor), noon); err == nil || !strings.Contains(err.Error(), "no checkpoint") {
		t.Errorf("after a divergence: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestACheckpointMayBeWrittenAfterEveryBlock, from Progress, while the audit goes on.
func TestACheckpointMayBeWrittenAfterEveryBlock(t *testing.T) {
	w := newWorld(t)
	dir, blocks := t.TempDir(), tell(t, w, plot{})
	var a *Auditor
	var err error
	a, err = New(Options{Roots: w.roots, Chaincode: "dsd", Progress: func(r Report) {
		if s, err := a.Save(dir, signs(w.auditor), noon); err != nil || s.Height != r.Height {
			t.Errorf("after %d blocks: a checkpoint of %d, %v", r.Height, s.Height, err)
		}
		if c, err := OpenCheckpoint(dir, w.roots); err != nil || c.Height != r.Height || !c.Signed.Equal(noon) {
			t.Errorf("after %d blocks: %v", r.Height, err)
		}
	}})
	if err == nil {
		err = a.Run(t.Context(), &blocksOf{blocks: blocks})
	}
	if err != nil || a.Report().Height != uint64(len(blocks)) {
		t.Error(err)
	}
}

// TestSeveralAuditsMayShareADirectory: whichever was last has left a whole checkpoint.
func TestSeveralAuditsMayShareADirectory(t *testing.T) {
	w := newWorld(t)
	dir, blocks := t.TempDir(), tell(t, w, plot{})
	var saving sync.WaitGroup
	for _, cut := range []int{awarding, spending, len(blocks)} {
		a, err := New(Options{Roots: w.roots, Chaincode: "dsd"})
		if err == nil {
			err = a.Run(t.Context(), &blocksOf{blocks: blocks[:cut]})
		}
		if err != nil {
			t.Fatal(err)
		}
		saving.Go(func() {
			for range 10 {
				if _, err := a.Save(dir, signs(w.auditor), noon); err != nil {
					t.Error(err)
				}
				if _, err := OpenCheckpoint(dir, w.roots); err != nil {
					t.Error(err)
				}
			}
		})
	}
	saving.Wait()
	if _, err := OpenCheckpoint(dir, w.roots); err != nil {
		t.Error(err)
	}
	stateOf(t, dir)
}
