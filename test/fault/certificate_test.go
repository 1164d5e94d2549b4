package fault

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// issuer is who the wallet service sends what members and the booking system ask for as.
const issuerOrganisation, issuer = "destinasia", "issuer"

// validFor is for how long the certificate is valid with which the service is started before it expires.
const validFor = 2 * time.Second

// expire has the issuer's certificate end: the service is started with one that was issued so long ago that it is valid for
// moments only.
func (r *rig) expire() {
	r.Helper()
	now := time.Now()
	lasts := r.issue(now).NotAfter.Sub(now)
	r.issue(time.Now().Add(validFor - lasts))
	r.Kill(topology.Wallet)
	r.Up()
}

// issue gives the issuer another certificate, as if at some time.
func (r *rig) issue(at time.Time) *x509.Certificate {
	r.Helper()
	r.forgetCertificate()
	layout := native.Dir(r.Dir).Material()
	org, err := r.plan.Organisation(issuerOrganisation)
	if err == nil {
		err = material.AddUsers(string(layout), r.plan, at)
	}
	var id material.Identity
	if err == nil {
		id, err = layout.User(org, issuer)
	}
	var issued *x509.Certificate
	if err == nil {
		issued, err = certificate(id.Cert)
	}
	if err != nil {
		r.Fatal(err)
	}
	return issued
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
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	content, _ := pem.Decode(text)
	if content == nil {
		return nil, fmt.Errorf("%s is not PEM", file)
	}
	return x509.ParseCertificate(content.Bytes)
}
