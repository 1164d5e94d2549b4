// Package bench is what the project's benchmark finds: figures of rounds and what they have in common, the machine they
// depend on, what processes and their data take, and a chart.
//
// All workloads have one shape. A workload is run in variants, the first of which is what the others are compared with:
// the baseline contract and this project's, or several rule sets. A lap runs each variant once, one right after the other;
// laps alternate in their order. Ratios are taken within a lap, and the median of the laps is what counts: a machine that
// grows slower, or a ledger that grows larger, favours none.
//
// What is sent is package workload's, how it is sent package load's. How a network is started, and how figures are
// printed, is left to the command line.
package bench
