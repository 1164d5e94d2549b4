package bench

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Sizes of the chart, in pixels.
const (
	chartWidth = 860
	labelWidth = 120 // left of the bars
	valueWidth = 150 // right of them
	barHeight  = 18
	groupGap   = 14
	headHeight = 58
	footHeight = 30
)

// chartStyle is readable in light and in dark, by the reader's preference. Letters have a rim, for they lie on the grid.
const chartStyle = `text{font:13px system-ui,sans-serif;fill:#1f2328;stroke:#fff;stroke-width:3px;paint-order:stroke}.small{font-size:12px;fill:#59636e}.title{font-size:16px;font-weight:600}` +
	`.back{fill:#fff}.grid{stroke:#d1d9e0}.bar0{fill:#8c959f}.bar1{fill:#0969da}.bar2{fill:#54aeff}` +
	`@media(prefers-color-scheme:dark){text{fill:#f0f6fc;stroke:#0d1117}.small{fill:#9198a1}.back{fill:#0d1117}.grid{stroke:#3d444d}.bar0{fill:#7d8590}.bar1{fill:#4493f8}.bar2{fill:#1f6feb}}`

// Chart draws the rates of workloads as an SVG picture: a bar for each variant, on a logarithmic scale, since they are
// powers of ten apart. Workloads that compare something else than the service with the baseline are left out.
func Chart(r Report) []byte {
	var shown []Workload
	low, high := math.Inf(1), math.Inf(-1)
	for _, w := range r.Workloads {
		if w.Aside || len(w.Variants) == 0 {
			continue
		}
		shown = append(shown, w)
		for _, v := range w.Variants {
			low, high = min(low, v.Rate.Median), max(high, v.Rate.Median)
		}
	}
	s := newScale(low, high)
	height := headHeight + footHeight
	for _, w := range shown {
		height += len(w.Variants)*barHeight + groupGap
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`+"\n", chartWidth, height)
	fmt.Fprintf(&b, "<title id=\"title\">How much is done in a second, by workload</title>\n<desc id=\"desc\">%s</desc>\n", escaped(inWords(shown)))
	fmt.Fprintf(&b, "<style>%s</style>\n<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", chartStyle, chartWidth, height)
	fmt.Fprintf(&b, "<text class=\"title\" x=\"16\" y=\"24\">Done in a second, by workload</text>\n")
	s.grid(&b, height-footHeight)
	y := headHeight
	for _, w := range shown {
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", labelWidth-8, y+len(w.Variants)*barHeight/2+5, escaped(w.Name))
		for i, v := range w.Variants {
			end := s.at(v.Rate.Median)
			colour := i
			if len(w.Variants) == 1 {
				colour = 1 // It has no other to be set off from: it is the service's.
			}
			fmt.Fprintf(&b, "<rect class=\"bar%d\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", colour, labelWidth, y+1, end-labelWidth, barHeight-2)
			fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", end+6, y+barHeight-4, escaped(valueOf(v, i > 0)))
			y += barHeight
		}
		y += groupGap
	}
	fmt.Fprintf(&b, "<text class=\"small\" x=\"16\" y=\"%d\">Logarithmic scale. Medians of rounds; in brackets how many times the baseline, lap by lap.</text>\n</svg>\n", height-10)
	return b.Bytes()
}

// valueOf is what is written at a bar.
func valueOf(v Summary, compared bool) string {
	text := v.Variant + " " + short(v.Rate.Median)
	if compared {
		text += " (" + short(v.Ratio.Median) + "x)"
	}
	return text
}

// short is a number to three digits, and whole ones beyond.
func short(f float64) string {
	switch {
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// inWords is the chart for those who do not see it.
func inWords(shown []Workload) string {
	var lines []string
	for _, w := range shown {
		var parts []string
		for i, v := range w.Variants {
			parts = append(parts, valueOf(v, i > 0))
		}
		lines = append(lines, fmt.Sprintf("%s, %s in a second: %s.", w.Name, w.Unit, strings.Join(parts, ", ")))
	}
	return strings.Join(lines, " ")
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // A buffer takes everything.
	return b.String()
}

// scale is a logarithmic one, of whole powers of ten.
type scale struct{ low, high int } // exponents

// newScale is one that both values, if they are any, are on, neither at the lower end.
func newScale(low, high float64) scale {
	if !(low > 0) || math.IsInf(low, 0) {
		return scale{0, 1}
	}
	s := scale{int(math.Ceil(math.Log10(low))) - 1, int(math.Ceil(math.Log10(high)))}
	return s
}

const barsWidth = chartWidth - labelWidth - valueWidth

// at is where a value is, from the left.
func (s scale) at(value float64) float64 {
	return labelWidth + barsWidth*(math.Log10(value)-float64(s.low))/float64(s.high-s.low)
}

func (s scale) grid(b *bytes.Buffer, bottom int) {
	for e := s.low; e <= s.high; e++ {
		x := s.at(math.Pow10(e))
		fmt.Fprintf(b, "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", x, headHeight-6, x, bottom-groupGap+4)
		fmt.Fprintf(b, "<text class=\"small\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s/s</text>\n", x, headHeight-10, fmt.Sprint(math.Pow10(e)))
	}
}
