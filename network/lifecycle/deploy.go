package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-admin-sdk/pkg/discovery"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/network/topology"
)

// Deploy brings a chaincode definition to committed: installed on every peer, approved by every member, each with its
// own package (by organisation name), and committed once. It returns when an endorsement can be had from every member.
func (a *Admin) Deploy(ctx context.Context, cc topology.Chaincode, packages map[string][]byte) error {
	policy, err := chaincode.NewApplicationPolicy(cc.EndorsementPolicy, "")
	if err != nil {
		return fmt.Errorf("endorsement policy of %s: %w", cc.Name, err)
	}
	definition := chaincode.Definition{
		ChannelName: a.network.Channel.Name, Name: cc.Name, Version: cc.Version, Sequence: cc.Sequence, ApplicationPolicy: policy,
	}
	group, within := errgroup.WithContext(ctx)
	for _, m := range a.members {
		group.Go(func() error {
			if err := m.install(within, cc.Label(), packages[m.Name]); err != nil {
				return err
			}
			own := definition
			own.PackageID = PackageID(cc.Label(), packages[m.Name])
			return m.approve(within, own)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := a.commit(ctx, definition); err != nil {
		return err
	}
	return a.awaitEndorsers(ctx, cc.Name)
}

func (m member) install(ctx context.Context, label string, content []byte) error {
	if len(content) == 0 {
		return fmt.Errorf("no package of %s for %s", label, m.Name)
	}
	id := PackageID(label, content)
	for _, p := range m.peers {
		err := retry(ctx, "installing "+label+" on "+p.Name, func(ctx context.Context) error {
			peer := chaincode.NewPeer(p, m.id)
			installed, err := peer.QueryInstalled(ctx)
			if err != nil {
				return err
			}
			for _, other := range installed.GetInstalledChaincodes() {
				if other.GetPackageId() == id {
					return nil
				}
			}
			_, err = peer.Install(ctx, bytes.NewReader(content))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m member) approve(ctx context.Context, definition chaincode.Definition) error {
	gateway := chaincode.NewGateway(m.peers[0], m.id)
	return retry(ctx, m.Name+" approving "+definition.Name, func(ctx context.Context) error {
		approved, err := gateway.QueryApproved(ctx, definition.ChannelName, definition.Name, definition.Sequence)
		switch {
		case err == nil:
			if approved.GetSource().GetLocalPackage().GetPackageId() == definition.PackageID &&
				approved.GetVersion() == definition.Version && samePolicy(approved.GetValidationParameter(), definition.ApplicationPolicy) {
				return nil
			}
		case !strings.Contains(err.Error()+details(err), "could not fetch approved chaincode definition"):
			return err
		}
		return gateway.Approve(ctx, &definition)
	})
}

func (a *Admin) commit(ctx context.Context, definition chaincode.Definition) error {
	m := a.members[0]
	gateway := chaincode.NewGateway(m.peers[0], m.id)
	return retry(ctx, "committing "+definition.Name, func(ctx context.Context) error {
		committed, err := gateway.QueryCommitted(ctx, definition.ChannelName)
		if err != nil {
			return err
		}
		for _, other := range committed.GetChaincodeDefinitions() {
			if other.GetName() != definition.Name || other.GetSequence() < definition.Sequence {
				continue
			}
			if other.GetVersion() != definition.Version || !samePolicy(other.GetValidationParameter(), definition.ApplicationPolicy) {
				return final{fmt.Errorf("the ledger holds version %s (sequence %d), which is not what this program deploys: use the program that made it, or another directory",
					other.GetVersion(), other.GetSequence())}
			}
			return nil
		}
		return gateway.Commit(ctx, &definition)
	})
}

// awaitEndorsers waits until the first member's peer knows a peer of every member that can run the chaincode: before
// that its gateway has nobody to ask for endorsements.
func (a *Admin) awaitEndorsers(ctx context.Context, name string) error {
	m := a.members[0]
	asker := discovery.NewPeer(m.peers[0], m.id)
	interest := &peer.ChaincodeInterest{Chaincodes: []*peer.ChaincodeCall{{Name: name}}}
	return retry(ctx, "waiting for endorsers of "+name, func(ctx context.Context) error {
		known, err := asker.PeerMembershipQuery(ctx, a.network.Channel.Name, interest)
		if err != nil {
			return err
		}
		for _, other := range a.members {
			if len(known.GetPeersByOrg()[other.MSPID].GetPeers()) == 0 {
				return fmt.Errorf("%s knows no endorser of %s", m.peers[0].Name, other.Name)
			}
		}
		return nil
	})
}

// Committed tells the version of a chaincode on the channel, as the first peer that answers has it; empty when none is
// committed.
func (a *Admin) Committed(ctx context.Context, name string) (string, error) {
	errs := []error{errors.New("no peer of the network answers")}
	for _, m := range a.members {
		for _, p := range m.peers {
			asking, cancel := context.WithTimeout(ctx, askTimeout)
			committed, err := chaincode.NewGateway(p, m.id).QueryCommitted(asking, a.network.Channel.Name)
			cancel()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", p.Name, err))
				continue
			}
			for _, definition := range committed.GetChaincodeDefinitions() {
				if definition.GetName() == name {
					return definition.GetVersion(), nil
				}
			}
			return "", nil
		}
	}
	return "", errors.Join(errs...)
}

func samePolicy(raw []byte, want *peer.ApplicationPolicy) bool {
	got := &peer.ApplicationPolicy{}
	return proto.Unmarshal(raw, got) == nil && proto.Equal(got, want)
}
