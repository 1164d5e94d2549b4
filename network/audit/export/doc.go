// Package export writes what an audit derived as tables: the journal, balances, and what is owed to members (liability),
// each as CSV or as JSON Lines.
//
// A table is a function of the blocks up to a height: the same blocks give the same bytes, on every machine. It is
// written while the blocks are audited, and whoever calls Write throws what was written away if the audit found anything
// wrong. Sums are compared with the audit's books before the last line is written.
//
// # Lines
//
// Both formats have the same columns; docs/exports.md says what they mean. The first column, record, says what a line is
// of, and which of the others it has. The last line has the record "end": how many lines there are before it, and the
// height (number of blocks), header hash and state digest (package audit) that the table is true at. A file without it is
// not whole.
//
// CSV is that of RFC 4180, with a header, but for lines ending in LF alone. Text that came from outside, such as reasons,
// is given an apostrophe in front if a spreadsheet could take it for a formula; no such text has one of its own.
//
// JSON Lines has an object for each line. Its members are in the order of the columns, and those without a value are left
// out. Numbers of blocks, transactions, operations, accounts, lines and versions are JSON numbers, everything else is text.
//
// Everywhere amounts are decimal with two places, never negative; times are RFC 3339 in UTC; months are YYYY-MM, and an
// expiry the last month in which points are valid; accounts are 20-byte addresses with the checksum of EIP-55; hashes are
// lower-case hex.
//
// # Memory
//
// The journal is written as it comes. Balances and liability take a few hundred bytes for each account and month beside
// the audit's own state.
//
// It leaves to others: where blocks come from, how far to look (audit.First), and where the bytes go.
package export
