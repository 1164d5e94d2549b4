package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

// followed is an audit under way that has come to a height, and what it prints.
func followed(asJSON bool) (*following, *bytes.Buffer) {
	var out bytes.Buffer
	c := &auditCommand{app: &app{out: &out, errs: io.Discard}, asJSON: asJSON}
	f := &following{auditCommand: c, kept: &checkpoints{}, metrics: newAuditMetrics(), line: newStatusLine(c.errs)}
	f.progress(audit.Report{Height: 7, Operations: 70, Supply: dollars.Supply{Minted: 12_34}, Outstanding: 12_34})
	return f, &out
}

// TestTheFirstDivergenceIsAnAlert that a log system can match, and ends the command with exit code 1.
func TestTheFirstDivergenceIsAnAlert(t *testing.T) {
	wrong := &audit.Divergence{Block: 7, Transaction: 2, TxID: "ab", Key: "a/x", Reason: "the rules write this key"}
	f, out := followed(false)
	if err := f.end(t.Context(), wrong); !errors.Is(err, errReported) {
		t.Errorf("it ended with %v", err)
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 1 || !strings.HasSuffix(lines[0], "Z ALERT divergence: "+wrong.Error()) {
		t.Errorf("it printed %q", lines)
	}
	f, out = followed(true)
	if err := f.end(t.Context(), wrong); !errors.Is(err, errReported) {
		t.Errorf("it ended with %v", err)
	}
	var e auditEvent
	if err := json.Unmarshal(out.Bytes(), &e); err != nil || e.Event != eventDivergence || e.Divergence == nil || e.Height != 7 {
		t.Fatalf("it printed %s: %v", out, err)
	}
	if d := e.Divergence; d.Block != 7 || *d.Transaction != 2 || d.TxID != "ab" || d.Key != "a/x" || d.Reason != wrong.Reason {
		t.Errorf("the divergence is %+v", d)
	}
}

// TestProgressIsToldOnce, and only where there is some.
func TestProgressIsToldOnce(t *testing.T) {
	f, out := followed(false)
	f.tellAudited()
	f.tellAudited()
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "audited: 7 blocks are right; 70 operations; 12.34 minted") {
		t.Errorf("it printed %q", text)
	}
}

// TestADivergenceIsInTheMetricsUntilItWasRead, so that whoever reads them now and then sees it.
func TestADivergenceIsInTheMetricsUntilItWasRead(t *testing.T) {
	f, _ := followed(false)
	f.metrics.peer("peer0", 9)
	f.metrics.peer("peer1", 5)
	f.metrics.silent("peer1")
	server := httptest.NewServer(f.metrics.handler())
	defer server.Close()
	read := func() string {
		answer, err := http.Get(server.URL + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text := read()
	for _, line := range []string{
		"destinasia_audit_height 7", "destinasia_audit_operations 70", "destinasia_audit_outstanding_cents 1234", "destinasia_audit_diverged 0",
		`destinasia_audit_peer_height{peer="peer0"} 9`, `destinasia_audit_lag_blocks{peer="peer0"} 2`, `destinasia_audit_peer_up{peer="peer0"} 1`,
		`destinasia_audit_peer_height{peer="peer1"} 5`, `destinasia_audit_lag_blocks{peer="peer1"} 0`, `destinasia_audit_peer_up{peer="peer1"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics lack %s:\n%s", line, text)
		}
	}
	if !strings.Contains(text, "destinasia_audit_seconds_since_block ") {
		t.Error("they do not say how old the last block is")
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		f.metrics.showDivergence(t.Context(), time.Hour)
	}()
	for !strings.Contains(text, "destinasia_audit_diverged 1\n") {
		select {
		case <-over:
			t.Fatal("it ended before anybody knew")
		default:
			text = read()
		}
	}
	read() // had the first begun a moment before it was final
	<-over
	f.metrics.final.Store(false)
	f.metrics.showDivergence(t.Context(), 0) // nobody reads
	for _, address := range []string{"", "9400", "127.0.0.1:none"} {
		if _, err := f.metrics.serve(address); err == nil || !strings.Contains(err.Error(), "--metrics") {
			t.Errorf("--metrics %q: %v", address, err)
		}
	}
	stop, err := f.metrics.serve(":0")
	if err != nil {
		t.Fatal(err)
	}
	stop()
}

// TestWhoSignsIsKnownBeforeTheAudit: hours of it should not end for want of a key.
func TestWhoSignsIsKnownBeforeTheAudit(t *testing.T) {
	n, err := topology.Development(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	layout := material.Layout(filepath.Join(t.TempDir(), "material"))
	if err := material.Make(string(layout), n, time.Now()); err != nil {
		t.Fatal(err)
	}
	a := &app{dir: t.TempDir(), out: io.Discard, errs: io.Discard}
	trusted, err := a.auditRoots(string(layout))
	if err != nil {
		t.Fatal(err)
	}
	msp := layout.UserMSP("aircnc", auditorUser)
	kept := keeping{dir: filepath.Join(t.TempDir(), "kept"), signer: msp, every: time.Minute}
	opened, err := kept.open(a, trusted)
	if err != nil || opened.from != nil || opened.first() != 0 || len(opened.by.Certificate) == 0 {
		t.Fatalf("an auditor's directory: %+v, %v", opened, err)
	}
	if signature, err := opened.by.Sign([]byte("message")); err != nil || len(signature) == 0 {
		t.Error(err)
	}
	none := keeping{every: usualPeriod}
	if opened, err := none.open(a, trusted); err != nil || opened.first() != 0 {
		t.Errorf("no checkpoint: %v", err)
	}
	for name, change := range map[string]func(*keeping){
		"a signer of nothing": func(k *keeping) { k.dir, k.every = "", usualPeriod },
		"a period of nothing": func(k *keeping) { k.dir, k.signer = "", "" },
		"no such directory":   func(k *keeping) { k.signer = t.TempDir() },
		"no time in between":  func(k *keeping) { k.every = 0 },
		"a broken checkpoint": func(k *keeping) {
			k.dir = t.TempDir()
			if err := os.WriteFile(filepath.Join(k.dir, "checkpoint.json"), []byte("{}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	} {
		wrong := kept
		change(&wrong)
		if _, err := wrong.open(a, trusted); err == nil {
			t.Errorf("%s: it began", name)
		}
	}
}
