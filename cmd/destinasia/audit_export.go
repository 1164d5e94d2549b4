package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/audit/export"
	"github.com/destinasia/dollars/network/audit/source"
)

func newAuditExportCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use: "export", Short: "Write the ledger, or what it comes to, to files", Args: cobra.NoArgs, RunE: showHelp,
	}
	command.AddCommand(
		newExportBlocksCommand(a),
		newExportTableCommand(a, "journal", "Write every operation, and the points it moved, as a table", export.Journal),
		newExportTableCommand(a, "balances", "Write what every account has, by the month in which it expires, as a table", export.Balances),
		newExportTableCommand(a, "liability", "Write what is owed to members, by the month in which it expires, as a table", export.Liability),
	)
	return command
}

func newExportBlocksCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "blocks DIR",
		Short: "Write the blocks of the running network to files; peers of all organisations, or those named, must have the same",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := dirOrNew(args[0]); err != nil {
				return err
			}
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
	a.peerFlag(command)
	return command
}

// tableExport is what to write where.
type tableExport struct {
	auditedLedger
	write  export.Write
	format string
	out    string // file; "" for standard output
}

func newExportTableCommand(a *app, name, short string, write export.Write) *cobra.Command {
	e := tableExport{write: write}
	command := &cobra.Command{
		Use:   name,
		Short: short,
		Long: short + ", in CSV or JSON Lines. The same blocks give the same bytes, on every\n" +
			"machine. The last line says at which height, header hash and state digest the table is true. The columns are\n" +
			"described in docs/exports.md.\n\n" + aboutHeight,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.exportTable(cmd.Context(), e) },
	}
	e.flags(a, command)
	command.Flags().StringVar(&e.format, "format", string(export.CSV), "csv, or jsonl (JSON Lines)")
	command.Flags().StringVar(&e.out, "out", "", "file to write (default standard output)")
	return command
}

func (a *app) exportTable(ctx context.Context, e tableExport) error {
	format, err := export.ParseFormat(e.format)
	if err != nil {
		return err
	}
	aside, err := setAside(e.out)
	if err != nil {
		return err
	}
	defer aside.discard()
	trusted, from, err := e.open(ctx, a)
	if err != nil {
		return diverged(err, nothingWritten)
	}
	defer from.close()
	o, stop := a.auditOptions(trusted, from)
	r, err := e.write(ctx, aside.file, format, from, o)
	stop()
	if err != nil {
		return diverged(err, nothingWritten)
	}
	if err := aside.deliver(a.out); err != nil {
		return err
	}
	if e.out != "" {
		fmt.Fprintf(a.out, "%s is true at height %d, header %x, state %x.\n", e.out, r.Height, r.HeaderHash, r.StateDigest)
	}
	return nil
}

// asideFile is output that nobody sees until all of it is there and right.
type asideFile struct {
	file *os.File
	name string // that it gets; "" if it is only copied
}

// setAside makes such a file beside where it will be, before anything is read: an audit of hours should not end for want of
// a place.
func setAside(name string) (*asideFile, error) {
	if name == "" {
		file, err := os.CreateTemp("", "destinasia-*")
		return &asideFile{file, ""}, err
	}
	if known, err := os.Stat(name); err == nil && known.IsDir() {
		return nil, fmt.Errorf("--out %s is a directory: name the file to write in it", name)
	}
	file, err := os.Create(name + ".part")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--out %s: there is no directory %s; make it first, or name a file elsewhere", name, filepath.Dir(name))
	}
	if err != nil {
		return nil, fmt.Errorf("--out %s cannot be written: %w", name, err)
	}
	return &asideFile{file, name}, nil
}

// deliver gives the file its name, or copies it to where it was to be printed.
func (f *asideFile) deliver(out io.Writer) error {
	if f.name == "" {
		if _, err := f.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(out, f.file)
		return err
	}
	if err := f.file.Close(); err != nil {
		return err
	}
	return os.Rename(f.file.Name(), f.name)
}

// discard removes what has no name of its own.
func (f *asideFile) discard() {
	_ = f.file.Close()           // delivered, it is closed
	_ = os.Remove(f.file.Name()) // and renamed
}

// dirOrNew refuses what is there and no directory, where one is wanted or will be made.
func dirOrNew(name string) error {
	known, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !known.IsDir():
		return fmt.Errorf("%s is no directory: name one, or what is to become one", name)
	}
	return nil
}
