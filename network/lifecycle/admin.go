package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"google.golang.org/grpc"

	"github.com/destinasia/dollars/network/access"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

const (
	// patience bounds the retries of one step. Fabric's refusals do not tell passing from lasting ones, so a lasting one
	// costs this long too; none is expected on a network of our own making.
	patience   = 30 * time.Second
	retryPause = 150 * time.Millisecond
	// askTimeout bounds a question that a peer which works answers in milliseconds.
	askTimeout = 5 * time.Second
)

// Admin acts as the administrator of every organisation of a network.
type Admin struct {
	network topology.Network
	layout  material.Layout
	members []member
}

// member is an organisation with peers, seen by its administrator.
type member struct {
	topology.Organisation
	id    identity.SigningIdentity
	peers []peerConnection
}

type peerConnection struct {
	topology.Peer
	*grpc.ClientConn
}

// Connect prepares connections to every peer; nothing is dialled until it is needed.
func Connect(n topology.Network, layout material.Layout) (*Admin, error) {
	a := &Admin{network: n, layout: layout}
	for _, org := range n.Members() {
		m := member{Organisation: org}
		var err error
		if m.id, err = access.Identity(layout, org, topology.Administrator); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		for _, p := range org.Peers {
			connection, err := access.Dial(layout, org, p)
			if err != nil {
				return nil, errors.Join(err, a.Close())
			}
			m.peers = append(m.peers, peerConnection{p, connection})
		}
		a.members = append(a.members, m)
	}
	return a, nil
}

// Close ends the connections.
func (a *Admin) Close() error {
	var errs []error
	for _, m := range a.members {
		for _, p := range m.peers {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}

// retry runs the step until it succeeds or patience is spent, and says what the step was about.
func retry(ctx context.Context, what string, step func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last error
	for {
		err := step(bounded)
		if err == nil {
			return nil
		}
		if errors.As(err, &final{}) {
			return fmt.Errorf("%s: %w", what, err)
		}
		// Waiting makes no room. The node's own error came as text.
		if strings.Contains(err.Error()+details(err), syscall.ENOSPC.Error()) {
			return fmt.Errorf("%s: the node says: %w", what, syscall.ENOSPC)
		}
		if bounded.Err() == nil || last == nil {
			last = err // an error after the bound is only about the bound
		}
		select {
		case <-bounded.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w", what, ctx.Err())
			}
			return fmt.Errorf("%s: given up after %v: %w%s", what, patience, last, details(last))
		case <-time.After(retryPause):
		}
	}
}

// final marks an error that no retry will mend.
type final struct{ error }

// details is what the peers behind a gateway said, to be put behind the error's own text.
func details(err error) string {
	var text string
	for _, said := range access.Said(err) {
		text += "; " + said
	}
	return text
}
