package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

func TestSecretsAreMadeOnceAndOnlyForTheirOwner(t *testing.T) {
	d := native.Dir(t.TempDir())
	s, err := makeSecrets(d)
	if err != nil {
		t.Fatal(err)
	}
	first, err := readAPIKeys(d)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^dsk_([a-z]+)_[A-Za-z0-9_-]{43}$`)
	for role, key := range first {
		if match := form.FindStringSubmatch(key); match == nil || match[1] != role {
			t.Errorf("key of %s is %q", role, key)
		}
	}
	for _, file := range []string{apiKeysFile(d), s.Session, s.Custody} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	for _, file := range []string{s.Session, s.Custody} {
		text, _ := os.ReadFile(file)
		if secret, err := hex.DecodeString(strings.TrimSpace(string(text))); err != nil || len(secret) != 32 {
			t.Errorf("%s holds %q", file, text)
		}
	}
	var hashes map[string]struct{ Role, Client string }
	text, _ := os.ReadFile(s.APIKeys)
	if err := json.Unmarshal(text, &hashes); err != nil {
		t.Fatal(err)
	}
	for role, key := range first {
		hash := sha256.Sum256([]byte(key))
		if got := hashes[hex.EncodeToString(hash[:])]; got.Role != role || got.Client == "" {
			t.Errorf("the hash of the key of %s stands for %+v", role, got)
		}
		if bytes.Contains(text, []byte(key)) {
			t.Errorf("the key of %s is in the file of hashes", role)
		}
	}
	if _, err := makeSecrets(d); err != nil {
		t.Fatal(err)
	}
	if second, _ := readAPIKeys(d); second[roleBooking] != first[roleBooking] {
		t.Error("a second up changed the keys")
	}
	delete(first, roleApprover)
	if err := native.WriteJSON(apiKeysFile(d), first); err != nil {
		t.Fatal(err)
	}
	if _, err := makeSecrets(d); err != nil {
		t.Fatal(err)
	}
	if third, _ := readAPIKeys(d); third[roleBooking] != first[roleBooking] || third[roleApprover] == "" {
		t.Error("the key of a role that came later is missing, or another one changed")
	}
}

func TestCommandsWithoutANetworkSaySo(t *testing.T) {
	for _, test := range []struct {
		command, want string
		code          int
	}{
		{"down", "Nothing is running.", 0},
		{"status", "destinasia up", 1},
		{"logs", "destinasia up", 1},
		{"up --port-base 80", "choose one from 1024", 1},
		{"up --dir /dev/null/below", "--dir", 1},
		{"no-such-command", "unknown command", 1},
		{"member no-such-command", "unknown command", 1},
		{"send m000001 m000002", "destinasia send FROM TO AMOUNT", 1},
		{"send m000001 m000002 -1", "destinasia send --help", 1},
		{"balance ../m000001", "member id", 1},
		{"member create ../m000001 --own-key", "member id", 1},
		{"replay testdata/none.csv", "no such file", 1},
		{"member", "destinasia member [command]", 0},
	} {
		var out bytes.Buffer
		args := append([]string{"--dir", filepath.Join(t.TempDir(), "none")}, strings.Fields(test.command)...)
		if code := run(context.Background(), args, &out, &out); code != test.code {
			t.Errorf("%s: exit code %d, want %d", test.command, code, test.code)
		}
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("%s says %q, want %q", test.command, out.String(), test.want)
		}
	}
}

func TestLastLines(t *testing.T) {
	for _, test := range []struct {
		content string
		count   int
		want    string
	}{
		{"a\nb\nc\n", 2, "b\nc\n"},
		{"a\nb\nc", 2, "b\nc"},
		{"a\nb\n", 5, "a\nb\n"},
		{"", 3, ""},
		{"one\n", 1, "one\n"},
		{"a\nb\n", 0, ""},
	} {
		if got := string(lastLines([]byte(test.content), test.count)); got != test.want {
			t.Errorf("last %d of %q: %q, want %q", test.count, test.content, got, test.want)
		}
	}
}

func TestPrintedSupplyIsTheEquation(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out}
	var assets []client.AssetSupply
	err := json.Unmarshal([]byte(`[{"asset":"DSD","minted":"10.00","reversed":"1.00","redeemed":"2.00","expired":"0.00","adjusted":"0.50","held":"1.25","outstanding":"6.25","pending":"3.00","height":4}]`), &assets)
	if err != nil {
		t.Fatal(err)
	}
	a.printAssets(assets)
	want := "DSD: Supply at 4 blocks, in D$: 10.00 minted + 0.50 adjusted - 1.00 reversed - 2.00 redeemed - 0.00 expired - 1.25 held = 6.25 outstanding. Pending: 3.00.\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if err := balanced(assets[0]); err != nil {
		t.Error(err)
	}
	assets[0].Held++
	if err := balanced(assets[0]); err == nil {
		t.Error("more is held, and it still balances")
	}
}

func TestStagesTellHowLongTheyTook(t *testing.T) {
	var out bytes.Buffer
	s := newStages(&out)
	s.Begin("one")
	s.Advance(1, 2)
	s.Begin("two")
	s.End()
	s.End()
	if lines := strings.Count(out.String(), " s\n"); lines != 2 {
		t.Errorf("printed\n%s", out.String())
	}
}
