package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// auditSource is where an audit has its blocks from.
type auditSource struct {
	audit.Fetcher
	names  []string
	height int // how many blocks there are
	close  func()
}

// named says whose block an audit has refused, where that can be known.
func (s auditSource) named(failed error) error {
	if peers, ok := s.Fetcher.(*source.Compared); ok {
		return peers.Named(failed)
	}
	return failed
}

// auditSource opens a directory of block files or, without one, asks peers.
func (a *app) auditSource(ctx context.Context, dir string) (auditSource, error) {
	return a.auditSourceFrom(ctx, dir, 0)
}

// auditSourceFrom leaves the blocks before one out.
func (a *app) auditSourceFrom(ctx context.Context, dir string, first uint64) (auditSource, error) {
	if dir != "" {
		if len(a.peers) > 0 {
			return auditSource{}, errors.New("--peer is for a running network: leave it out, or --blocks")
		}
		files, err := source.Open(dir)
		if err != nil {
			return auditSource{}, err
		}
		files.Skip(first)
		return auditSource{files, []string{dir}, files.Len(), func() {}}, nil
	}
	n, err := a.open()
	if err != nil {
		return auditSource{}, err
	}
	return a.peersSource(ctx, n, first)
}

// peersSource asks all peers, or those chosen with --peer, for the blocks that all of them have.
func (a *app) peersSource(ctx context.Context, n *native.Network, first uint64) (auditSource, error) {
	peers, err := a.dialPeers(n)
	if err != nil {
		return auditSource{}, err
	}
	var s auditSource
	heights, err := peers.heights(ctx)
	lowest := ^uint64(0)
	for i, p := range peers {
		s.names = append(s.names, p.Name())
		if err == nil {
			lowest = min(lowest, heights[i])
			if err = reach(heights[i], first); err != nil {
				err = fmt.Errorf("%s: %w", p.Name(), err)
			}
		}
	}
	if err != nil {
		peers.close()
		return auditSource{}, err
	}
	for i, p := range peers {
		if behind := slices.Max(heights) - heights[i]; behind > usualLag {
			fmt.Fprintf(a.errs, "%s: it is %d blocks behind; what all peers have is audited\n", p.Name(), behind)
		}
	}
	blocks := source.Compare(ctx, source.Options{From: first, Until: lowest, Say: func(peer, what string) {
		fmt.Fprintf(a.errs, "%s: %s\n", peer, what)
	}}, peers...)
	s.Fetcher, s.height = blocks, int(lowest)
	s.close = func() {
		blocks.Close()
		peers.close()
	}
	return s, nil
}

// auditPeers are the peers of all organisations.
type auditPeers []*source.Peer

// peerFlag is for the commands that ask peers for blocks.
func (a *app) peerFlag(command *cobra.Command) {
	command.Flags().StringSliceVar(&a.peers, "peer", nil, "ask only the peer of this `NAME`; may be given several times (default all peers)")
}

// dialPeers prepares connections to the peers that were chosen, or to all.
func (a *app) dialPeers(n *native.Network) (auditPeers, error) {
	if err := knownPeers(n.Topology, a.peers); err != nil {
		return nil, err
	}
	var peers auditPeers
	for _, org := range n.Topology.Members() {
		for _, node := range org.Peers {
			if len(a.peers) > 0 && !slices.Contains(a.peers, node.Name) {
				continue
			}
			p, err := dialPeer(n, org, node)
			if err != nil {
				peers.close()
				return nil, err
			}
			peers = append(peers, p)
		}
	}
	return peers, nil
}

// knownPeers refuses a name that no peer has: an audit of fewer peers than were named would look like one of all.
func knownPeers(n topology.Network, names []string) error {
	var all []string
	for _, org := range n.Members() {
		for _, node := range org.Peers {
			all = append(all, node.Name)
		}
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("--peer %q is no peer of this network: there are %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}

func (peers auditPeers) close() {
	for _, p := range peers {
		_ = p.Close() // nothing was written
	}
}

// usualLag is how many blocks a peer may be behind the others in the middle of work.
const usualLag = 10

// heightPatience is how long a peer may take to say how many blocks it has.
const heightPatience = 10 * time.Second

// heights are how many blocks the peers have, by their order.
func (peers auditPeers) heights(ctx context.Context) ([]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, heightPatience)
	defer cancel()
	heights := make([]uint64, len(peers))
	for i, p := range peers {
		var err error
		if heights[i], err = p.Height(ctx); err != nil {
			return nil, fmt.Errorf("%w; is the network running? Without this peer, name with --peer those to ask", err)
		}
	}
	return heights, nil
}

// reach tells that so many blocks are too few to go on behind one: those who follow them would wait for ever.
func reach(height, first uint64) error {
	if height <= first {
		return fmt.Errorf("there are %d blocks, and the audit is to go on behind block %d: blocks were lost or taken away, or are yet to come", height, first)
	}
	return nil
}

// dialPeer asks as the administrator of the peer's own organisation.
func dialPeer(n *native.Network, org topology.Organisation, node topology.Peer) (*source.Peer, error) {
	layout := n.Dir.Material()
	id, err := layout.User(org, topology.Administrator)
	if err != nil {
		return nil, err
	}
	return source.Dial(source.PeerOptions{
		Name: node.Name, Address: topology.Address(node.ListenPort), Channel: n.Topology.Channel.Name,
		TLSRoot: layout.TLSRoot(org.Name), MSPID: id.MSPID, Cert: id.Cert, Key: id.Key,
	})
}

// trustRoots are an audit's roots and where they are from.
type trustRoots struct {
	audit.Roots
	where string
}

func (t trustRoots) String() string {
	var parts []string
	if t.Genesis != nil {
		parts = append(parts, fmt.Sprintf("the genesis block %x", *t.Genesis))
	}
	if n := len(t.Certificates); n > 0 {
		parts = append(parts, fmt.Sprintf("%d root certificates", n))
	}
	return strings.Join(parts, " and ") + " of " + t.where
}

// auditRoots reads the trust roots of a directory, either flat or a network's material, or, without one, those of the network.
func (a *app) auditRoots(dir string) (trustRoots, error) {
	var genesis string
	var certificates []string
	if dir == "" {
		n, err := a.open()
		if err != nil {
			return trustRoots{}, fmt.Errorf("%w; without a network, name what to trust with --roots", err)
		}
		layout := n.Dir.Material()
		dir, genesis = string(layout), layout.Genesis()
		for _, org := range n.Topology.Organisations {
			certificates = append(certificates, layout.Root(org.Name))
		}
	} else {
		layout := material.Layout(dir)
		genesis = layout.Genesis()
		certificates, _ = filepath.Glob(filepath.Join(dir, "*.pem")) // the patterns are right
		organisations, _ := filepath.Glob(layout.Root("*"))
		certificates = append(certificates, organisations...)
	}
	t := trustRoots{where: dir}
	for _, file := range certificates {
		cert, err := readCertificate(file)
		if err != nil {
			return trustRoots{}, fmt.Errorf("root certificate %s: %w", file, err)
		}
		t.Certificates = append(t.Certificates, cert)
	}
	hash, err := genesisHash(genesis)
	switch {
	case err == nil:
		t.Genesis = &hash
	case !errors.Is(err, fs.ErrNotExist):
		return trustRoots{}, err
	case len(certificates) == 0:
		return trustRoots{}, fmt.Errorf("%s holds neither root certificates (*.pem) nor genesis.block: there is nothing to trust", dir)
	}
	return t, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	content, _ := pem.Decode(text)
	if content == nil {
		return nil, errors.New("it is not PEM")
	}
	return x509.ParseCertificate(content.Bytes)
}

func genesisHash(file string) (hash [sha256.Size]byte, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return hash, err
	}
	var first common.Block
	if err := proto.Unmarshal(raw, &first); err != nil || first.GetHeader() == nil {
		return hash, fmt.Errorf("%s is no block", file)
	}
	h := first.GetHeader()
	return block.HeaderHash(h.GetNumber(), h.GetPreviousHash(), h.GetDataHash()), nil
}
