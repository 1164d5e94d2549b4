package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/destinasia/dollars/chaincode/earn"
)

// WriteYAML writes a rule set as Read reads it. Its tables come last, so that one can be appended to the file.
func WriteYAML(w io.Writer, r earn.RuleSet) error {
	zone := commonZone(r)
	root := mapping(0)
	for _, s := range settings(r, zone) {
		add(root, s.name, scalar(s.text, s.form))
	}
	if len(r.Tiers) > 0 {
		tiers := list()
		for i := range r.Tiers {
			tiers.Content = append(tiers.Content, fieldsNode(tierFields, &r.Tiers[i], yaml.FlowStyle))
		}
		add(root, "tiers", tiers)
	}
	if r.Policy != nil {
		add(root, "policy", fieldsNode(policyFields, r.Policy, 0))
	}
	tables := list()
	for i := range r.Tables {
		table := fieldsNode(tableFields, &r.Tables[i], 0)
		rows := list()
		for _, row := range r.Tables[i].Rows {
			style := yaml.FlowStyle
			if row.When != "" || row.Season != nil {
				style = 0 // A line of its own for each, because the row would not fit into one.
			}
			row = withoutDefaults(row, zone)
			rows.Content = append(rows.Content, fieldsNode(rowFields, &row, style))
		}
		add(table, "rows", rows)
		tables.Content = append(tables.Content, table)
	}
	add(root, "tables", tables)
	text, err := yaml.Dump(root, yaml.WithLineWidth(-1), yaml.WithCompactSeqIndent(false))
	if err != nil {
		return fmt.Errorf("write rule set %q as YAML: %w", r.Name, err)
	}
	return writeChecked(w, "rules.yaml", text, r)
}

func mapping(style yaml.Style) *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Style: style} }

func list() *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode} }

func add(to *yaml.Node, name string, value *yaml.Node) {
	to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
}

func fieldsNode[T any](fields []field[T], of *T, style yaml.Style) *yaml.Node {
	node := mapping(style)
	for _, f := range fields {
		if text := f.text(of); text != "" {
			add(node, f.name, scalar(text, f.form))
		}
	}
	return node
}

// scalar leaves numbers and dates bare; words are quoted where YAML would take them for something else. A condition that
// would need quotes gets lines of its own instead, where the quotes in it stay as they are.
func scalar(text string, f form) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch f {
	case several:
		if kinds := strings.Fields(text); len(kinds) > 1 {
			node = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, kind := range kinds {
				node.Content = append(node.Content, scalar(kind, plain))
			}
		}
	case condition:
		if strings.Contains(text, ": ") || strings.ContainsAny(text, "\n#") || strings.ContainsAny(text[:1], "!\"'[{-") {
			node.Style = yaml.LiteralStyle
		}
		node.Tag = "!!str"
	case words:
		node.Tag = "!!str"
	}
	return node
}

// WriteCSV writes a rule set as Read reads it, with commas and only the columns that it uses. A table without rows has
// no place in CSV.
func WriteCSV(w io.Writer, r earn.RuleSet) error {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	write := func(fields []string) { _ = out.Write(fields) } // Errors stay with the writer until they are asked for.
	zone := commonZone(r)
	for _, s := range settings(r, zone) {
		write([]string{"#", s.name, s.text})
	}
	for i := range r.Tiers {
		write(append([]string{"#", "tier", r.Tiers[i].Tier}, pairs(tierFields[1:], &r.Tiers[i])...))
	}
	if r.Policy != nil {
		write(append([]string{"#", "policy"}, pairs(policyFields, r.Policy)...))
	}
	var rows []earn.Row
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			rows = append(rows, withoutDefaults(row, zone))
		}
	}
	columns, cells := grid(rows)
	write(append([]string{"table", "hit", "rounding"}, columns...))
	for _, t := range r.Tables {
		hit, rounding := string(t.Hit), string(t.Rounding)
		for range t.Rows {
			write(append([]string{t.Name, hit, rounding}, cells[0]...))
			hit, rounding, cells = "", "", cells[1:]
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write rule set %q as CSV: %w", r.Name, err)
	}
	return writeChecked(w, "rules.csv", b.Bytes(), r)
}

// pairs are what there is to say, such as "points=500.00".
func pairs[T any](fields []field[T], of *T) (cells []string) {
	for _, f := range fields {
		if text := f.text(of); text != "" {
			cells = append(cells, f.name+"="+text)
		}
	}
	return cells
}

// setting is what a file says of the whole set.
type setting struct {
	name, text string
	form       form
}

// settings are those that there are.
func settings(r earn.RuleSet, zone string) []setting {
	all := []setting{
		{"name", r.Name, words},
		{"currency", r.Currency, words},
		{"starts", startsText(r.Starts, zone), plain},
		{"zone", zone, plain},
	}
	return slices.DeleteFunc(all, func(s setting) bool { return s.text == "" })
}

// startsText is a day where the set starts with one in the zone, and otherwise the second; "" where it starts with its
// publication.
func startsText(starts int64, zone string) string {
	if starts == 0 {
		return ""
	}
	at := time.Unix(starts, 0).UTC()
	if day, ok := beginningOf(at, zone); ok {
		return day
	}
	return at.Format(time.RFC3339)
}

// beginningOf is the day that begins at a time in a zone, if one does.
func beginningOf(at time.Time, zone string) (string, bool) {
	location, err := time.LoadLocation(zone) // "" is UTC.
	if err != nil {
		return "", false
	}
	text := at.In(location).Format(time.DateOnly)
	day, err := parseDay(text)
	return text, err == nil && firstInstant(day, location).Equal(at)
}

// commonZone is the time zone that a file names for all its dates: the first of a season, or the first in which the set
// starts with a day.
func commonZone(r earn.RuleSet) string {
	first := ""
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if row.Season == nil || row.Season.Zone == "" {
				continue
			}
			if first == "" {
				first = row.Season.Zone
			}
			if _, ok := beginningOf(time.Unix(r.Starts, 0), row.Season.Zone); ok {
				return row.Season.Zone
			}
		}
	}
	return first
}

// withoutDefaults is a row without what its file already says for all.
func withoutDefaults(row earn.Row, zone string) earn.Row {
	if row.Season == nil {
		return row
	}
	season := *row.Season
	if season.Zone == zone {
		season.Zone = ""
	}
	if season.By == earn.ByBooking {
		season.By = ""
	}
	row.Season = &season
	return row
}

// writeChecked writes text once it is sure to read back as the rule set.
func writeChecked(w io.Writer, name string, text []byte, r earn.RuleSet) error {
	const no = "nothing was written: as a file, rule set %q would be "
	s, err := Read(name, text)
	if err != nil {
		return fmt.Errorf(no+"refused: %w", r.Name, err)
	}
	if where := difference(s.Rules, r); where != "" {
		return fmt.Errorf(no+"another: %s would change", r.Name, where)
	}
	_, err = w.Write(text)
	return err
}

// difference names the first place in which two rule sets differ; "" is none.
func difference(a, b earn.RuleSet) string {
	switch {
	case a.Name != b.Name || a.Currency != b.Currency || a.Starts != b.Starts:
		return "its name, currency or start"
	case !slices.Equal(a.Tiers, b.Tiers):
		return "its tiers"
	case *policyOf(a) != *policyOf(b) || (a.Policy == nil) != (b.Policy == nil):
		return "its policy"
	case len(a.Tables) != len(b.Tables):
		return "the number of its tables"
	}
	for i, t := range a.Tables {
		other := b.Tables[i]
		if t.Name != other.Name || t.Hit != other.Hit || t.Rounding != other.Rounding || len(t.Rows) != len(other.Rows) {
			return fmt.Sprintf("table %q", other.Name)
		}
		for j := range t.Rows {
			if row := other.Rows[j]; !sameRow(t.Rows[j], row) {
				return fmt.Sprintf("row %q", row.ID)
			}
		}
	}
	return ""
}

func sameRow(a, b earn.Row) bool {
	kinds := slices.Equal(a.Kinds, b.Kinds)
	seasons := a.Season == b.Season || a.Season != nil && b.Season != nil && *a.Season == *b.Season
	a.Kinds, b.Kinds, a.Season, b.Season = nil, nil, nil, nil
	return kinds && seasons && reflect.DeepEqual(a, b)
}
