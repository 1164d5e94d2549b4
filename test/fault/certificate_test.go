package fault

import (
	"context"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// issuer is who the wallet service sends what members and the booking system ask for as.
const issuerOrganisation, issuer = "destinasia", "issuer"

// validFor is for how long the certificate is valid before it expires: long enough for the service to start with it.
const validFor = 15 * time.Second

// expire has the issuer's certificate end: the service is started with one that is valid for moments only. Then it must say
// what is wrong.
func (r *rig) expire() {
	r.Helper()
	r.Kill(topology.Wallet)
	ends := time.Now().Add(validFor)
	if err := r.endAt(ends); err != nil {
		r.Fatal(err)
	}
	r.Up()
	time.Sleep(time.Until(ends) + time.Second)
	within, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	if err := r.crowd.members.Ready(within); err == nil || !strings.Contains(err.Error(), "the certificate of "+issuer) {
		r.Errorf("with an expired certificate the service says: %v", err)
	}
}

// endAt has the issuer's certificate signed again, with another end. Issuing it long ago would not do: peers look at a
// certificate as of its beginning, when its authority has to be valid already.
func (r *rig) endAt(ends time.Time) error {
	layout := native.Dir(r.Dir).Material()
	org, err := r.plan.Organisation(issuerOrganisation)
	if err != nil {
		return err
	}
	id, err := layout.User(org, issuer)
	if err != nil {
		return err
	}
	issued, err := certificate(id.Cert)
	if err != nil {
		return err
	}
	root, err := certificate(layout.Root(issuerOrganisation))
	if err != nil {
		return err
	}
	key, err := privateKey(filepath.Join(filepath.Dir(layout.Root(issuerOrganisation)), "ca-key.pem"))
	if err != nil {
		return err
	}
	issued.NotAfter = ends
	issued.ExtraExtensions = issued.Extensions // attributes among them
	for {
		der, err := x509.CreateCertificate(rand.Reader, issued, root, issued.PublicKey, key)
		if err != nil {
			return err
		}
		if cert, err := x509.ParseCertificate(der); err != nil {
			return err
		} else if !lowS(cert.Signature) {
			continue // a peer would take it for the one with the other S, whose bytes differ
		}
		return os.WriteFile(id.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
	}
}

func lowS(signature []byte) bool {
	var sig struct{ R, S *big.Int }
	_, err := asn1.Unmarshal(signature, &sig)
	return err == nil && sig.S.Cmp(new(big.Int).Rsh(elliptic.P256().Params().N, 1)) <= 0
}

func (r *rig) forgetCertificate() {
	r.Helper()
	if err := os.RemoveAll(filepath.Dir(native.Dir(r.Dir).Material().UserMSP(issuerOrganisation, issuer))); err != nil {
		r.Fatal(err)
	}
}

// renew is what an operator does: where there is no certificate `up` issues one, and starts the service with it.
func (r *rig) renew() {
	r.Helper()
	r.forgetCertificate()
	r.Kill(topology.Wallet)
}

func certificate(file string) (*x509.Certificate, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func privateKey(file string) (any, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	return x509.ParsePKCS8PrivateKey(der)
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	content, _ := pem.Decode(text)
	if content == nil {
		return nil, fmt.Errorf("%s is not PEM", file)
	}
	return content.Bytes, nil
}
