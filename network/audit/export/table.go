package export

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/destinasia/dollars/network/audit"
)

// Format is how a table is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); f == CSV || f == JSONLines {
		return f, nil
	}
	return "", fmt.Errorf("%q is no format: there are %s and %s", s, CSV, JSONLines)
}

// sort is what a column holds.
type sort uint8

const (
	plain  sort = iota // text that this program makes: needs no care
	number             // an integer
	text               // from outside
)

// column is a column of lines of a type; its value is "" where a line has none.
type column[L any] struct {
	name  string
	sort  sort
	value func(*L) string
}

// endColumns come after a table's own, for its last line.
var endColumns = []column[audit.Report]{
	{"lines", number, nil}, // the table knows
	{"height", number, func(r *audit.Report) string { return strconv.FormatUint(r.Height, 10) }},
	{"headerHash", plain, func(r *audit.Report) string { return hex.EncodeToString(r.HeaderHash[:]) }},
	{"stateDigest", plain, func(r *audit.Report) string { return hex.EncodeToString(r.StateDigest[:]) }},
}

// table writes lines.
type table[L any] struct {
	columns []column[L]
	format  Format
	names   []string // of all columns
	sorts   []sort
	out     *bufio.Writer
	csv     *csv.Writer
	cells   []string
	lines   int64
}

func newTable[L any](out io.Writer, f Format, columns []column[L]) (*table[L], error) {
	t := &table[L]{columns: columns, format: f, names: []string{"record"}, sorts: []sort{plain}, out: bufio.NewWriterSize(out, 1<<16)}
	for _, c := range columns {
		t.names, t.sorts = append(t.names, c.name), append(t.sorts, c.sort)
	}
	for _, c := range endColumns {
		t.names, t.sorts = append(t.names, c.name), append(t.sorts, c.sort)
	}
	t.csv = csv.NewWriter(t.out)
	if f == CSV {
		return t, t.csv.Write(t.names)
	}
	return t, nil
}

// write writes a line.
func (t *table[L]) write(record string, line *L) error {
	cells := append(t.cells[:0], record)
	for _, c := range t.columns {
		cells = append(cells, c.value(line))
	}
	for range endColumns {
		cells = append(cells, "")
	}
	t.lines++
	return t.put(cells)
}

// end writes the last line.
func (t *table[L]) end(r *audit.Report) error {
	cells := append(t.cells[:0], "end")
	for range t.columns {
		cells = append(cells, "")
	}
	cells = append(cells, strconv.FormatInt(t.lines, 10))
	for _, c := range endColumns[1:] {
		cells = append(cells, c.value(r))
	}
	if err := t.put(cells); err != nil {
		return err
	}
	t.csv.Flush()
	if err := t.csv.Error(); err != nil {
		return err
	}
	return t.out.Flush()
}

// put writes the cells of a line, which are the table's to use again.
func (t *table[L]) put(cells []string) error {
	t.cells = cells
	if t.format == JSONLines {
		return t.object(cells)
	}
	for i, cell := range cells {
		if t.sorts[i] == text {
			cells[i] = defused(cell)
		}
	}
	return t.csv.Write(cells)
}

// object writes the cells that are not empty as members of a JSON object.
func (t *table[L]) object(cells []string) error {
	b := t.out.AvailableBuffer()
	for i, name := range t.names {
		if cells[i] == "" {
			continue
		}
		if len(b) == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), '"', ':')
		switch t.sorts[i] {
		case number:
			b = append(b, cells[i]...)
		case plain:
			b = append(append(append(b, '"'), cells[i]...), '"')
		case text:
			quoted, err := json.Marshal(cells[i])
			if err != nil {
				return err
			}
			b = append(b, quoted...)
		}
	}
	_, err := t.out.Write(append(b, '}', '\n'))
	return err
}

// formulas are what spreadsheets take for the beginning of one, as OWASP lists it under CSV injection (CWE-1236).
const formulas = "=+-@\t\r\n＝＋－＠"

// defused keeps a spreadsheet from taking text for a formula, and text from being anything but UTF-8.
func defused(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formulas, first) {
		return "'" + s
	}
	return s
}
