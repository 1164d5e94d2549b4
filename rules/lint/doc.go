// Package lint finds what is legal in a rule set but cannot be meant. It reads the conditions and tries no bookings, so
// it also finds what no past booking would show.
//
// # What is found
//
// Errors, which are certain:
//
//   - A row that no item can match: its kinds, season and condition exclude each other, or ask for what there is not,
//     such as a tier that the rule set does not have, a month 13, or nights of a flight.
//   - Two rows of a UNIQUE table that match the same item. The finding has such an item; the evaluator itself said that
//     both rows match it.
//
// Warnings, which somebody should look at:
//
//   - Two rows of a UNIQUE table that could not be told apart, though no item was found that both match.
//   - A row of a FIRST table that is never reached, because one row before it matches all that it matches and has no
//     limit that could be used up.
//   - A kind that a row names but can never match; an alternative that never holds; a value in a list that a variable
//     never has; a condition, or a part of it, that always holds.
//   - A cap that is never reached, because the next is lower; a priority that does nothing; a season that is over.
//   - A limit of the policy that another makes pointless, and times of it that are too short for people.
//   - A table on which the work was stopped. Nothing is left out in silence.
//
// # What is not found
//
// A row that several rows before it hide together, though none does alone; alternatives that only the rest of their
// condition excludes; and what follows from comparing two variables with each other (nights < lead), except that their
// ranges may exclude it. Rows of FIRST and COLLECT tables may overlap and give the same twice: that is what these hit
// policies are for.
//
// # Why it is sound
//
// For each kind of item a condition becomes a union of boxes. A box limits variables one by one, to intervals of
// integers or to sets of texts, and the union has every item for which the condition is true; so does the union for
// which it is false, and an item for which integers overflow need be in neither. What is not understood may be
// anything. What would take too many boxes is put into a larger one. So a union without boxes means that nothing
// matches, and rows of which no boxes meet never match the same item. The other direction, that a row matches
// everything in a box, is known of boxes that are marked exact, and only those are taken to hide others or to always
// hold. An overlap is called certain by nothing but an item that the evaluator accepts.
//
// Items are those that the booking side can report and a ledger takes: numbers are in the ranges of earn.Variables and
// within the bounds of dollars.Facts, codes are codes, prices are in the rule set's currency, tiers are the rule set's. A trip counts the
// item itself; its longest stay is no shorter than the item's and is that, if the item is its only hotel, and without
// hotels it has no nights. An item for which a booking system reports its trip wrongly is beyond what lint can tell.
//
// It leaves to earn whether a rule set is legal, and to sheet where a row is in its file.
package lint
