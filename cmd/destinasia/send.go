package main

import (
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newSendCommand(a *app) *cobra.Command {
	var f orderFlags
	command := &cobra.Command{
		Use:   "send FROM TO AMOUNT",
		Short: "Send a member's points to another member, or to an account",
		Long: "Send points of the member FROM to TO, a member id or an account (0x and 40 hex digits). The order is signed with\n" +
			"the member's key file or, where the service keeps the key, by the service.",
		Example: "  destinasia send m000001 m000002 12.50 --memo \"for the taxi\"",
		Args:    cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			amount, err := dollars.ParseAmount(args[2])
			if err != nil {
				return err
			}
			intent := client.Intent{Kind: client.OrderTransfer, Amount: amount}
			if err := receiver(&intent, args[1]); err != nil {
				return err
			}
			return a.placeOrder(cmd, args[0], intent, f)
		},
	}
	f.add(command)
	return command
}
