package statement

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

//go:embed statement.html
var source string

var page = template.Must(template.New("statement").Funcs(template.FuncMap{
	"account": account, "reference": reference,
	"time": func(unix int64) string { return utc(unix).Format("2006-01-02 15:04") },
}).Parse(source))

// Policy is the Content-Security-Policy that the page needs: its own style, and nothing that is loaded, run or sent.
var Policy = func() string {
	_, style, _ := strings.Cut(source, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// total is one row of the sum from opening to closing.
type total struct {
	Line   wallet.Line
	Amount string
}

// HTML writes a statement as a page that needs nothing else, to be read on a screen or printed.
func HTML(w io.Writer, s wallet.Statement, of Of) error {
	data := struct {
		wallet.Statement
		Of
		Sum, Within []total
	}{Statement: s, Of: of}
	for i, a := range s.Totals {
		line := wallet.Line(i)
		switch {
		case a == 0:
		case line.Counts():
			data.Sum = append(data.Sum, total{line, a.String()})
		default:
			data.Within = append(data.Within, total{line, a.String()})
		}
	}
	return page.Execute(w, data)
}
