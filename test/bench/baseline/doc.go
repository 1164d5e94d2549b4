// Package baseline is the contract that the benchmark compares ours with: a token as samples teach it, where an account's
// balance is a number under one key and an order is a transaction of its own.
//
// It is written for that comparison, and in its own favour: nobody signs orders, whoever may submit transactions may
// move and mint anything, there are no expiries, no duplicates to refuse and no journal. What it does it does right:
// balances are integers that never go below nothing nor overflow, and a refused call changes nothing. Nobody should keep
// points with it.
package baseline
