package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newHouseholdCommand(a *app) *cobra.Command {
	household := &cobra.Command{
		Use: "household", Short: "Pool points, and spend them together", Args: cobra.NoArgs, RunE: showHelp,
		Long: "A household is an account whose points its members pool. Whoever forms it is its head; the head invites members and says\n" +
			"what each may spend a day (UTC). Members spend with --household. Whoever leaves takes along what they put in and is left.",
	}
	household.AddCommand(
		newHouseholdFormCommand(a), newHouseholdInviteCommand(a), newHouseholdJoinCommand(a),
		newHouseholdContributeCommand(a), newHouseholdLeaveCommand(a), newHouseholdShowCommand(a),
	)
	return household
}

func newHouseholdFormCommand(a *app) *cobra.Command {
	return newMemberOrderCommand(a, &orderFlags{}, &cobra.Command{
		Use:   "form ID",
		Short: "Form a household, whose head the member is",
		Args:  cobra.ExactArgs(1),
	}, func([]string) (client.Intent, error) { return client.Intent{Kind: client.OrderForm}, nil })
}

func newHouseholdInviteCommand(a *app) *cobra.Command {
	limit := ""
	command := newMemberOrderCommand(a, &orderFlags{}, &cobra.Command{
		Use:     "invite HEAD MEMBER",
		Short:   "Invite a member, or change what one may spend",
		Example: "  destinasia household invite m000001 m000002 --day-limit 5.00",
		Args:    cobra.ExactArgs(2),
	}, func(args []string) (intent client.Intent, err error) {
		intent.Kind = client.OrderInvite
		if intent.Whom, intent.WhomMember, err = party(args[1]); err == nil {
			intent.Amount, err = dollars.ParseAmount(limit)
		}
		return intent, err
	})
	dayLimitFlag(command, &limit)
	return command
}

func newHouseholdJoinCommand(a *app) *cobra.Command {
	limit := ""
	command := newMemberOrderCommand(a, &orderFlags{}, &cobra.Command{
		Use:   "join ID HOUSEHOLD",
		Short: "Join the household with this account, on the terms of the invitation",
		Args:  cobra.ExactArgs(2),
	}, func(args []string) (intent client.Intent, err error) {
		intent.Kind = client.OrderJoin
		if intent.Household, err = accountAt(args[1]); err == nil {
			intent.Amount, err = dollars.ParseAmount(limit)
		}
		return intent, err
	})
	dayLimitFlag(command, &limit)
	return command
}

// dayLimitFlag must be given: a member who joins agrees to the very limit that the head set.
func dayLimitFlag(command *cobra.Command, limit *string) {
	command.Flags().StringVar(limit, "day-limit", "", "what the member may spend of the household's points a day (UTC); 0 is nothing")
	if err := command.MarkFlagRequired("day-limit"); err != nil {
		panic(err) // the flag is defined one line above
	}
}

func newHouseholdContributeCommand(a *app) *cobra.Command {
	return newMemberOrderCommand(a, &orderFlags{}, &cobra.Command{
		Use:   "contribute ID AMOUNT",
		Short: "Put a member's points into the household they are in",
		Args:  cobra.ExactArgs(2),
	}, func(args []string) (client.Intent, error) {
		amount, err := dollars.ParseAmount(args[1])
		return client.Intent{Kind: client.OrderContribute, Amount: amount}, err
	})
}

func newHouseholdLeaveCommand(a *app) *cobra.Command {
	var f orderFlags
	var whom, decline string
	command := &cobra.Command{
		Use:   "leave ID",
		Short: "Leave a household, or have a member leave it",
		Long: "Leave the household the member is in, with what is left of what they put in. The head has another member leave with\n" +
			"--whom, who need not have joined; an invited member declines with --decline. The head leaves last, when\n" +
			"nobody else is in the household or invited, and ends it; to take out points only, the head uses\n" +
			"`destinasia send ID ID AMOUNT --household`.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			intent := client.Intent{Kind: client.OrderLeave}
			if whom != "" {
				intent.Whom, intent.WhomMember, err = party(whom)
			}
			if decline != "" {
				intent.Household, err = accountAt(decline)
			}
			if err != nil {
				return err
			}
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			if decline != "" {
				if err := mayDecline(cmd.Context(), s, *intent.Household); err != nil {
					return a.advise(err)
				}
			}
			return a.placeOrder(cmd.Context(), s, intent, f)
		},
	}
	command.Flags().StringVar(&whom, "whom", "", "the `MEMBER` who leaves, by the wish of the household's head")
	command.Flags().StringVar(&decline, "decline", "", "the account of a `HOUSEHOLD` the member was invited to, and does not join")
	exclusive(command, "whom", "decline")
	f.add(command)
	return command
}

// notInHousehold is the service's answer about a household of a member who is in none.
const notInHousehold = dollars.CodeHouseholdOther

// mayDecline refuses for a member who is in a household: the service takes leaving to mean that one.
func mayDecline(ctx context.Context, s signer, household dollars.Account) error {
	in, err := s.members.Household(ctx, s.member.ID)
	switch {
	case client.CodeOf(err) == notInHousehold:
		return nil
	case err == nil && in.Account != household:
		return fmt.Errorf("member %s is in another household, %s, and can decline only after leaving it; nothing was changed", s.member.ID, in.Account)
	}
	return err
}

func newHouseholdShowCommand(a *app) *cobra.Command {
	return newMemberReadCommand(a, "show ID", "Show the household a member is in", (*client.Client).Household, a.printHousehold)
}

func (a *app) printHousehold(h client.Household) {
	list := fields{{"household", h.Account.String()}, {"available", "D$ " + h.Available.String()}}
	if h.Held > 0 {
		list = append(list, field{"held", "D$ " + h.Held.String()})
	}
	append(list, validTo(h.Expiring)...).print(a.out)
	t := rightTable(a.out, 3, 4, 5)
	t.AppendHeader(table.Row{"member", "", "D$ a day", "today", "put in and left"})
	for i, m := range h.Members {
		place, limit := "joined", ""
		switch {
		case i == 0:
			place = "head"
		case !m.Joined:
			place = "invited"
		}
		if m.DayLimit != nil {
			limit = m.DayLimit.String()
		}
		t.AppendRow(table.Row{m.Account.String(), place, limit, m.SpentToday, total(m.Share)})
	}
	t.Render()
}

func total(points []client.Points) (sum dollars.Amount) {
	for _, p := range points {
		sum += p.Amount
	}
	return sum
}

// validTo are points by the last month in which they are valid.
func validTo(points []client.Points) (list fields) {
	for _, p := range points {
		list = append(list, field{"valid to " + p.Month.String(), "D$ " + p.Amount.String()})
	}
	return list
}

// accountAt reads an account that cannot be named by a member.
func accountAt(text string) (*dollars.Account, error) {
	account, err := dollars.ParseAccount(text)
	return &account, err
}
