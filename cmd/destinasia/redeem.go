package main

import (
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newRedeemCommand(a *app) *cobra.Command {
	var f orderFlags
	command := newMemberOrderCommand(a, &f, &cobra.Command{
		Use:     "redeem ID AMOUNT",
		Short:   "Redeem a member's points, which burns them",
		Example: "  destinasia redeem m000001 25 --memo \"voucher 4711\"",
		Args:    cobra.ExactArgs(2),
	}, func(args []string) (client.Intent, error) {
		amount, err := dollars.ParseAmount(args[1])
		return client.Intent{Kind: client.OrderRedemption, Amount: amount}, err
	})
	f.addMemo(command)
	f.addHousehold(command)
	return command
}
