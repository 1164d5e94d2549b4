// Package statement writes a member's statement as a file: as CSV for a spreadsheet, and as a page of HTML to print or keep.
//
// It guarantees that the page needs nothing but itself, no script, picture or address elsewhere, and that whatever is in a
// statement stays text: in HTML it is never markup, in CSV never a formula. Working the statement out is wallet's.
package statement
