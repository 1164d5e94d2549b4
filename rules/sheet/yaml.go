package sheet

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlReader turns YAML into a draft. It works on nodes, not on values: nodes have places, their text is as it was
// written, and an alias in them is a node to refuse and never a copy.
type yamlReader struct {
	*report
	file string
}

func readYAML(r *report, file, text string) draft {
	y := yamlReader{r, file}
	root := y.document(text)
	if root == nil {
		return draft{}
	}
	set, parts := y.mapping(root, Place{}, setNames, "tiers", "policy", "tables")
	d := draft{set: set}
	for i, node := range y.items(parts["tiers"], Place{}) {
		tier, _ := y.mapping(node, Place{Tier: title(node, "tier", i)}, names(tierFields))
		d.tiers = append(d.tiers, tier)
	}
	if node := parts["policy"]; node != nil && !y.nothing(node) {
		d.policy, _ = y.mapping(node, Place{}, names(policyFields))
	}
	for i, node := range y.items(parts["tables"], Place{}) {
		at := Place{Table: title(node, "name", i)}
		head, lists := y.mapping(node, at, names(tableFields), "rows")
		table := draftTable{record: head}
		for j, node := range y.items(lists["rows"], at) {
			at.Row = title(node, "id", j)
			row, _ := y.mapping(node, at, names(rowFields))
			table.rows = append(table.rows, row)
		}
		d.tables = append(d.tables, table)
	}
	return d
}

// document is the root of the file's one document, or nil.
func (y yamlReader) document(text string) *yaml.Node {
	var docs [2]yaml.Node
	var err error
	loader, err := yaml.NewLoader(strings.NewReader(text))
	for i := 0; err == nil && i < len(docs); i++ {
		err = loader.Load(&docs[i])
	}
	var syntax *yaml.LoadError
	switch first, second := docs[0], docs[1]; {
	case errors.As(err, &syntax):
		y.add(Place{File: y.file, Line: syntax.Mark.Line, Column: syntax.Mark.Column}, "this is not YAML: %s (%s)", syntax.Message, hint(syntax.Message))
	case err != nil && err != io.EOF:
		y.add(Place{File: y.file}, "this is not YAML: %v", err)
	case len(first.Content) == 0:
		y.add(Place{File: y.file}, "the file is empty")
	case len(second.Content) != 0:
		y.add(y.place(&second, Place{}, ""), "a second document begins here: a file holds one rule set")
	default:
		return first.Content[0]
	}
	return nil
}

// hints are what to do about a syntax error by a part of its message. The parser names what it expected, which is rarely
// where people went wrong.
var hints = []struct{ message, hint string }{
	{"',' or", "inside { } and [ ], a value with , [ ] { } : # or quotes in it needs quotes around it as a whole, such as {id: x, when: 'month in [7, 8]'}"},
	{"tab character", "indent with spaces"},
	{"end of stream", "is a quote not closed?"},
	{"", "a value that has \": \" or \" #\" in it, or begins with a quote, [ or {, needs quotes around it as a whole; what belongs together begins in the same column"},
}

func hint(message string) string {
	i := slices.IndexFunc(hints, func(h struct{ message, hint string }) bool { return strings.Contains(message, h.message) })
	return hints[i].hint // The last is for all.
}

// pulledApart is what to add about an unknown key that may be the rest of a value with a comma in it.
func pulledApart(node, value *yaml.Node) string {
	if node.Style&yaml.FlowStyle == 0 || value.ShortTag() != "!!null" || value.Value != "" {
		return ""
	}
	return "; or, if this belongs to the value before it, put quotes around all of that"
}

// title is how people call what a node holds, as record.title, before it was read.
func title(node *yaml.Node, name string, index int) string {
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if text := strings.TrimSpace(value.Value); key.Value == name && value.Kind == yaml.ScalarNode && text != "" {
				return short(text)
			}
		}
	}
	return strconv.Itoa(index + 1)
}

// mapping reads a node that must be a mapping of the names given. Those of parts are returned as the nodes they are.
func (y yamlReader) mapping(node *yaml.Node, at Place, known []string, parts ...string) (record, map[string]*yaml.Node) {
	r := record{spot: spot{node.Line, node.Column}, cells: map[string]cell{}}
	nodes := map[string]*yaml.Node{}
	if !y.ordinary(node, at, "") {
		return r, nodes
	}
	if node.Kind != yaml.MappingNode {
		y.add(y.place(node, at, ""), "%s is here where keys and values must be: %s", kindOf(node), strings.Join(append(slices.Clone(known), parts...), ", "))
		return r, nodes
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := key.Value
		isPart := slices.Contains(parts, name)
		switch first, given := r.cells[name]; {
		case !y.ordinary(key, at, ""):
		case key.Kind != yaml.ScalarNode:
			y.add(y.place(key, at, ""), "%s is here where a key must be", kindOf(key))
		case !isPart && !slices.Contains(known, name):
			y.add(y.place(key, at, ""), "unknown key %q: %s", short(name), meant(name, append(slices.Clone(known), parts...))+pulledApart(node, value))
		case given:
			y.add(y.place(key, at, name), "given twice: first in line %d", first.line)
		case isPart:
			r.cells[name] = cell{spot: spot{key.Line, key.Column}}
			nodes[name] = value
		default:
			r.cells[name] = cell{y.scalar(value, at, name), spot{value.Line, value.Column}}
		}
	}
	return r, nodes
}

// scalar is the text of a value; that of a list of kinds is the kinds.
func (y yamlReader) scalar(node *yaml.Node, at Place, name string) string {
	if name == "kinds" && node.Kind == yaml.SequenceNode && y.ordinary(node, at, name) {
		var kinds []string
		for _, item := range node.Content {
			kinds = append(kinds, y.scalar(item, at, name))
		}
		return strings.Join(kinds, " ")
	}
	switch {
	case !y.ordinary(node, at, name):
	case node.Kind != yaml.ScalarNode:
		y.add(y.place(node, at, name), "%s is here where one value must be", kindOf(node))
	case node.ShortTag() != "!!null":
		return strings.TrimSpace(node.Value)
	}
	return ""
}

// items are the nodes of a list; one that was not given has none.
func (y yamlReader) items(node *yaml.Node, at Place) []*yaml.Node {
	switch {
	case node == nil || !y.ordinary(node, at, "") || y.nothing(node):
	case node.Kind != yaml.SequenceNode:
		y.add(y.place(node, at, ""), "%s is here where a list must be: begin each of its items with -", kindOf(node))
	default:
		return node.Content
	}
	return nil
}

// nothing tells whether a key has no value.
func (yamlReader) nothing(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// ordinary refuses what makes YAML say something else than it seems to.
func (y yamlReader) ordinary(node *yaml.Node, at Place, name string) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		y.add(y.place(node, at, name), "*%s stands for something written elsewhere: write it here", short(node.Value))
	case node.Anchor != "":
		y.add(y.place(node, at, name), "&%s is an anchor: leave it out", short(node.Anchor))
	case node.Style&yaml.TaggedStyle != 0:
		y.add(y.place(node, at, name), "%s is a tag: leave it out", short(node.Tag))
	default:
		return true
	}
	return false
}

func (y yamlReader) place(node *yaml.Node, at Place, field string) Place {
	at.File, at.Line, at.Column, at.Field = y.file, node.Line, node.Column, field
	return at
}

func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}
