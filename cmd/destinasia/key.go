package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newKeyCommand(a *app) *cobra.Command {
	key := &cobra.Command{
		Use: "key", Short: "Say which keys sign for a member's account", Args: cobra.NoArgs, RunE: showHelp,
		Long: "Several keys may sign for an account: of several devices, or the service's beside the member's own. Every change is an\n" +
			"order, signed with one of them. Vouchers whose codes a key made need its key file until they are used.",
	}
	key.AddCommand(newKeyListCommand(a), newKeyAddCommand(a), newKeyRemoveCommand(a), newKeyReplaceCommand(a), newKeyObjectCommand(a))
	return key
}

func newKeyListCommand(a *app) *cobra.Command {
	return newMemberReadCommand(a, "list ID", "List the keys that sign for a member's account", (*client.Client).Keys, a.printKeys)
}

func (a *app) printKeys(k client.Keys) {
	fields{{"account", k.Account.String()}}.print(a.out)
	t := newTable(a.out)
	t.AppendHeader(table.Row{"key", ""})
	listed := false
	for _, key := range k.Keys {
		note := ""
		switch key {
		case k.Custody:
			note, listed = "in the service's custody", true
		case k.Account:
			note = "the account is named after it"
		}
		t.AppendRow(table.Row{key.String(), note})
	}
	if !k.Custody.IsZero() && !listed {
		t.AppendRow(table.Row{k.Custody.String(), "in the service's custody; does not sign for the account"})
	}
	t.Render()
	if r := k.Recovery; r != nil {
		fmt.Fprintf(a.out, "%s wants to recover the account with the key %s, which then alone signs for it", r.ProposedBy, r.Key)
		if r.Approved.IsZero() {
			fmt.Fprint(a.out, "; nobody has approved that yet.\n")
		} else {
			fmt.Fprintf(a.out, ". It is approved, and can be completed from %s.\n", localTime(r.Completable))
		}
		fmt.Fprintf(a.out, "If that is not the member's wish: `%s`.\n", a.commandLine("key object ID"))
	}
}

// newKey is the key that a command brings: an address, or one in a key file, which is made if it is not there.
type newKey struct{ keyfile, passphrase string }

func (k *newKey) add(command *cobra.Command) {
	command.Flags().StringVar(&k.keyfile, "new-keyfile", "", "`FILE` of the new key, made if it is not there (default keys/ID.json in the network's directory)")
	command.Flags().StringVar(&k.passphrase, "new-passphrase-file", "", "`FILE` whose first line is the new key file's passphrase (default: ask)")
}

// of is the new key's address: that which is given or, without one, that of a key file.
func (k newKey) of(a *app, s signer, given []string) (*dollars.Account, error) {
	if len(given) > 0 {
		if k != (newKey{}) {
			return nil, errors.New("give either a key's address or a key file; nothing was changed")
		}
		return accountAt(given[0])
	}
	path := k.keyfile
	if path == "" {
		if s.session == nil {
			return nil, errors.New("name the new key: its address, or a key file with --new-keyfile; nothing was changed")
		}
		n, err := a.open()
		if err != nil {
			return nil, err
		}
		path = keyfileOf(n.Dir, s.member.ID)
	}
	key, err := ownKey(path, passphraseSource{file: k.passphrase, ask: a.errs}, standardCost)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.errs, "The new key is in %s; keep it and its passphrase.\n", path)
	address := key.address()
	return &address, nil
}

func newKeyAddCommand(a *app) *cobra.Command {
	var f orderFlags
	var k newKey
	command := &cobra.Command{
		Use:   "add ID [ADDRESS]",
		Short: "Have one more key sign for a member's account",
		Long: "Have one more key sign for an account: the one with this address or, without an address, one in a key file, which is made\n" +
			"here if it is not there. --keyfile names the key that signs the order, as everywhere.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			intent := client.Intent{Kind: client.OrderChangeKeys}
			if intent.Add, err = k.of(a, s, args[1:]); err != nil {
				return err
			}
			return a.placeOrder(cmd.Context(), s, intent, f)
		},
	}
	f.add(command)
	k.add(command)
	return command
}

func newKeyRemoveCommand(a *app) *cobra.Command {
	var f orderFlags
	command := &cobra.Command{
		Use:   "remove ID ADDRESS",
		Short: "Have a key sign for a member's account no more",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.removeKey(cmd.Context(), args[0], args[1], f, func(signer) (*dollars.Account, error) { return nil, nil })
		},
	}
	f.add(command)
	return command
}

func newKeyReplaceCommand(a *app) *cobra.Command {
	var f orderFlags
	var k newKey
	command := &cobra.Command{
		Use:   "replace ID OLD [NEW]",
		Short: "Put one key in the place of another, by one order",
		Long: "Put a key in the place of another: the one with the address NEW or, without it, one in the key file --new-keyfile, which\n" +
			"is made here if it is not there. The old key may sign this order, as its last.",
		Args: cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.removeKey(cmd.Context(), args[0], args[1], f, func(s signer) (*dollars.Account, error) { return k.of(a, s, args[2:]) })
		},
	}
	f.add(command)
	k.add(command)
	return command
}

// removeKey removes a key, and adds the one that may come in its place.
func (a *app) removeKey(ctx context.Context, id, old string, f orderFlags, instead func(signer) (*dollars.Account, error)) error {
	intent := client.Intent{Kind: client.OrderChangeKeys}
	var err error
	if intent.Remove, err = accountAt(old); err != nil {
		return err
	}
	s, err := a.signer(ctx, id, f)
	if err != nil {
		return err
	}
	keys, err := s.members.Keys(ctx, s.member.ID)
	if err != nil {
		return a.advise(err)
	}
	if keys.Custody == *intent.Remove {
		return fmt.Errorf("this key is in the service's custody: add another with `destinasia key add`, then `destinasia custody end %s` removes it; nothing was changed", s.member.ID)
	}
	if intent.Add, err = instead(s); err != nil {
		return err
	}
	return a.placeOrder(ctx, s, intent, f)
}

func newKeyObjectCommand(a *app) *cobra.Command {
	return newMemberOrderCommand(a, &orderFlags{}, &cobra.Command{
		Use:   "object ID",
		Short: "Object to a recovery of a member's account, which ends it",
		Args:  cobra.ExactArgs(1),
	}, func([]string) (client.Intent, error) { return client.Intent{Kind: client.OrderObject}, nil })
}
