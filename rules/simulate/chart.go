package simulate

import (
	"fmt"

	"github.com/go-analyze/charts"
)

const (
	chartWidth  = 1200
	panelHeight = 400
	mostLabels  = 12 // of an axis of months

	// mostMonths is for how many months an axis shows those in which nothing happened.
	mostMonths = 240
)

// Chart is the report as an SVG picture: what is minted in each month on both sides, and below it the liability by month
// of expiry.
func (r Report) Chart() ([]byte, error) {
	p := charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: 2 * panelHeight,
		Theme: charts.GetTheme(charts.ThemeLight),
	})
	p.FilledRect(0, 0, chartWidth, 2*panelHeight, charts.ColorWhite, charts.ColorWhite, 0)
	names := []string{"current: " + r.Current.Name, "draft: " + r.Draft.Name}
	for i, panel := range []struct {
		title  string
		months []Month
	}{
		{"Minted by month of award, D$", r.Minted},
		{"Liability by month of expiry if nothing is spent, D$", r.Liability},
	} {
		box := charts.NewBox(0, i*panelHeight, chartWidth, (i+1)*panelHeight)
		if err := p.Child(charts.PainterBoxOption(box)).BarChart(bars(panel.title, names, withGaps(panel.months))); err != nil {
			return nil, fmt.Errorf("draw %q: %w", panel.title, err)
		}
	}
	svg, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw the report: %w", err)
	}
	return svg, nil
}

func bars(title string, names []string, months []Month) charts.BarChartOption {
	values := [][]float64{make([]float64, len(months)), make([]float64, len(months))}
	labels := make([]string, len(months))
	// The library would put the last label over the one before it, so they are thinned out here.
	every := (len(months) + mostLabels - 1) / mostLabels
	for i, m := range months {
		// A pixel is more than what a float loses.
		values[0][i], values[1][i] = float64(m.Current)/100, float64(m.Draft)/100
		if i%every == 0 && i+every/2 < len(months) {
			labels[i] = m.Month.String()
		}
	}
	if len(months) == 0 { // The library draws no chart without any value.
		values, labels = [][]float64{{0}, {0}}, []string{"none"}
	}
	o := charts.NewBarChartOptionWithData(values)
	o.Padding = charts.NewBoxEqual(20)
	o.Title = charts.TitleOption{Text: title}
	o.Legend = charts.LegendOption{SeriesNames: names, Offset: charts.OffsetRight}
	o.CategoryAxis = charts.CategoryAxisOption{Labels: labels, LabelCount: len(labels)}
	o.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0)}}
	o.ValueFormatter = func(v float64) string { return charts.FormatValueHumanizeShort(v, 1, false) }
	return o
}

// withGaps adds the months in between in which nothing happened, so that the axis is one of time.
func withGaps(months []Month) []Month {
	if len(months) == 0 || months[len(months)-1].Month-months[0].Month >= mostMonths {
		return months
	}
	var list []Month
	for _, m := range months {
		for len(list) > 0 && list[len(list)-1].Month+1 < m.Month {
			list = append(list, Month{Month: list[len(list)-1].Month + 1})
		}
		list = append(list, m)
	}
	return list
}
