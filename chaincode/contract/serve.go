package contract

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxMessage bounds one message from the peer, in bytes: a batch is at most 10 MB, because no transaction is
	// larger, and the peer adds little.
	maxMessage = 32 << 20

	// stopAfter is how long transactions under way may take to finish when the service stops. The peer holds its
	// stream open for ever, so a graceful stop always has to end here.
	stopAfter = 2 * time.Second
)

// Serve runs the contract as a service (Fabric's "chaincode as a service") until the context ends.
func Serve(ctx context.Context, c Config, log *slog.Logger) error {
	return Host(ctx, c, &Contract{Log: log}, log)
}

// Host runs any chaincode as a service until the context ends. The server is our own, because the shim's cannot be
// stopped.
func Host(ctx context.Context, c Config, chaincode shim.Chaincode, log *slog.Logger) error {
	tlsConfig, err := c.TLS.load()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(tlsConfig)),
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	peer.RegisterChaincodeServer(server, &shim.ChaincodeServer{CCID: c.PackageID, CC: chaincode})

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		hard := time.AfterFunc(stopAfter, server.Stop)
		defer hard.Stop()
		server.GracefulStop()
	}()
	log.Info("contract serves", slog.String("listen", listener.Addr().String()), slog.String("package", c.PackageID))
	if err := server.Serve(listener); err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	<-stopped
	return nil
}

func (t TLS) load() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("contract's TLS certificate: %w", err)
	}
	raw, err := os.ReadFile(t.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("contract's client CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("contract's client CA: %w", errors.New(t.ClientCA+" holds no certificate"))
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}, nil
}
