package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Config is how the contract runs as a service.
type Config struct {
	PackageID string `json:"packageId"` // label:hash of the installed package, as the peer knows it
	Listen    string `json:"listen"`    // host:port
	TLS       TLS    `json:"tls"`
}

// TLS names PEM files. The peer must present a certificate of ClientCA.
type TLS struct {
	Cert     string `json:"cert"`
	Key      string `json:"key"`
	ClientCA string `json:"clientCA"`
}

// LoadConfig reads a JSON file strictly: an unknown or missing field is an error, so that a typo fails at start.
func LoadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("contract configuration: %w", err)
	}
	var c Config
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("contract configuration %s: %w", path, err)
	}
	if c.PackageID == "" || c.Listen == "" || c.TLS.Cert == "" || c.TLS.Key == "" || c.TLS.ClientCA == "" {
		return Config{}, fmt.Errorf("contract configuration %s: %w", path,
			errors.New("packageId, listen, tls.cert, tls.key and tls.clientCA must all be set"))
	}
	return c, nil
}
