package topology

import (
	"slices"
	"strings"
	"testing"
)

func TestDevelopmentNetworkIsConsistent(t *testing.T) {
	n, err := Development(DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(n.Members()); got != 2 {
		t.Errorf("members: got %d, want 2", got)
	}
	if got := len(n.Ordering()); got != 1 {
		t.Errorf("ordering organisations: got %d, want 1", got)
	}
	for _, cc := range n.Chaincodes {
		for _, org := range n.Members() {
			if got := org.Serving(cc.Name); len(got) != len(org.Peers) {
				t.Errorf("%s serves %s by %v", org.Name, cc.Name, got)
			}
		}
	}
}

func TestMovingTheBaseMovesEveryPort(t *testing.T) {
	a, _ := Development(20000)
	b, err := Development(30000)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range a.Ports() {
		if moved := b.Ports()[i]; moved.Number-p.Number != 10000 || moved.Part != p.Part {
			t.Errorf("%s %s moved from %d to %d", p.Part, p.Use, p.Number, moved.Number)
		}
	}
}

func TestChaincodesRunBesideEachOther(t *testing.T) {
	alone, _ := Development(DefaultPortBase)
	n, err := Development(DefaultPortBase, "baseline")
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Chaincodes) != 2 || n.Chaincodes[0] != alone.Chaincodes[0] || n.Chaincodes[1].EndorsementPolicy != n.Chaincodes[0].EndorsementPolicy {
		t.Errorf("the chaincodes are %v", n.Chaincodes)
	}
	for _, org := range n.Members() {
		services := org.Serving("baseline")
		if len(services) != 1 || services[0].Name != "contract-"+org.Name+"-baseline" {
			t.Errorf("%s serves it as %+v", org.Name, services)
		}
	}
	for _, p := range alone.Ports() {
		if !slices.Contains(n.Ports(), p) {
			t.Errorf("%s %s was moved from port %d", p.Part, p.Use, p.Number)
		}
	}
	if _, err := Development(DefaultPortBase, "a", "b", "c", "d", "e"); err == nil {
		t.Error("more chaincodes than there are ports for were accepted")
	}
}

func TestPortBaseOutOfRangeIsRefused(t *testing.T) {
	for _, base := range []int{-1, 0, 80, 65536 - PortSpan + 1, 70000} {
		if _, err := Development(base); err == nil {
			t.Errorf("port base %d was accepted", base)
		}
	}
	if _, err := Development(65536 - PortSpan); err != nil {
		t.Error(err)
	}
}

func TestFullPlanDoesNotCollide(t *testing.T) {
	n, _ := Development(DefaultPortBase)
	n.Organisations = []Organisation{{Name: "orderer", Orderers: orderers(n.PortBase, maxOrderers)}}
	for i := range maxOrganisations {
		name := string(rune('a' + i))
		n.Organisations = append(n.Organisations, Organisation{
			Name: name, Peers: peers(n.PortBase, i, name, maxPeersPerOrg),
			Contracts: contracts(n.PortBase, i, name, 1, []string{"c0", "c1", "c2", "c3", "c4"}),
		})
	}
	if err := n.validate(); err != nil {
		t.Error(err)
	}
}

func TestSharedPortAndSharedNameAreRefused(t *testing.T) {
	n, _ := Development(DefaultPortBase)
	n.WalletPort = n.Organisations[0].Orderers[0].AdminPort
	if n.validate() == nil {
		t.Error("a port planned twice was accepted")
	}
	n, _ = Development(DefaultPortBase)
	n.Organisations[1].Peers[0].Name = n.Organisations[2].Peers[0].Name
	if n.validate() == nil {
		t.Error("a name used twice was accepted")
	}
}

func TestTopologiesAreChosenByName(t *testing.T) {
	for name, want := range map[string]struct{ orderers, peers int }{
		"": {1, 1}, "development": {1, 1}, "resilient": {3, 2}, "bft": {4, 2},
	} {
		n, err := Named(name, DefaultPortBase, "baseline")
		if err != nil {
			t.Fatal(err)
		}
		if name != "" && n.Name != name {
			t.Errorf("%s calls itself %s", name, n.Name)
		}
		if got := len(n.Ordering()[0].Orderers); got != want.orderers {
			t.Errorf("%s has %d orderers", name, got)
		}
		if (n.Channel.SmartBFT == nil) != (name != "bft") || (n.Channel.Raft == nil) != (name == "bft") {
			t.Errorf("%s orders by %+v and %+v", name, n.Channel.Raft, n.Channel.SmartBFT)
		}
		for _, org := range n.Members() {
			served := map[string]int{}
			for _, c := range org.Contracts {
				served[c.Peer]++
			}
			for _, p := range org.Peers {
				if served[p.Name] != len(n.Chaincodes) {
					t.Errorf("%s: %s has %d contract services for %d chaincodes", name, p.Name, served[p.Name], len(n.Chaincodes))
				}
			}
			if len(org.Peers) != want.peers {
				t.Errorf("%s has %d peers of %s", name, len(org.Peers), org.Name)
			}
			if _, err := org.User("auditor"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Named("starlike", DefaultPortBase); err == nil || !strings.Contains(err.Error(), "resilient") {
		t.Errorf("an unknown topology: %v", err)
	}
}

func TestLinksLeadElsewhereThanWhereTheirEndListens(t *testing.T) {
	plain, err := Resilient(DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	n, err := plain.WithLinks([]Link{
		{To: "orderer0", Port: 31000},
		{From: "peer0-aircnc", To: "orderer0", Port: 31001},
		{To: "peer0-destinasia", Port: 31002},
		{From: Wallet, To: "peer1-destinasia", Port: 31003},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from, to string
		want     int
	}{
		{"", "orderer0", 31000},
		{"peer0-aircnc", "orderer0", 31001},
		{"peer1-aircnc", "orderer0", 31000},
		{"peer0-aircnc", "orderer1", plain.Advertised("orderer1")},
		{"", "peer0-destinasia", 31002},
		{Wallet, "peer0-destinasia", plain.Advertised("peer0-destinasia")}, // only a link of its own leads it elsewhere
		{Wallet, "peer1-destinasia", 31003},
		{"", "nobody", 0},
	} {
		if got := n.Way(test.from, test.to); got != test.want {
			t.Errorf("from %q to %s: port %d, want %d", test.from, test.to, got, test.want)
		}
	}
	for name, links := range map[string][]Link{
		"to nobody":          {{To: "orderer7", Port: 31000}},
		"from nobody":        {{From: "peer7", To: "orderer0", Port: 31000}},
		"on a part's port":   {{To: "orderer0", Port: plain.Advertised("orderer1")}},
		"two on one port":    {{To: "orderer0", Port: 31000}, {To: "orderer1", Port: 31000}},
		"two of one purpose": {{To: "orderer0", Port: 31000}, {To: "orderer0", Port: 31001}},
	} {
		if _, err := plain.WithLinks(links); err == nil {
			t.Errorf("links %s were accepted", name)
		}
	}
}
