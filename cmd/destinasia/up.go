package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

func newUpCommand(a *app) *cobra.Command {
	asJSON, clock := false, ""
	command := &cobra.Command{
		Use:   "up",
		Short: "Start the network, or continue the one that is there",
		Long: "Start the network and the wallet service, or continue the ones that are there. The first time on a machine the\n" +
			"Fabric programs are built, which takes about a minute. Run it again after anything went wrong: it continues.\n\n" +
			"With --clock the network is one for rehearsals: it lives at that time and goes on from there. Run it again with a\n" +
			"later --clock to see what time does to points. A network that was made without stays in the present.\n\n" +
			"The topology of a new network is development, one orderer and a peer of each organisation, if --topology says no\n" +
			"other: resilient has three orderers (Raft) and two peers each, and bft four orderers, of whom one may even lie. A\n" +
			"network keeps the topology it was made with.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			begun := time.Now()
			if err := a.setClock(clock); err != nil {
				return err
			}
			n, err := a.up(cmd.Context())
			if err != nil {
				return err
			}
			d := describe(n, time.Since(begun))
			if asJSON {
				return printJSON(a.out, d)
			}
			a.printUp(d)
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print where everything is as JSON")
	command.Flags().StringVar(&clock, "clock", "", "rehearse: the time it is to be in the network, like 2028-12-01T09:00:00Z")
	a.portFlag(command)
	command.Flags().StringVar(&a.topology, "topology", "", "of a new network: "+strings.Join(topology.Names(), ", ")+" (default "+topology.Names()[0]+")")
	return command
}

func (a *app) setClock(text string) (err error) {
	if text == "" {
		return nil
	}
	if a.clock, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("--clock %s is no time: write it like 2028-12-01T09:00:00Z", text)
	}
	return nil
}

// up brings the network of the chosen directory to running and tells its progress.
func (a *app) up(ctx context.Context) (*native.Network, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	progress := newStages(a.errs)
	defer progress.End()
	n, err := native.Up(ctx, native.Options{
		Dir: a.dir, Topology: a.topology, PortBase: a.portBase, Clock: a.clock, Beside: a.beside, Executable: executable,
		Contract: planContract, Wallet: planWallet, Progress: progress, Told: progress.Tell,
	})
	if err != nil {
		return nil, err
	}
	progress.Begin("earning rules")
	return n, publishFirstRules(ctx, n)
}

// upDescription is what `up` ends with.
type upDescription struct {
	Dir      string          `json:"dir"`
	Topology string          `json:"topology"`
	PortBase int             `json:"portBase"`
	REST     string          `json:"rest"`
	Docs     string          `json:"docs"`
	APIKeys  string          `json:"apiKeys"`
	Profile  string          `json:"connectionProfile"`
	Ports    []topology.Port `json:"ports"`
	Seconds  float64         `json:"seconds"`
	// Time is what time it is in a network for rehearsals.
	Time time.Time `json:"time,omitzero"`
}

func describe(n *native.Network, took time.Duration) upDescription {
	d := upDescription{
		Dir: string(n.Dir), Topology: n.Topology.Name, PortBase: n.Topology.PortBase,
		REST: restURL(n), Docs: restURL(n) + "/docs",
		APIKeys: apiKeysFile(n.Dir), Profile: n.Dir.Profile(issuer),
		Ports: n.Topology.Ports(), Seconds: took.Seconds(),
	}
	if n.Rehearsal != nil {
		d.Time = n.Now().UTC().Truncate(time.Second)
	}
	return d
}

func (a *app) printUp(d upDescription) {
	fmt.Fprintf(a.out, "\nDestinasia Dollars runs (topology %s, %.1f s).\n", d.Topology, d.Seconds)
	a.printRehearsal(d.Time)
	for _, line := range [][2]string{
		{"REST API", d.REST}, {"its page", d.Docs}, {"API keys", d.APIKeys}, {"for Fabric clients", d.Profile},
	} {
		fmt.Fprintf(a.out, "  %-20s %s\n", line[0], line[1])
	}
	fmt.Fprintf(a.out, "How it is doing: %s\nStop it with:    %s\n", a.commandLine("status"), a.commandLine("down"))
}

// printRehearsal says what time it is in a network for rehearsals; zero is the present, which goes without saying.
func (a *app) printRehearsal(now time.Time) {
	if !now.IsZero() {
		fmt.Fprintf(a.out, "This is a rehearsal: it is %s here.\n", now.Format("2 January 2006, 15:04:05 MST"))
	}
}

// commandLine is how the user would call another command for the same network.
func (a *app) commandLine(command string) string {
	if a.dir == defaultDir {
		return "destinasia " + command
	}
	return fmt.Sprintf("destinasia %s --dir %s", command, a.dir)
}

func printJSON(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}
