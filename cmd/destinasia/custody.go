package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func newCustodyCommand(a *app) *cobra.Command {
	custody := &cobra.Command{Use: "custody", Short: "Have the service sign for a member, or sign no more", Args: cobra.NoArgs, RunE: showHelp}
	custody.AddCommand(newCustodyBeginCommand(a), newCustodyEndCommand(a))
	return custody
}

func newCustodyBeginCommand(a *app) *cobra.Command {
	f := orderFlags{wait: true}
	command := &cobra.Command{
		Use:   "begin ID",
		Short: "Have the service make a key for a member's account, and sign with it",
		Long: "Have the service make a key, add it to the account's keys on the ledger, signed with the member's own, and sign with it\n" +
			"from then on. The member's own key goes on signing too, with --keyfile.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			m, err := s.beginCustody(cmd.Context())
			if err != nil {
				return a.advise(err)
			}
			if f.json {
				return printJSON(a.out, m)
			}
			a.printMember(m)
			return nil
		},
	}
	f.addKey(command)
	return command
}

func (s signer) beginCustody(ctx context.Context) (client.Member, error) {
	if s.member.Custody {
		return client.Member{}, fmt.Errorf("the service signs for member %s already; nothing was changed", s.member.ID)
	}
	address, err := s.members.CreateCustodyKey(ctx, s.member.ID)
	if err != nil {
		return client.Member{}, err
	}
	keys, err := s.members.Keys(ctx, s.member.ID)
	if err == nil && !slices.Contains(keys.Keys, address) {
		err = s.changeKeys(ctx, client.Intent{Add: &address})
	}
	if err != nil {
		return client.Member{}, err
	}
	return s.members.BeginCustody(ctx, s.member.ID)
}

// changeKeys changes the account's keys, and needs it done.
func (s signer) changeKeys(ctx context.Context, intent client.Intent) error {
	intent.Kind = client.OrderChangeKeys
	order, err := s.place(ctx, intent)
	if err == nil && order.Status != client.StateApplied {
		err = fmt.Errorf("the order that changes the account's keys, %s, is not on the ledger yet; run the command again", order.OrderID)
	}
	return err
}

// custodyEnd is what `custody end` tells: the codes are not made again.
type custodyEnd struct {
	Member   string        `json:"member"`
	Vouchers []voucherLeft `json:"vouchers"`
}

type voucherLeft struct {
	client.Voucher
	Code string `json:"code"`
}

func newCustodyEndCommand(a *app) *cobra.Command {
	f := orderFlags{wait: true}
	command := &cobra.Command{
		Use:   "end ID",
		Short: "Remove the service's key from a member's account, and have it destroyed",
		Long: "Have the service sign no more for a member: once a key of the member's own signs for the account (see `destinasia key add`),\n" +
			"the service's key is removed on the ledger and then destroyed. The codes of vouchers that only that key can make, and\n" +
			"that can still be used, are printed before: keep them.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			return a.advise(a.endCustody(cmd.Context(), s, f.json))
		},
	}
	f.addKey(command)
	return command
}

func (a *app) endCustody(ctx context.Context, s signer, asJSON bool) error {
	keys, err := s.members.Keys(ctx, s.member.ID)
	if err != nil {
		return err
	}
	listed := slices.Contains(keys.Keys, keys.Custody)
	switch {
	case keys.Custody.IsZero() && !s.member.Custody:
		return fmt.Errorf("the service holds no key of member %s; nothing was changed", s.member.ID)
	case listed && len(keys.Keys) == 1:
		return fmt.Errorf("only the service's key signs for this account: add one of the member's own with `destinasia key add %s`; nothing was changed", s.member.ID)
	}
	left, err := s.vouchersOfCustody(ctx)
	if err != nil {
		return err
	}
	// Once the key is destroyed nobody can make the codes again, so they are handed over before.
	if err := a.printCustodyEnd(custodyEnd{s.member.ID, left}, asJSON); err != nil {
		return err
	}
	if listed {
		if err := s.changeKeys(ctx, client.Intent{Remove: &keys.Custody}); err != nil {
			return err
		}
	}
	if _, err := s.members.EndCustody(ctx, s.member.ID); err != nil {
		return err
	}
	fmt.Fprintf(a.errs, "The service's key of member %s is destroyed; the member's own signs.\n", s.member.ID)
	return nil
}

// vouchersOfCustody are the vouchers that can still be used and whose codes the key in custody makes, the member's own and
// what they claimed for their household.
func (s signer) vouchersOfCustody(ctx context.Context) ([]voucherLeft, error) {
	member, err := actAs(ctx, s.members, s.member.ID)
	if err != nil {
		return nil, err
	}
	left := []voucherLeft{} // In JSON, none is an empty list.
	for _, household := range []bool{false, true} {
		vouchers, err := readAll(ctx, s.members, s.member.ID, household, readVouchers)
		if household && client.CodeOf(err) == notInHousehold {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, v := range vouchers {
			if !good(v, s.now()) {
				continue
			}
			code, err := member.VoucherCode(ctx, s.member.ID, v.CodeHash)
			switch {
			case client.CodeOf(err) == wallet.CodeNoCustody: // made with another key
			case err != nil:
				return nil, fmt.Errorf("the code of voucher %s, which only the service's key can make: %w; nothing was changed", v.CodeHash, err)
			default:
				left = append(left, voucherLeft{v, code})
			}
		}
	}
	return left, nil
}

func (a *app) printCustodyEnd(e custodyEnd, asJSON bool) error {
	if asJSON {
		return printJSON(a.out, e)
	}
	if len(e.Vouchers) == 0 {
		return nil
	}
	fmt.Fprintln(a.out, "Keep the codes of these vouchers; nobody can make them again:")
	var all []error
	for _, v := range e.Vouchers {
		_, err := fmt.Fprintf(a.out, "%s, good until %s: %s\n", v.Reward, localTime(v.Until), v.Code)
		all = append(all, err)
	}
	return errors.Join(all...)
}
