package topology

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

const (
	// Host is where every part listens. An address rather than a name: on some machines "localhost" resolves to ::1
	// first, where nothing listens.
	Host = "127.0.0.1"

	// DefaultPortBase lies below the ephemeral ranges of Linux and macOS and away from Fabric's stock 7050.
	DefaultPortBase = 21500

	// PortSpan is how many ports a network may occupy from its base on.
	PortSpan = 100
)

// Network is everything there is to know about a network before any of it exists.
type Network struct {
	// Name is what the topology is called, as in `up --topology`.
	Name          string
	PortBase      int
	Channel       Channel
	Organisations []Organisation
	Chaincodes    []Chaincode
	// WalletPort is where the wallet service answers REST.
	WalletPort int
	// Links are ways between parts that lead elsewhere than where the part at their end listens; usually there are none.
	Links []Link
}

// Channel is the one channel of the network and how its blocks are cut.
type Channel struct {
	Name              string
	BatchTimeout      time.Duration
	MaxMessageCount   uint32
	AbsoluteMaxBytes  uint32
	PreferredMaxBytes uint32
	// Raft or SmartBFT orders the channel's transactions; the other is nil.
	Raft     *Raft
	SmartBFT *SmartBFT
}

// Raft are the consensus timings. An election takes TickInterval times ElectionTick.
type Raft struct {
	TickInterval  time.Duration
	ElectionTick  uint32
	HeartbeatTick uint32
}

// SmartBFT are the timings where a quorum of them signs every block. A request that the leader does not order
// within ForwardTimeout is sent to it again, and after ComplainTimeout more the others depose it; one that sends no
// heartbeat for HeartbeatTimeout is deposed as well. Where not enough of them have the same last block, the next leader
// cannot begin: they wait for ViewChangeTimeout, fetch what they miss and take the one after it.
type SmartBFT struct {
	HeartbeatTimeout  time.Duration
	ForwardTimeout    time.Duration
	ComplainTimeout   time.Duration
	ViewChangeTimeout time.Duration
}

// Organisation owns certificates and whatever runs under them: orderers, or peers with the contract services beside them.
type Organisation struct {
	// Name names files and hosts: lower case, no spaces.
	Name      string
	MSPID     string
	Orderers  []Orderer
	Peers     []Peer
	Contracts []ContractService
	// Users are the client identities issued besides the administrator, whom every organisation has.
	Users []User
}

// Orderer is one ordering node.
type Orderer struct {
	Name           string
	ListenPort     int
	AdminPort      int
	OperationsPort int
}

// Peer is one peer.
type Peer struct {
	Name           string
	ListenPort     int
	ChaincodePort  int
	OperationsPort int
}

// ContractService runs one chaincode for one peer, which dials it: what ends one leaves the organisation's others able to
// endorse.
type ContractService struct {
	Name      string
	Chaincode string
	Peer      string
	Port      int
}

// User is a client identity; Attributes end up in its certificate, where the contract reads them.
type User struct {
	Name       string
	Attributes map[string]string
}

// Chaincode is a chaincode definition, the same for every organisation of the channel.
type Chaincode struct {
	Name              string
	Version           string
	Sequence          int64
	EndorsementPolicy string
}

// Label is the label of the chaincode's package.
func (c Chaincode) Label() string { return c.Name + "_" + c.Version }

// Address is host and port of something listening on this machine.
func Address(port int) string { return net.JoinHostPort(Host, strconv.Itoa(port)) }

// Administrator is the name of every organisation's administrator.
const Administrator = "admin"

// Offsets of the port plan. Every kind of part has a block of its own with room to grow, so that adding a node moves
// no other port.
const (
	walletOffset     = 0
	ordererOffset    = 10 // three ports per orderer
	orgOffset        = 40 // orgPorts per organisation: contracts first, then three per peer
	orgPorts         = 20
	contractsPerOrg  = 5
	portsPerNode     = 3
	maxOrderers      = (orgOffset - ordererOffset) / portsPerNode
	maxPeersPerOrg   = (orgPorts - contractsPerOrg) / portsPerNode
	maxOrganisations = (PortSpan - orgOffset) / orgPorts
)

// plan makes a network of so many orderers, and so many peers of each member. Chaincodes named run beside the issuer's,
// under the same policy.
func plan(name string, portBase, orderingNodes, peersEach int, beside []string) Network {
	names := append([]string{"dsd"}, beside...)
	n := Network{
		Name:       name,
		PortBase:   portBase,
		WalletPort: portBase + walletOffset,
		Channel: Channel{
			Name: "dollars",
			// A transaction is a batch of up to a megabyte already, so blocks are cut early: waiting longer costs
			// latency and saves little.
			BatchTimeout:      50 * time.Millisecond,
			MaxMessageCount:   50,
			AbsoluteMaxBytes:  10 << 20,
			PreferredMaxBytes: 6 << 20,
			Raft:              &Raft{TickInterval: 100 * time.Millisecond, ElectionTick: 10, HeartbeatTick: 1},
		},
		Organisations: []Organisation{
			{Name: "orderer", MSPID: "OrdererMSP", Orderers: orderers(portBase, orderingNodes)},
			{
				Name: "destinasia", MSPID: "DestinasiaMSP",
				Peers:     peers(portBase, 0, "destinasia", peersEach),
				Contracts: contracts(portBase, 0, "destinasia", peersEach, names),
				Users: []User{
					{Name: "issuer", Attributes: map[string]string{"role": "issuer"}},
					// Two operators: what one of them proposes, the other approves.
					{Name: "operator", Attributes: map[string]string{"role": "operator"}},
					{Name: "supervisor", Attributes: map[string]string{"role": "operator"}},
					{Name: "merchant", Attributes: map[string]string{"role": "merchant"}},
					// Two people of the business: what one of them proposes, the other approves.
					{Name: "planner", Attributes: map[string]string{"role": "rules"}},
					{Name: "controller", Attributes: map[string]string{"role": "rules"}},
					// Reads blocks and signs what was found in them; may do nothing on the ledger.
					{Name: "auditor"},
				},
			},
			{
				Name: "aircnc", MSPID: "AircncMSP",
				Peers:     peers(portBase, 1, "aircnc", peersEach),
				Contracts: contracts(portBase, 1, "aircnc", peersEach, names),
				Users: []User{
					{Name: "client"},
					{Name: "operator", Attributes: map[string]string{"role": "operator"}},
					{Name: "auditor"},
				},
			},
		},
	}
	for _, name := range names {
		n.Chaincodes = append(n.Chaincodes, Chaincode{
			Name: name, Version: "1.0", Sequence: 1,
			EndorsementPolicy: "AND('DestinasiaMSP.peer','AircncMSP.peer')",
		})
	}
	return n
}

func orderers(base, count int) []Orderer {
	var list []Orderer
	for i := range count {
		port := base + ordererOffset + i*portsPerNode
		list = append(list, Orderer{Name: fmt.Sprintf("orderer%d", i), ListenPort: port, AdminPort: port + 1, OperationsPort: port + 2})
	}
	return list
}

func peers(base, org int, orgName string, count int) []Peer {
	var list []Peer
	for i := range count {
		port := base + orgOffset + org*orgPorts + contractsPerOrg + i*portsPerNode
		list = append(list, Peer{
			Name:       fmt.Sprintf("peer%d-%s", i, orgName),
			ListenPort: port, ChaincodePort: port + 1, OperationsPort: port + 2,
		})
	}
	return list
}

func contracts(base, org int, orgName string, peersEach int, chaincodes []string) []ContractService {
	var list []ContractService
	for i, chaincode := range chaincodes {
		for j, peer := range peers(base, org, orgName, peersEach) {
			name := "contract-" + orgName
			if peersEach > 1 {
				name = fmt.Sprintf("contract%d-%s", j, orgName)
			}
			if i > 0 {
				name += "-" + chaincode
			}
			port := base + orgOffset + org*orgPorts + i*peersEach + j
			list = append(list, ContractService{Name: name, Chaincode: chaincode, Peer: peer.Name, Port: port})
		}
	}
	return list
}

// validate rejects a network whose parts would step on each other, or that does not fit its port span.
func (n Network) validate() error {
	if n.PortBase < 1024 || n.PortBase+PortSpan > 65536 {
		return fmt.Errorf("port base %d: choose one from 1024 to %d, the network takes %d ports from it on",
			n.PortBase, 65536-PortSpan, PortSpan)
	}
	names, ports := map[string]bool{}, map[int]string{}
	for _, p := range n.Ports() {
		if other, taken := ports[p.Number]; taken {
			return fmt.Errorf("port %d is planned twice: for %s and for %s %s", p.Number, other, p.Part, p.Use)
		}
		if p.Number < n.PortBase || p.Number >= n.PortBase+PortSpan {
			return fmt.Errorf("port %d of %s is outside the network's span", p.Number, p.Part)
		}
		ports[p.Number] = p.Part + " " + p.Use
		names[p.Part] = true
	}
	parts := 1
	for _, org := range n.Organisations {
		parts += len(org.Orderers) + len(org.Peers) + len(org.Contracts)
	}
	if len(names) != parts {
		return fmt.Errorf("two parts of the network share a name: %d names for %d parts", len(names), parts)
	}
	return n.validateLinks(names, ports)
}
