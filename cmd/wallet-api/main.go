// Command wallet-api runs the wallet service.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/destinasia/dollars/wallet-api/service"
)

func main() {
	path := flag.String("config", "", "JSON configuration `file`; see the package service for its fields")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *path); err != nil {
		fmt.Fprintln(os.Stderr, "wallet-api:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	config, err := service.LoadConfig(path)
	if err != nil {
		return err
	}
	return service.Run(ctx, config, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
}
