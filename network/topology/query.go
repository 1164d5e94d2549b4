package topology

import (
	"fmt"
	"strings"
)

// Wallet is the name of the wallet service among the parts of the network.
const Wallet = "wallet"

// Port is one planned port: the part that listens on it, and what for.
type Port struct {
	Part   string `json:"part"`
	Use    string `json:"use"`
	Number int    `json:"port"`
}

// Ports lists every port of the plan, part by part.
func (n Network) Ports() []Port {
	list := []Port{{Wallet, "REST", n.WalletPort}}
	for _, org := range n.Organisations {
		for _, o := range org.Orderers {
			list = append(list, Port{o.Name, "listen", o.ListenPort}, Port{o.Name, "admin", o.AdminPort}, Port{o.Name, "operations", o.OperationsPort})
		}
		for _, p := range org.Peers {
			list = append(list, Port{p.Name, "listen", p.ListenPort}, Port{p.Name, "chaincode", p.ChaincodePort}, Port{p.Name, "operations", p.OperationsPort})
		}
		for _, c := range org.Contracts {
			list = append(list, Port{c.Name, "listen", c.Port})
		}
	}
	return list
}

// Members are the organisations with peers: those that hold the ledger and endorse.
func (n Network) Members() []Organisation {
	return n.organisations(func(o Organisation) bool { return len(o.Peers) > 0 })
}

// Ordering are the organisations with orderers.
func (n Network) Ordering() []Organisation {
	return n.organisations(func(o Organisation) bool { return len(o.Orderers) > 0 })
}

func (n Network) organisations(keep func(Organisation) bool) []Organisation {
	var list []Organisation
	for _, org := range n.Organisations {
		if keep(org) {
			list = append(list, org)
		}
	}
	return list
}

// Organisation finds an organisation by name.
func (n Network) Organisation(name string) (Organisation, error) {
	for _, org := range n.Organisations {
		if org.Name == name {
			return org, nil
		}
	}
	return Organisation{}, fmt.Errorf("the network has no organisation %q", name)
}

// User finds a client identity besides the administrator's.
func (o Organisation) User(name string) (User, error) {
	var names []string
	for _, u := range o.Users {
		if u.Name == name {
			return u, nil
		}
		names = append(names, u.Name)
	}
	return User{}, fmt.Errorf("organisation %s has no user %q: it has %s", o.Name, name, strings.Join(names, ", "))
}

// Serving are the organisation's services for a chaincode, one for each peer.
func (o Organisation) Serving(chaincode string) (list []ContractService) {
	for _, c := range o.Contracts {
		if c.Chaincode == chaincode {
			list = append(list, c)
		}
	}
	return list
}

// Chaincode finds a chaincode by name.
func (n Network) Chaincode(name string) (Chaincode, error) {
	for _, cc := range n.Chaincodes {
		if cc.Name == name {
			return cc, nil
		}
	}
	return Chaincode{}, fmt.Errorf("the network has no chaincode %q", name)
}
