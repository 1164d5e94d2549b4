package statement

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

var rewrite = flag.Bool("rewrite", false, "write the files in testdata anew")

// example is a statement with a bit of everything.
func example(t *testing.T) wallet.Statement {
	t.Helper()
	month, err := wallet.ParseMonth("2028-02")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day int) int64 { return time.Date(2028, 2, day, 9, 30, 0, 0, time.UTC).Unix() }
	expiry := dollars.Expiry(month + 24)
	friend, shop := dollars.Account{2}, dollars.Account{3}
	s := wallet.Statement{Account: dollars.Account{1}, Month: month, Opening: 100_00, Lines: []wallet.Movement{
		{Line: wallet.LineExpired, Time: month.Start(), Kind: dollars.KindExpire, Expiry: dollars.Expiry(month - 1), Amount: -5_00},
		{Line: wallet.LineEarned, Time: at(3), Kind: dollars.KindComplete, Ref: [32]byte{4}, Version: 1, Expiry: expiry, Amount: 70_00},
		{Line: wallet.LineSent, Time: at(4), Kind: dollars.KindTransfer, Other: friend, Ref: [32]byte{5}, Expiry: expiry, Amount: -20_00},
		{Line: wallet.LineHeld, Time: at(5), Kind: dollars.KindHold, Other: shop, Ref: [32]byte{6}, Expiry: expiry, Amount: -30_00},
		{Line: wallet.LineRedeemed, Time: at(6), Kind: dollars.KindCapture, Other: shop, Ref: [32]byte{6}, Expiry: expiry, Amount: -12_00},
		{Line: wallet.LineReleased, Time: at(7), Kind: dollars.KindRelease, Other: shop, Ref: [32]byte{6}, Expiry: expiry, Amount: 18_00},
		{Line: wallet.LineRedeemed, Time: at(8), Kind: dollars.KindClaim, By: friend, Ref: [32]byte{7}, Name: "lounge", Expiry: expiry, Amount: -10_00},
		{Line: wallet.LineGranted, Time: at(29), Kind: dollars.KindApproveAdjustment, Ref: [32]byte{8}, Name: "goodwill", Expiry: expiry, Amount: 1},
	}}
	for _, m := range s.Lines {
		s.Totals[m.Line] += m.Amount
	}
	s.Closing = s.Opening + s.Totals.Change()
	return s
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is otherwise; run with -rewrite if this is meant:\n%s", path, got)
	}
}

func TestFiles(t *testing.T) {
	s := example(t)
	of := Of{Member: "alice", Asset: "DSD"}
	var table, full, empty bytes.Buffer
	if err := CSV(&table, s); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&full, s, of); err != nil {
		t.Fatal(err)
	}
	s.Lines, s.Totals, s.Closing = nil, wallet.Totals{}, s.Opening
	if err := HTML(&empty, s, Of{Asset: "DSD"}); err != nil {
		t.Fatal(err)
	}
	golden(t, "statement.csv", table.Bytes())
	golden(t, "statement.html", full.Bytes())
	golden(t, "empty.html", empty.Bytes())
}

// The sum that CSV promises, as who opens the file would do it.
func TestCSVAddsUp(t *testing.T) {
	s := example(t)
	var out bytes.Buffer
	if err := CSV(&out, s); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var sum dollars.Amount
	for _, row := range rows[1 : len(rows)-1] {
		digits, negative := strings.CutPrefix(row[8], "-")
		a, err := dollars.ParseAmount(digits)
		if err != nil {
			t.Fatal(err)
		}
		if negative {
			a = -a
		}
		if row[1] != "held" && row[1] != "released" {
			sum += a
		}
	}
	if got := rows[len(rows)-1][8]; sum.String() != got || got != s.Closing.String() {
		t.Errorf("rows make %s, closing is %s", sum, got)
	}
}

func TestNothingGetsOutOfItsPlace(t *testing.T) {
	s := example(t)
	for _, bad := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `=HYPERLINK("http://x")`, "-1+1", "@sum", "a\r\nb,c"} {
		s.Lines[6].Name = bad
		var page, table bytes.Buffer
		if err := HTML(&page, s, Of{Member: wallet.MemberID(bad), Asset: bad}); err != nil {
			t.Fatal(err)
		}
		if err := CSV(&table, s); err != nil {
			t.Fatal(err)
		}
		for _, markup := range []string{"<script", "<img", "http://x\")</"} {
			if strings.Contains(page.String(), markup) {
				t.Errorf("%q is markup in the page", bad)
			}
		}
		rows, err := csv.NewReader(&table).ReadAll()
		if err != nil || len(rows) != len(s.Lines)+3 {
			t.Fatalf("%q: %d rows, %v", bad, len(rows), err)
		}
		if cell := rows[8][6]; strings.ContainsAny(cell[:1], "=+-@") {
			t.Errorf("%q is a formula in the table: %s", bad, cell)
		}
	}
	for _, outside := range []string{"http:", "https:", "src=", "href=", "@import", "url("} {
		if strings.Contains(source, outside) {
			t.Errorf("the page refers to something outside: %s", outside)
		}
	}
}
