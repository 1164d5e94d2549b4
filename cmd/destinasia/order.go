package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newOrderCommand(a *app) *cobra.Command {
	order := &cobra.Command{Use: "order", Short: "Look at members' orders", Args: cobra.NoArgs, RunE: showHelp}
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
			return a.printOrder(placedOrder{Order: order}, asJSON)
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// orderFlags are what commands that place orders have in common.
type orderFlags struct {
	memo       string
	household  bool
	wait       bool
	keyfile    string
	passphrase string
	json       bool
}

func (f *orderFlags) add(command *cobra.Command) {
	command.Flags().BoolVar(&f.wait, "wait", true, "wait until the order is in a block")
	f.addKey(command)
}

// addKey adds the flags of commands that wait in any case, because there is more to do.
func (f *orderFlags) addKey(command *cobra.Command) {
	keyFlags(command, &f.keyfile, &f.passphrase)
	jsonFlag(command, &f.json)
}

func (f *orderFlags) addMemo(command *cobra.Command) {
	command.Flags().StringVar(&f.memo, "memo", "", "a note; only its hash reaches the ledger")
}

func (f *orderFlags) addHousehold(command *cobra.Command) {
	command.Flags().BoolVar(&f.household, "household", false, "spend the points of the member's household")
}

// newMemberOrderCommand is a command that places one order of the member it names first.
func newMemberOrderCommand(a *app, f *orderFlags, command *cobra.Command, intentOf func(args []string) (client.Intent, error)) *cobra.Command {
	command.RunE = func(cmd *cobra.Command, args []string) error {
		intent, err := intentOf(args)
		if err != nil {
			return err
		}
		s, err := a.signer(cmd.Context(), args[0], *f)
		if err != nil {
			return err
		}
		return a.placeOrder(cmd.Context(), s, intent, *f)
	}
	f.add(command)
	return command
}

// signer prepares for orders of a member.
func (a *app) signer(ctx context.Context, member string, f orderFlags) (signer, error) {
	id, err := memberID(member)
	if err != nil {
		return signer{}, err
	}
	n, members, err := a.openAs(roleMember)
	if err != nil {
		return signer{}, err
	}
	o := orderer{members: members, now: n.Now, preferOwn: f.keyfile != "", key: func(m client.Member) (memberKey, error) {
		return a.memberKey(n, m, f.keyfile, f.passphrase)
	}}
	if o.ledger, err = ledgerOf(n); err != nil {
		return signer{}, err
	}
	if f.wait {
		o.wait = orderWait
	}
	s, err := o.signer(ctx, id)
	return s, a.advise(err)
}

// placeOrder places an order and prints what became of it.
func (a *app) placeOrder(ctx context.Context, s signer, intent client.Intent, f orderFlags) error {
	intent.Memo, intent.FromHousehold = f.memo, f.household
	order, err := s.place(ctx, intent)
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

func (a *app) printOrder(o placedOrder, asJSON bool) error {
	if o.Kind == client.OrderHold {
		o.Hold = holdName(o.From, o.OrderID)
	}
	if asJSON {
		if err := printJSON(a.out, o); err != nil {
			return err
		}
	} else {
		a.printOrderText(o)
	}
	return reportedIf(o.Status == client.StateRejected)
}

func (a *app) printOrderText(o placedOrder) {
	list := append(fields{{"order", o.OrderID}}, what(o)...)
	switch o.Status {
	case client.StateApplied:
		list = append(list, field{"status", "applied: it is on the ledger"})
	case client.StateRejected:
		list = append(list, field{"status", "rejected by the ledger, which changed nothing: " + string(o.Code)})
	default:
		list = append(list, field{"status", "accepted: on its way to the ledger; see " + a.commandLine("order show "+o.OrderID)})
		if o.Deadline != 0 {
			list = append(list, field{"or never after", moment(o.Deadline)})
		}
	}
	if o.Transaction != nil {
		list = append(list, field{"block", fmt.Sprint(o.Transaction.Block)}, field{"transaction", o.Transaction.ID})
	}
	if o.Balance != nil && o.Balance.Account == o.From { // not where the household pays
		list = append(list, field{"left", "D$ " + o.Balance.Available.String()})
	}
	list.print(a.out)
}

// what says what an order is.
func what(o placedOrder) (list fields) {
	switch o.Kind {
	case "": // only its id is known
		return nil
	case client.OrderHold:
		list = fields{{"hold", o.Hold}, {"amount", "D$ " + o.Amount.String()}, {"until", localTime(o.Until)}}
	case client.OrderInvite, client.OrderJoin:
		list = fields{{string(o.Kind), "to spend D$ " + o.Amount.String() + " a day of the household"}}
	case client.OrderForm, client.OrderLeave, client.OrderChangeKeys, client.OrderObject:
		list = fields{{"order to", orderWords[o.Kind]}}
	default:
		list = fields{{string(o.Kind), "D$ " + o.Amount.String()}}
	}
	to := "to"
	if o.Kind == client.OrderHold {
		to = "for"
	}
	for _, party := range []struct {
		name    string
		account dollars.Account
	}{
		{"from", o.From},
		{to, o.To},
		{"household", o.Household},
		{"member", o.Whom},
		{"add", o.Add},
		{"remove", o.Remove},
		{"key", o.Key},
	} {
		if !party.account.IsZero() {
			list = append(list, field{party.name, party.account.String()})
		}
	}
	if o.Reward != "" {
		list = append(list, field{"reward", o.Reward})
	}
	if o.Voucher != nil {
		list = append(list, field{"voucher", o.Voucher.CodeHash})
	}
	if o.VoucherCode != "" {
		list = append(list, field{"its code", o.VoucherCode})
	}
	return list
}

// orderWords are the orders that have no amount.
var orderWords = map[client.OrderKind]string{
	client.OrderForm:       "form a household",
	client.OrderLeave:      "leave a household",
	client.OrderChangeKeys: "change the account's keys",
	client.OrderObject:     "object to the recovery of the account",
}

func localTime(t time.Time) string { return t.Local().Format(time.DateTime) }
