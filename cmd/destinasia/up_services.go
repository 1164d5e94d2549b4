package main

import (
	"time"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/bench/baseline"
	"github.com/destinasia/dollars/wallet-api/service"
)

// issuer is the organisation whose currency dsd is; the wallet service is its service.
const issuer = "destinasia"

// planContract writes the configuration of a contract service.
func planContract(n *native.Network, plan native.ContractPlan) (args, files []string, err error) {
	file := n.Dir.Config(plan.Service.Name + ".json")
	config := contract.Config{
		PackageID: plan.PackageID,
		Listen:    topology.Address(plan.Service.Port),
		TLS:       contract.TLS{Cert: plan.TLS.Cert, Key: plan.TLS.Key, ClientCA: plan.TLS.CA},
	}
	program := "contract"
	if plan.Chaincode.Name == baseline.Name {
		program = "baseline"
	}
	return []string{"serve", program, "--config", file}, []string{file}, native.WriteJSON(file, config)
}

// approver is the organisation whose operator approves what the issuer's proposed. In production it runs a wallet service
// of its own; here one acts for both.
const approver = "aircnc"

// planWallet writes the configuration of the wallet service, and its secrets at the first time.
func planWallet(n *native.Network) (args, files []string, err error) {
	secrets, err := makeSecrets(n.Dir)
	if err != nil {
		return nil, nil, err
	}
	config := service.Config{
		Listen:    topology.Address(n.Topology.WalletPort),
		Dir:       n.Dir.Data(topology.Wallet),
		Channel:   n.Topology.Channel.Name,
		Chaincode: n.Topology.Chaincodes[0].Name,
		Secrets:   secrets,

		ClockOffset: int64(n.ClockOffset() / time.Second),
	}
	own, err := n.Topology.Organisation(issuer)
	if err != nil {
		return nil, nil, err
	}
	if config.Identities, err = identities(n, own); err != nil {
		return nil, nil, err
	}
	// The service talks to a peer of its own organisation; that one asks the others' for endorsements.
	for _, p := range own.Peers {
		config.Peers = append(config.Peers, service.Peer{
			Address: topology.Address(n.Topology.Way(topology.Wallet, p.Name)), TLSCA: n.Dir.Material().TLSRoot(own.Name), ServerName: "localhost",
		})
	}
	for _, org := range n.Topology.Organisations {
		if len(org.Peers) > 0 {
			config.Endorsers = append(config.Endorsers, org.MSPID)
		}
	}
	file := n.Dir.Config("wallet.json")
	files = []string{file, secrets.APIKeys, secrets.Session, secrets.Custody}
	return []string{"serve", "wallet", "--config", file}, files, native.WriteJSON(file, config)
}

// identities are those of the wallet service.
func identities(n *native.Network, own topology.Organisation) (service.Identities, error) {
	other, err := n.Topology.Organisation(approver)
	if err != nil {
		return service.Identities{}, err
	}
	var ids service.Identities
	for _, as := range []struct {
		org      topology.Organisation
		user     string
		identity *service.Identity
	}{
		{own, "issuer", &ids.Issuer},
		{own, "operator", &ids.Operator},
		{own, "merchant", &ids.Merchant},
		{other, "operator", &ids.Approver},
	} {
		files, err := n.Dir.Material().User(as.org, as.user)
		if err != nil {
			return service.Identities{}, err
		}
		*as.identity = service.Identity{MSPID: files.MSPID, Cert: files.Cert, Key: files.Key}
	}
	return ids, nil
}
