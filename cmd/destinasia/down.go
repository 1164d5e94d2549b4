package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/native"
)

func newDownCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop the network; its ledger stays",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			progress := newStages(a.errs)
			stopped, err := native.Down(a.dir, progress)
			progress.End()
			if err != nil && !errors.Is(err, native.ErrNoNetwork) {
				return err
			}
			if len(stopped) == 0 {
				fmt.Fprintln(a.out, "Nothing is running.")
				return nil
			}
			fmt.Fprintf(a.out, "Stopped %d processes. Continue with: %s\n", len(stopped), a.commandLine("up"))
			return nil
		},
	}
}
