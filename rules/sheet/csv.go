package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// csvColumns are the headings: what a table's head says is said by its first row, and its name by every row.
var csvColumns = append([]string{"table", "hit", "rounding"}, names(rowFields)...)

// csvReader turns CSV into a draft.
type csvReader struct {
	*report
	file    string
	comma   rune
	draft   draft
	columns []string       // the headings; nil until they were read. "" where there is none that is known
	tables  map[string]int // where in draft the table of a name is
}

func readCSV(r *report, file, text string) draft {
	c := &csvReader{report: r, file: file, comma: separator(text), tables: map[string]int{}}
	c.draft.set = record{cells: map[string]cell{}}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = c.comma
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true // so that a quote after a space is one
	for {
		fields, err := reader.Read()
		if err == io.EOF {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) { // After a quote gone wrong, nobody can tell what the rest belongs to.
			c.add(Place{File: file, Line: syntax.Line}, "this is not CSV: at byte %d of the line, %v", syntax.Column, syntax.Err)
			return c.draft
		}
		line, _ := reader.FieldPos(0)
		c.read(line, fields)
	}
	if c.columns == nil && len(c.problems) == 0 {
		c.add(Place{File: file}, "the file has no headings: add a line with %s", strings.Join(csvColumns, ", "))
	}
	return c.draft
}

// separator is what separates the cells: whichever comes first, because neither is in a heading or a key.
func separator(text string) rune {
	if i := strings.IndexAny(text, ",;"); i >= 0 && text[i] == ';' {
		return ';'
	}
	return ','
}

// read takes one line, or several where a cell has several.
func (c *csvReader) read(line int, fields []string) {
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	last := len(fields)
	for last > 0 && fields[last-1] == "" { // Spreadsheets make all lines as long as the longest.
		last--
	}
	switch {
	case last == 0:
	case !strings.HasPrefix(fields[0], "#"):
		if c.columns == nil {
			c.headings(line, fields)
		} else {
			c.row(line, fields)
		}
	case c.columns != nil:
		c.add(c.place(line, 1), "lines about the whole set, which start with #, come before the headings")
	case fields[0] != "#" || last == 1:
		c.add(c.place(line, 1), "a line about the whole set has # alone in its first cell, and in the next what it says: %s, tier, policy",
			strings.Join(setNames, ", "))
	case lower(fields[1]) == "tier":
		c.tier(line, fields[:last])
	case lower(fields[1]) == "policy":
		c.policy(line, fields[:last])
	default:
		c.setting(line, fields[:last])
	}
}

// setting takes a line such as "#,name,Winter 2026".
func (c *csvReader) setting(line int, fields []string) {
	name := word(fields[1], setNames)
	first, given := c.draft.set.cells[name]
	switch {
	case !slices.Contains(setNames, name):
		c.add(c.place(line, 2), "unknown name %q: use %s, tier or policy", short(name), strings.Join(setNames, ", "))
	case given:
		c.add(c.place(line, 2), "%s is given twice: first in line %d", name, first.line)
	case len(fields) > 3:
		c.add(c.place(line, 4), "%s has one cell, and this is another", name)
	case len(fields) == 3:
		c.draft.set.cells[name] = cell{fields[2], spot{line, 3}}
	}
}

// tier takes a line such as "#,tier,silver,points=500,nights=10".
func (c *csvReader) tier(line int, fields []string) {
	tier := record{spot: spot{line, 2}, cells: map[string]cell{}}
	if len(fields) > 2 {
		tier.cells["tier"] = cell{fields[2], spot{line, 3}}
		c.pairs(tier, names(tierFields[1:]), line, fields, 3)
	}
	c.draft.tiers = append(c.draft.tiers, tier)
}

// policy takes a line such as "#,policy,orderMost=500,recovery=72h"; there may be several.
func (c *csvReader) policy(line int, fields []string) {
	if c.draft.policy.cells == nil {
		c.draft.policy = record{spot: spot{line, 2}, cells: map[string]cell{}}
	}
	c.pairs(c.draft.policy, names(policyFields), line, fields, 2)
}

// pairs takes the cells from an index on, which are such as "points=500".
func (c *csvReader) pairs(to record, known []string, line int, fields []string, from int) {
	for i := from; i < len(fields); i++ {
		if fields[i] == "" {
			continue
		}
		name, text, ok := strings.Cut(fields[i], "=")
		name, text = word(strings.TrimSpace(name), known), strings.TrimSpace(text)
		if _, given := to.cells[name]; !ok || given || !slices.Contains(known, name) {
			c.add(c.place(line, i+1), "%q is not one of %s=..., each given once", short(name), strings.Join(known, "=..., "))
			continue
		}
		to.cells[name] = cell{c.point(name, text), spot{line, i + 1}}
	}
}

func (c *csvReader) headings(line int, fields []string) {
	c.columns = make([]string, len(fields))
	for i, text := range fields {
		name := word(text, csvColumns)
		switch {
		case name == "":
		case !slices.Contains(csvColumns, name):
			c.add(c.place(line, i+1), "unknown heading %q: %s", short(name), meant(name, csvColumns))
			c.columns[i] = unknown
		case slices.Contains(c.columns, name):
			c.add(c.place(line, i+1), "heading %s is given twice", name)
			c.columns[i] = unknown
		default:
			c.columns[i] = name
		}
	}
	if !slices.Contains(c.columns, "table") {
		c.add(c.place(line, 0), "there is no heading table: each row says which table it belongs to")
	}
}

// unknown is the heading of columns that were reported and are not looked at again.
const unknown = "unknown"

func (c *csvReader) row(line int, fields []string) {
	row := record{spot: spot{line, 1}, cells: map[string]cell{}}
	head := row
	head.cells = map[string]cell{}
	for i, text := range fields {
		name := ""
		if i < len(c.columns) {
			name = c.columns[i]
		}
		value := cell{c.point(name, text), spot{line, i + 1}}
		switch name {
		case unknown:
		case "":
			if text != "" {
				c.add(c.place(line, i+1), "this cell has no heading")
			}
		case "table":
			head.cells["name"] = value
		case "hit", "rounding":
			head.cells[name] = value
		default:
			row.cells[name] = value
		}
	}
	if head.text("name") == "" {
		if slices.Contains(c.columns, "table") {
			c.add(c.place(line, 0), "the row does not say which table it belongs to")
		}
		return
	}
	c.table(head, row)
}

// table adds a row to its table, which begins with its first row.
func (c *csvReader) table(head, row record) {
	name := head.text("name")
	index, known := c.tables[name]
	if !known {
		index = len(c.draft.tables)
		c.tables[name] = index
		c.draft.tables = append(c.draft.tables, draftTable{record: head})
	}
	t := &c.draft.tables[index]
	for _, field := range [...]string{"hit", "rounding"} {
		if again := head.cells[field]; again.text != "" && lower(again.text) != lower(t.text(field)) {
			at := c.place(again.line, again.column)
			at.Table, at.Field = short(name), field
			c.add(at, "%q is not what the table's first row in line %d says, %q", short(again.text), t.line, short(t.text(field)))
		}
	}
	t.rows = append(t.rows, row)
}

// point makes a decimal comma a point, where a comma cannot be anything else.
func (c *csvReader) point(name, text string) string {
	if c.comma == ';' && slices.Contains(amounts, name) {
		return strings.Replace(text, ",", ".", 1)
	}
	return text
}

var amounts = slices.Concat(namesOf(amount, tierFields), namesOf(amount, policyFields), namesOf(amount, rowFields))

func namesOf[T any](f form, fields []field[T]) []string {
	return names(slices.DeleteFunc(slices.Clone(fields), func(field field[T]) bool { return field.form != f }))
}

// place is a cell; that of a column with a heading has its name.
func (c *csvReader) place(line, column int) Place {
	at := Place{File: c.file, Line: line, Column: column}
	if column > 0 && column <= len(c.columns) && c.columns[column-1] != unknown {
		at.Field = c.columns[column-1]
	}
	return at
}
