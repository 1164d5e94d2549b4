package service

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/custody"
	"github.com/destinasia/dollars/wallet-api/directory"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/gateway"
	"github.com/destinasia/dollars/wallet-api/inbox"
	"github.com/destinasia/dollars/wallet-api/readmodel"
	"github.com/destinasia/dollars/wallet-api/rest"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// heapTarget is what the garbage collector keeps the process's own memory to, in bytes: several times what is live at full
// speed, so that it only matters when thousands of requests wait. With less the collector took two thirds of the CPU then.
const heapTarget = 512 << 20

// Run runs the wallet service until the context ends, or a part of it fails. Requests under way are finished, and
// what was accepted stays on disk for the next run.
func Run(ctx context.Context, c Config, log *slog.Logger) error {
	debug.SetMemoryLimit(heapTarget)
	secrets, err := c.Secrets.load()
	if err != nil {
		return err
	}
	s, err := open(c, secrets, log)
	if err != nil {
		return err
	}
	return errors.Join(s.run(ctx, c, secrets, log), s.close())
}

// stores is everything that is on disk.
type stores struct {
	inbox     *inbox.Inbox
	views     *readmodel.Views
	directory *directory.Directory
	custody   *custody.Custody
}

func open(c Config, secrets loadedSecrets, log *slog.Logger) (s stores, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	below := func(name string) string { return filepath.Join(c.Dir, name) }
	// The inbox stays in the present: Badger drops what it has kept for long enough, by the machine's clock.
	if s.inbox, err = inbox.Open(below("inbox"), inbox.Options{Log: log}); err != nil {
		return s, err
	}
	if s.views, err = readmodel.Open(below("views"), readmodel.Options{Log: log, Now: c.now}); err != nil {
		return s, err
	}
	if s.directory, err = directory.Open(below("directory"), directory.Options{Log: log}); err != nil {
		return s, err
	}
	s.custody, err = custody.Open(below("custody"), secrets.custody, custody.Options{Log: log})
	return s, err
}

// close closes what is open, the inbox first: after it nothing new is accepted.
func (s stores) close() error {
	var errs []error
	if s.inbox != nil {
		errs = append(errs, s.inbox.Close())
	}
	if s.views != nil {
		errs = append(errs, s.views.Close())
	}
	if s.directory != nil {
		errs = append(errs, s.directory.Close())
	}
	if s.custody != nil {
		errs = append(errs, s.custody.Close())
	}
	return errors.Join(errs...)
}

func (s stores) run(ctx context.Context, c Config, secrets loadedSecrets, log *slog.Logger) error {
	currency, ok := dollars.CurrencyOf(c.Chaincode)
	if !ok {
		return fmt.Errorf("wallet configuration: this program knows no currency of a chaincode named %q", c.Chaincode)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	carrier, err := gateway.New(s.inbox, s.views, c.gateway(log, registry))
	if err != nil {
		return err
	}
	pending, err := s.inbox.Pending(ctx, wallet.ClassOrder)
	if err != nil {
		return err
	}
	svc := wallet.New(
		wallet.Ports{Intake: s.inbox, Views: s.views, Blocks: carrier, Directory: s.directory, Keys: s.custody},
		wallet.LedgerInfo{Currency: currency, Channel: c.Channel, Chaincode: c.Chaincode},
		wallet.Options{Pending: pending, CaughtUp: carrier.CaughtUp, Now: c.now, Waiting: rest.Waiting},
	)
	server := rest.New(svc, secrets.apiKeys, secrets.session, rest.Options{
		Ready:    func(context.Context) error { return carrier.Ready() },
		Room:     s.inbox.Room,
		Registry: registry,
		Log:      log,
		Now:      c.now,
	})
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("wallet service: %w", err)
	}
	log.Info("wallet service serves", slog.String("listen", listener.Addr().String()), slog.String("channel", c.Channel), slog.String("chaincode", c.Chaincode))
	return together(ctx,
		func(ctx context.Context) error { return server.Run(ctx, listener) },
		carrier.Run,
		func(ctx context.Context) error { return sweep(ctx, svc.Sweep, sweepEvery, log) },
		func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return nil
			case <-s.inbox.Failed():
				return fmt.Errorf("wallet service: %w", disk.ErrFailed)
			}
		},
	)
}

// together runs parts until the context ends or one of them stops, then ends the others and waits for them.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() {
			defer stop()
			ended <- part(ctx)
		}()
	}
	var errs []error
	for range parts {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

func (c Config) gateway(log *slog.Logger, metrics prometheus.Registerer) gateway.Options {
	return gateway.Options{
		Channel:   c.Channel,
		Chaincode: c.Chaincode,
		Peers:     c.peers(),
		Endorsers: c.Endorsers,
		Issuer:    gateway.Identity(c.Identities.Issuer),
		Operator:  gateway.Identity(c.Identities.Operator),
		Merchant:  gateway.Identity(c.Identities.Merchant),
		Approver:  gateway.Identity(c.Identities.Approver),
		Log:       log,
		Metrics:   metrics,

		ClockOffset: c.clockOffset(),
	}
}

func (c Config) peers() (list []gateway.Peer) {
	for _, p := range c.Peers {
		list = append(list, gateway.Peer(p))
	}
	return list
}

type loadedSecrets struct {
	apiKeys rest.APIKeys
	session [32]byte
	custody [32]byte
}

func (s Secrets) load() (out loadedSecrets, err error) {
	raw, err := os.ReadFile(s.APIKeys)
	if err != nil {
		return out, fmt.Errorf("API keys: %w", err)
	}
	if out.apiKeys, err = rest.ParseAPIKeys(raw); err != nil {
		return out, err
	}
	if out.session, err = readKey(s.Session); err != nil {
		return out, fmt.Errorf("session key: %w", err)
	}
	if out.custody, err = readKey(s.Custody); err != nil {
		return out, fmt.Errorf("custody key: %w", err)
	}
	return out, nil
}

// readKey reads 32 bytes in hex. What the file holds never gets into an error.
func readKey(path string) (key [32]byte, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return key, err
	}
	decoded, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(decoded) != len(key) {
		return key, fmt.Errorf("%s does not hold 32 bytes in hex", path)
	}
	return [32]byte(decoded), nil
}
