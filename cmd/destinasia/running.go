package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// Roles of API keys.
const (
	roleBooking  = "booking"  // reports bookings
	roleMember   = "member"   // acts for members: the app's backend
	roleOperator = "operator" // freezes, adjusts and recovers accounts, has points expire
	roleAuditor  = "auditor"  // reads
	roleMerchant = "merchant" // takes points and vouchers
	roleApprover = "approver" // approves what an operator proposed
)

// open finds the network of the chosen directory.
func (a *app) open() (*native.Network, error) { return native.Open(a.dir) }

// restURL is where the network's wallet service answers, without a slash at the end.
func restURL(n *native.Network) string { return "http://" + topology.Address(n.Topology.WalletPort) }

// apiKey reads the network's API key of a role. Only the owner of the directory can.
func apiKey(n *native.Network, role string) (string, error) {
	keys, err := readAPIKeys(n.Dir)
	if err != nil {
		return "", err
	}
	key, known := keys[role]
	if !known {
		return "", fmt.Errorf("%s holds no key for the role %s", apiKeysFile(n.Dir), role)
	}
	return key, nil
}

func apiKeysFile(d native.Dir) string { return filepath.Join(d.Secrets(), "api-keys.json") }

// readAPIKeys reads the keys in the clear, by role.
func readAPIKeys(d native.Dir) (map[string]string, error) {
	text, err := os.ReadFile(apiKeysFile(d))
	if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	keys := map[string]string{}
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("API keys in %s: %w", apiKeysFile(d), err)
	}
	return keys, nil
}
