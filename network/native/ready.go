package native

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
)

const (
	// readyPatience bounds the wait for one part: a peer that repairs a large ledger after a crash takes a while. It begins
	// anew whenever the part says something else than before, as one does that gets on: views of a large ledger are folded
	// anew for minutes.
	readyPatience = 60 * time.Second
	askTimeout    = 2 * time.Second
	askPause      = 40 * time.Millisecond
)

// notReady is what a part says that is asked whether it is ready and is not.
type notReady struct{ url, status, says string }

func (e *notReady) Error() string {
	if e.says == "" {
		return fmt.Sprintf("%s answers %s", e.url, e.status)
	}
	return e.says
}

// await asks the process until it is ready, has ended, or patience is spent; told hears what it says meanwhile.
func (p *process) await(ctx context.Context, d Dir, told func(says string)) error {
	w := waiting{until: time.Now().Add(readyPatience), told: told}
	for {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		err := p.ready(asking)
		cancel()
		select {
		case <-p.exited: // nil, and so never, for a process an earlier up started
			return p.endedError(d) // if it was answered at all, somebody else did
		default:
		}
		if err == nil {
			return nil
		}
		if !w.on(err, time.Now()) {
			return fmt.Errorf("%s did not become ready within %v: %w; its log is %s", p.name, readyPatience, err, d.Log(p.name))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", p.name, ctx.Err())
		case <-p.exited:
		case <-time.After(askPause):
		}
	}
}

// waiting is how long to wait still for a part that says why it is not ready.
type waiting struct {
	until time.Time
	said  string
	told  func(says string)
}

// on tells whether to go on waiting after an answer.
func (w *waiting) on(answer error, now time.Time) bool {
	var part *notReady
	if errors.As(answer, &part) && part.says != w.said {
		w.said, w.until = part.says, now.Add(readyPatience)
		w.told(part.says)
	}
	return !now.After(w.until)
}

func (p *process) endedError(d Dir) error {
	tail := tailOf(d.Log(p.name))
	if strings.Contains(tail, "no space left on device") {
		return fmt.Errorf("%s stopped because the disk of %s is full: make room and run `up` again", p.name, d)
	}
	return fmt.Errorf("%s stopped right after its start; the end of its log %s:\n%s", p.name, d.Log(p.name), tail)
}

// healthy asks a Fabric node's operations endpoint.
func healthy(port int) func(context.Context) error {
	return answers(fmt.Sprintf("http://%s/healthz", topology.Address(port)))
}

// answers asks a URL for the status 200.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := get(ctx, url)
		return err
	}
}

// handshakes asks for a TLS handshake on the port, in the role of whoever owns the files.
func handshakes(port int, files material.TLS) func(context.Context) error {
	return func(ctx context.Context) error {
		own, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return err
		}
		root, err := os.ReadFile(files.CA)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(root)
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}
		connection, err := dialer.DialContext(ctx, "tcp", topology.Address(port))
		if err != nil {
			return err
		}
		return connection.Close()
	}
}

// Leader asks the orderers' metrics which of them leads the channel: without one nothing is ordered.
func (n *Network) Leader(ctx context.Context) (string, error) {
	consensus := "etcdraft"
	if n.Topology.Channel.SmartBFT != nil {
		consensus = "BFT"
	}
	want := fmt.Sprintf("consensus_%s_is_leader{channel=%q} 1", consensus, n.Topology.Channel.Name)
	var errs []error
	for _, org := range n.Topology.Ordering() {
		for _, o := range org.Orderers {
			asking, cancel := context.WithTimeout(ctx, askTimeout/4) // one that is stopped answers nothing at all
			metrics, err := ordererMetrics(asking, o)
			cancel()
			if strings.Contains(metrics, want) {
				return o.Name, nil
			}
			errs = append(errs, err)
		}
	}
	return "", errors.Join(append(errs, errors.New("no orderer leads the channel yet"))...)
}

func ordererMetrics(ctx context.Context, o topology.Orderer) (string, error) {
	return get(ctx, fmt.Sprintf("http://%s/metrics", topology.Address(o.OperationsPort)))
}

// heightPatience is for an orderer that runs: who asks for a status wants to hear of one that is slow as slow, not as broken.
const heightPatience = 5 * time.Second

// ordererHeight is how many blocks an orderer has.
func (n *Network) ordererHeight(ctx context.Context, o topology.Orderer) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, heightPatience)
	defer cancel()
	metrics, err := ordererMetrics(ctx, o)
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(metrics, fmt.Sprintf("\nledger_blockchain_height{channel=%q} ", n.Topology.Channel.Name))
	if !found {
		return 0, errors.New("its metrics do not say")
	}
	number, _, _ := strings.Cut(rest, "\n")
	height, err := strconv.ParseFloat(number, 64) // Prometheus writes a million as 1e+06
	return uint64(height), err
}

func (n *Network) leads(ctx context.Context) error {
	_, err := n.Leader(ctx)
	return err
}

// get reads a URL on this machine. Keeping connections would leave them behind in the stopped program's peer.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		var problem struct{ Detail string }
		_ = json.Unmarshal(body, &problem) // a part that answers otherwise says nothing
		return "", &notReady{url: url, status: response.Status, says: problem.Detail}
	}
	return string(body), nil
}

// checkPorts makes sure, before anything is made, that every part that does not run can have its ports.
func (n *Network) checkPorts() error {
	begun := time.Now()
	for _, port := range n.Topology.Ports() {
		r, err := readRecord(n.Dir.record(port.Part))
		if err == nil && r.Running() {
			continue
		}
		// A process that was just killed holds its ports after it counts as gone: until its last write to the disk ends.
		patience := askTimeout
		if err == nil {
			patience = 5 * askTimeout
		}
		err = bindable(port.Number)
		for err != nil && time.Since(begun) < patience {
			time.Sleep(askPause)
			err = bindable(port.Number)
		}
		if err == nil {
			continue
		}
		wayOut := fmt.Sprintf("or choose other ports, as in --port-base %d", n.Topology.PortBase+2*topology.PortSpan)
		if n.settled() {
			wayOut = "or start a second network with a --dir and a --port-base of its own"
		}
		return fmt.Errorf("port %d, planned for %s (%s), is taken by another program: stop that program, %s (%w)",
			port.Number, port.Part, port.Use, wayOut, err)
	}
	return nil
}

func bindable(port int) error {
	listener, err := net.Listen("tcp", topology.Address(port))
	if err != nil {
		return err
	}
	return listener.Close()
}
