package native

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

// Dir is the absolute path of a network's directory; its methods say where in it things lie.
type Dir string

// Material is where certificates and the genesis block are.
func (d Dir) Material() material.Layout { return material.Layout(d.path("material")) }

// Config is a configuration file of a service, by name.
func (d Dir) Config(file string) string { return d.path("config", file) }

// Secrets is where the wallet service's keys are kept.
func (d Dir) Secrets() string { return d.path("secrets") }

// Data is the directory a part keeps its data in.
func (d Dir) Data(part string) string { return d.path("data", part) }

// Log is the log file of a part.
func (d Dir) Log(part string) string { return d.path("logs", part+".log") }

// Executable is the copy of the program that the services run from; it outlives `go run`.
func (d Dir) Executable() string { return d.path("bin", "destinasia") }

// Profile is the connection profile of an organisation.
func (d Dir) Profile(org string) string { return d.path("connection-" + org + ".json") }

func (d Dir) runDir() string            { return d.path("run") }
func (d Dir) record(part string) string { return d.path("run", part+".json") }

// program is the name a part's program is started by, which tells whoever lists processes what it is.
func (d Dir) program(part string) string { return d.path("run", part) }

func (d Dir) nodeConfig(part string) string {
	return d.path("config", part)
}
func (d Dir) pack(cc, org string) string { return d.path("packages", cc+"-"+org+".tar.gz") }
func (d Dir) description() string        { return d.path("network.json") }
func (d Dir) lockFile() string           { return d.path("lock") }

func (d Dir) path(elements ...string) string {
	return filepath.Join(append([]string{string(d)}, elements...)...)
}

// ErrNoNetwork says that a directory holds no network.
var ErrNoNetwork = errors.New("no network here")

// description is what a directory remembers of its network; the rest follows from it.
type description struct {
	Topology  string          `json:"topology,omitempty"` // its name; the default where there is none
	PortBase  int             `json:"portBase"`
	Beside    []string        `json:"beside,omitempty"` // chaincodes beside the issuer's
	Links     []topology.Link `json:"links,omitempty"`
	Rehearsal *Rehearsal      `json:"rehearsal,omitempty"`
}

// Network is a network in its directory, running or not.
type Network struct {
	Dir      Dir
	Topology topology.Network
	// Rehearsal is nil for a network that lives in the present.
	Rehearsal *Rehearsal
}

// Open finds the network of a directory. The error is ErrNoNetwork when there is none.
func Open(dir string) (*Network, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	d := Dir(absolute)
	text, err := os.ReadFile(d.description())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s: start one with `destinasia up`, or name its directory with --dir", ErrNoNetwork, d)
	}
	if err != nil {
		return nil, err
	}
	var known description
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", d.description(), err)
	}
	n, err := topology.Named(known.Topology, known.PortBase, known.Beside...)
	if err == nil {
		n, err = n.WithLinks(known.Links)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.description(), err)
	}
	return &Network{Dir: d, Topology: n, Rehearsal: known.Rehearsal}, nil
}

// plan opens the directory's network, or plans one that is not there yet; settle makes it last. A port base of 0 and a
// topology without a name mean whichever is there, or the default. A network that is there keeps the chaincodes and the
// links it was made with.
func plan(dir Dir, o Options) (*Network, error) {
	known, err := Open(string(dir))
	if err != nil && !errors.Is(err, ErrNoNetwork) {
		return nil, err
	}
	if err == nil && known.settled() {
		if o.Topology != "" && o.Topology != known.Topology.Name {
			return nil, fmt.Errorf("the network in %s was made with --topology %s, and its nodes are written into its ledger: leave --topology out, or choose another --dir for a second network",
				dir, known.Topology.Name)
		}
		if o.PortBase != 0 && o.PortBase != known.Topology.PortBase {
			return nil, fmt.Errorf("the network in %s was made with --port-base %d, and its ports are written into its ledger: leave --port-base out, or choose another --dir for a second network",
				dir, known.Topology.PortBase)
		}
		return known, nil
	}
	planned, err := topology.Named(o.Topology, cmp.Or(o.PortBase, topology.DefaultPortBase), o.Beside...)
	if err == nil {
		planned, err = planned.WithLinks(o.Links)
	}
	if err != nil {
		return nil, err
	}
	return &Network{Dir: dir, Topology: planned}, nil
}

// settled tells whether the network's ports are written into its genesis block, and so can no longer change.
func (n *Network) settled() bool { return material.Exists(string(n.Dir.Material())) }

// beside names the chaincodes that run beside the issuer's.
func (n *Network) beside() (names []string) {
	for _, cc := range n.Topology.Chaincodes[1:] {
		names = append(names, cc.Name)
	}
	return names
}

// settle writes down what the network is, and makes its certificates and genesis block. A network made before a user was
// planned gets that user's certificate.
func (n *Network) settle(now time.Time) error {
	if err := WriteJSON(n.Dir.description(), description{n.Topology.Name, n.Topology.PortBase, n.beside(), n.Topology.Links, n.Rehearsal}); err != nil {
		return err
	}
	if n.settled() {
		return material.AddUsers(string(n.Dir.Material()), n.Topology, now)
	}
	return material.Make(string(n.Dir.Material()), n.Topology, now)
}

// minFreeBytes is what a fresh network with a little traffic takes.
const minFreeBytes = 256 << 20

// fullBelowBytes is so little that parts may run and yet be able to keep nothing: a log file alone takes more.
const fullBelowBytes = 32 << 20

// prepare makes sure that the directory exists, can be written to and has room.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory %s (%w): choose another with --dir", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return fmt.Errorf("cannot write to the directory %s (%w): choose another with --dir", dir, err)
	}
	defer os.Remove(probe.Name())
	if err := probe.Close(); err != nil {
		return err
	}
	free, err := freeBytes(dir)
	if err != nil {
		return err
	}
	if free < minFreeBytes {
		return fmt.Errorf("the disk of %s has %d MB free and a network needs %d MB: make room, or choose another --dir",
			dir, free>>20, minFreeBytes>>20)
	}
	return nil
}

func freeBytes(dir string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return disk.Bavail * uint64(disk.Bsize), nil
}

// lock keeps two commands from working on one directory at once. The system drops it with the process, however that ends.
func lock(dir string) (unlock func(), err error) {
	file, err := os.OpenFile(Dir(dir).lockFile(), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another destinasia command is working on %s: wait until it is done", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return func() { file.Close() }, nil
}

// WriteJSON replaces a file by a value as JSON.
func WriteJSON(file string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(file, append(text, '\n'), 0o644)
}

// WriteFile replaces a file as a whole: a reader, or a crash, sees the old content or the new. Directories are made.
func WriteFile(file string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(aside.Name()) // fails, as it should, after the rename
	_, err = aside.Write(content)
	if err := errors.Join(err, aside.Chmod(mode), aside.Close()); err != nil {
		return err
	}
	return os.Rename(aside.Name(), file)
}
