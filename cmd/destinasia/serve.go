package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/test/bench/baseline"
	"github.com/destinasia/dollars/wallet-api/service"
)

// newServeCommand holds the services as commands, for `up` to start; users have no need of them.
func newServeCommand() *cobra.Command {
	serve := &cobra.Command{Use: "serve", Short: "Run one of the services in the foreground", Hidden: true, Args: cobra.NoArgs, RunE: showHelp}
	serve.AddCommand(
		newServeServiceCommand("contract", "Run the contract as a service", contract.LoadConfig, contract.Serve),
		newServeServiceCommand("baseline", "Run the contract that the benchmark compares with as a service", contract.LoadConfig,
			func(ctx context.Context, c contract.Config, log *slog.Logger) error {
				return contract.Host(ctx, c, baseline.Contract{}, log)
			}),
		newServeServiceCommand("wallet", "Run the wallet service", service.LoadConfig, service.Run),
	)
	return serve
}

// newServeServiceCommand runs a service from its configuration file until a signal ends it. The log goes to standard
// error, which `up` leads into the process's log file.
func newServeServiceCommand[Config any](
	name, short string,
	load func(string) (Config, error),
	run func(context.Context, Config, *slog.Logger) error,
) *cobra.Command {
	file := ""
	command := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := load(file)
			if err != nil {
				return err
			}
			return run(cmd.Context(), config, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		},
	}
	command.Flags().StringVar(&file, "config", "", "configuration file (JSON)")
	_ = command.MarkFlagRequired("config") // fails only for a flag that does not exist
	return command
}
