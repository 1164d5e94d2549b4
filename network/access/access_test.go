package access

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

func TestIdentitySignsAsItsCertificate(t *testing.T) {
	n, err := topology.Development(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	layout := material.Layout(filepath.Join(t.TempDir(), "material"))
	if err := material.Make(string(layout), n, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, org := range n.Members() {
		for _, user := range append(org.Users, topology.User{Name: topology.Administrator}) {
			id, err := Identity(layout, org, user.Name)
			if err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode(id.Credentials())
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil || cert.Subject.CommonName != user.Name+"@"+org.Name || id.MspID() != org.MSPID {
				t.Errorf("%s of %s is %s of %s: %v", user.Name, org.Name, cert.Subject.CommonName, id.MspID(), err)
			}
			signature, err := id.Sign([]byte("message"))
			digest := sha256.Sum256([]byte("message"))
			if err != nil || !ecdsa.VerifyASN1(cert.PublicKey.(*ecdsa.PublicKey), digest[:], signature) {
				t.Errorf("%s of %s signs wrongly: %v", user.Name, org.Name, err)
			}
		}
		if _, err := Identity(layout, org, "nobody"); err == nil {
			t.Error("somebody unknown has an identity")
		}
		if _, err := Roots(layout.Genesis()); err == nil {
			t.Error("a genesis block was taken for roots")
		}
		if _, err := Roots(layout.TLSRoot(org.Name)); err != nil {
			t.Error(err)
		}
	}
}

func TestSaidFindsWhatPeersSaidBehindWrappedErrors(t *testing.T) {
	st, err := status.New(codes.Aborted, "see details").WithDetails(
		&gateway.ErrorDetail{Address: "peer0:1", MspId: "A", Message: "no"}, &gateway.ErrorDetail{Address: "peer0:2", MspId: "B", Message: "never"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"peer0:1 (A) says: no", "peer0:2 (B) says: never"}
	if got := Said(fmt.Errorf("endorse: %w", st.Err())); !reflect.DeepEqual(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := Said(fmt.Errorf("no status at all")); len(got) != 0 {
		t.Errorf("nobody said %q", got)
	}
}
