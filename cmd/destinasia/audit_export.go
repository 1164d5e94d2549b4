package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/audit/source"
)

func newAuditExportCommand(a *app) *cobra.Command {
	export := &cobra.Command{
		Use: "export", Short: "Write the ledger to files", Args: cobra.NoArgs, RunE: showHelp,
	}
	export.AddCommand(newExportBlocksCommand(a))
	return export
}

func newExportBlocksCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "blocks DIR",
		Short: "Write the blocks of the running network to files; peers of all organisations must have the same",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := a.auditSource(cmd.Context(), "")
			if err != nil {
				return err
			}
			defer from.close()
			m := &meter{what: "blocks", total: from.height}
			stop := m.show(a.errs)
			err = source.Export(cmd.Context(), from, args[0], func() {
				m.sent.Add(1)
				m.settled.Add(1)
			})
			stop()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%d blocks are in %s.\n", m.settled.Load(), args[0])
			return nil
		},
	}
}
