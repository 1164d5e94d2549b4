package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// parseHold reads a hold's name, as hold place prints it: ACCOUNT/ORDER.
func parseHold(text string) (dollars.HoldID, error) {
	account, order, _ := strings.Cut(text, "/")
	a, err := dollars.ParseAccount(account)
	o, orderErr := dollars.ParseOrderID(order)
	if err = cmp.Or(err, orderErr); err != nil {
		return dollars.HoldID{}, fmt.Errorf("%q is no hold's name, which is ACCOUNT/ORDER, as `destinasia hold list` tells it: %w", text, err)
	}
	return dollars.HoldID{Account: a, Order: o}, nil
}

func newHoldCaptureCommand(a *app) *cobra.Command {
	var f changeFlags
	reference := ""
	command := &cobra.Command{
		Use:   "capture HOLD AMOUNT --reference TEXT",
		Short: "Take points of a hold, as a merchant, which burns them",
		Long: "Take points of a hold, all or a part. The reference is the merchant's own name for it: asked for again under the same\n" +
			"one it is the same capture. Only its hash reaches the ledger. It is taken with the certificate of Destinasia's merchants;\n" +
			"a merchant with a key of their own signs, and sends it over REST.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			hold, err := parseHold(args[0])
			if err != nil {
				return err
			}
			amount, err := dollars.ParseAmount(args[1])
			if err != nil {
				return err
			}
			if reference == "" {
				return errNoReference
			}
			return a.change(cmd.Context(), roleMerchant, "hold show "+args[0], f, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
				return c.Capture(ctx, hold.Account, hold.Order.String(), client.Capture{Amount: amount, Reference: reference}, o)
			})
		},
	}
	referenceFlag(command, &reference)
	f.add(command)
	return command
}

func newHoldReleaseCommand(a *app) *cobra.Command {
	var f changeFlags
	command := &cobra.Command{
		Use:   "release HOLD",
		Short: "Give back what is left of a hold, as a merchant, before its end",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hold, err := parseHold(args[0])
			if err != nil {
				return err
			}
			return a.change(cmd.Context(), roleMerchant, "hold show "+args[0], f, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
				return c.Release(ctx, hold.Account, hold.Order.String(), nil, o)
			})
		},
	}
	f.add(command)
	return command
}

func newHoldShowCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "show HOLD",
		Short: "Tell what is left of a hold, and what was taken",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseHold(args[0])
			if err != nil {
				return err
			}
			_, merchant, err := a.openAs(roleMerchant)
			if err != nil {
				return err
			}
			hold, err := merchant.Hold(cmd.Context(), id.Account, id.Order.String())
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, hold)
			}
			a.printHold(hold)
			return nil
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

func (a *app) printHold(h client.Hold) {
	list := fields{{"hold", holdName(h.Account, h.Order)}, {"left", "D$ " + h.Left.String()}}
	for _, part := range h.Captures {
		list = append(list, field{"captured", "D$ " + part.Amount.String() + ", as the reference with SHA-256 " + part.Reference})
	}
	end := "at its end what is left goes back"
	if h.Released {
		end = "what was left went back"
	}
	append(list, field{"for", merchantName(h.Merchant)}, field{"until", localTime(h.Until) + "; " + end}).print(a.out)
}

func newVoucherUseCommand(a *app) *cobra.Command {
	var f changeFlags
	reference := ""
	command := &cobra.Command{
		Use:   "use CODE --reference TEXT",
		Short: "Take a voucher, as a merchant, which is possible once",
		Long: "Take a voucher by the code that the member shows. The reference is the merchant's own name for it: asked for again\n" +
			"under the same one it is the same use. Only its hash reaches the ledger. It is taken with the certificate of\n" +
			"Destinasia's merchants; a merchant with a key of their own signs, and sends it over REST.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reference == "" {
				return errNoReference
			}
			return a.change(cmd.Context(), roleMerchant, "reward list", f, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
				return c.UseVoucher(ctx, client.VoucherUse{Code: args[0], Reference: reference}, o)
			})
		},
	}
	referenceFlag(command, &reference)
	f.add(command)
	return command
}

var errNoReference = errors.New("name it with --reference TEXT, so that it happens once however often it is asked for; nothing was taken")

func referenceFlag(command *cobra.Command, reference *string) {
	command.Flags().StringVar(reference, "reference", "", "the merchant's own name for it, up to 100 bytes")
}
