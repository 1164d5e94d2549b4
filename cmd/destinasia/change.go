package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// changeFlags are what operators' and merchants' commands that change the ledger have in common.
type changeFlags struct {
	wait bool
	json bool
}

func (f *changeFlags) add(command *cobra.Command) {
	command.Flags().BoolVar(&f.wait, "wait", true, "wait until the change is in a block")
	jsonFlag(command, &f.json)
}

// asks says how the change is asked for.
func (f *changeFlags) asks() client.Change {
	if !f.wait {
		return client.Change{}
	}
	return client.Change{Wait: orderWait}
}

// printChange prints what became of a change; a rejection is an error, and does not come here. look is the command that
// shows what the change is about.
func (a *app) printChange(s client.Status, look string, f changeFlags) error {
	if f.json {
		return printJSON(a.out, s)
	}
	list := fields{{"change", s.ID}}
	if s.Adjustment != "" {
		list = append(list, field{"adjustment", s.Adjustment})
	}
	if s.Status == client.StateAccepted {
		list = append(list, field{"status", "accepted: on its way to the ledger, whatever happens; see `" + a.commandLine(look) + "`"})
	} else {
		list = append(list, field{"status", string(s.Status) + ": it is on the ledger"})
	}
	if s.Transaction != nil {
		list = append(list, field{"block", fmt.Sprint(s.Transaction.Block)}, field{"transaction", s.Transaction.ID})
	}
	list.print(a.out)
	return nil
}

// change asks for a change as a role, and prints what became of it.
func (a *app) change(ctx context.Context, role, look string, f changeFlags, ask func(context.Context, *client.Client, client.Change) (client.Status, error)) error {
	_, c, err := a.openAs(role)
	if err != nil {
		return err
	}
	s, err := ask(ctx, c, f.asks())
	if err != nil {
		return a.advise(err)
	}
	return a.printChange(s, look, f)
}

// accountNamed is the account that is meant by an address, or by the id of a member.
func (a *app) accountNamed(ctx context.Context, n *native.Network, text string) (dollars.Account, error) {
	account, member, err := party(text)
	if err != nil {
		return dollars.Account{}, err
	}
	if account != nil {
		return *account, nil
	}
	members, err := connect(n, roleMember, commandPatience)
	if err != nil {
		return dollars.Account{}, err
	}
	m, err := members.Member(ctx, member)
	if err != nil {
		return dollars.Account{}, a.advise(err)
	}
	return m.Account, nil
}

// changeAccount asks for a change of the account that is named.
func (a *app) changeAccount(ctx context.Context, role, named, look string, f changeFlags,
	ask func(context.Context, *client.Client, dollars.Account, client.Change) (client.Status, error),
) error {
	n, err := a.open()
	if err != nil {
		return err
	}
	account, err := a.accountNamed(ctx, n, named)
	if err != nil {
		return err
	}
	return a.change(ctx, role, look+" "+account.String(), f, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
		return ask(ctx, c, account, o)
	})
}
