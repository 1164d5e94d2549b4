package access

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

// Dial prepares a connection to a peer of an organisation.
func Dial(layout material.Layout, org topology.Organisation, p topology.Peer, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	roots, err := Roots(layout.TLSRoot(org.Name))
	if err != nil {
		return nil, err
	}
	secure := credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
	return grpc.NewClient(topology.Address(p.ListenPort), append(options, grpc.WithTransportCredentials(secure))...)
}

// Roots are the certificates of a file, to trust what they signed.
func Roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}

// Identity reads the certificate and the key of an organisation's user, or of its administrator.
func Identity(layout material.Layout, org topology.Organisation, user string) (identity.SigningIdentity, error) {
	files, err := layout.User(org, user)
	if err != nil {
		return nil, err
	}
	cert, err := identity.ReadCertificate(files.Cert)
	if err != nil {
		return nil, err
	}
	key, err := identity.ReadPrivateKey(files.Key)
	if err != nil {
		return nil, err
	}
	return identity.NewPrivateKeySigningIdentity(org.MSPID, cert, key)
}

// Gateway speaks to a peer's gateway service as the identity. Closing it leaves the connection open.
func Gateway(id identity.SigningIdentity, connection grpc.ClientConnInterface) (*client.Gateway, error) {
	// These identities sign messages, not digests of them.
	return client.Connect(id, client.WithSign(id.Sign), client.WithHash(hash.NONE), client.WithClientConnection(connection))
}

// Said lists what the peers and orderers behind a gateway said, one sentence each; the error itself may only say that
// they said something.
func Said(err error) []string {
	var said []string
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*gateway.ErrorDetail); ok {
			said = append(said, fmt.Sprintf("%s (%s) says: %s", d.GetAddress(), d.GetMspId(), d.GetMessage()))
		}
	}
	return said
}
