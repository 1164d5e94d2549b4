package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newRewardCommand(a *app) *cobra.Command {
	reward := &cobra.Command{Use: "reward", Short: "The catalogue that members claim from", Args: cobra.NoArgs, RunE: showHelp}
	reward.AddCommand(newRewardSetCommand(a), newRewardListCommand(a))
	return reward
}

// rewardFlags are a reward as it is written on the command line.
type rewardFlags struct {
	price, from, until, merchant string
	stock                        int64
	days                         uint32
}

func newRewardSetCommand(a *app) *cobra.Command {
	var f changeFlags
	var r rewardFlags
	command := &cobra.Command{
		Use:   "set ID --price AMOUNT --until DATE",
		Short: "Put a reward into the catalogue, or change it",
		Long: "Put a reward into the catalogue, or change it: everything is said again, as what is left out gets its default. Vouchers\n" +
			"of before stay as they were claimed. A stock can be raised later, not lowered; a day in the past for --until closes it.",
		Example: "  destinasia reward set lounge --price 5.00 --stock 100 --until 2027-12-31",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reward, err := r.read()
			if err != nil {
				return err
			}
			return a.change(cmd.Context(), roleMerchant, "reward list", f, func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
				return c.SetReward(ctx, args[0], reward, o)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&r.price, "price", "", "what it costs, in points")
	flags.Int64Var(&r.stock, "stock", 0, "how many can be claimed, ever (default without end)")
	flags.StringVar(&r.from, "from", "", "first day (UTC), or time, at which it can be claimed (default at once)")
	flags.StringVar(&r.until, "until", "", "last day (UTC) on which it can be claimed, or the time of its end")
	flags.Uint32Var(&r.days, "days", 30, "for how many days after the claim a voucher can be used")
	flags.StringVar(&r.merchant, "merchant", "", "account of the merchant who takes the vouchers (default Destinasia's merchants)")
	f.add(command)
	return command
}

func (r rewardFlags) read() (reward client.NewReward, err error) {
	if r.price == "" || r.until == "" {
		return reward, errors.New("a reward needs --price and --until; nothing was changed")
	}
	if r.stock < 0 {
		return reward, fmt.Errorf("--stock %d: give a number of pieces, or leave it out; nothing was changed", r.stock)
	}
	reward.Stock, reward.Days = r.stock, r.days
	if reward.Price, err = dollars.ParseAmount(r.price); err != nil {
		return reward, err
	}
	if r.from != "" {
		if reward.From, err = parseMoment("from", r.from, 0); err != nil {
			return reward, err
		}
	}
	if reward.Until, err = parseMoment("until", r.until, 1); err != nil {
		return reward, err
	}
	if r.merchant != "" {
		merchant, err := dollars.ParseAccount(r.merchant)
		if err != nil {
			return reward, err
		}
		reward.Merchant = &merchant
	}
	return reward, nil
}

// parseMoment reads the value of a flag: a time, or a day, which stands for the midnight (UTC) so many days after it begins.
func parseMoment(flag, text string, days int) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, days), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("--%s %s: write a day like 2027-12-31, or a time like 2027-12-31T18:00:00Z", flag, text)
	}
	return t, nil
}

func newRewardListCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "list",
		Short: "List the catalogue in the order of its ids",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, merchant, err := a.openAs(roleMerchant)
			if err != nil {
				return err
			}
			list, err := readRewards(cmd.Context(), merchant)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, client.Rewards{Rewards: list})
			}
			a.printRewards(list)
			return nil
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// readRewards reads the whole catalogue, page by page.
func readRewards(ctx context.Context, c *client.Client) ([]client.Reward, error) {
	list := []client.Reward{} // In JSON, none is an empty list.
	for after := ""; ; {
		page, err := c.Rewards(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Rewards...)
		if after = page.Next; after == "" {
			return list, nil
		}
	}
}

func (a *app) printRewards(list []client.Reward) {
	if len(list) == 0 {
		fmt.Fprintln(a.out, "The catalogue is empty.")
		return
	}
	t := rightTable(a.out, 2, 3, 6)
	t.AppendHeader(table.Row{"reward", "D$", "left", "from", "until", "days", "merchant"})
	for _, r := range list {
		left, from := "without end", "always"
		if r.Left != nil {
			left = fmt.Sprintf("%d of %d", *r.Left, r.Stock)
		}
		if !r.From.IsZero() {
			from = localTime(r.From)
		}
		t.AppendRow(table.Row{r.ID, r.Price, left, from, localTime(r.Until), r.Days, merchantName(r.Merchant)})
	}
	t.Render()
}
