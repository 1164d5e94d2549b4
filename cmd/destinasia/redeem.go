package main

import (
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newRedeemCommand(a *app) *cobra.Command {
	var f orderFlags
	command := &cobra.Command{
		Use:     "redeem ID AMOUNT",
		Short:   "Redeem a member's points, which burns them",
		Example: "  destinasia redeem m000001 25 --memo \"voucher 4711\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			amount, err := dollars.ParseAmount(args[1])
			if err != nil {
				return err
			}
			return a.placeOrder(cmd, args[0], client.Intent{Kind: client.OrderRedemption, Amount: amount}, f)
		},
	}
	f.add(command)
	return command
}
