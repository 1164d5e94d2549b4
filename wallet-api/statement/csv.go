package statement

import (
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// CSV writes a statement for a spreadsheet (RFC 4180): a header, the opening, a row for each line, and the closing. The
// amounts of all rows between opening and closing that are not held or released add up to the difference.
func CSV(w io.Writer, s wallet.Statement) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	edge := func(name string, unix int64, amount string) []string {
		return []string{utc(unix).Format(time.RFC3339), name, "", "", "", "", "", "", amount}
	}
	rows := [][]string{
		{"time", "line", "operation", "counterparty", "signed_by", "reference", "note", "expiry", "amount"},
		edge("opening", s.Month.Start(), s.Opening.String()),
	}
	for _, m := range s.Lines {
		rows = append(rows, []string{
			utc(m.Time).Format(time.RFC3339), m.Line.String(), m.Kind.String(), account(m.Other), account(m.By), reference(m),
			text(m.Name), m.Expiry.String(), m.Amount.String(),
		})
	}
	rows = append(rows, edge("closing", (s.Month+1).Start()-1, s.Closing.String()))
	return out.WriteAll(rows)
}

// text keeps a spreadsheet from taking words for a formula.
func text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
