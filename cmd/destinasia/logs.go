package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/native"
)

func newLogsCommand(a *app) *cobra.Command {
	lines, follow := 20, false
	command := &cobra.Command{
		Use:   "logs [name]",
		Short: "Show the ends of the logs, of one process or of all",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lines < 0 {
				return errors.New("--lines is a number from 0 on")
			}
			n, err := a.open()
			if err != nil {
				return err
			}
			names, err := logNames(n, args)
			if err != nil {
				return err
			}
			return a.showLogs(cmd.Context(), n, names, lines, follow)
		},
	}
	command.Flags().IntVarP(&lines, "lines", "n", lines, "how many lines of each")
	command.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is added, until interrupted")
	return command
}

// logNames are the processes whose logs were asked for.
func logNames(n *native.Network, args []string) ([]string, error) {
	var all []string
	for _, port := range n.Topology.Ports() {
		if !slices.Contains(all, port.Part) {
			all = append(all, port.Part)
		}
	}
	if len(args) == 0 {
		return all, nil
	}
	if !slices.Contains(all, args[0]) {
		return nil, fmt.Errorf("there is no process %q: choose one of %s", args[0], strings.Join(all, ", "))
	}
	return args, nil
}

// followPause is how often followed logs are looked at.
const followPause = 200 * time.Millisecond

func (a *app) showLogs(ctx context.Context, n *native.Network, names []string, lines int, follow bool) error {
	positions := map[string]int64{}
	for _, name := range names {
		content, err := os.ReadFile(n.Dir.Log(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		a.printLog(name, len(names) > 1, lastLines(content, lines))
		positions[name] = int64(len(content))
	}
	for follow {
		select {
		case <-ctx.Done(): // how following usually ends
			return nil
		case <-time.After(followPause):
		}
		for _, name := range names {
			added, err := readFrom(n.Dir.Log(name), positions[name])
			if err != nil {
				return err
			}
			if end := bytes.LastIndexByte(added, '\n') + 1; end > 0 {
				a.printLog(name, len(names) > 1, added[:end])
				positions[name] += int64(end)
			}
		}
	}
	return nil
}

// printLog prints lines, each with the name of its process if there are several.
func (a *app) printLog(name string, named bool, content []byte) {
	for line := range bytes.Lines(content) {
		if named {
			fmt.Fprintf(a.out, "%-20s | ", name)
		}
		fmt.Fprintf(a.out, "%s\n", bytes.TrimRight(line, "\n"))
	}
}

func lastLines(content []byte, count int) []byte {
	start := len(bytes.TrimRight(content, "\n"))
	for range count {
		if start = bytes.LastIndexByte(content[:max(start, 0)], '\n'); start < 0 {
			return content
		}
	}
	return content[start+1:]
}

// readFrom reads what a file holds from a position on; a file that is not there holds nothing.
func readFrom(file string, position int64) ([]byte, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(position, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}
