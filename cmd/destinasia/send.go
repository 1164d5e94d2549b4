package main

import (
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newSendCommand(a *app) *cobra.Command {
	var f orderFlags
	command := newMemberOrderCommand(a, &f, &cobra.Command{
		Use:   "send FROM TO AMOUNT",
		Short: "Send a member's points to another member, or to an account",
		Long: "Send points of the member FROM to TO, a member id or an account (0x and 40 hex digits). The order is signed with\n" +
			"the member's key file or, where the service keeps the key, by the service.",
		Example: "  destinasia send m000001 m000002 12.50 --memo \"for the taxi\"",
		Args:    cobra.ExactArgs(3),
	}, func(args []string) (intent client.Intent, err error) {
		intent.Kind = client.OrderTransfer
		if intent.To, intent.ToMember, err = party(args[1]); err == nil {
			intent.Amount, err = dollars.ParseAmount(args[2])
		}
		return intent, err
	})
	f.addMemo(command)
	f.addHousehold(command)
	return command
}
