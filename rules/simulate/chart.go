package simulate

import (
	"fmt"

	"github.com/go-analyze/charts"

	"github.com/destinasia/dollars/chaincode/dollars"
)

const (
	chartWidth  = 1200
	panelHeight = 400
	padding     = 20
	mostLabels  = 8 // of an axis of time

	// mostBars is how many pairs of bars fit beside each other with three pixels each. The library draws more of them,
	// but without any width.
	mostBars = 72

	// leastPart is what part of the highest bar the lowest is at least: enough to be seen.
	leastPart = 50
)

// Chart is the report as an SVG picture: what is minted on both sides over time, and below it the liability by when it
// expires. Bars are months, or longer periods where there are too many months.
func (r Report) Chart() ([]byte, error) {
	p := charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: 2 * panelHeight,
		Theme: charts.GetTheme(charts.ThemeLight),
	})
	p.FilledRect(0, 0, chartWidth, 2*panelHeight, charts.ColorWhite, charts.ColorWhite, 0)
	if r.Replayed.Items == 0 {
		say(p, fmt.Sprintf("No bookings were replayed. Items booked on other days: %d", r.Replayed.Outside))
		return finish(p)
	}
	names := []string{r.Current.title(), r.Draft.title()}
	for i, panel := range []struct {
		what, of, none string
		months         []Month
	}{
		{"Minted", "award", "Nothing is minted on either side.", r.Minted},
		{"Liability, if nothing is spent,", "expiry", "There is no liability on either side.", r.Liability},
	} {
		box := p.Child(charts.PainterBoxOption(charts.NewBox(0, i*panelHeight, chartWidth, (i+1)*panelHeight)))
		if len(panel.months) == 0 {
			say(box, panel.none)
			continue
		}
		t := newTimeline(panel.months)
		title := fmt.Sprintf("%s by %s of %s, D$%s", panel.what, t.unit.name(), panel.of, t.remark())
		if err := box.BarChart(bars(title, names, t)); err != nil {
			return nil, fmt.Errorf("draw %q: %w", title, err)
		}
	}
	return finish(p)
}

func finish(p *charts.Painter) ([]byte, error) {
	svg, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw the report: %w", err)
	}
	return svg, nil
}

// say writes a line where there is nothing to draw.
func say(p *charts.Painter, line string) {
	p.Text(line, padding, 2*padding, 0, charts.FontStyle{FontSize: 14, FontColor: charts.ColorBlack})
}

func bars(title string, names []string, t timeline) charts.BarChartOption {
	values := [][]float64{make([]float64, len(t.sums)), make([]float64, len(t.sums))}
	highest := dollars.Amount(0)
	for _, m := range t.sums {
		highest = max(highest, m.Current, m.Draft)
	}
	for i, m := range t.sums {
		for side, points := range [...]dollars.Amount{m.Current, m.Draft} {
			// A pixel is more than what a float loses.
			values[side][i] = float64(max(points, highest/leastPart)) / 100
			if points == 0 {
				values[side][i] = charts.GetNullValue() // The library draws a line for 0.
			}
		}
	}
	o := charts.NewBarChartOptionWithData(values)
	o.Padding = charts.NewBoxEqual(padding)
	o.Title = charts.TitleOption{Text: title}
	o.Legend = charts.LegendOption{SeriesNames: names, Offset: charts.OffsetRight}
	o.CategoryAxis = charts.CategoryAxisOption{Labels: t.labels(), LabelCount: len(t.sums)}
	o.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0)}}
	o.ValueFormatter = func(v float64) string { return charts.FormatValueHumanizeShort(v, 1, false) }
	return o
}

// timeline is figures of periods in their order.
type timeline struct {
	unit period
	sums []Month
	gaps bool // periods without figures are left out
}

// newTimeline takes the shortest periods that can be drawn, and those in between in which nothing happened, too, if
// there is room: a single booking of a wrong year must not press all others together.
func newTimeline(months []Month) timeline {
	unit := fitting(months, mostBars)
	t := timeline{unit: unit, sums: unit.sums(months)}
	first, last, step := t.sums[0].Month, t.sums[len(t.sums)-1].Month, dollars.Expiry(unit)
	if (last-first)/step >= mostBars {
		t.gaps = true
		return t
	}
	var all []Month
	for _, m := range t.sums {
		for next := first + dollars.Expiry(len(all))*step; next < m.Month; next += step {
			all = append(all, Month{Month: next})
		}
		all = append(all, m)
	}
	t.sums = all
	return t
}

// remark is what to add to a title.
func (t timeline) remark() string {
	if !t.gaps {
		return ""
	}
	return " (times without any are left out)"
}

// labels name as many periods as there is room for: first those after a gap, because nobody would know of it otherwise.
func (t timeline) labels() []string {
	labels := make([]string, len(t.sums))
	every := (len(labels) + mostLabels - 1) / mostLabels
	put := func(i int) {
		for j := max(0, i-every+1); j < min(len(labels), i+every); j++ {
			if labels[j] != "" {
				return
			}
		}
		labels[i] = t.unit.label(t.sums[i].Month)
	}
	for i := range t.sums {
		if i == 0 || t.sums[i].Month != t.sums[i-1].Month+dollars.Expiry(t.unit) {
			put(i)
		}
	}
	for i := range t.sums {
		put(i)
	}
	return labels
}
