// Package nativetest runs a network without a wallet service for the tests of a package. The test binary stands in for the
// program: the network copies it, and serves the contract from the copy.
package nativetest
