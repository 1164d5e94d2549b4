// Package sheet reads and writes the files in which business staff keep a rule set: YAML, or CSV for spreadsheets. A
// Sheet is the rule set with the place of everything in its file, so that whatever is found about a rule can be shown
// where it was written.
//
// # YAML
//
//	name: Winter 2026
//	currency: EUR
//	starts: 2026-12-01          # a day, or a time such as 2026-12-01T06:00:00Z; from its publication if left out
//	zone: Europe/Berlin         # whose days the dates are; UTC if left out
//	tiers:
//	  - {tier: silver, points: 500, nights: 10}
//	policy:
//	  orderMost: 500.00
//	  recovery: 72h             # a whole number of d, h, m or s
//	tables:
//	  - name: base
//	    hit: first
//	    rows:
//	      - {id: hotel, kinds: hotel, basisPoints: 500, months: 24}
//	      - id: long-stay-flight
//	        kinds: flight
//	        by: arrival
//	        from: 2026-12-01
//	        until: 2027-02-28
//	        when: trip.nights >= 7
//	        basisPoints: 400
//
// # CSV
//
// Separated by commas or semicolons. Lines that start with # are about the whole set and come first; then the headings,
// in any order, then a row each. Rows of the same table need not be neighbours; hit and rounding are given on its first.
// Where semicolons separate, amounts may have a decimal comma. Headings may be in capital letters, as spreadsheets like to
// have them; so may kinds and the words of hit, rounding and by in either format.
//
//	#,name,Winter 2026
//	#,currency,EUR
//	#,starts,2026-12-01
//	#,zone,Europe/Berlin
//	#,tier,silver,points=500,nights=10
//	#,policy,orderMost=500.00,recovery=72h
//	table,hit,id,kinds,by,from,until,when,basisPoints,months
//	base,first,hotel,hotel,,,,,500,24
//	base,,long-stay-flight,flight,arrival,2026-12-01,2027-02-28,trip.nights >= 7,400,
//
// # Guarantees
//
//   - Read refuses what it does not know, what is given twice and what is of the wrong type, and names every such place
//     up to a bound. Numbers are taken by their text; nothing passes through a float.
//   - The same rules in either format are the same rule set, byte for byte in their encoding. White space around a value
//     does not count.
//   - What WriteYAML and WriteCSV write reads back as the same rule set; where it would not, they write nothing.
//   - Days become seconds here: a season starts with the first instant of its first day in its zone and ends with the
//     first instant after its last. The zones are those of the machine, and those built into the program where the
//     machine has none; the seconds are what the ledger keeps.
//
// It leaves to earn what a rule set must be like (Check asks it), and to others whether its rules make sense.
package sheet
