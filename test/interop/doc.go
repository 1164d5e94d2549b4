// Package interop shows that existing Go clients, written for fabric-sdk-go, can use this network and its contract. It
// is a module of its own, because that SDK and the current Fabric libraries cannot be in one program.
package interop
