package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxProblems bounds what is reported of one file: more is a file of another kind.
const maxProblems = 50

// Place is where something is written.
type Place struct {
	File         string
	Line, Column int    // from 1; 0 where unknown. In YAML a column is a character of the line, in CSV a cell of the row
	Table, Row   string // their name and id, or their number; "" where it is in none
	Tier         string // the same, of a tier
	Field        string // name of the column or key; "" where it is about all of them
}

func (p Place) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		fmt.Fprintf(&b, ":%d", p.Column)
	}
	for _, part := range [...]struct{ label, name string }{
		{"table ", p.Table}, {"row ", p.Row}, {"tier ", p.Tier}, {"", p.Field},
	} {
		if part.name != "" {
			b.WriteString(", " + part.label + part.name)
		}
	}
	return b.String()
}

// Problem is what keeps a file from being a rule set, and where.
type Problem struct {
	Place
	Detail string
}

func (p Problem) Error() string { return p.Place.String() + ": " + p.Detail }

// Problems are all that was found in a file, in its order. Of very many the last only counts those left out.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// report collects problems up to the bound.
type report struct {
	problems Problems
	left     int // found, but not kept
}

func (r *report) add(at Place, format string, args ...any) {
	if len(r.problems) == maxProblems {
		r.left++
		return
	}
	r.problems = append(r.problems, Problem{Place: at, Detail: fmt.Sprintf(format, args...)})
}

// err is nil where nothing was found.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	problems := slices.Clone(r.problems)
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if r.left > 0 {
		left := Problem{Place: Place{File: problems[0].File}, Detail: fmt.Sprintf("%d more problems are not shown", r.left)}
		if r.left == 1 {
			left.Detail = "1 more problem is not shown"
		}
		problems = append(problems, left)
	}
	return problems
}

// short is a text from the file as it can be shown within a line.
func short(text string) string {
	const most = 40
	text = strings.Map(func(c rune) rune {
		if unseen(c) {
			return ' '
		}
		return c
	}, text)
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "..."
	}
	return text
}

// unseen are characters that people do not see, or that change how they see others.
func unseen(c rune) bool {
	return c == utf8.RuneError || unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
