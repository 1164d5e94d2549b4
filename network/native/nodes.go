package native

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"quote":   strconv.Quote, // a YAML double-quoted string
	"address": topology.Address,
	"host":    func() string { return topology.Host },
}).ParseFS(templateFiles, "templates/*.yaml"))

//go:embed builder
var builderFiles embed.FS

// What the Fabric programs log: warnings, and the few lines that tell what a node is doing. A line per transaction
// would cost more than it tells, and that a peer looks for an orderer that is just starting tells nothing; nor does a
// line per key where one peer is a block ahead of the other, which the wallet service sees and tries again; nor that a peer
// hangs up after every transaction it brought to the orderer.
const (
	peerLogging    = "FABRIC_LOGGING_SPEC=warning:nodeCmd,kvledger,lifecycle=info:peer.blocksprovider,gateway.responsechecker,grpc=error"
	ordererLogging = "FABRIC_LOGGING_SPEC=warning:orderer.common.server,orderer.consensus.etcdraft=info:grpc,orderer.common.broadcast=error"
	loggingFormat  = "FABRIC_LOGGING_FORMAT=%{time:2006-01-02T15:04:05.000Z07:00} %{level} [%{module}] %{message}"
)

// orderer writes an orderer's configuration and says how to run it.
func (n *Network) orderer(org topology.Organisation, o topology.Orderer, programs Programs) (*process, error) {
	dir := n.Dir.nodeConfig(o.Name)
	config := filepath.Join(dir, "orderer.yaml")
	data := n.Dir.Data(o.Name)
	layout := n.Dir.Material()
	tls := layout.NodeTLS(org.Name, o.Name)
	err := render(config, "orderer.yaml", map[string]any{
		"Org": org, "Orderer": o, "TLS": tls, "MSP": layout.NodeMSP(org.Name, o.Name),
		"Data": filepath.Join(data, "ledger"), "WAL": filepath.Join(data, "wal"), "Snapshots": filepath.Join(data, "snapshots"),
	})
	if err != nil {
		return nil, err
	}
	return &process{
		name: o.Name, stage: stageOrderer, path: programs.Orderer,
		env:   []string{"FABRIC_CFG_PATH=" + dir, ordererLogging, loggingFormat},
		ports: []int{o.ListenPort, o.AdminPort, o.OperationsPort},
		files: []string{config},
		data:  data, chain: filepath.Join(data, "ledger", "chains", n.Topology.Channel.Name),
		ready: all(healthy(o.OperationsPort), handshakes(o.ListenPort, tls), handshakes(o.AdminPort, tls)),
	}, nil
}

// peer writes a peer's configuration and external builder and says how to run it.
func (n *Network) peer(org topology.Organisation, p topology.Peer, programs Programs) (*process, error) {
	dir := n.Dir.nodeConfig(p.Name)
	config := filepath.Join(dir, "core.yaml")
	builder := filepath.Join(dir, "builder")
	data := n.Dir.Data(p.Name)
	layout := n.Dir.Material()
	tls := layout.NodeTLS(org.Name, p.Name)
	if err := writeBuilder(builder, p.Name, tls); err != nil {
		return nil, fmt.Errorf("external builder of %s: %w", p.Name, err)
	}
	// The first peer of the organisation is where the others hear of each other. Within the organisation peers reach each
	// other where they listen.
	err := render(config, "core.yaml", map[string]any{
		"Org": org, "Peer": p, "External": n.Topology.Advertised(p.Name), "Detours": n.detours(p),
		"Bootstrap": org.Peers[0].ListenPort, "TLS": tls, "MSP": layout.NodeMSP(org.Name, p.Name),
		"Data": data, "Snapshots": filepath.Join(data, "snapshots"), "Builder": builder, "TimeWindow": n.timeWindow(),
	})
	if err != nil {
		return nil, err
	}
	return &process{
		name: p.Name, stage: stagePeer, path: programs.Peer, args: []string{"node", "start"},
		env:   []string{"FABRIC_CFG_PATH=" + dir, peerLogging, loggingFormat},
		ports: []int{p.ListenPort, p.ChaincodePort, p.OperationsPort},
		files: []string{config},
		data:  data, chain: filepath.Join(data, "ledgersData", "chains", "chains", n.Topology.Channel.Name),
		derived: filepath.Join(data, "externalbuilder"),
		ready:   all(healthy(p.OperationsPort), handshakes(p.ListenPort, tls)),
	}, nil
}

// detour has a peer reach an orderer by another address than the channel's configuration tells.
type detour struct{ From, To, CA string }

// detours are those of a peer's own links.
func (n *Network) detours(p topology.Peer) (list []detour) {
	for _, org := range n.Topology.Ordering() {
		for _, o := range org.Orderers {
			if advertised, way := n.Topology.Advertised(o.Name), n.Topology.Way(p.Name, o.Name); way != advertised {
				list = append(list, detour{topology.Address(advertised), topology.Address(way), n.Dir.Material().TLSRoot(org.Name)})
			}
		}
	}
	return list
}

// writeBuilder lays out an external builder: the scripts, and beside them whose it is, and the TLS files with which the
// peer dials its contract services.
func writeBuilder(dir, peer string, tls material.TLS) error {
	scripts, err := builderFiles.ReadDir("builder")
	if err != nil {
		return err
	}
	for _, script := range scripts {
		content, err := builderFiles.ReadFile("builder/" + script.Name())
		if err != nil {
			return err
		}
		if err := WriteFile(filepath.Join(dir, "bin", script.Name()), content, 0o755); err != nil {
			return err
		}
	}
	if err := WriteFile(filepath.Join(dir, "peer"), []byte(peer+"\n"), 0o644); err != nil {
		return err
	}
	for name, source := range map[string]string{"cert.pem": tls.Cert, "key.pem": tls.Key, "ca.pem": tls.CA} {
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := WriteFile(filepath.Join(dir, "tls", name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func render(file, name string, data any) error {
	var text strings.Builder
	if err := templates.ExecuteTemplate(&text, name, data); err != nil {
		return fmt.Errorf("configuration %s: %w", file, err)
	}
	return WriteFile(file, []byte(text.String()), 0o644)
}

// all asks one question after the other.
func all(questions ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, ask := range questions {
			if err := ask(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
