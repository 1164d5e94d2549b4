package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newClaimCommand(a *app) *cobra.Command {
	var f orderFlags
	price := ""
	command := &cobra.Command{
		Use:   "claim ID REWARD",
		Short: "Claim a reward for a member's points, which gives a voucher",
		Long: "Claim a reward of the catalogue. The voucher's code is printed; whoever has it can use the voucher, once. It is made from\n" +
			"the key that signs, and `destinasia voucher code` makes it again: of a member who holds the key, nobody else can.",
		Example: "  destinasia claim m000001 spa-day",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			intent := client.Intent{Kind: client.OrderClaim, Reward: args[1], FromHousehold: f.household}
			if price != "" {
				var err error
				if intent.Amount, err = dollars.ParseAmount(price); err != nil {
					return err
				}
			}
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			order, err := s.place(cmd.Context(), intent)
			if err != nil {
				return a.advise(err)
			}
			// Without its code the claim is still made, and must be told.
			var unread error
			if s.session != nil && order.Status == client.StateApplied && order.Voucher != nil {
				order.VoucherCode, unread = s.session.VoucherCode(cmd.Context(), s.member.ID, order.Voucher.CodeHash)
			}
			if unread != nil {
				unread = fmt.Errorf("the reward was claimed, but the voucher's code could not be read: %w; try `destinasia voucher code`", unread)
			}
			return errors.Join(a.printOrder(order, f.json), unread)
		},
	}
	command.Flags().StringVar(&price, "price", "", "claim it at this price only (default whatever the catalogue says)")
	f.add(command)
	f.addHousehold(command)
	return command
}
