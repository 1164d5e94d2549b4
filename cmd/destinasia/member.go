package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func newMemberCommand(a *app) *cobra.Command {
	member := &cobra.Command{Use: "member", Short: "Enrol members, look them up, forget them", Args: cobra.NoArgs, RunE: showHelp}
	member.AddCommand(newMemberCreateCommand(a), newMemberShowCommand(a), newMemberListCommand(a), newMemberForgetCommand(a))
	return member
}

// keyFlags are the flags of commands that use a member's own key.
func keyFlags(command *cobra.Command, keyfile, passphrase *string) {
	command.Flags().StringVar(keyfile, "keyfile", "", "the member's key file (default keys/ID.json in the network's directory)")
	command.Flags().StringVar(passphrase, "passphrase-file", "", "file whose first line is the key file's passphrase (default: ask)")
}

// keyfileOf is where a member's key file is unless it is named. The id was checked: it has no path separators in it.
func keyfileOf(d native.Dir, id string) string {
	return filepath.Join(string(d), "keys", id+".json")
}

// memberID checks an id as the service would, before it becomes part of an address or of a file's name.
func memberID(text string) (string, error) {
	id, err := wallet.ParseMemberID(text)
	return string(id), err
}

type memberCreation struct {
	id, keyfile, passphrase string
	ownKey, json            bool
}

func newMemberCreateCommand(a *app) *cobra.Command {
	var c memberCreation
	command := &cobra.Command{
		Use:   "create [ID]",
		Short: "Enrol a member, with a key in the service's custody or one of their own",
		Long: "Enrol a member; without an ID one is made up. The service makes a key and keeps it in custody or, with --own-key,\n" +
			"a key is made here, encrypted with a passphrase, and never leaves this machine. With --own-key and a --keyfile\n" +
			"that is there already, its key is used.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.id = "m-" + strings.ToLower(rand.Text()[:10])
			if len(args) == 1 {
				var err error
				if c.id, err = memberID(args[0]); err != nil {
					return err
				}
			}
			return a.createMember(cmd.Context(), c)
		},
	}
	command.Flags().BoolVar(&c.ownKey, "own-key", false, "the member holds the key, in a key file")
	keyFlags(command, &c.keyfile, &c.passphrase)
	jsonFlag(command, &c.json)
	return command
}

func (a *app) createMember(ctx context.Context, c memberCreation) error {
	if !c.ownKey && (c.keyfile != "" || c.passphrase != "") {
		return errors.New("--keyfile and --passphrase-file are for members with --own-key; nothing was made")
	}
	n, members, err := a.openAs(roleMember)
	if err != nil {
		return err
	}
	var account *dollars.Account // nil: the service makes a key
	if c.ownKey {
		if c.keyfile == "" {
			c.keyfile = keyfileOf(n.Dir, c.id)
		}
		key, err := ownKey(c.keyfile, passphraseSource{file: c.passphrase, ask: a.errs}, standardCost)
		if err != nil {
			return err
		}
		own := key.address()
		account = &own
	}
	m, err := members.CreateMember(ctx, c.id, account)
	if err != nil {
		if c.ownKey {
			fmt.Fprintf(a.errs, "The key file %s stays; the member was not enrolled with it.\n", c.keyfile)
		}
		return a.advise(err)
	}
	if c.json {
		return printJSON(a.out, m)
	}
	a.printMember(m)
	if c.ownKey {
		fields{{"key file", c.keyfile}}.print(a.out)
		fmt.Fprintln(a.out, "Keep the key file and its passphrase: nobody else can spend this member's points, or restore them.")
	}
	return nil
}

// ownKey opens a key file or, if there is none, makes it.
func ownKey(path string, passphrase passphraseSource, cost scryptCost) (memberKey, error) {
	if _, err := os.Stat(path); err == nil {
		secret, err := passphrase.existing(path)
		if err != nil {
			return memberKey{}, err
		}
		return readMemberKey(path, secret)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return memberKey{}, err
	}
	secret, err := passphrase.chosen(path)
	if err != nil {
		return memberKey{}, err
	}
	key, err := newMemberKey()
	if err != nil {
		return memberKey{}, err
	}
	return key, key.write(path, secret, cost)
}

func newMemberShowCommand(a *app) *cobra.Command {
	return newMemberReadCommand(a, "show ID", "Show a member", (*client.Client).Member, a.printMember)
}

// newMemberReadCommand is a command that reads one thing of a member and prints it.
func newMemberReadCommand[T any](
	a *app, use, short string,
	read func(c *client.Client, ctx context.Context, id string) (T, error),
	show func(T),
) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return readMember(cmd.Context(), a, args[0], asJSON, read, show)
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// readMember reads one thing of a member and prints it.
func readMember[T any](
	ctx context.Context, a *app, member string, asJSON bool,
	read func(c *client.Client, ctx context.Context, id string) (T, error),
	show func(T),
) error {
	id, err := memberID(member)
	if err != nil {
		return err
	}
	return readAs(a, roleMember, asJSON, func(c *client.Client) (T, error) { return read(c, ctx, id) }, show)
}

// readAs reads something as a role and prints it.
func readAs[T any](a *app, role string, asJSON bool, read func(*client.Client) (T, error), show func(T)) error {
	_, c, err := a.openAs(role)
	if err != nil {
		return err
	}
	what, err := read(c)
	if err != nil {
		return a.advise(err)
	}
	if asJSON {
		return printJSON(a.out, what)
	}
	show(what)
	return nil
}

func (a *app) printMember(m client.Member) {
	fields{
		{"member", m.ID},
		{"account", m.Account.String()},
		{"key", keeper(m)},
		{"enrolled", localTime(m.CreatedAt)},
	}.print(a.out)
}

func keeper(m client.Member) string {
	if m.Custody {
		return "in the service's custody"
	}
	return "the member's own"
}

func newMemberListCommand(a *app) *cobra.Command {
	limit, all, after, asJSON := 50, false, "", false
	command := &cobra.Command{
		Use:   "list",
		Short: "List members in the order of their ids",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			if all {
				limit = 0
			} else if limit < 1 {
				return fmt.Errorf("--limit %d: ask for at least one member", limit)
			}
			list, more, err := readMembers(cmd.Context(), members, after, limit)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, struct {
					Members []client.Member `json:"members"`
					More    bool            `json:"more"`
				}{list, more})
			}
			t := newTable(a.out)
			t.AppendHeader(table.Row{"member", "account", "key"})
			for _, m := range list {
				t.AppendRow(table.Row{m.ID, m.Account.String(), keeper(m)})
			}
			t.Render()
			if more {
				fmt.Fprintf(a.out, "There are more: use --all, or --after %s.\n", list[len(list)-1].ID)
			}
			return nil
		},
	}
	command.Flags().IntVar(&limit, "limit", limit, "how many members")
	command.Flags().BoolVar(&all, "all", false, "all members")
	command.Flags().StringVar(&after, "after", "", "only members with ids after this one")
	jsonFlag(command, &asJSON)
	return command
}

// readMembers reads pages until there are limit members, or all if limit is 0.
func readMembers(ctx context.Context, members *client.Client, after string, limit int) (list []client.Member, more bool, err error) {
	list = []client.Member{} // In JSON, none is an empty list.
	for {
		size := pageSize
		if limit > 0 {
			size = min(pageSize, limit-len(list))
		}
		page, err := members.Members(ctx, after, size)
		if err != nil {
			return nil, false, err
		}
		list = append(list, page.Members...)
		after = page.Next
		if after == "" || (limit > 0 && len(list) >= limit) {
			return list, after != "", nil
		}
	}
}
