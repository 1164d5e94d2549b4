// Package test holds what is tested across packages: the rules of the house (tidy_test.go) and whole programs on a
// real network (e2e). It may import everything; nothing imports it.
package test
