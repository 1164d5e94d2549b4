package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/network/lifecycle"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

// Progress hears what a long command is doing.
type Progress interface {
	// Begin starts a stage and ends the one before.
	Begin(stage string)
	// Advance says how far the stage has come, if it can tell.
	Advance(done, total int)
}

// ContractPlan is what a contract service needs to know about its place in the network.
type ContractPlan struct {
	Organisation topology.Organisation
	Service      topology.ContractService
	Chaincode    topology.Chaincode
	PackageID    string
	// TLS are its own files; CA is what the certificates of the peers that dial it are signed with.
	TLS material.TLS
}

// Options say what Up runs.
type Options struct {
	Dir string
	// Topology, if not empty, is the name of a new network's topology; an existing network must have it already.
	Topology string
	// PortBase, if not 0, is the port base of a new network; an existing network must have it already.
	PortBase int
	// Beside are the chaincodes that a new network runs beside the issuer's; one that is there keeps those it was made with.
	Beside []string
	// Links are those of a new network.
	Links []topology.Link
	// Clock, if not zero, is the time that a network for rehearsals is to live at; one that lives in the present stays there.
	Clock time.Time
	// Executable is the program that holds the services; it is copied into the directory.
	Executable string
	// Contract writes a contract service's configuration and returns the arguments that run it, and the files it reads.
	Contract func(*Network, ContractPlan) (args, files []string, err error)
	// Wallet does the same for the wallet service, which is ready when /readyz answers. Nil runs the network alone.
	Wallet   func(*Network) (args, files []string, err error)
	Progress Progress
	// Told, if not nil, hears what the wallet service says while it is not ready yet.
	Told func(says string)
}

// Up brings the network of a directory to running, from whatever state it is in. When it fails, what it started is
// stopped again; what ran before stays.
func Up(ctx context.Context, o Options) (*Network, error) {
	n, unlock, err := enter(o)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if !o.Clock.IsZero() {
		if err := n.setClock(o.Clock, time.Now()); err != nil {
			return nil, err
		}
	}
	if _, err := n.Dir.endStrays(); err != nil {
		return nil, err
	}
	if err := n.checkPorts(); err != nil {
		return nil, err
	}
	u := &upper{Network: n, Options: o}
	if err := u.run(ctx); err != nil {
		return nil, explain(errors.Join(err, u.undo()), string(n.Dir))
	}
	return n, nil
}

// enter takes the directory for itself, and plans its network.
func enter(o Options) (n *Network, unlock func(), err error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, nil, err
	}
	if err := prepare(dir); err != nil {
		return nil, nil, err
	}
	if unlock, err = lock(dir); err != nil {
		return nil, nil, err
	}
	if n, err = plan(Dir(dir), o); err != nil {
		unlock()
		return nil, nil, err
	}
	return n, unlock, nil
}

// explain turns a full disk, wherever it was met, into a sentence with a way out. A part that met it may have ended
// without a word to whoever asked it.
func explain(err error, dir string) error {
	free, unknown := freeBytes(dir)
	full := unknown == nil && free < fullBelowBytes && !errors.Is(err, context.Canceled)
	if full || errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk of %s is full: make room and run the command again (%w)", dir, err)
	}
	return err
}

// upper is one run of Up.
type upper struct {
	*Network
	Options
	programs Programs
	packages map[string]map[string][]byte // by chaincode, then organisation
	started  []*process
}

func (u *upper) run(ctx context.Context) error {
	u.Progress.Begin("certificates and configuration")
	if err := u.write(); err != nil {
		return err
	}
	var err error
	if u.programs, err = Build(ctx, u.Progress); err != nil {
		return err
	}
	nodes, contracts, wallet, err := u.processes()
	if err != nil {
		return err
	}
	u.Progress.Begin("orderer and peers")
	if err := u.ensure(slices.Concat(nodes, contracts)); err != nil {
		return err
	}
	if err := u.form(ctx, nodes); err != nil {
		return err
	}
	u.Progress.Begin("contract services and chaincode")
	if err := u.awaitAll(ctx, contracts); err != nil {
		return err
	}
	if err := u.deploy(ctx); err != nil {
		return err
	}
	if wallet == nil {
		return nil
	}
	u.Progress.Begin("wallet service")
	if err := u.ensure([]*process{wallet}); err != nil {
		return err
	}
	told := u.Told
	if told == nil {
		told = unheard
	}
	return wallet.await(ctx, u.Network.Dir, told)
}

// write makes whatever of the directory's fixed content is missing.
func (u *upper) write() error {
	d := u.Network.Dir
	if err := u.settle(time.Now()); err != nil {
		return err
	}
	program, err := os.ReadFile(u.Executable)
	if err != nil {
		return err
	}
	// Replacing the same by the same would keep the old file's space taken for as long as the services run.
	if old, err := os.ReadFile(d.Executable()); err != nil || !bytes.Equal(old, program) {
		if err := WriteFile(d.Executable(), program, 0o755); err != nil {
			return err
		}
	}
	u.packages = map[string]map[string][]byte{}
	for _, org := range u.Network.Topology.Members() {
		profile, err := material.Profile(u.Network.Topology, d.Material(), org)
		if err != nil {
			return err
		}
		if err := WriteFile(d.Profile(org.Name), profile, 0o644); err != nil {
			return err
		}
		for _, cc := range u.Network.Topology.Chaincodes {
			if u.packages[cc.Name] == nil {
				u.packages[cc.Name] = map[string][]byte{}
			}
			if u.packages[cc.Name][org.Name], err = u.pack(cc, org); err != nil {
				return fmt.Errorf("package of %s for %s: %w", cc.Name, org.Name, err)
			}
		}
	}
	return nil
}

// pack makes an organisation's package of a chaincode, once: the network knows it by the hash of its bytes.
func (u *upper) pack(cc topology.Chaincode, org topology.Organisation) ([]byte, error) {
	file := u.Network.Dir.pack(cc.Label(), org.Name)
	content, err := os.ReadFile(file)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	if content, err = lifecycle.Package(cc.Label(), addresses(org.Serving(cc.Name))); err != nil {
		return nil, err
	}
	return content, WriteFile(file, content, 0o644)
}

// addresses says where services listen: just that if there is one, or else a line for each of the peers that dial them,
// of its name and an address.
func addresses(services []topology.ContractService) string {
	if len(services) == 1 {
		return topology.Address(services[0].Port)
	}
	var lines strings.Builder
	for _, s := range services {
		fmt.Fprintf(&lines, "%s %s\n", s.Peer, topology.Address(s.Port))
	}
	return lines.String()
}

// processes writes every process's configuration and lists the processes in starting order.
func (u *upper) processes() (nodes, contracts []*process, wallet *process, err error) {
	for _, org := range u.Network.Topology.Organisations {
		for _, o := range org.Orderers {
			p, err := u.orderer(org, o, u.programs)
			if err != nil {
				return nil, nil, nil, err
			}
			nodes = append(nodes, p)
		}
		for _, member := range org.Peers {
			p, err := u.peer(org, member, u.programs)
			if err != nil {
				return nil, nil, nil, err
			}
			nodes = append(nodes, p)
		}
		for _, service := range org.Contracts {
			p, err := u.contract(org, service)
			if err != nil {
				return nil, nil, nil, fmt.Errorf("%s: %w", service.Name, err)
			}
			contracts = append(contracts, p)
		}
	}
	if u.Wallet == nil {
		return nodes, contracts, nil, nil
	}
	args, files, err := u.Wallet(u.Network)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("wallet service: %w", err)
	}
	port := u.Network.Topology.WalletPort
	return nodes, contracts, &process{
		name: topology.Wallet, stage: stageWallet, path: u.Network.Dir.Executable(), args: args, files: files,
		ports: []int{port}, ready: answers(fmt.Sprintf("http://%s/readyz", topology.Address(port))),
	}, nil
}

func (u *upper) contract(org topology.Organisation, service topology.ContractService) (*process, error) {
	cc, err := u.Network.Topology.Chaincode(service.Chaincode)
	if err != nil {
		return nil, err
	}
	d := u.Network.Dir
	args, files, err := u.Contract(u.Network, ContractPlan{
		Organisation: org, Service: service, Chaincode: cc,
		PackageID: lifecycle.PackageID(cc.Label(), u.packages[cc.Name][org.Name]),
		TLS:       d.Material().NodeTLS(org.Name, service.Name),
	})
	if err != nil {
		return nil, err
	}
	return &process{
		name: service.Name, stage: stageContract, path: d.Executable(), args: args, files: files,
		ports: []int{service.Port}, ready: handshakes(service.Port, d.Material().NodeTLS(org.Name, service.Peer)),
	}, nil
}

// ensure makes the processes run as planned: those that do are kept, those that run otherwise are restarted.
func (u *upper) ensure(processes []*process) error {
	d := u.Network.Dir
	for _, p := range processes {
		r, err := readRecord(d.record(p.name))
		if err == nil && r.Running() {
			if spec, err := p.spec(); err == nil && spec == r.Spec {
				continue
			}
			err = d.stop(r)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		u.started = append(u.started, p)
		if err := p.start(d); err != nil {
			return err
		}
	}
	return nil
}

// unheard is for parts that say nothing but that they are ready.
func unheard(string) {}

func (u *upper) awaitAll(ctx context.Context, processes []*process) error {
	group, within := errgroup.WithContext(ctx)
	for _, p := range processes {
		group.Go(func() error { return p.await(within, u.Network.Dir, unheard) })
	}
	return group.Wait()
}

// form joins the nodes to the channel, orderers first, and waits until the channel has a leader.
func (u *upper) form(ctx context.Context, nodes []*process) error {
	if err := u.awaitAll(ctx, nodes); err != nil {
		return err
	}
	u.Progress.Begin("channel")
	admin, err := lifecycle.Connect(u.Network.Topology, u.Network.Dir.Material())
	if err != nil {
		return err
	}
	defer admin.Close()
	if err := admin.JoinOrderers(ctx); err != nil {
		return err
	}
	if err := admin.JoinPeers(ctx); err != nil {
		return err
	}
	orderer := nodes[slices.IndexFunc(nodes, func(p *process) bool { return p.stage == stageOrderer })]
	leader := *orderer
	leader.ready = u.leads
	return leader.await(ctx, u.Network.Dir, unheard)
}

func (u *upper) deploy(ctx context.Context) error {
	admin, err := lifecycle.Connect(u.Network.Topology, u.Network.Dir.Material())
	if err != nil {
		return err
	}
	defer admin.Close()
	for _, cc := range u.Network.Topology.Chaincodes {
		if err := admin.Deploy(ctx, cc, u.packages[cc.Name]); err != nil {
			return err
		}
	}
	return nil
}

// undo stops what this run started.
func (u *upper) undo() error {
	records, err := u.Network.Dir.records()
	if err != nil {
		return err
	}
	records = slices.DeleteFunc(records, func(r Record) bool {
		return !slices.ContainsFunc(u.started, func(p *process) bool { return p.name == r.Name })
	})
	_, err = u.Network.Dir.stopAll(records, u.Progress)
	return err
}
