package topology

import (
	"slices"
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
			if _, err := org.Contract(cc.Name); err != nil {
				t.Error(err)
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
		service, err := org.Contract("baseline")
		if err != nil || service.Name != "contract-"+org.Name+"-baseline" {
			t.Errorf("%s serves it as %+v: %v", org.Name, service, err)
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
			Contracts: contracts(n.PortBase, i, name, "c0", "c1", "c2", "c3", "c4"),
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
