package sheet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// yamlRows puts rows into an otherwise good file; the first is in line 5.
func yamlRows(rows ...string) string {
	return "name: a\ntables:\n  - name: base\n    rows:\n" + strings.Join(rows, "\n") + "\n"
}

const headings = "name, currency, starts, zone, tiers, policy, tables"

func TestRefusals(t *testing.T) {
	rowKeys := strings.Join(names(rowFields), ", ")
	policyKeys, policyPairs := strings.Join(names(policyFields), ", "), strings.Join(names(policyFields), "=..., ")+"=..."
	for _, c := range []struct {
		file, text string
		want       []string
	}{
		{"a.xlsx", "", []string{"a.xlsx: a rule set's file ends with .yaml, .yml or .csv"}},

		// Of either format: no text, or too much of it.
		{"a.yaml", "name: caf\xe9\n", []string{"a.yaml:1:10: byte 0xe9 is not UTF-8 here: save the file as UTF-8"}},
		{"a.csv", "#,name,ä\xff\n", []string{"a.csv:1:9: byte 0xff is not UTF-8 here: save the file as UTF-8"}},
		{"a.yaml", "\xff\xfea\x00", []string{"a.yaml:1:1: byte 0xff is not UTF-8 here: save the file as UTF-8"}},
		{"a.csv", "#,name\n\x00,\u2028\x1b", []string{
			"a.csv:2:1: control character U+0000: remove it",
			"a.csv:2:3: control character U+2028: remove it",
			"a.csv:2:4: control character U+001B: remove it",
		}},
		{"a.csv", strings.Repeat("a", MaxFile+1), []string{"a.csv: a file of 1048577 bytes is more than 1048576: a rule set is much smaller"}},

		// YAML that is none, or says it in a way that people misread.
		{"a.yaml", "# nothing\n", []string{"a.yaml: the file is empty"}},
		{"a.yaml", "name: a: b\n", []string{`a.yaml:1:8: this is not YAML: mapping values are not allowed in this context (a value that has ": " or " #" in it, or begins with a quote, [ or {, needs quotes around it as a whole; what belongs together begins in the same column)`}},
		{"a.yaml", yamlRows("    - {id: x, when: month in [7, 8], fixed: 1}"), []string{
			"a.yaml:5:30: this is not YAML: did not find expected ',' or '}' (inside { } and [ ], a value with , [ ] { } : # or quotes in it needs quotes around it as a whole, such as {id: x, when: 'month in [7, 8]'})",
		}},
		{"a.yaml", "name:\ta\n\tzone: UTC\n", []string{"a.yaml:2:1: this is not YAML: found a tab character that violates indentation (indent with spaces)"}},
		{"a.yaml", "name: 'a\n", []string{"a.yaml:2:1: this is not YAML: found unexpected end of stream (is a quote not closed?)"}},
		{"a.yaml", "name: a\n---\nname: b\n", []string{"a.yaml:2:1: a second document begins here: a file holds one rule set"}},
		{"a.yaml", "- a\n", []string{"a.yaml:1:1: a list is here where keys and values must be: " + headings}},
		{"a.yaml", "name: a\nnaem: b\n? [x]\n: y\nname: c\n", []string{
			`a.yaml:2:1: unknown key "naem": use ` + headings,
			"a.yaml:3:3: a list is here where a key must be",
			"a.yaml:5:1, name: given twice: first in line 1",
		}},
		{"a.yaml", "name: &n a\ncurrency: *n\n&z zone: !!str UTC\n", []string{
			"a.yaml:1:7, name: &n is an anchor: leave it out",
			"a.yaml:2:11, currency: *n stands for something written elsewhere: write it here",
			"a.yaml:3:1: &z is an anchor: leave it out",
		}},
		{"a.yaml", "name: [a]\ntiers: {tier: a}\ntables:\n  - name: base\n    rows: none\n  - rows: [[], ~]\n  - base\n", []string{
			"a.yaml:1:7, name: a list is here where one value must be",
			"a.yaml:2:8: a mapping is here where a list must be: begin each of its items with -",
			"a.yaml:5:11, table base: a single value is here where a list must be: begin each of its items with -",
			"a.yaml:6:12, table 2, row 1: a list is here where keys and values must be: " + rowKeys,
			"a.yaml:6:16, table 2, row 2: a single value is here where keys and values must be: " + rowKeys,
			"a.yaml:7:5, table 3: a single value is here where keys and values must be: name, hit, rounding, rows",
		}},
		{"a.yaml", "tables: !!seq []\ntiers:\n  - <<: {tier: a}\n", []string{
			"a.yaml:1:9: !!seq is a tag: leave it out",
			`a.yaml:3:5, tier 1: unknown key "<<": use tier, points, nights`,
		}},

		// Values of the wrong type, in YAML.
		{"a.yaml", "starts: 2026-12-01 10:00\nzone: Mars/Olympus\ntiers: [{tier: a, points: -1, nights: 1.5}]\n", []string{
			`a.yaml:1:9, starts: "2026-12-01 10:00" is neither a day, such as 2026-12-31, nor a time, such as 2026-12-31T18:00:00Z`,
			`a.yaml:2:7, zone: "Mars/Olympus" is not the name of a time zone, such as Europe/Berlin`,
			`a.yaml:3:27, tier a, points: -1 is less than 0`,
			`a.yaml:3:39, tier a, nights: "1.5" is not a whole number`,
		}},
		{"a.yaml", "starts: 1969-12-31\n", []string{"a.yaml:1:9, starts: 1969-12-31 is not after the first instant of 1970: leave starts out, and the rules start with their publication"}},
		{"a.yaml", "starts: 2026-12-01T00:00:00.5Z\n", []string{
			`a.yaml:1:9, starts: "2026-12-01T00:00:00.5Z" is neither a day, such as 2026-12-31, nor a time, such as 2026-12-31T18:00:00Z`,
		}},
		{"a.yaml", yamlRows("    - {id: x, fixed: 1e3, capItem: 0x10, budget: 12.505, capMember: .inf, capBooking: '1,000'}"), []string{
			`a.yaml:5:22, table base, row x, fixed: "1e3" is not an amount: a decimal number with at most two places`,
			`a.yaml:5:36, table base, row x, capItem: "0x10" is not an amount: a decimal number with at most two places`,
			`a.yaml:5:50, table base, row x, budget: "12.505" is not an amount: a decimal number with at most two places`,
			`a.yaml:5:69, table base, row x, capMember: ".inf" is not an amount: a decimal number with at most two places`,
			`a.yaml:5:87, table base, row x, capBooking: "1,000" is not an amount: a decimal number with at most two places`,
		}},
		{"a.yaml", yamlRows("    - kinds: [hotel, boat, {}]", "      priority: 3000000000", "      basisPoints: -1", "      months: 1_2"), []string{
			"a.yaml:5:14, table base, row 1, kinds: unknown kind of item \"boat\": use hotel, car or flight",
			"a.yaml:5:28, table base, row 1, kinds: a mapping is here where one value must be",
			`a.yaml:6:17, table base, row 1, priority: 3000000000 is more than 2147483647`,
			`a.yaml:7:20, table base, row 1, basisPoints: -1 is less than 0`,
			`a.yaml:8:15, table base, row 1, months: "1_2" is not a whole number`,
		}},
		{"a.yaml", yamlRows("    - {id: x, when: \"a\\u202eb\"}", "    - {id: \"y\\nz\", when: \"a\\nb\"}"), []string{
			"a.yaml:5:21, table base, row x, when: character U+202E cannot be seen: remove it",
			"a.yaml:6:12, table base, row y z, id: character U+000A cannot be seen: remove it",
		}},

		{"a.yaml", yamlRows("    - {id: x, basisPoints: 5%, fixed: 2.5 %, capItem: -1.50}", "    - {id: y, basisPoints: 2.5, priority: 99999999999999999999, months: 99999999999999999999}"), []string{
			`a.yaml:5:28, table base, row x, basisPoints: "5%" is a percentage: write it in basis points, 500`,
			`a.yaml:5:39, table base, row x, fixed: "2.5 %" is not an amount: a percentage of the price is the row's basisPoints, 250`,
			"a.yaml:5:55, table base, row x, capItem: -1.50 is less than 0",
			`a.yaml:6:28, table base, row y, basisPoints: "2.5" is not a whole number of basis points: 1 % is 100 of them, 2.5 % is 250`,
			"a.yaml:6:43, table base, row y, priority: 99999999999999999999 is more than 2147483647",
			"a.yaml:6:73, table base, row y, months: 99999999999999999999 is more than 4294967295",
		}},
		{"a.yaml", "starts: 1970-01-01\ntiers: [{tier: a, nights: -99999999999999999999}]\n", []string{
			"a.yaml:1:9, starts: 1970-01-01 is not after the first instant of 1970: leave starts out, and the rules start with their publication",
			"a.yaml:2:27, tier a, nights: -99999999999999999999 is less than -9223372036854775808",
		}},
		{"a.csv", "table,id,basisPoints\nbase,a,\"2,5%\"\n", []string{`a.csv:2:3, table base, row a, basisPoints: "2,5%" is a percentage: write it in basis points, 250`}},

		// A policy.
		{"a.yaml", "policy:\n  reversal: recall\n  recallDays: 30d\n  orderMost: -5\n  cooling: 72\n  recovery: 1.5h\n  cooling: 1h\n  order_most: 5\n  limit: 5\n", []string{
			`a.yaml:3:15, recallDays: "30d" is not a whole number`,
			"a.yaml:4:14, orderMost: -5 is less than 0",
			`a.yaml:5:12, cooling: "72" is not a length of time: write a whole number and then d, h, m or s, such as 72h`,
			`a.yaml:6:13, recovery: "1.5h" is not a length of time: write a whole number and then d, h, m or s, such as 72h`,
			"a.yaml:7:3, cooling: given twice: first in line 5",
			`a.yaml:8:3: unknown key "order_most": write it as orderMost`,
			`a.yaml:9:3: unknown key "limit": use ` + policyKeys,
		}},
		{"a.yaml", "policy: [debt]\nname: a\npolicy: {recovery: -3h, cooling: 99999999999999999999d}\n", []string{
			"a.yaml:1:9: a list is here where keys and values must be: " + policyKeys,
			"a.yaml:3:1, policy: given twice: first in line 1",
		}},
		{"a.yaml", "policy: {recovery: -3h, cooling: 99999999999999999999d, dayMost: \"1\\u202e\", coolingMost: 5 D$}\n", []string{
			"a.yaml:1:20, recovery: -3 is less than 0",
			"a.yaml:1:34, cooling: 99999999999999999999 is more than 106751991167300",
			"a.yaml:1:66, dayMost: character U+202E cannot be seen: remove it",
			`a.yaml:1:90, coolingMost: "5 D$" is not an amount: a decimal number with at most two places`,
		}},
		{"a.yaml", "policy: &p {reversal: *p}\n", []string{"a.yaml:1:9: &p is an anchor: leave it out"}},
		{"a.csv", "#,policy,orderMost=5.005,dayMost\n#,policy,orderMost=1,reversal=debt,limit=3\ntable\n", []string{
			`a.csv:1:3, orderMost: "5.005" is not an amount: a decimal number with at most two places`,
			`a.csv:1:4: "dayMost" is not one of ` + policyPairs + ", each given once",
			`a.csv:2:3: "orderMost" is not one of ` + policyPairs + ", each given once",
			`a.csv:2:5: "limit" is not one of ` + policyPairs + ", each given once",
		}},

		// Names that are nearly right, in rows that have an id or none.
		{"a.yaml", yamlRows("    - {Kinds: hotel, id: x, basis_points: 1, id: y, rate: 1}", "    - {month: 1}"), []string{
			`a.yaml:5:8, table base, row x: unknown key "Kinds": write it as kinds`,
			`a.yaml:5:29, table base, row x: unknown key "basis_points": write it as basisPoints`,
			"a.yaml:5:46, table base, row x, id: given twice: first in line 5",
			`a.yaml:5:53, table base, row x: unknown key "rate": use ` + rowKeys,
			`a.yaml:6:8, table base, row 2: unknown key "month": write it as months`,
		}},
		{"a.yaml", "Name: a\ntables:\n  - rows: []\n    name: base\n    Hit: first\ntiers: [{nights: 1, tier: gold, point: 2}]\n", []string{
			`a.yaml:1:1: unknown key "Name": write it as name`,
			`a.yaml:5:5, table base: unknown key "Hit": write it as hit`,
			`a.yaml:6:33, tier gold: unknown key "point": write it as points`,
		}},
		{"a.yaml", yamlRows("    - {id: x, when: nights in 7, 8, fixed: 1}"), []string{
			`a.yaml:5:34, table base, row x: unknown key "8": use ` + rowKeys + "; or, if this belongs to the value before it, put quotes around all of that",
		}},

		// Seasons.
		{"a.yaml", yamlRows("    - {id: x, from: 2026-12-01}", "    - {id: y, zone: UTC}", "    - {id: z, by: departure, from: 1.12.2026, until: 2026-02-30}"), []string{
			"a.yaml:5:7, table base, row x, until: a season has a first and a last day: until is missing",
			"a.yaml:6:7, table base, row y, from: a season has a first and a last day: from is missing",
			"a.yaml:6:7, table base, row y, until: a season has a first and a last day: until is missing",
			`a.yaml:7:19, table base, row z, by: unknown clock "departure": use booking or arrival`,
			`a.yaml:7:36, table base, row z, from: "1.12.2026" is not a day: write it as 2026-12-31`,
			`a.yaml:7:54, table base, row z, until: "2026-02-30" is not a day: write it as 2026-12-31`,
		}},
		{"a.yaml", yamlRows("    - {by: arrival, from: 2026-12-01, until: 2026-12-02, zone: UTC}", "    - {from: 2026-12-01, until: 2026-12-02, zone: Local}"), []string{
			"a.yaml:5:64, table base, row 1, zone: a season by arrival has no time zone: arrivals are days",
			`a.yaml:6:51, table base, row 2, zone: "Local" is not the name of a time zone, such as Europe/Berlin`,
		}},

		// CSV.
		{"a.csv", "", []string{"a.csv: the file has no headings: add a line with " + strings.Join(csvColumns, ", ")}},
		{"a.csv", "table,id\nbase,\"a\nb,c\n", []string{`a.csv:3: this is not CSV: at byte 5 of the line, extraneous or missing " in quoted-field`}},
		{"a.csv", "table,id\nbase,a\"b\n", []string{`a.csv:2: this is not CSV: at byte 7 of the line, bare " in non-quoted-field`}},
		{"a.csv", "#,name,a,b\n#,name,c\n#,naem,d\n#name,e\n#\ntable,id\n#,zone,UTC\n", []string{
			"a.csv:1:4: name has one cell, and this is another",
			`a.csv:3:2: unknown name "naem": use name, currency, starts, zone, tier or policy`,
			"a.csv:4:1: a line about the whole set has # alone in its first cell, and in the next what it says: name, currency, starts, zone, tier, policy",
			"a.csv:5:1: a line about the whole set has # alone in its first cell, and in the next what it says: name, currency, starts, zone, tier, policy",
			"a.csv:7:1, table: lines about the whole set, which start with #, come before the headings",
		}},
		{"a.csv", "#,name,a\n#,name,b\n#,tier,gold,points=1,,points=2,miles=3,nights\ntable\n", []string{
			"a.csv:2:2: name is given twice: first in line 1",
			`a.csv:3:6: "points" is not one of points=..., nights=..., each given once`,
			`a.csv:3:7: "miles" is not one of points=..., nights=..., each given once`,
			`a.csv:3:8: "nights" is not one of points=..., nights=..., each given once`,
		}},
		{"a.csv", "table,id,rate,id,,hit\nbase,a,1,b,,first\nbase,c,,,d,unique,e\n,f\n", []string{
			`a.csv:1:3: unknown heading "rate": use ` + strings.Join(csvColumns, ", "),
			"a.csv:1:4: heading id is given twice",
			"a.csv:3:5: this cell has no heading",
			`a.csv:3:6, table base, hit: "unique" is not what the table's first row in line 2 says, "first"`,
			"a.csv:3:7: this cell has no heading",
			"a.csv:4: the row does not say which table it belongs to",
		}},
		{"a.csv", "table,basis points,KIND\n", []string{
			`a.csv:1:2: unknown heading "basis points": write it as basisPoints`,
			`a.csv:1:3: unknown heading "KIND": write it as kinds`,
		}},
		{"a.csv", "table,Id,ID,hit\nbase,a,b,First\nbase,c,,FIRST\nbase,d,,ſirst\n", []string{
			"a.csv:1:3: heading id is given twice",
			`a.csv:4:4, table base, hit: "ſirst" is not what the table's first row in line 2 says, "First"`,
		}},
		{"a.csv", "id,fixed\na,1\nb,x\n", []string{"a.csv:1: there is no heading table: each row says which table it belongs to"}},
		{"a.csv", "#;tier;gold;points=1.000,50\ntable;id;fixed;months;zone\nbase;\"a\n\";1,5;12,5;\n", []string{
			`a.csv:1:4, tier gold, points: "1.000.50" is not an amount: a decimal number with at most two places`,
			`a.csv:3:4, table base, row a, months: "12,5" is not a whole number`,
		}},
		{"a.csv", "table,id,fixed,from,until\nbase,a,\"1,5\",1/2/2027,\n", []string{
			`a.csv:2:3, table base, row a, fixed: "1,5" is not an amount: a decimal number with at most two places`,
			`a.csv:2:4, table base, row a, from: "1/2/2027" is not a day: write it as 2026-12-31`,
			"a.csv:2:5, table base, row a, until: a season has a first and a last day: until is missing",
		}},
	} {
		s, err := Read(c.file, []byte(c.text))
		var problems Problems
		if s != nil || !errors.As(err, &problems) {
			t.Errorf("%s is read, with error %v\n%.300s", c.file, err, c.text)
		} else if got, want := problems.Error(), strings.Join(c.want, "\n"); got != want {
			t.Errorf("%.300s\nis refused with\n%s\nwant\n%s", c.text, got, want)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var rows []string
	for i := range 70 {
		rows = append(rows, fmt.Sprintf("    - {id: r%d, fixed: x}", i))
	}
	_, err := Read("a.yaml", []byte(yamlRows(rows...)))
	if _, err := Read("a.yaml", []byte(yamlRows(rows[:maxProblems+1]...))); !strings.HasSuffix(err.Error(), "\na.yaml: 1 more problem is not shown") {
		t.Error(err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxProblems+1 || !strings.HasPrefix(lines[49], "a.yaml:54:") || lines[50] != "a.yaml: 20 more problems are not shown" {
		t.Errorf("%d lines, the last two %q", len(lines), lines[len(lines)-2:])
	}
}

// An alias that stands for aliases would be billions of rows if it were followed.
func TestAliasesAreNotFollowed(t *testing.T) {
	text := "name: &a0 x\n"
	for i := range 40 {
		text += fmt.Sprintf("k%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i+1, i, i, i, i)
	}
	_, err := Read("a.yaml", []byte(text+"tables: *a40\n"))
	if err == nil || !strings.Contains(err.Error(), "a.yaml:42:9: *a40 stands for something written elsewhere") {
		t.Errorf("%v", err)
	}
	_, err = Read("a.yaml", []byte("tables: &t\n  - rows: *t\n"))
	if err == nil || !strings.Contains(err.Error(), "a.yaml:1:9: &t is an anchor") {
		t.Errorf("%v", err)
	}
}
