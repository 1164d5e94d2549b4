package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/proof"
)

// auditorUser is the user of an organisation who signs checkpoints.
const auditorUser = "auditor"

// usualPeriod is how often a long audit leaves a checkpoint.
const usualPeriod = 5 * time.Minute

// keeping says where checkpoints are kept, and who signs them.
type keeping struct {
	dir, signer string
	every       time.Duration
}

func (k *keeping) flags(flags *pflag.FlagSet) {
	flags.StringVar(&k.dir, "checkpoint", "", "directory of the checkpoint to go on from, and to leave")
	flags.DurationVar(&k.every, "checkpoint-every", usualPeriod, "how often a long audit leaves a checkpoint")
	flags.StringVar(&k.signer, "signer", "", "MSP directory (signcerts, keystore) of the auditor who signs checkpoints (default the auditor of the network's first organisation)")
}

// auditCheckpoint is a checkpoint as `audit` tells of it.
type auditCheckpoint struct {
	Height      uint64    `json:"height"`
	HeaderHash  string    `json:"headerHash"`
	StateDigest string    `json:"stateDigest"`
	Signer      string    `json:"signer"`
	Signed      time.Time `json:"signed"`
	Believed    []string  `json:"believed,omitempty"` // whose checkpoints it was made from

	operations int
	dir        string // where it was left
}

func newAuditCheckpoint(s audit.Statement) *auditCheckpoint {
	return &auditCheckpoint{
		Height: s.Height, HeaderHash: s.HeaderHash.String(), StateDigest: s.StateDigest.String(), Signer: s.Signer(), Signed: s.Signed,
		Believed:   s.Believed,
		operations: s.Operations,
	}
}

// by says whom it takes to believe the checkpoint.
func (c auditCheckpoint) by() string {
	text := fmt.Sprintf("by the checkpoint that %s signed at %s", c.Signer, c.Signed.Format(time.RFC3339))
	if len(c.Believed) > 0 {
		text += ", made from one that " + strings.Join(c.Believed, " and ") + " signed"
	}
	return text
}

// checkpoints are the one an audit goes on from, and those it leaves.
type checkpoints struct {
	keeping
	from    *audit.Checkpoint // nil without one
	by      audit.Signer
	auditor *audit.Auditor
	next    time.Time // when the next one is due
	last    uint64    // the height of the one there
}

// open reads the checkpoint to go on from, and who signs the next: an audit of hours should not end for want of a key.
func (k keeping) open(a *app, trusted trustRoots) (*checkpoints, error) {
	kept := &checkpoints{keeping: k, next: time.Now().Add(k.every)}
	if k.dir == "" {
		if k.signer != "" || k.every != usualPeriod {
			return nil, errors.New("--signer and --checkpoint-every are for an audit that leaves a checkpoint; add --checkpoint")
		}
		return kept, nil
	}
	if k.every <= 0 {
		return nil, fmt.Errorf("--checkpoint-every %s: it takes a time such as 5m", k.every)
	}
	if err := dirOrNew(k.dir); err != nil {
		return nil, fmt.Errorf("--checkpoint: %w", err)
	}
	if k.signer == "" {
		n, err := a.open()
		if err != nil {
			return nil, fmt.Errorf("who is to sign the checkpoint? Name an auditor's MSP directory with --signer: %w", err)
		}
		k.signer = n.Dir.Material().UserMSP(n.Topology.Members()[0].Name, auditorUser)
	}
	var err error
	if kept.by, err = readSigner(k.signer); err != nil {
		return nil, fmt.Errorf("who is to sign the checkpoint? %s is no auditor's MSP directory, with the certificate in signcerts and its key in keystore; name one with --signer: %w", k.signer, err)
	}
	kept.from, err = audit.OpenCheckpoint(k.dir, trusted.Roots)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return kept, nil
	case err != nil:
		return nil, err
	}
	kept.last = kept.from.Height
	return kept, nil
}

// first is the number of the first block to read.
func (k *checkpoints) first() uint64 {
	if k.from == nil {
		return 0
	}
	return k.from.Last()
}

// saveIfDue leaves a checkpoint every so often, between blocks. Without one the audit goes on.
func (k *checkpoints) saveIfDue() error {
	if k.dir == "" || time.Now().Before(k.next) {
		return nil
	}
	_, err := k.save()
	k.next = time.Now().Add(k.every)
	return err
}

// save leaves a checkpoint and answers the one that is there now; nil if none is wanted.
func (k *checkpoints) save() (*auditCheckpoint, error) {
	if k.dir == "" {
		return nil, nil
	}
	s, err := k.auditor.Save(k.dir, k.by, time.Now())
	if err != nil {
		return nil, err
	}
	c := newAuditCheckpoint(s)
	k.last, c.dir = s.Height, k.dir
	return c, nil
}

// readSigner reads an identity from an MSP directory.
func readSigner(dir string) (audit.Signer, error) {
	cert, err := readOnlyFile(filepath.Join(dir, "signcerts"))
	if err != nil {
		return audit.Signer{}, err
	}
	text, err := readOnlyFile(filepath.Join(dir, "keystore"))
	if err != nil {
		return audit.Signer{}, err
	}
	content, _ := pem.Decode(text)
	if content == nil {
		return audit.Signer{}, fmt.Errorf("the key in %s is not PEM", dir)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(content.Bytes)
	if err != nil {
		return audit.Signer{}, fmt.Errorf("the key in %s: %w", dir, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return audit.Signer{}, fmt.Errorf("the key in %s is a %T, not ECDSA", dir, parsed)
	}
	return audit.Signer{Certificate: cert, Sign: func(message []byte) ([]byte, error) { return proof.Sign(key, message) }}, nil
}

// readOnlyFile reads the one file of a directory.
func readOnlyFile(dir string) ([]byte, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s holds %d files; there should be one", dir, len(found))
	}
	return os.ReadFile(filepath.Join(dir, found[0].Name()))
}
