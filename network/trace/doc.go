// Package trace follows points from the bookings that earned them to where they are now, and back.
//
// It folds what an audit tells of each transaction (audit.Applied) into a Graph, and answers what became of an account, a
// booking, an order or a transaction (Find, Trace) as a tree: data for programs, and text for people. It reads and writes
// nothing itself, and knows no names: accounts and hashes are all there is on the ledger. What it says is as proven as the
// audit that it follows; it checks nothing but itself.
//
// # Which points
//
// A journal says how many points of which month an operation took from whom and brought to whom. Points of one account and
// month are alike; which of them it took is told by a rule, so that every cent has one way and all sums are exact:
//
//   - The ledger's word comes first. Months, amounts and accounts are those of the journal: earliest month first is the
//     rules' doing, and nothing here repeats it. A credit that no transaction has absorbed is not spent. What is held is in
//     its hold. In a household, points lie in the share of the member whose they are by its record; an order takes of the
//     share of the member who signed it first, and leaving takes the leaver's.
//   - A reversal takes what is left of its own award before other points of that month; a recall what the account had given
//     of the award, and then what else it had given, before what others gave.
//   - Otherwise, of one account and month, what came first is spent first (as the wallet service explains balances). What
//     is set aside and released has the turn it had before.
//   - What is made good within a household, when one member's order used up the earlier points of another, changes hands
//     from share to share without a movement: the ledger has no entry of it, and the points stay with the household.
//
// Within one transaction a journal does not tell which of its operations absorbed a credit; it is then as if that had
// happened before the first of them. What an account received last is what stays a credit. Records, credits and holds come
// out as the ledger has them in any case.
//
// # What is checked
//
// After every transaction each account record, credit and hold that it wrote must have, month by month and share by share,
// what the graph has in its place; Add fails otherwise. A movement is the sum of its parts, and each cent of it was taken
// by one later movement or lies in one place: cycles of transfers are long ways, and never loops.
//
// # Cost
//
// A movement of one month with one source takes 120 bytes: 56 for the journal's entry, 40 for the movement and 24 for its
// part, and 24 more for each further source. An entry that moved nothing takes 56 bytes, a transaction about 110, an account
// about 75 and what lies in one place about 150; and slices that grow have up to a quarter of room. A million movements
// among 100,000 accounts were measured to take 197 MB in all (BenchmarkMillion), and some 8 us of one processor each, which
// is little beside their audit.
package trace
