// Command chaincode runs the contract as a service, for organisations that run nothing else of this project.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/destinasia/dollars/chaincode/contract"
)

func main() {
	path := flag.String("config", "", "JSON configuration `file` (packageId, listen, tls)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *path); err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	config, err := contract.LoadConfig(path)
	if err != nil {
		return err
	}
	return contract.Serve(ctx, config, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
}
