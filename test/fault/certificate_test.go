package fault

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// issuer is who the wallet service sends what members and the booking system ask for as.
const issuerOrganisation, issuer = "destinasia", "issuer"

// validFor is for how long the certificate is valid before it expires: long enough for the service to start with it.
const validFor = 15 * time.Second

// expire has the issuer's certificate end: the service is started with one that was issued so long ago that it is valid for
// moments only. Then it must say what is wrong.
func (r *rig) expire() {
	r.Helper()
	now := time.Now()
	lasts := r.issue(now).NotAfter.Sub(now)
	r.Kill(topology.Wallet)
	ends := time.Now().Add(validFor)
	r.issue(ends.Add(-lasts))
	r.Up()
	time.Sleep(time.Until(ends) + time.Second)
	within, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	if err := r.crowd.members.Ready(within); err == nil || !strings.Contains(err.Error(), "the certificate of "+issuer) {
		r.Errorf("with an expired certificate the service says: %v", err)
	}
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
