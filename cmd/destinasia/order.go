package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newOrderCommand(a *app) *cobra.Command {
	order := &cobra.Command{Use: "order", Short: "Look at transfers and redemptions", Args: cobra.NoArgs, RunE: showHelp}
	order.AddCommand(newOrderShowCommand(a))
	return order
}

func newOrderShowCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "show ORDERID",
		Short: "Tell what became of an order; exit code 1 if it was rejected",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := dollars.ParseOrderID(args[0])
			if err != nil {
				return err
			}
			_, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			order, err := members.Order(cmd.Context(), id.String())
			if err != nil {
				return a.advise(err)
			}
			return a.printOrder(order, asJSON)
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// orderFlags are what send and redeem have in common.
type orderFlags struct {
	memo       string
	wait       bool
	keyfile    string
	passphrase string
	json       bool
}

func (f *orderFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.memo, "memo", "", "a note; only its hash reaches the ledger")
	flags.BoolVar(&f.wait, "wait", true, "wait until the order is in a block")
	keyFlags(command, &f.keyfile, &f.passphrase)
	jsonFlag(command, &f.json)
}

// placeOrder places an order and prints what became of it.
func (a *app) placeOrder(cmd *cobra.Command, from string, intent client.Intent, f orderFlags) error {
	from, err := memberID(from)
	if err != nil {
		return err
	}
	intent.Memo = f.memo
	n, members, err := a.openAs(roleMember)
	if err != nil {
		return err
	}
	ledger, err := ledgerOf(n)
	if err != nil {
		return err
	}
	o := orderer{members: members, ledger: ledger, now: n.Now, key: func(m client.Member) (memberKey, error) {
		return a.memberKey(n, m, f.keyfile, f.passphrase)
	}}
	if f.wait {
		o.wait = orderWait
	}
	order, err := o.place(cmd.Context(), from, intent)
	if err != nil {
		return a.advise(err)
	}
	return a.printOrder(order, f.json)
}

// memberKey opens the key file of a member.
func (a *app) memberKey(n *native.Network, m client.Member, keyfile, passphraseFile string) (memberKey, error) {
	if keyfile == "" {
		keyfile = keyfileOf(n.Dir, m.ID)
	}
	passphrase, err := passphraseSource{file: passphraseFile, ask: a.errs}.existing(keyfile)
	if err != nil {
		return memberKey{}, err
	}
	return readMemberKey(keyfile, passphrase)
}

func (a *app) printOrder(o client.Order, asJSON bool) error {
	if asJSON {
		if err := printJSON(a.out, o); err != nil {
			return err
		}
	} else {
		a.printOrderText(o)
	}
	if o.Status == client.StateRejected {
		return errReported
	}
	return nil
}

func (a *app) printOrderText(o client.Order) {
	list := fields{{"order", o.OrderID}}
	if o.Kind != "" {
		list = append(list, field{string(o.Kind), "D$ " + o.Amount.String()}, field{"from", o.From.String()})
		if !o.To.IsZero() {
			list = append(list, field{"to", o.To.String()})
		}
	}
	switch o.Status {
	case client.StateApplied:
		list = append(list, field{"status", "applied: it is on the ledger"})
	case client.StateRejected:
		list = append(list, field{"status", "rejected by the ledger, which changed nothing: " + string(o.Code)})
	default:
		list = append(list, field{"status", "accepted: on its way to the ledger; see " + a.commandLine("order show "+o.OrderID)})
		if o.Deadline != 0 {
			list = append(list, field{"or never after", time.Unix(o.Deadline, 0).Local().Format(time.DateTime)})
		}
	}
	if o.Transaction != nil {
		list = append(list, field{"block", fmt.Sprint(o.Transaction.Block)}, field{"transaction", o.Transaction.ID})
	}
	if o.Balance != nil {
		list = append(list, field{"left", "D$ " + o.Balance.Available.String()})
	}
	list.print(a.out)
}
