package lifecycle

import (
	"bytes"
	"testing"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
)

func TestPackageIsReadableAndItsIdentityStable(t *testing.T) {
	content, err := Package("dsd_1.0", "127.0.0.1:21540")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Package("dsd_1.0", "127.0.0.1:21540")
	if !bytes.Equal(content, again) {
		t.Error("equal input gave different packages")
	}
	metadata, code, err := chaincode.ParseChaincodePackage(content)
	if err != nil {
		t.Fatal(err)
	}
	if metadata.Type != PackageType || metadata.Label != "dsd_1.0" || len(code) == 0 {
		t.Errorf("package reads as %+v with %d bytes of code", metadata, len(code))
	}
	// Written down so that a change of the bytes is noticed: peers know an installed package by this hash only.
	const want = "dsd_1.0:2ebc8b525ee0867188749caf88e1bf287194d8cf50046db8b555b4472f37f403"
	if got := PackageID("dsd_1.0", content); got != want {
		t.Errorf("package id\n got %s\nwant %s", got, want)
	}
	other, _ := Package("dsd_1.0", "127.0.0.1:21560")
	if PackageID("dsd_1.0", other) == PackageID("dsd_1.0", content) {
		t.Error("packages with different addresses share an identity")
	}
}
