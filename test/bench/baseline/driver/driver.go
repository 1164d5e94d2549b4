package driver

import (
	"errors"
	"strconv"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"google.golang.org/grpc"

	"github.com/destinasia/dollars/network/access"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/bench/baseline"
)

// Op is one call of the contract: one transaction.
type Op struct {
	Function string
	Args     []string
}

// Mint makes points, in cents.
func Mint(to string, amount uint64) Op {
	return Op{baseline.Mint, []string{to, strconv.FormatUint(amount, 10)}}
}

// Transfer moves points, in cents.
func Transfer(from, to string, amount uint64) Op {
	return Op{baseline.Transfer, []string{from, to, strconv.FormatUint(amount, 10)}}
}

// Burn takes points, in cents, out of the world.
func Burn(from string, amount uint64) Op {
	return Op{baseline.Burn, []string{from, strconv.FormatUint(amount, 10)}}
}

// Driver is a client of the baseline contract. Its methods may be called concurrently.
type Driver struct {
	endorsers []string // MSPs of all members: each of them endorses
	doors     []door
}

// door is a way to the ledger: the gateway of one peer.
type door struct {
	connection *grpc.ClientConn
	gateway    *client.Gateway
	network    *client.Network
	contract   *client.Contract
	msp        string // of the peer
}

// Connect reads the certificate of an organisation's user and prepares to reach every member's first peer as that user.
// Whether they answer is seen when they are asked.
func Connect(n topology.Network, layout material.Layout, org, user string) (*Driver, error) {
	if _, err := n.Chaincode(baseline.Name); err != nil {
		return nil, err
	}
	own, err := n.Organisation(org)
	if err != nil {
		return nil, err
	}
	id, err := access.Identity(layout, own, user)
	if err != nil {
		return nil, err
	}
	d := &Driver{}
	for _, member := range n.Members() {
		d.endorsers = append(d.endorsers, member.MSPID)
		connection, err := access.Dial(layout, member, member.Peers[0])
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		gateway, err := access.Gateway(id, connection)
		if err != nil {
			return nil, errors.Join(err, connection.Close(), d.Close())
		}
		network := gateway.GetNetwork(n.Channel.Name)
		d.doors = append(d.doors, door{connection, gateway, network, network.GetContract(baseline.Name), member.MSPID})
	}
	return d, nil
}

// Close ends the connections.
func (d *Driver) Close() error {
	var errs []error
	for _, at := range d.doors {
		errs = append(errs, at.gateway.Close(), at.connection.Close())
	}
	return errors.Join(errs...)
}
