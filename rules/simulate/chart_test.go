package simulate

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/google/go-cmp/cmp"
)

// words is the texts of a picture, each on a line.
func words(t *testing.T, chart []byte) string {
	t.Helper()
	var words strings.Builder
	for dec := xml.NewDecoder(strings.NewReader(string(chart))); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return words.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			words.Write(chars)
			words.WriteByte('\n')
		}
	}
}

// rectangle is a path of five points, as the library draws a bar.
var rectangle = regexp.MustCompile(`<path\s+d="M (\d+) (\d+)\s*L (\d+) \d+\s*L \d+ (\d+)\s*L \d+ \d+\s*L \d+ \d+" style="stroke:none;fill:(rgb\([\d,]+\))"/>`)

type bar struct{ left, top, width, height int }

// drawn is the bars of each side in the upper panel; the first of a color stands in the legend.
func drawn(t *testing.T, chart []byte) (sides [2][]bar) {
	t.Helper()
	colors := map[string]int{}
	for _, m := range rectangle.FindAllStringSubmatch(string(chart), -1) {
		var x0, y0, x1, y1 int
		if _, err := fmt.Sscan(strings.Join(m[1:5], " "), &x0, &y0, &x1, &y1); err != nil {
			t.Fatal(err)
		}
		side, known := colors[m[5]]
		switch {
		case y0 >= panelHeight:
		case !known:
			colors[m[5]] = len(colors)
		default:
			sides[side] = append(sides[side], bar{x0, y0, x1 - x0, y1 - y0})
		}
	}
	if len(colors) != 2 {
		t.Fatalf("%d colors are drawn:\n%s", len(colors), chart)
	}
	return sides
}

// monthsOf are a month every so many, from January 2020 on, of which one side has nothing in some, and next to nothing
// in others.
func monthsOf(n, every int) []Month {
	list := make([]Month, n)
	for i := range list {
		list[i] = Month{Month: dollars.Expiry(2020*12 + i*every), Current: dollars.Amount(1 + i%5*1_000_000_00), Draft: dollars.Amount(i % 3)}
	}
	return list
}

func chartOf(t *testing.T, minted, liability []Month) []byte {
	t.Helper()
	r := Report{
		Replayed: Replayed{Items: 1}, Minted: minted, Liability: liability,
		Current: Outcome{Label: "version 1", Name: "standard"}, Draft: Outcome{Label: "draft", Name: "summer"},
	}
	chart, err := r.Chart()
	if err != nil {
		t.Fatal(err)
	}
	return chart
}

func TestEveryFigureHasABarThatIsSeen(t *testing.T) {
	misdated := append(monthsOf(27, 1), Month{Month: 2099*12 + 3, Draft: 1})
	for _, c := range []struct {
		name   string
		months []Month
		title  string
		says   string // a label of the axis
	}{
		{"one month", monthsOf(1, 1), "Minted by month of award, D$", "2020-01"},
		{"27 months", monthsOf(27, 1), "Minted by month of award, D$", "2020-05"},
		{"as many months as there can be", monthsOf(mostBars, 1), "Minted by month of award, D$", "2020-10"},
		{"one more", monthsOf(mostBars+1, 1), "Minted by quarter of award, D$", "2020 Q1"},
		{"12 years", monthsOf(144, 1), "Minted by quarter of award, D$", "2021 Q3"},
		{"60 years", monthsOf(720, 1), "Minted by year of award, D$", "2028"},
		{"600 years", monthsOf(7200, 1), "Minted by 10 years of award, D$", "2020-2029"},
		{"every fifth year", monthsOf(12, 60), "Minted by month of award, D$ (times without any are left out)", "2030-01"},
		{"one month of a wrong year", misdated, "Minted by month of award, D$ (times without any are left out)", "2099-04"},
		{"all there may be", monthsOf(7_900, 12), "Minted by 1000 years of award, D$", "4000-4999"},
	} {
		chart := chartOf(t, c.months, nil)
		figures := fitting(c.months, mostBars).sums(c.months)
		var want [2]int
		for _, m := range figures {
			if m.Current > 0 {
				want[0]++
			}
			if m.Draft > 0 {
				want[1]++
			}
		}
		for side, bars := range drawn(t, chart) {
			if len(bars) != want[side] {
				t.Errorf("%s: side %d has %d bars for %d figures", c.name, side, len(bars), want[side])
			}
			last := bar{}
			for _, b := range bars {
				if b.width < 3 || b.height < 3 || b.left < last.left+last.width {
					t.Errorf("%s: side %d has the bar %+v after %+v", c.name, side, b, last)
				}
				last = b
			}
		}
		if got := words(t, chart); !strings.Contains(got, c.title+"\n") || !strings.Contains(got, "\n"+c.says+"\n") {
			t.Errorf("%s: the chart does not say %q and %q:\n%s", c.name, c.title, c.says, got)
		}
	}
}

// A bar is as high as its figure, unless that could not be seen.
func TestBarsAreAsHighAsTheirFigures(t *testing.T) {
	got := drawn(t, chartOf(t, []Month{{Month: 24_240, Current: 100_00, Draft: 50_00}, {Month: 24_241, Current: 25_00}}, nil))
	whole := got[0][0].height
	for what, off := range map[string]int{"half": got[1][0].height*2 - whole, "a quarter": got[0][1].height*4 - whole} {
		if off < -8 || off > 8 || whole < 100 {
			t.Errorf("%s is %d pixels off of %d", what, off, whole)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	if got := words(t, chartOf(t, nil, monthsOf(1, 1))); !strings.Contains(got, "Nothing is minted on either side.") || strings.Contains(got, "award") {
		t.Error(got)
	}
	chart, err := Report{Replayed: Replayed{Outside: 12}}.Chart()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(words(t, chart)); got != "No bookings were replayed. Items booked on other days: 12" {
		t.Error(got)
	}
}

func TestTimelineHasGapsWhereThereIsRoom(t *testing.T) {
	for _, c := range []struct {
		last dollars.Expiry
		sums int
		gaps bool
	}{{13, 4, false}, {9 + mostBars, mostBars, false}, {10 + mostBars, 2, true}} {
		got := newTimeline([]Month{{Month: 10, Draft: 1}, {Month: c.last, Draft: 2}})
		if len(got.sums) != c.sums || got.gaps != c.gaps {
			t.Errorf("until %d: %d sums, gaps %v", c.last, len(got.sums), got.gaps)
		}
		if first, last := got.sums[0], got.sums[c.sums-1]; first.Draft != 1 || last.Draft != 2 || last.Month != c.last {
			t.Errorf("until %d: from %v to %v", c.last, first, last)
		}
	}
	got := newTimeline([]Month{{Month: 10, Draft: 1}, {Month: 12, Draft: 2}})
	if d := cmp.Diff([]Month{{Month: 10, Draft: 1}, {Month: 11}, {Month: 12, Draft: 2}}, got.sums); d != "" {
		t.Error(d)
	}
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		p     period
		month dollars.Expiry
		label string
	}{
		{monthly, 2026*12 + 10, "2026-11"},
		{quarterly, 2026*12 + 10, "2026 Q4"},
		{yearly, 2026*12 + 10, "2026"},
		{yearly.longer(), 2026*12 + 10, "2020-2029"},
		{yearly.longer().longer(), 2026*12 + 10, "2000-2099"},
	} {
		sums := c.p.sums([]Month{{c.month, 1, 2}, {c.month, 3, 4}, {c.month + dollars.Expiry(c.p), 5, 6}})
		if len(sums) != 2 || sums[0].Current != 4 || sums[0].Draft != 6 || c.p.label(sums[0].Month) != c.label {
			t.Errorf("%s: %+v, want the first of %s", c.p.name(), sums, c.label)
		}
	}
}
