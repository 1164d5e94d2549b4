package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// field is a line of what is told about one thing.
type field struct{ name, value string }

// fields are printed one below the other, their values aligned.
type fields []field

func (list fields) print(out io.Writer) {
	width := 0
	for _, f := range list {
		width = max(width, len(f.name))
	}
	for _, f := range list {
		fmt.Fprintf(out, "%-*s  %s\n", width, f.name, f.value)
	}
}

func jsonFlag(command *cobra.Command, asJSON *bool) {
	command.Flags().BoolVar(asJSON, "json", false, "print as JSON")
}

// rightTable is a table with columns of numbers, counted from 1, which are aligned to the right.
func rightTable(out io.Writer, numbers ...int) table.Writer {
	t := newTable(out)
	var columns []table.ColumnConfig
	for _, n := range numbers {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

// appendCodes adds a row for each code, in their order.
func appendCodes(t table.Writer, prefix string, counts map[string]int) {
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		t.AppendRow(table.Row{prefix + code, counts[code]})
	}
}
