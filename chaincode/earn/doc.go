// Package earn turns a booked item into points by a rule set, and says why it is so many.
//
// A RuleSet is a set of decision tables as business staff write them: rows with conditions in a part of CEL, and what
// they give, in integers. Compile checks every cell of it and answers an Evaluator, or Faults that name the place and
// what is wrong there; Load does the same from the encoding that the ledger keeps, once per process. An Evaluator
// gives an item its Parts, and an Explanation of them; Digest names an explanation.
//
// What it guarantees:
//
//   - It is pure: no clock, no I/O, no randomness, no floats. The same rule set and item give the same bytes in every
//     process, and whatever is in a rule set or an item, nothing panics.
//   - Prices and points are integer cents, rates are basis points (1/10,000), products are 128 bits wide. Every row
//     rounds on its own, in the way its table names; sums are checked.
//   - What an evaluation may cost is bounded when the rule set is compiled. The language of conditions has no loops, so
//     the number of rows and CEL's own estimate of each condition are the bound.
//   - The common conditions, which hold a variable against constants, are not run by CEL but tested natively, with the
//     same meaning: 50 rows take about a microsecond.
//
// What it leaves to others: who may change a rule set and when it comes into force; what is left of caps and budgets,
// which it asks the caller for (Room) and which the caller books; the member's tier, which the caller finds with TierOf
// and puts into the Item; and whether an item's currency is that of the rule set. Texts in an Item are expected to be
// short, MaxName bytes at most, as the estimate of costs assumes. It knows nothing of accounts, bookings or the ledger.
package earn
