package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/workload"
)

// benchPrinter prints what the benchmark found, for a terminal or as Markdown. A row is a variant of a workload.
type benchPrinter struct {
	out      io.Writer
	markdown bool
}

func (p benchPrinter) print(r bench.Report) {
	s := r.Settings
	fmt.Fprintf(p.out, "Machine: %s.\nNetwork, service and load generator share it: nothing here is a figure of one of them alone.\n", r.Machine)
	fmt.Fprintf(p.out, "%d rounds of %.0f s or %d events each; %d members, %d orders under way, or %d requests with %d; of the baseline's operations: %s.\n\n",
		s.Laps, s.Seconds, s.Events, s.Members, s.Connections, s.Relays, workload.Together, counts(s.Baseline))
	if g := r.Growth; g != nil {
		fmt.Fprintf(p.out, "%d accounts were on the ledger before, and %d entries in one history: %d operations, loaded at %.0f accounts/s. Views of them\n"+
			"were rebuilt at %.0f operations/s. The network started with them in %.1f s. Bytes on disk for each operation: ledger %.0f,\n"+
			"state %.0f, views %.0f.\n\n",
			g.Accounts, g.Entries, g.Operations, g.Loaded, g.Rebuilt, g.Up, g.Disk["ledger"], g.Disk["state"], g.Disk["views"])
	}
	p.rates(r)
	p.costs(r)
	p.processes(r, "CPU s for 1,000", func(s bench.Summary) map[string]float64 { return s.CPU }, func(f float64) string { return fmt.Sprintf("%.3f", f) })
	p.processes(r, "MB at most", func(s bench.Summary) map[string]float64 {
		memory := map[string]float64{}
		for process, bytes := range s.Memory {
			memory[process] = float64(bytes) / (1 << 20)
		}
		return memory
	}, whole)
}

// each calls for every variant of every workload. name and unit are empty but for a workload's first.
func each(r bench.Report, do func(w bench.Workload, v bench.Summary, name string)) {
	for _, w := range r.Workloads {
		name := w.Name
		for _, v := range w.Variants {
			do(w, v, name)
			name = ""
		}
	}
}

// rates prints how much is done, and how long it takes.
func (p benchPrinter) rates(r bench.Report) {
	t := rightTable(p.out, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	t.AppendHeader(table.Row{
		"workload", "", "/s", "", "from - to", "ratio", "from - to", "p50 ms", "p95 ms", "p99 ms", "at a tenth: p50", "p95", "p99",
	})
	each(r, func(w bench.Workload, v bench.Summary, name string) {
		row := table.Row{name, v.Variant, figure(v.Rate.Median), w.Unit, figure(v.Rate.Min) + " - " + figure(v.Rate.Max), "", ""}
		if v.Variant != w.Variants[0].Variant {
			row[5], row[6] = ratio(v.Ratio.Median), ratio(v.Ratio.Min)+" - "+ratio(v.Ratio.Max)
		} else if len(w.Variants) == 1 {
			row[5] = "-" // nothing to compare with
		}
		row = append(row, milliseconds(v.Latency)...)
		if v.Light != nil {
			row = append(row, milliseconds(v.Light.Latency)...)
		} else {
			row = append(row, "", "", "")
		}
		t.AppendRow(row)
	})
	p.render(t)
}

// costs prints what is kept of each, and what was done in vain.
func (p benchPrinter) costs(r bench.Report) {
	kept := []string{"ledger", "state", "views", "inbox"}
	t := rightTable(p.out, 3, 4, 5, 6)
	t.AppendHeader(table.Row{"bytes on disk for each", "", kept[0], kept[1], kept[2], kept[3], "aborted", "retried", "refused", "given up"})
	each(r, func(_ bench.Workload, v bench.Summary, name string) {
		row := table.Row{name, v.Variant}
		for _, what := range kept {
			text := ""
			if bytes, ok := v.Disk[what]; ok {
				text = whole(bytes)
			}
			row = append(row, text)
		}
		t.AppendRow(append(row, counts(v.Aborted), counts(v.Retried), counts(v.Refused), v.Unfinished))
	})
	p.render(t)
}

// groups are the processes by what they are; the first of which a process's name begins with is its own.
var groups = []string{"peer", "orderer", "contract", "wallet", bench.LoadGenerator}

// processes prints what processes used, added up by what they are.
func (p benchPrinter) processes(r bench.Report, what string, used func(bench.Summary) map[string]float64, format func(float64) string) {
	t := rightTable(p.out, 3, 4, 5, 6, 7, 8)
	t.AppendHeader(table.Row{what, "", "peers", "orderer", "contracts", "wallet", bench.LoadGenerator, "all but it"})
	known := false
	each(r, func(_ bench.Workload, v bench.Summary, name string) {
		sums, total := make([]float64, len(groups)), 0.0
		for process, n := range used(v) {
			i := slices.IndexFunc(groups, func(group string) bool { return strings.HasPrefix(process, group) })
			sums[i], known = sums[i]+n, true
			if process != bench.LoadGenerator {
				total += n
			}
		}
		row := table.Row{name, v.Variant}
		for _, sum := range append(sums, total) {
			row = append(row, format(sum))
		}
		t.AppendRow(row)
	})
	if !known {
		fmt.Fprintf(p.out, "%s: known on Linux only.\n", what)
		return
	}
	p.render(t)
}

func (p benchPrinter) render(t table.Writer) {
	if p.markdown {
		t.RenderMarkdown()
		fmt.Fprint(p.out, "\n\n")
		return
	}
	t.Render()
}

func whole(f float64) string { return fmt.Sprintf("%.0f", f) }

// figure is a rate: of slow ones the tenths tell.
func figure(f float64) string {
	if f < 100 {
		return fmt.Sprintf("%.1f", f)
	}
	return whole(f)
}

// ratio is how many times as much. Of what is about the same, the thousandths tell.
func ratio(f float64) string {
	if f < 2 {
		return fmt.Sprintf("%.3f", f)
	}
	return figure(f)
}

func milliseconds(l bench.Latency) table.Row {
	row := table.Row{}
	for _, seconds := range []float64{l.P50, l.P95, l.P99} {
		row = append(row, figure(seconds*1000))
	}
	return row
}

// counts writes counts by name; 0 where there are none.
func counts(of map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		list = append(list, fmt.Sprintf("%d %s", of[name], name))
	}
	if len(list) == 0 {
		return "0"
	}
	return strings.Join(list, ", ")
}
