package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newVoucherCommand(a *app) *cobra.Command {
	voucher := &cobra.Command{Use: "voucher", Short: "Look at what was claimed, and use it", Args: cobra.NoArgs, RunE: showHelp}
	voucher.AddCommand(newVoucherListCommand(a), newVoucherCodeCommand(a), newVoucherUseCommand(a))
	return voucher
}

func newVoucherListCommand(a *app) *cobra.Command {
	return newListCommand(a, "list ID", "List what a member has claimed, newest first", "vouchers", readVouchers, a.printVouchers)
}

func readVouchers(ctx context.Context, c *client.Client, id string, p client.Page) ([]client.Voucher, string, error) {
	page, err := c.Vouchers(ctx, id, p)
	return page.Vouchers, page.Next, err
}

func (a *app) printVouchers(vouchers []client.Voucher) {
	if len(vouchers) == 0 {
		fmt.Fprintln(a.out, "Nothing was claimed.")
		return
	}
	t := rightTable(a.out, 2)
	t.AppendHeader(table.Row{"reward", "D$", "claimed", "good until", "used", "for", "hash of the code"})
	for _, v := range vouchers {
		used := ""
		if !v.Used.IsZero() {
			used = localTime(v.Used)
		}
		t.AppendRow(table.Row{v.Reward, v.Amount, localTime(v.Claimed), localTime(v.Until), used, merchantName(v.Merchant), v.CodeHash})
	}
	t.Render()
}

func newVoucherCodeCommand(a *app) *cobra.Command {
	var f orderFlags
	command := &cobra.Command{
		Use:   "code ID CODEHASH",
		Short: "Tell the code of a member's voucher, which a merchant takes",
		Long: "Tell the code of a voucher: the service makes it from the key in its custody, or it is made here from the key file that\n" +
			"signed the claim. That may be one that no longer signs for the account.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := memberID(args[0])
			if err != nil {
				return err
			}
			code, err := a.voucherCode(cmd.Context(), id, args[1], f)
			if err != nil {
				return err
			}
			if f.json {
				return printJSON(a.out, struct {
					Code string `json:"code"`
				}{code})
			}
			fmt.Fprintln(a.out, code)
			return nil
		},
	}
	f.addKey(command)
	return command
}

func (a *app) voucherCode(ctx context.Context, id, codeHash string, f orderFlags) (string, error) {
	hash, ok := dollars.ParseWord(codeHash)
	if !ok {
		return "", fmt.Errorf("%q is no hash of a voucher's code: 0x and 64 hex digits, see `destinasia voucher list`", codeHash)
	}
	codeHash = dollars.WordText(hash)
	n, members, err := a.openAs(roleMember)
	if err != nil {
		return "", err
	}
	m, err := members.Member(ctx, id)
	if err != nil {
		return "", a.advise(err)
	}
	if m.Custody && f.keyfile == "" {
		member, err := actAs(ctx, members, id)
		if err != nil {
			return "", a.advise(err)
		}
		code, err := member.VoucherCode(ctx, id, codeHash)
		return code, a.advise(err)
	}
	key, err := a.memberKey(n, m, f.keyfile, f.passphrase)
	if err != nil {
		return "", err
	}
	from, err := claimant(ctx, members, m, codeHash)
	if err != nil {
		return "", a.advise(err)
	}
	code, found := key.findVoucherCode(from, hash)
	if !found {
		return "", fmt.Errorf("the code of this voucher was not made with key %s: name the key file that signed the claim with --keyfile", key.address())
	}
	return dollars.WordText(code), nil
}

// claimant is the account that paid for a member's voucher: their own, or that of the household they are in.
func claimant(ctx context.Context, members *client.Client, m client.Member, codeHash string) (dollars.Account, error) {
	mine, err := readAll(ctx, members, m.ID, false, readVouchers)
	if err != nil {
		return dollars.Account{}, err
	}
	for _, v := range mine {
		if v.CodeHash == codeHash {
			return m.Account, nil
		}
	}
	household, err := members.Household(ctx, m.ID)
	if client.CodeOf(err) == notInHousehold {
		err = fmt.Errorf("member %s has no voucher with this hash: see `destinasia voucher list %s`", m.ID, m.ID)
	}
	return household.Account, err
}

// good tells a voucher that can still be used.
func good(v client.Voucher, now time.Time) bool { return v.Used.IsZero() && now.Before(v.Until) }
