package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Peer is a peer that endorses through its gateway service, orders, and delivers blocks.
type Peer struct {
	Address    string // host:port
	TLSCA      string // PEM file
	ServerName string // expected in its certificate; the address's host if empty
}

// Identity is a Fabric identity, in PEM files; the key is ECDSA on P-256, PKCS #8.
type Identity struct {
	MSPID string
	Cert  string
	Key   string
}

// certificates is how many identities there are, each under its wallet.Certificate.
const certificates = wallet.AsApprover + 1

// maxMessage bounds what is received in one piece. Blocks are as large as the channel's AbsoluteMaxBytes, 10 MB, and
// what the peer adds.
const maxMessage = 64 << 20

// transport is how to connect to the peer.
func (p Peer) transport() (credentials.TransportCredentials, error) {
	pem, err := os.ReadFile(p.TLSCA)
	if err != nil {
		return nil, fmt.Errorf("TLS roots of peer %s: %w", p.Address, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("TLS roots of peer %s: no certificate in %s", p.Address, p.TLSCA)
	}
	return credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: p.ServerName, MinVersion: tls.VersionTLS12}), nil
}

// dial makes the one connection to a peer. It connects when it is first used, and again whenever it
// breaks.
func dial(p Peer, transport credentials.TransportCredentials) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("dns:///"+p.Address,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		// So a peer that vanished without a word is noticed. Peers allow a ping a minute by default and close
		// the connection on more.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithInitialWindowSize(4<<20), grpc.WithInitialConnWindowSize(8<<20))
	if err != nil {
		return nil, fmt.Errorf("peer %s: %w", p.Address, err)
	}
	return conn, nil
}

// signer is an identity that was read.
type signer struct {
	id      *identity.X509Identity
	sign    identity.Sign
	name    string // in its certificate
	expires time.Time
}

// valid tells whether peers and orderers still take what the identity signs. They say only that access is denied.
func (s signer) valid(now time.Time) error {
	if now.After(s.expires) {
		return fmt.Errorf("the certificate of %s expired on %s, and peers refuse what is signed with it; nothing that was accepted is lost: have it issued anew and restart",
			s.name, s.expires.UTC().Format(time.RFC3339))
	}
	return nil
}

func (i Identity) load() (signer, error) {
	certPEM, err := os.ReadFile(i.Cert)
	if err != nil {
		return signer{}, fmt.Errorf("identity of %s: %w", i.MSPID, err)
	}
	keyPEM, err := os.ReadFile(i.Key)
	if err != nil {
		return signer{}, fmt.Errorf("identity of %s: %w", i.MSPID, err)
	}
	cert, err := identity.CertificateFromPEM(certPEM)
	if err != nil {
		return signer{}, fmt.Errorf("identity %s: %w", i.Cert, err)
	}
	id, err := identity.NewX509Identity(i.MSPID, cert)
	if err != nil {
		return signer{}, fmt.Errorf("identity %s: %w", i.Cert, err)
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return signer{}, fmt.Errorf("key %s: %w", i.Key, errors.New("not a private key in PKCS #8, PEM"))
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return signer{}, fmt.Errorf("key %s: %w", i.Key, err)
	}
	return signer{id, sign, cert.Subject.CommonName, cert.NotAfter}, nil
}
