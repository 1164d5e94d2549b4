package sheet

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/destinasia/dollars/chaincode/earn"
)

// MaxFile is how long a file may be, in bytes: four times what a rule set may be on the ledger, for remarks and layout.
const MaxFile = 1 << 20

// Sheet is a rule set and where its file says what.
type Sheet struct {
	Rules earn.RuleSet
	file  string
	draft draft
}

// Read reads a file: YAML where the name ends with .yaml or .yml, CSV where it ends with .csv. The error is Problems.
func Read(name string, data []byte) (*Sheet, error) {
	r := &report{}
	file := Place{File: name}
	var parse func(*report, string, string) draft
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		parse = readYAML
	case ".csv":
		parse = readCSV
	default:
		r.add(file, "a rule set's file ends with .yaml, .yml or .csv")
		return nil, r.err()
	}
	text := checkText(r, file, data)
	if err := r.err(); err != nil {
		return nil, err
	}
	s := &Sheet{file: name, draft: parse(r, name, text)}
	s.Rules = build(r, s)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Check says whether the rule set compiles. The error is Problems: what is wrong, where the file says it.
func (s *Sheet) Check() error {
	_, err := earn.Compile(s.Rules)
	var faults earn.Faults
	if !errors.As(err, &faults) {
		return err
	}
	r := &report{}
	for _, f := range faults {
		r.add(s.Place(f.Table, f.Row, f.Column), "%s", f.Detail)
	}
	return r.err()
}

// Place tells where the file has a column of a row, numbered as in Rules; an earn.Fault has these three. A row of -1 is
// the table itself, a table of -1 the whole set and its policy or, with a row, that tier. What the file does not say is where the row,
// table or file begins.
func (s *Sheet) Place(table, row int, column string) Place {
	if written, ok := writtenAs[column]; ok {
		column = written
	}
	at := Place{File: s.file, Field: column}
	from := s.draft.set
	switch {
	case table >= 0 && table < len(s.draft.tables):
		t := s.draft.tables[table]
		at.Table, from = t.title("name", table), t.record
		if row >= 0 && row < len(t.rows) {
			at.Row, from = t.rows[row].title("id", row), t.rows[row]
		}
	case table < 0 && row >= 0 && row < len(s.draft.tiers):
		at.Tier, from = s.draft.tiers[row].title("tier", row), s.draft.tiers[row]
	case table < 0 && row < 0 && s.draft.policy.cells != nil && slices.Contains(names(policyFields), column):
		from = s.draft.policy
	}
	where := from.find(column)
	at.Line, at.Column = where.line, where.column
	return at
}

// writtenAs names what a file says of a season and of lengths of time in other words than a rule set.
var writtenAs = map[string]string{
	"season": "from", "start": "from", "end": "until", "coolingSeconds": "cooling", "recoverySeconds": "recovery",
}

// checkText returns the file as text with lines that end with \n, once it is known to be one.
func checkText(r *report, file Place, data []byte) string {
	if len(data) > MaxFile {
		r.add(file, "a file of %d bytes is more than %d: a rule set is much smaller", len(data), MaxFile)
		return ""
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	at := Place{File: file.File, Line: 1, Column: 1}
	for rest := text; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case c == utf8.RuneError && size == 1:
			r.add(at, "byte %#02x is not UTF-8 here: save the file as UTF-8", rest[0])
			return ""
		case c != '\t' && c != '\n' && unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp):
			r.add(at, "control character %U: remove it", c)
		}
		rest = rest[size:]
		at.Column++
		if c == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
	}
	return text
}
