package topology

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// named are the topologies one can choose by name, the default first.
var named = []struct {
	name string
	plan func(portBase int, beside ...string) (Network, error)
}{
	{"development", Development},
	{"resilient", Resilient},
	{"bft", BFT},
}

// Names of the topologies, the default first.
func Names() (names []string) {
	for _, t := range named {
		names = append(names, t.name)
	}
	return names
}

// Named plans the topology of a name; an empty name is the default.
func Named(name string, portBase int, beside ...string) (Network, error) {
	if name == "" {
		name = named[0].name
	}
	for _, t := range named {
		if t.name == name {
			return t.plan(portBase, beside...)
		}
	}
	return Network{}, fmt.Errorf("there is no topology %q: choose one of %s", name, strings.Join(Names(), ", "))
}

// Development is the smallest network: Destinasia and AIRCNC with a peer each, one Raft orderer, and the chaincode dsd,
// which both organisations must endorse. Further chaincodes may be named, to run beside it under the same policy.
func Development(portBase int, beside ...string) (Network, error) {
	n := plan("development", portBase, 1, 1, beside)
	return n, n.validate()
}

// Resilient survives the loss of any one part but the wallet service: three Raft orderers, and two peers of each
// organisation, each with a contract service of its own.
func Resilient(portBase int, beside ...string) (Network, error) {
	n := plan("resilient", portBase, 3, 2, beside)
	return n, n.validate()
}

// bftBatchTimeout is longer than what Raft has: an orderer that misses a block needs 0.3 s to fetch it, and with a block every
// tenth of a second it never catches up (decision 032).
const bftBatchTimeout = 250 * time.Millisecond

// BFT is Resilient with four orderers of whom one may even lie: three must sign every block.
func BFT(portBase int, beside ...string) (Network, error) {
	n := plan("bft", portBase, 4, 2, beside)
	n.Channel.Raft = nil
	n.Channel.BatchTimeout = bftBatchTimeout
	n.Channel.SmartBFT = &SmartBFT{
		HeartbeatTimeout: 3 * time.Second, ForwardTimeout: 2 * time.Second, ComplainTimeout: 4 * time.Second,
		ViewChangeTimeout: 10 * time.Second,
	}
	return n, n.validate()
}

// Link is a way from one part to another that leads through a port of its own. Whoever listens there can carry the
// bytes on to the port the part listens on, late or not at all: so links are cut and slowed.
type Link struct {
	// From is a peer, for its way to an orderer, or the wallet service, for its way to a peer. Empty is everybody else: the
	// orderers among each other, all peers to an orderer, the peers of other organisations to a peer.
	From string `json:"from,omitempty"`
	// To is a peer or an orderer.
	To   string `json:"to"`
	Port int    `json:"port"`
}

// WithLinks is the network with links, which must not take ports that its parts listen on.
func (n Network) WithLinks(links []Link) (Network, error) {
	n.Links = slices.Clone(links)
	return n, n.validate()
}

// Advertised is the port by which the network knows a peer or an orderer.
func (n Network) Advertised(node string) int { return n.Way("", node) }

// Way is the port by which a part reaches a peer or an orderer: that of the link between them, or else, but for the wallet
// service, of the link for everybody; without links it is where the node listens. 0 means that there is no such node.
func (n Network) Way(from, to string) int {
	for _, l := range n.Links {
		if l.From == from && l.To == to {
			return l.Port
		}
	}
	if from != "" && from != Wallet {
		return n.Advertised(to)
	}
	return n.listens(to)
}

// listens is the port a peer or an orderer listens on, 0 for any other part.
func (n Network) listens(node string) int {
	for _, org := range n.Organisations {
		for _, o := range org.Orderers {
			if o.Name == node {
				return o.ListenPort
			}
		}
		for _, p := range org.Peers {
			if p.Name == node {
				return p.ListenPort
			}
		}
	}
	return 0
}

// validateLinks is told the names of the parts and which ports they take.
func (n Network) validateLinks(parts map[string]bool, ports map[int]string) error {
	for i, l := range n.Links {
		if n.listens(l.To) == 0 || l.From != "" && !parts[l.From] {
			return fmt.Errorf("a link from %q to %q: it may end at peers and orderers of the network only", l.From, l.To)
		}
		if user, taken := ports[l.Port]; taken {
			return fmt.Errorf("the link to %s takes port %d, which is for %s", l.To, l.Port, user)
		}
		ports[l.Port] = "the link to " + l.To
		if slices.ContainsFunc(n.Links[:i], func(o Link) bool { return o.From == l.From && o.To == l.To }) {
			return fmt.Errorf("there are two links from %q to %s", l.From, l.To)
		}
	}
	return nil
}
