package test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/test/network"
)

// needle is a form in which a text may be written down.
type needle struct {
	form  string
	bytes []byte
}

// written is how a text may be in a file: as it is and in other case, in hex, and in base64 wherever it begins.
func written(text string) (all []needle) {
	for name, variant := range map[string]string{"plain": text, "lower case": strings.ToLower(text), "upper case": strings.ToUpper(text)} {
		all = append(all, needle{name, []byte(variant)})
		all = append(all, encoded(name, []byte(variant))...)
	}
	return all
}

// hashed is how what follows from a text may be in a file: its hashes, raw and encoded. A hash of a short name is as
// good as the name.
func hashed(text string) (all []needle) {
	for _, variant := range []string{text, strings.ToLower(text), strings.ToUpper(text)} {
		sum := sha256.Sum256([]byte(variant))
		for name, hash := range map[string][]byte{"SHA-256": sum[:], "Keccak-256": crypto.Keccak256([]byte(variant))} {
			all = append(all, needle{name, hash})
			all = append(all, encoded(name, hash)...)
		}
	}
	return all
}

func encoded(name string, raw []byte) []needle {
	text := hex.EncodeToString(raw)
	all := []needle{{name + " in hex", []byte(text)}, {name + " in HEX", []byte(strings.ToUpper(text))}}
	for before := range 3 {
		for form, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
			// Only the characters that depend on nothing before or after.
			all = append(all, needle{fmt.Sprintf("%s in %s after %d bytes", name, form, before), []byte(
				encoding.EncodeToString(append(make([]byte, before), raw...))[(before*8+5)/6 : (before+len(raw))*8/6])})
		}
	}
	return all
}

// found tells in which files below a folder any of the needles is, and in what form.
func found(t *testing.T, folder string, needles []needle) (places []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !d.Type().IsRegular()) {
			return nil // the network lives on, and removes files
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, n := range needles {
			if bytes.Contains(data, n.bytes) {
				places = append(places, fmt.Sprintf("%s (%s)", path, n.form))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// The search of the next test must see what it looks for.
func TestTheSearchForPersonalDataSees(t *testing.T) {
	const text = "Ottoline-Vandergeest.1971"
	sum := sha256.Sum256([]byte(text))
	for i, hidden := range []string{
		text, strings.ToLower(text), strings.ToUpper(text),
		hex.EncodeToString([]byte(text)), fmt.Sprintf("%X", strings.ToLower(text)),
		base64.StdEncoding.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte("x" + text + "y")),
		base64.URLEncoding.EncodeToString([]byte("??" + text + "yz")), base64.RawStdEncoding.EncodeToString([]byte("xyz" + text)),
		string(sum[:]), fmt.Sprintf("%x", sum), string(crypto.Keccak256([]byte(text))), base64.StdEncoding.EncodeToString(append([]byte{7, 7}, sum[:]...)),
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "block"), []byte("before\x00"+hidden+"\xffafter"), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(found(t, folder, append(written(text), hashed(text)...))) == 0 {
			t.Errorf("%d: %q was not seen", i, hidden)
		}
		if places := found(t, folder, append(written("Peregrine"), hashed("Peregrine")...)); len(places) > 0 {
			t.Errorf("%d: what is not there was seen in %v", i, places)
		}
	}
}

// Nothing that people are told by gets into a block; and once the directory has forgotten a member, no file of the network
// tells who it was, while every balance and the audit stay what they were.
func TestNothingPersonalIsOnTheLedger(t *testing.T) {
	n := network.Start(t)
	const (
		ottoline, peregrine = "Ottoline-Vandergeest.1971", "Peregrine_Quillfeather-88"
		stay, item          = "Honeymoon on Bora-Bora #4711", "Overwater suite for Ottoline"
		lost, reason        = "Cruise with Aunt Brunhilde", "Aunt Brunhilde has fallen ill"
		memo                = "Happy birthday, dear Cornelius!"
	)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Run("member", "create", ottoline)
	n.Run("member", "create", peregrine, "--own-key", "--passphrase-file", passphrase)
	confirmed := func(booking string) bookings.Data {
		day := bookings.DateOf(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		return bookings.Data{Booking: booking, Member: ottoline, Items: []bookings.Item{{
			Item: item, Kind: bookings.Hotel, Price: bookings.Price{Amount: 1000_00, Currency: "EUR"}, Start: day, End: day,
		}}}
	}
	system := n.API("booking")
	report(t, system, bookings.Confirmed, "event-of-Ottoline-1", confirmed(stay))
	report(t, system, bookings.Completed, "event-of-Ottoline-2", bookings.Data{Booking: stay, Items: []bookings.Item{{Item: item}}})
	report(t, system, bookings.Confirmed, "event-of-Ottoline-3", confirmed(lost))
	report(t, system, bookings.Cancelled, "event-of-Ottoline-4", bookings.Data{Booking: lost, Items: []bookings.Item{{Item: item}}, Reason: reason})
	n.Run("send", ottoline, peregrine, "20.00", "--memo", memo)
	n.Run("send", peregrine, ottoline, "5.00", "--memo", memo, "--passphrase-file", passphrase)
	n.Run("redeem", ottoline, "1.00", "--memo", memo)

	members := []string{ottoline, peregrine}
	accounts := map[string]string{}
	for _, id := range members {
		m, err := n.API("member").Member(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		accounts[id] = m.Account.String()
	}
	before := supply(t, n)
	search := func(folder string) {
		t.Helper()
		n.Run("audit", "export", "blocks", folder)
		for _, text := range []string{ottoline, peregrine, stay, item, lost, reason, memo, "event-of-Ottoline", "Cornelius", "Brunhilde"} {
			if places := found(t, folder, written(text)); len(places) > 0 {
				t.Errorf("%q is in %v", text, places)
			}
		}
		for _, id := range members {
			if places := found(t, folder, hashed(id)); len(places) > 0 {
				t.Errorf("a hash of %q is in %v", id, places)
			}
			// What is on the ledger of the member is the account. A search that does not see it sees nothing.
			if len(found(t, folder, written(strings.TrimPrefix(accounts[id], "0x")))) == 0 {
				t.Errorf("the account of %q, %s, is not in the blocks: this search is blind", id, accounts[id])
			}
		}
	}
	search(filepath.Join(t.TempDir(), "blocks"))

	if places := found(t, n.Dir, written(ottoline)); len(places) == 0 {
		t.Error("the service never wrote the member down: the next search would be blind")
	}
	if out, err := n.Command("member", "forget", ottoline, "--yes").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("points_left")) {
		t.Fatalf("forgot a member with points: %v\n%s", err, out)
	}
	certificate := filepath.Join(t.TempDir(), "certificate.json")
	n.Run("member", "forget", ottoline, "--yes", "--abandon-points", "--out", certificate)
	if places := found(t, n.Dir, append(written(ottoline), hashed(ottoline)...)); len(places) > 0 {
		t.Errorf("the forgotten member is in %v", places)
	}
	text, err := os.ReadFile(certificate)
	if err != nil || !bytes.Contains(text, []byte(accounts[ottoline])) || len(found(t, filepath.Dir(certificate), written(ottoline))) > 0 {
		t.Errorf("the certificate is %s, %v", text, err)
	}
	if out, err := n.Command("member", "forget", ottoline, "--yes").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("member_unknown")) {
		t.Errorf("forgotten twice: %v\n%s", err, out)
	}
	if after := supply(t, n); after != before {
		t.Errorf("the supply was %+v and is %+v", before, after)
	}
	n.Run("audit")
	n.Run("send", peregrine, accounts[ottoline], "1.00", "--passphrase-file", passphrase) // the account is there
	n.Run("member", "create", ottoline)
	m, err := n.API("member").Member(t.Context(), ottoline)
	if err != nil || m.Account.String() == accounts[ottoline] {
		t.Errorf("enrolled anew as %+v, %v", m, err)
	}
}
