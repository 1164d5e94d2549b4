package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// merchantFlags are what merchants' commands have in common.
type merchantFlags struct {
	changeFlags
	as, keyfile, passphrase string
}

func (f *merchantFlags) add(command *cobra.Command) {
	command.Flags().StringVar(&f.as, "as", "", "`MEMBER` whose account is the merchant's, and whose key file signs (default Destinasia's certificate)")
	keyFlags(command, &f.keyfile, &f.passphrase)
	f.changeFlags.add(command)
}

// merchantLifetime is how long an order of a merchant is good for once it is signed.
const merchantLifetime = time.Hour

// merchantChange asks for a merchant's order, which is signed here for the member that --as names; without one the service
// acts with the certificate of Destinasia's merchants, and signed is nil.
func (a *app) merchantChange(ctx context.Context, look string, f merchantFlags, order dollars.Order,
	ask func(ctx context.Context, c *client.Client, signed *client.MerchantSignature, o client.Change) (client.Status, error),
) error {
	var signed *client.MerchantSignature
	switch {
	case f.as != "":
		s, err := a.signer(ctx, f.as, orderFlags{keyfile: f.keyfile, passphrase: f.passphrase})
		if err != nil {
			return err
		}
		if signed, err = s.merchant(order); err != nil {
			return err
		}
	case f.keyfile != "" || f.passphrase != "":
		return errors.New("say with --as whose key it is: without it Destinasia's certificate is used; nothing was changed")
	}
	return a.change(ctx, roleMerchant, look, f.changeFlags, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
		return ask(ctx, c, signed, o)
	})
}

// merchant signs an order of the member as a merchant. Nothing that is signed comes from the service but the account.
func (s signer) merchant(order dollars.Order) (*client.MerchantSignature, error) {
	if s.session != nil {
		return nil, fmt.Errorf("the key of member %s is in the service's custody, where it signs nothing for a merchant: name the file of a key of their own with --keyfile; nothing was signed", s.member.ID)
	}
	order.From, order.Deadline = s.member.Account, s.now().Add(merchantLifetime).Unix()
	if err := order.Check(s.now().Unix()); err != nil {
		return nil, err
	}
	signature, err := s.sign(order)
	if err != nil {
		return nil, err
	}
	return &client.MerchantSignature{Merchant: order.From, Deadline: order.Deadline, Signature: signature}, nil
}

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
	var f merchantFlags
	reference := ""
	command := &cobra.Command{
		Use:   "capture HOLD AMOUNT --reference TEXT",
		Short: "Take points of a hold, as a merchant, which burns them",
		Long: "Take points of a hold, all or a part. The reference is the merchant's own name for it: asked for again under the same\n" +
			"one it is the same capture. Only its hash reaches the ledger. It is taken with the certificate of Destinasia's merchants,\n" +
			"or with --as by a merchant with an account and a key of their own.",
		Example: "  destinasia hold capture HOLD 12.50 --reference order-4711 --as lounge",
		Args:    cobra.ExactArgs(2),
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
			order := dollars.Order{
				Kind: dollars.KindCapture, To: hold.Account, Ref: hold.Order, Amount: amount, Reference: wallet.ReferenceHash(reference),
			}
			return a.merchantChange(cmd.Context(), "hold show "+args[0], f, order,
				func(ctx context.Context, c *client.Client, signed *client.MerchantSignature, o client.Change) (client.Status, error) {
					capture := client.Capture{Amount: amount, Reference: reference, Signed: signed}
					return c.Capture(ctx, hold.Account, hold.Order.String(), capture, o)
				})
		},
	}
	referenceFlag(command, &reference)
	f.add(command)
	return command
}

func newHoldReleaseCommand(a *app) *cobra.Command {
	var f merchantFlags
	command := &cobra.Command{
		Use:   "release HOLD",
		Short: "Give back what is left of a hold, as a merchant, before its end",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hold, err := parseHold(args[0])
			if err != nil {
				return err
			}
			order := dollars.Order{Kind: dollars.KindRelease, To: hold.Account, Ref: hold.Order}
			return a.merchantChange(cmd.Context(), "hold show "+args[0], f, order,
				func(ctx context.Context, c *client.Client, signed *client.MerchantSignature, o client.Change) (client.Status, error) {
					return c.Release(ctx, hold.Account, hold.Order.String(), signed, o)
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
			return readAs(a, roleMerchant, asJSON, func(c *client.Client) (client.Hold, error) {
				return c.Hold(cmd.Context(), id.Account, id.Order.String())
			}, a.printHold)
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
	var f merchantFlags
	reference := ""
	command := &cobra.Command{
		Use:   "use CODE --reference TEXT",
		Short: "Take a voucher, as a merchant, which is possible once",
		Long: "Take a voucher by the code that the member shows. The reference is the merchant's own name for it: asked for again\n" +
			"under the same one it is the same use. Only its hash reaches the ledger. It is taken with the certificate of\n" +
			"Destinasia's merchants, or with --as by a merchant with an account and a key of their own.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reference == "" {
				return errNoReference
			}
			code, ok := dollars.ParseWord(args[0])
			if !ok {
				return fmt.Errorf("%q is no voucher's code: 0x and 64 hex digits, as `destinasia voucher code` prints it; nothing was taken", args[0])
			}
			order := dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: wallet.ReferenceHash(reference)}
			return a.merchantChange(cmd.Context(), "reward list", f, order,
				func(ctx context.Context, c *client.Client, signed *client.MerchantSignature, o client.Change) (client.Status, error) {
					return c.UseVoucher(ctx, client.VoucherUse{Code: dollars.WordText(code), Reference: reference, Signed: signed}, o)
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
