package fault

import (
	"fmt"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/destinasia/dollars/network/topology"
)

// wires are the links of a network: for each orderer and each peer the one by which all others of the network reach it, but
// for peers of one organisation and the wallet service.
type wires map[string]*toxiproxy.Proxy

// linksTo are links to nodes, on ports from a base on.
func linksTo(n topology.Network, base int) (links []topology.Link) {
	for _, org := range n.Organisations {
		for _, o := range org.Orderers {
			links = append(links, topology.Link{To: o.Name, Port: base + len(links)})
		}
		for _, p := range org.Peers {
			links = append(links, topology.Link{To: p.Name, Port: base + len(links)})
		}
	}
	return links
}

// connect carries what arrives at links on, until the test has ended.
func connect(t *testing.T, n topology.Network) wires {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()) // of which nothing is asked by HTTP
	w := wires{}
	bare := n
	bare.Links = nil
	for _, link := range n.Links {
		p := toxiproxy.NewProxy(server, link.To, topology.Address(link.Port), topology.Address(bare.Advertised(link.To)))
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		w[link.To] = p
	}
	return w
}

// both are the directions of a wire.
var both = []string{"upstream", "downstream"}

// slow delays what goes to and comes from nodes, each way, by so many milliseconds and up to as many more or less.
func (w wires) slow(t *testing.T, milliseconds, jitter int, nodes ...string) {
	t.Helper()
	w.impair(t, "latency", fmt.Sprintf(`{"latency":%d,"jitter":%d}`, milliseconds, jitter), nodes...)
}

// cut lets nothing through to and from nodes, without anybody being told.
func (w wires) cut(t *testing.T, nodes ...string) {
	t.Helper()
	w.impair(t, "timeout", `{"timeout":0}`, nodes...)
}

func (w wires) impair(t *testing.T, how, attributes string, nodes ...string) {
	t.Helper()
	for _, node := range nodes {
		for _, direction := range both {
			toxic := fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":%s}`, how, direction, attributes)
			if _, err := w[node].Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
				t.Fatalf("%s at the link to %s: %v", how, node, err)
			}
		}
	}
}

// heal makes all wires as they were.
func (w wires) heal(t *testing.T) {
	for _, p := range w {
		p.Toxics.ResetToxics(t.Context())
	}
}
