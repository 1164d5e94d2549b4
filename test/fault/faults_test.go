package fault

import (
	"time"

	"github.com/destinasia/dollars/network/topology"
)

// fault is something that happens to a network, and ends.
type fault struct {
	name string
	// always is set for those that are tried as part of all tests.
	always bool
	// goesOn is set where the network is made to go on meanwhile: then something must be committed before it is healed.
	goesOn bool
	// inject has it happen; heal, which may be left out, is how it ends, but for parts that do not run: they are started.
	inject, heal func(*rig)
	// unfit tells why it cannot be tried here, or "".
	unfit func() string
}

// faults is the table.
var faults = []fault{
	{name: "kill -9 of the wallet service", always: true, inject: kill(topology.Wallet)},
	{name: "kill -9 of a contract service", goesOn: true, inject: kill("contract1-aircnc")},
	{name: "kill -9 of the contract service of the peer in use", goesOn: true, inject: kill("contract0-destinasia")},
	{name: "kill -9 of the peer in use", always: true, goesOn: true, inject: kill("peer0-destinasia")},
	{name: "kill -9 of the issuer's other peer", goesOn: true, inject: kill("peer1-destinasia")},
	{name: "kill -9 of a partner's peer", goesOn: true, inject: kill("peer0-aircnc")},
	{name: "kill -9 of the partner's other peer", goesOn: true, inject: kill("peer1-aircnc")},
	{name: "kill -9 of the leading orderer", always: true, goesOn: true, inject: func(r *rig) { r.Kill(r.leader()) }},
	{name: "kill -9 of all orderers", inject: func(r *rig) { r.killAll(r.orderers()) }},
	{name: "SIGSTOP of the wallet service", inject: pause(topology.Wallet)},
	{name: "SIGSTOP of the peer in use", goesOn: true, inject: pause("peer0-destinasia")},
	{name: "SIGSTOP of a partner's peer", goesOn: true, inject: pause("peer1-aircnc")},
	{name: "SIGSTOP of the leading orderer", goesOn: true, inject: func(r *rig) { r.pause(r.leader()) }},
	{
		name: "slow links, 100 ms each way", goesOn: true,
		inject: func(r *rig) { r.wires.slow(r.T, 100, 30, r.nodes()...) },
		heal:   func(r *rig) { r.wires.heal(r.T) },
	},
	{
		name: "partition between the organisations", always: true,
		inject: func(r *rig) { r.wires.cut(r.T, r.peers()...) },
		heal:   func(r *rig) { r.wires.heal(r.T) },
	},
	{
		name: "partition of the leading orderer", goesOn: true,
		inject: func(r *rig) { r.wires.cut(r.T, r.leader()) },
		heal:   func(r *rig) { r.wires.heal(r.T) },
	},
	{name: "full disk of the wallet service", always: true, unfit: noMounts, inject: fill(topology.Wallet), heal: func(r *rig) { r.empty(topology.Wallet) }},
	{name: "full disk of a peer", goesOn: true, unfit: noMounts, inject: fill("peer1-destinasia"), heal: func(r *rig) { r.empty("peer1-destinasia") }},
	{name: "expired certificate of the issuer", inject: (*rig).expire, heal: (*rig).renew},
}

func kill(part string) func(*rig) { return func(r *rig) { r.Kill(part) } }

func pause(part string) func(*rig) { return func(r *rig) { r.pause(part) } }

func fill(part string) func(*rig) { return func(r *rig) { r.fill(part) } }

// How long what is done to a network lasts, and the load before and after.
type times struct{ before, during, after time.Duration }

var (
	ciTimes   = times{3 * time.Second, 6 * time.Second, time.Second}
	fullTimes = times{6 * time.Second, 15 * time.Second, 3 * time.Second}
)
