package gateway

import (
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// What peers say to an expired certificate is that access is denied, which helps nobody.
func TestAnExpiredCertificateIsNamed(t *testing.T) {
	one := &testPeer{}
	g, err := New(newDisk().open(), newDisk().open(), one.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(g.signers[wallet.AsOperator].expires); left < 50*time.Minute || left > time.Hour {
		t.Errorf("a certificate of an hour is read as one of %s", left)
	}
	if err := g.Ready(); err == nil || strings.Contains(err.Error(), "expired") {
		t.Errorf("before the start it is ready: %v", err)
	}
	g.signers[wallet.AsOperator].expires = time.Now().Add(-time.Second)
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "the certificate of peer expired on 2") {
		t.Errorf("with an expired certificate: %v", err)
	}
}
