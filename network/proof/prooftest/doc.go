// Package prooftest makes signed blocks in the process, as a network would, for tests: with the network's own material,
// so every certificate and signature in them is real. Whoever takes part can be made to do what they should not.
package prooftest
