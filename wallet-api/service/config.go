package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Config is how the wallet service runs. Secrets are files, so that they are in no argument or environment.
type Config struct {
	Listen     string     `json:"listen"`    // host:port of the REST API
	Dir        string     `json:"dir"`       // inbox, views, directory and custody live below it
	Channel    string     `json:"channel"`   // Fabric channel
	Chaincode  string     `json:"chaincode"` // chaincode name
	Peers      []Peer     `json:"peers"`     // of one organisation; one of them submits for the service and delivers blocks to it
	Endorsers  []string   `json:"endorsers"` // MSPs whose peers must all endorse
	Identities Identities `json:"identities"`
	Secrets    Secrets    `json:"secrets"`
	// ClockOffset is how many seconds ahead of the machine's clock the service lives; 0 but in rehearsals. Transactions are
	// dated so too, which takes peers that allow it (peer.authentication.timewindow).
	ClockOffset int64 `json:"clockOffset"`
}

// Peer is a peer's gRPC endpoint.
type Peer struct {
	Address    string `json:"address"`
	TLSCA      string `json:"tlsCA"`      // PEM file
	ServerName string `json:"serverName"` // expected in its certificate
}

// Identities are the Fabric identities the service submits with.
type Identities struct {
	Issuer   Identity `json:"issuer"`   // role=issuer: booking events, relayed orders
	Operator Identity `json:"operator"` // role=operator: operators' changes
	Merchant Identity `json:"merchant"` // role=merchant: what merchants take
	Approver Identity `json:"approver"` // role=operator of another organisation: what takes both of them
}

// Identity is a certificate and its private key, PEM files.
type Identity struct {
	MSPID string `json:"mspId"`
	Cert  string `json:"cert"`
	Key   string `json:"key"`
}

// Secrets are files only their owner can read, but for APIKeys, which holds hashes.
type Secrets struct {
	APIKeys string `json:"apiKeys"` // JSON: hex SHA-256 of each API key to {"role", "client"}
	Session string `json:"session"` // 32 bytes in hex: signs members' session tokens
	Custody string `json:"custody"` // 32 bytes in hex: encrypts members' keys
}

// maxClockOffset is in seconds: a hundred years, far within what a duration can hold.
const maxClockOffset = 100 * 365 * 24 * 60 * 60

func (c Config) clockOffset() time.Duration { return time.Duration(c.ClockOffset) * time.Second }

// now is the one clock of the service. It still tells durations well: moving a time keeps its monotonic reading.
func (c Config) now() time.Time { return time.Now().Add(c.clockOffset()) }

// LoadConfig reads a JSON file strictly: an unknown or missing field is an error, so that a typo fails at start.
func LoadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("wallet configuration: %w", err)
	}
	var c Config
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("wallet configuration %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("wallet configuration %s: %w", path, err)
	}
	return c, nil
}

func (c Config) check() error {
	set := c.Listen != "" && c.Dir != "" && c.Channel != "" && c.Chaincode != "" &&
		len(c.Peers) > 0 && len(c.Endorsers) > 0 &&
		c.Secrets.APIKeys != "" && c.Secrets.Session != "" && c.Secrets.Custody != ""
	for _, p := range c.Peers {
		set = set && p.Address != "" && p.TLSCA != "" && p.ServerName != ""
	}
	ids := c.Identities
	for _, id := range []Identity{ids.Issuer, ids.Operator, ids.Merchant, ids.Approver} {
		set = set && id.MSPID != "" && id.Cert != "" && id.Key != ""
	}
	if !set {
		return errors.New("every field must be set: listen, dir, channel, chaincode, peers, endorsers, identities, secrets")
	}
	if c.ClockOffset < -maxClockOffset || c.ClockOffset > maxClockOffset {
		return fmt.Errorf("clockOffset %d is more than a hundred years, in seconds", c.ClockOffset)
	}
	if ids.Approver.MSPID == ids.Operator.MSPID {
		return fmt.Errorf("the approver and the operator are both of %s: nothing could be approved by another organisation", ids.Approver.MSPID)
	}
	return nil
}
