package main

import (
	"path/filepath"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// diskOf is how many bytes are kept, by what they are.
func diskOf(n *native.Network) (map[string]int64, error) {
	sizes := map[string]int64{}
	for what, dirs := range kept(n) {
		var err error
		if sizes[what], err = bench.DiskOf(dirs...); err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

const viewsFolder = "views"

// kept says where what is kept is: one peer's blocks and state, the orderer's blocks, and what the wallet service has.
func kept(n *native.Network) map[string][]string {
	kept := map[string][]string{
		"views": {filepath.Join(n.Dir.Data(topology.Wallet), viewsFolder)},
		"inbox": {filepath.Join(n.Dir.Data(topology.Wallet), "inbox")},
	}
	for _, org := range n.Topology.Organisations {
		for _, o := range org.Orderers {
			kept["ledger"] = append(kept["ledger"], filepath.Join(n.Dir.Data(o.Name), "ledger", "chains"))
		}
		if org.Name != issuer {
			continue
		}
		data := filepath.Join(n.Dir.Data(org.Peers[0].Name), "ledgersData")
		kept["ledger"] = append(kept["ledger"], filepath.Join(data, "chains"))
		kept["state"] = []string{filepath.Join(data, "stateLeveldb")}
	}
	return kept
}
