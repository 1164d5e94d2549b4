package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/destinasia/dollars/bench"
)

// benchPrinter prints what the benchmark found, for a terminal or as Markdown.
type benchPrinter struct {
	out      io.Writer
	markdown bool
}

func (p benchPrinter) print(r bench.Report) {
	fmt.Fprintf(p.out, "Machine: %s.\nNetwork, service and load generator share it: nothing here is a figure of one of them alone.\n", r.Machine)
	for _, w := range r.Workloads {
		fmt.Fprintf(p.out, "\n%s: %d rounds of %d events, which are %d operations.\n\n", w.Name, len(w.Rounds), w.Rounds[0].Events, w.Rounds[0].Operations)
		p.rules(w)
		p.processes(w)
		p.rounds(w)
	}
}

// rules prints a row for each rule set.
func (p benchPrinter) rules(w bench.Workload) {
	t := rightTable(p.out, 2, 3, 4, 5, 6, 7, 8, 9)
	t.AppendHeader(table.Row{"rules", "events/s", "from - to", "operations/s", "rate to " + w.Rules[0].Rules, "from - to", "p50 s", "p95 s", "p99 s"})
	for _, s := range w.Rules {
		t.AppendRow(table.Row{
			s.Rules,
			whole(s.EventsPerSecond.Median), whole(s.EventsPerSecond.Min) + " - " + whole(s.EventsPerSecond.Max), whole(s.OperationsPerSecond.Median),
			ratio(s.Ratio.Median), ratio(s.Ratio.Min) + " - " + ratio(s.Ratio.Max),
			seconds(s.Latency.P50), seconds(s.Latency.P95), seconds(s.Latency.P99),
		})
	}
	p.render(t)
}

// processes prints what each process used.
func (p benchPrinter) processes(w bench.Workload) {
	if len(w.Peaks) == 0 {
		fmt.Fprintln(p.out, "What processes use is measured on Linux only.")
		return
	}
	columns := []int{2}
	header := table.Row{"CPU s for 1,000 events"}
	for i, s := range w.Rules {
		header, columns = append(header, s.Rules), append(columns, i+3)
	}
	t := rightTable(p.out, columns...)
	t.AppendHeader(append(header, "memory peak"))
	for _, process := range slices.Sorted(maps.Keys(w.Peaks)) {
		row := table.Row{process}
		for _, s := range w.Rules {
			row = append(row, seconds(s.CPU[process]))
		}
		t.AppendRow(append(row, megabytes(w.Peaks[process])))
	}
	row := table.Row{"all but the " + bench.LoadGenerator + ", to " + w.Rules[0].Rules}
	for _, s := range w.Rules {
		row = append(row, ratio(s.CPURatio.Median))
	}
	t.AppendRow(append(row, ""))
	p.render(t)
}

func (p benchPrinter) rounds(w bench.Workload) {
	t := rightTable(p.out, 1, 2, 4, 5, 6, 7)
	t.AppendHeader(table.Row{"round", "lap", "rules", "events/s", "p50 s", "p95 s", "p99 s", "retried", "invalid"})
	for i, m := range w.Rounds {
		t.AppendRow(table.Row{
			i + 1, m.Lap, m.Rules, whole(m.EventsPerSecond()), seconds(m.Latency.P50), seconds(m.Latency.P95), seconds(m.Latency.P99),
			counts(m.Retried), counts(m.Invalid),
		})
	}
	p.render(t)
}

func (p benchPrinter) render(t table.Writer) {
	if p.markdown {
		t.RenderMarkdown()
		fmt.Fprintln(p.out)
		return
	}
	t.Render()
}

func whole(f float64) string   { return fmt.Sprintf("%.0f", f) }
func ratio(f float64) string   { return fmt.Sprintf("%.3f", f) }
func seconds(f float64) string { return fmt.Sprintf("%.3f", f) }

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
