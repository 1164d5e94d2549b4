// Package network runs the product for a test as its users would: it builds the program, once for each test binary, brings
// up a network with it, runs its commands, and knows the processes, keys and addresses of what runs.
//
// A package's tests that use it have a TestMain that calls Main, with the ports that are theirs: packages are tested at the
// same time. What a test has started ends with it, however it ends; where it failed, the ends of the logs are shown.
package network
