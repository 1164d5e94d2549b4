package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

// readPage reads a page of what a member has, and tells the cursor of the next.
type readPage[T any] func(ctx context.Context, c *client.Client, id string, p client.Page) (page []T, next string, err error)

// newListCommand is a command that lists all of something that a member, or their household, has; in JSON under a name.
func newListCommand[T any](a *app, use, short, name string, read readPage[T], show func([]T)) *cobra.Command {
	household, asJSON := false, false
	command := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := memberID(args[0])
			if err != nil {
				return err
			}
			_, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			list, err := readAll(cmd.Context(), members, id, household, read)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, map[string][]T{name: list})
			}
			show(list)
			return nil
		},
	}
	command.Flags().BoolVar(&household, "household", false, "of the member's household")
	jsonFlag(command, &asJSON)
	return command
}

// readAll reads page after page.
func readAll[T any](ctx context.Context, c *client.Client, id string, household bool, read readPage[T]) ([]T, error) {
	all := []T{} // In JSON, none is an empty list.
	for p := (client.Page{FromHousehold: household, Limit: pageSize}); ; {
		page, next, err := read(ctx, c, id, p)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		p.Cursor = next
	}
}
