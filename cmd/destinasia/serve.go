package main

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/contract"
)

// newServeCommand holds the services as commands, for `up` to start; users have no need of them.
func newServeCommand() *cobra.Command {
	serve := &cobra.Command{Use: "serve", Short: "Run one of the services in the foreground", Hidden: true}
	serve.AddCommand(newServeContractCommand())
	return serve
}

func newServeContractCommand() *cobra.Command {
	file := ""
	command := &cobra.Command{
		Use:   "contract",
		Short: "Run the contract as a service",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := contract.LoadConfig(file)
			if err != nil {
				return err
			}
			return contract.Serve(cmd.Context(), config, serviceLog())
		},
	}
	configFlag(command, &file)
	return command
}

func configFlag(command *cobra.Command, file *string) {
	command.Flags().StringVar(file, "config", "", "configuration file (JSON)")
	_ = command.MarkFlagRequired("config") // fails only for a flag that does not exist
}

// serviceLog writes to standard error, which `up` leads into the process's log file.
func serviceLog() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stderr, nil)) }
