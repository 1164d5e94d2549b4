package driver

import (
	"errors"
	"fmt"
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
	connection *grpc.ClientConn
	gateway    *client.Gateway
	network    *client.Network
	contract   *client.Contract
	home       string   // MSP of the peer behind the connection
	endorsers  []string // MSPs of all members: each of them endorses
}

// Connect reads the certificate of an organisation's user and prepares to reach the organisation's first peer as that
// user. Whether it answers is seen when it is asked.
func Connect(n topology.Network, layout material.Layout, org, user string) (*Driver, error) {
	if _, err := n.Chaincode(baseline.Name); err != nil {
		return nil, err
	}
	own, err := n.Organisation(org)
	if err != nil {
		return nil, err
	}
	if len(own.Peers) == 0 {
		return nil, fmt.Errorf("%s runs no peer to drive the contract through", org)
	}
	id, err := access.Identity(layout, own, user)
	if err != nil {
		return nil, err
	}
	d := &Driver{home: own.MSPID}
	for _, member := range n.Members() {
		d.endorsers = append(d.endorsers, member.MSPID)
	}
	if d.connection, err = access.Dial(layout, own, own.Peers[0]); err != nil {
		return nil, err
	}
	if d.gateway, err = access.Gateway(id, d.connection); err != nil {
		return nil, errors.Join(err, d.connection.Close())
	}
	d.network = d.gateway.GetNetwork(n.Channel.Name)
	d.contract = d.network.GetContract(baseline.Name)
	return d, nil
}

// Close ends the connection.
func (d *Driver) Close() error { return errors.Join(d.gateway.Close(), d.connection.Close()) }
