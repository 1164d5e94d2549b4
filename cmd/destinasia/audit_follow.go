package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
)

const (
	// heightsPeriod is how often peers are asked how many blocks they have.
	heightsPeriod = 2 * time.Second
	// scrapePatience is how long a divergence is left to be read from the metrics before the command ends.
	scrapePatience = time.Minute
)

// auditEvent is a line of an audit that follows the chain.
type auditEvent struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`

	Height      uint64           `json:"height"` // how many blocks are found right
	Operations  int              `json:"operations"`
	Outstanding string           `json:"outstanding"`
	Supply      string           `json:"supply"`
	Peer        string           `json:"peer,omitempty"`
	Message     string           `json:"message,omitempty"`
	Believed    *auditCheckpoint `json:"believed,omitempty"`
	Checkpoint  *auditCheckpoint `json:"checkpoint,omitempty"`
	Divergence  *auditDivergence `json:"divergence,omitempty"`
}

// The events of an audit that follows the chain.
const (
	eventStarted    = "started"
	eventAudited    = "audited"    // so far; as often as lines of progress are
	eventPeer       = "peer"       // something happened to one
	eventCheckpoint = "checkpoint" // one was left, or could not be
	eventDivergence = "divergence" // the first and last
	eventEnded      = "ended"      // somebody ended it
)

// following is an audit under way.
type following struct {
	*auditCommand
	kept    *checkpoints
	metrics *auditMetrics
	line    *statusLine

	mu     sync.Mutex // events come from several goroutines
	report audit.Report
	told   uint64 // height
}

// followLedger audits blocks as they come, until the context ends, which is no failure.
func (c *auditCommand) followLedger(ctx context.Context, trusted trustRoots, kept *checkpoints) error {
	n, err := c.open()
	if err != nil {
		return err
	}
	peers, err := c.dialPeers(n)
	if err != nil {
		return err
	}
	defer peers.close()
	heights, err := peers.heights(ctx)
	if err == nil {
		err = reach(slices.Max(heights), kept.first())
	}
	if err != nil {
		return err
	}
	f := &following{auditCommand: c, kept: kept, metrics: newAuditMetrics(), line: newStatusLine(c.errs)}
	auditor, err := audit.New(audit.Options{Roots: trusted.Roots, Chaincode: auditedChaincode, From: kept.from, Progress: f.progress})
	if err != nil {
		return err
	}
	kept.auditor = auditor
	stop := func() {}
	if c.metrics != "" {
		if stop, err = f.metrics.serve(c.metrics); err != nil {
			return err
		}
	}
	defer stop()
	f.start(trusted, peers)
	blocks := source.Compare(ctx, source.Options{From: kept.first(), Say: f.saidOfPeer}, peers...)
	stopAsking := f.askHeights(ctx, peers)
	failed := blocks.Named(auditor.Run(ctx, blocks))
	blocks.Close()
	stopAsking()
	return f.end(ctx, failed)
}

// start says what is followed.
func (f *following) start(trusted trustRoots, peers auditPeers) {
	from := "the genesis block"
	e := auditEvent{Event: eventStarted}
	if k := f.kept.from; k != nil {
		f.report.Height, f.told = k.Height, k.Height
		f.metrics.checkpoint.Set(float64(k.Height))
		e.Believed = newAuditCheckpoint(k.Statement)
		from = fmt.Sprintf("block %d; the ones before are believed %s", k.Height, e.Believed.by())
	}
	e.Message = fmt.Sprintf("following %d peers from %s; trusting %s", len(peers), from, trusted)
	f.tell(e)
}

// progress hears of every block.
func (f *following) progress(r audit.Report) {
	f.mu.Lock()
	f.report = r
	f.mu.Unlock()
	f.metrics.block(r)
	f.line.show(fmt.Sprintf("%d blocks audited, %d operations, %s outstanding", r.Height, r.Operations, r.Outstanding))
	before := f.kept.last
	if err := f.kept.saveIfDue(); err != nil {
		f.tell(auditEvent{Event: eventCheckpoint, Message: err.Error()})
	} else if f.kept.last != before {
		f.toldCheckpoint()
	}
}

// tellAudited says how far it has come, if that is further than it was.
func (f *following) tellAudited() {
	f.mu.Lock()
	height := f.report.Height
	further := height > f.told
	f.told = height
	f.mu.Unlock()
	if further {
		f.tell(auditEvent{Event: eventAudited, Message: fmt.Sprintf("%d blocks are right", height)})
	}
}

func (f *following) toldCheckpoint() {
	f.metrics.checkpoint.Set(float64(f.kept.last))
	f.tell(auditEvent{Event: eventCheckpoint, Message: fmt.Sprintf("left at height %d in %s", f.kept.last, f.kept.dir)})
}

func (f *following) saidOfPeer(peer, what string) {
	f.tell(auditEvent{Event: eventPeer, Peer: peer, Message: what})
}

// askHeights keeps the peers' heights in the metrics, and says of one that does not answer that it does not.
func (f *following) askHeights(ctx context.Context, peers auditPeers) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	for _, p := range peers {
		asking.Go(func() {
			silent := false
			for ; ctx.Err() == nil; _ = sleep(ctx, heightsPeriod) {
				one, cancel := context.WithTimeout(ctx, heightPatience)
				height, err := p.Height(one)
				cancel()
				switch {
				case err == nil:
					f.metrics.peer(p.Name(), height)
				case ctx.Err() == nil:
					f.metrics.silent(p.Name())
				}
				if ctx.Err() == nil && (err != nil) != silent {
					silent = err != nil
					what := "it answers"
					if silent {
						what = fmt.Sprintf("it does not answer: %v", err)
					}
					f.saidOfPeer(p.Name(), what)
				}
			}
		})
	}
	telling := every(linePeriod, f.tellAudited)
	return func() {
		cancel()
		asking.Wait()
		telling()
	}
}

// end leaves a checkpoint and says how it ended. A divergence is left in the metrics until it was read.
func (f *following) end(ctx context.Context, failed error) error {
	f.line.clear()
	diverged := divergenceOf(failed)
	switch {
	case diverged != nil:
		f.tell(auditEvent{Event: eventDivergence, Divergence: diverged, Message: failed.Error()})
		if f.auditCommand.metrics != "" {
			f.metrics.showDivergence(ctx, scrapePatience)
		}
		return errReported
	case failed != nil && !errors.Is(failed, context.Canceled):
		return failed
	}
	f.tellAudited()
	if f.kept.dir != "" && f.report.Height > f.kept.last {
		if _, err := f.kept.save(); err != nil {
			return err
		}
		f.toldCheckpoint()
	}
	f.tell(auditEvent{Event: eventEnded, Message: fmt.Sprintf("interrupted after %d blocks, which are right", f.report.Height)})
	return nil
}

// tell prints an event.
func (f *following) tell(e auditEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.report
	e.Time, e.Height, e.Operations, e.Outstanding, e.Supply = time.Now().UTC(), r.Height, r.Operations, r.Outstanding.String(), r.Supply.Equation()
	f.line.clear()
	if f.asJSON {
		_ = json.NewEncoder(f.out).Encode(e) // if nobody reads it, nobody can be told so
		return
	}
	what := e.Event
	switch e.Event {
	case eventDivergence:
		what = "ALERT " + what
	case eventPeer:
		what += " " + e.Peer
	case eventAudited:
		e.Message += fmt.Sprintf("; %d operations; %s", e.Operations, e.Supply)
	}
	fmt.Fprintf(f.out, "%s %s: %s\n", e.Time.Format(time.RFC3339), what, e.Message)
}
