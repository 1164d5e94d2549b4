package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// element is what of an SVG file matters here.
type element struct {
	name, text string
	attributes map[string]string
}

func elements(t *testing.T, svg []byte) (all []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			if len(all) > 0 {
				all[len(all)-1].text += string(token)
			}
		}
	}
}

func variant(name string, rate, ratio float64) Summary {
	return Summary{Variant: name, Rate: Spread{Median: rate}, Ratio: Spread{Median: ratio}}
}

func TestChartShowsRates(t *testing.T) {
	svg := Chart(Report{Workloads: []Workload{
		{Name: "hot-to", Unit: "orders", Variants: []Summary{variant("baseline", 2.5, 1), variant("dollars", 5000, 2000)}},
		{Name: "history", Unit: "pages", Variants: []Summary{variant("dollars", 900, 1)}},
		{Name: "rules", Unit: "events", Aside: true, Variants: []Summary{variant("a", 1, 1), variant("b", 1, 1), variant("c", 1, 1)}},
		{Name: "a<b", Unit: "orders", Variants: []Summary{variant("baseline", 50, 1), variant("dollars", 500, 10)}},
	}})
	widths, texts := map[string][]float64{}, ""
	for _, e := range elements(t, svg) {
		texts += e.name + ":" + strings.TrimSpace(e.text) + "\n"
		if class := e.attributes["class"]; strings.HasPrefix(class, "bar") {
			width, err := strconv.ParseFloat(e.attributes["width"], 64)
			if err != nil {
				t.Fatal(err)
			}
			widths[class] = append(widths[class], width)
		}
	}
	for _, want := range []string{
		"title:How much", "desc:hot-to, orders in a second: baseline 2.50, dollars 5000 (2000x). history, pages in a second: dollars 900. a<b,",
		"text:hot-to\n", "text:baseline 2.50\n", "text:dollars 5000 (2000x)\n", "text:dollars 900\n", "text:a<b\n", "text:1/s\n", "text:10000/s\n",
	} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q in\n%s", want, texts)
		}
	}
	if strings.Contains(texts, "rules") {
		t.Error("rule sets are drawn as if the first were the baseline")
	}
	if len(widths["bar0"]) != 2 || len(widths["bar1"]) != 3 {
		t.Fatalf("bars: %v", widths)
	}
	// On a logarithmic scale the same ratio is the same distance.
	decade := widths["bar1"][2] - widths["bar0"][1]
	if got, want := widths["bar1"][0]-widths["bar0"][0], decade*math.Log10(2000); math.Abs(got-want) > 0.5 {
		t.Errorf("2000 times as much is %v wider, want %v", got, want)
	}
}

func TestChartOfNothing(t *testing.T) {
	if all := elements(t, Chart(Report{})); len(all) == 0 || all[0].name != "svg" {
		t.Errorf("%v", all)
	}
}
