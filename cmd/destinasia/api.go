package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// How long to go on sending a request again when the service is overloaded or does not answer.
const (
	commandPatience = 5 * time.Second // of a person at a terminal
	feedPatience    = 2 * time.Minute // of a command that sends much: long enough to restart the service
)

// connect makes a client of the network's wallet service with the API key of a role.
func connect(n *native.Network, role string, patience time.Duration) (*client.Client, error) {
	key, err := apiKey(n, role)
	if err != nil {
		return nil, err
	}
	return client.New(restURL(n), client.Options{Token: key, RetryFor: patience})
}

// openAs opens the chosen network and connects to it, for a command of one or two requests.
func (a *app) openAs(role string) (*native.Network, *client.Client, error) {
	n, err := a.open()
	if err != nil {
		return nil, nil, err
	}
	c, err := connect(n, role, commandPatience)
	return n, c, err
}

// advice is what to do about a refusal, beyond what the service says itself.
var advice = map[dollars.Code]string{
	"unauthenticated":      "the service does not know the API keys of this directory: stop it and start it again",
	"rate_limited":         "wait a little and try again",
	"overloaded":           "wait a little and try again",
	"unavailable":          "see what `destinasia status` says",
	"internal":             "see what `destinasia logs wallet` says",
	"member_unknown":       "see `destinasia member list` and `destinasia member create`",
	"insufficient_balance": "see `destinasia balance`",
	"points_left":          "or use --abandon-points, and they are lost for ever",
	"account_frozen":       "an operator can unfreeze it",
	"stale_credits":        "try again",
	"no_custody":           "name the file of the member's own key with --keyfile",
	"reward_unknown":       "see `destinasia reward list`",
	"household_not_member": "see `destinasia household form` and `destinasia household join`",
	"household_head":       "the head has the others leave with `destinasia household leave ID --whom MEMBER`, or takes points out with `destinasia send ID ID AMOUNT --household`",
	"key_invalid":          "see `destinasia key list`",

	"not_merchant":       "it is for the merchant with the account that it names, who signs with a key of their own: --as MEMBER",
	"hold_unknown":       "a hold's name is ACCOUNT/ORDER, as `destinasia hold list` tells it",
	"hold_ended":         "see `destinasia hold show`",
	"capture_over_hold":  "see `destinasia hold show`",
	"voucher_unknown":    "a code is what `destinasia voucher code` prints, not the voucher's name",
	"reference_conflict": "another capture of the hold needs another --reference",
	"reward_stock":       "or offer another reward",
	"own_approval":       "somebody else has to approve it",
	"recovery_unknown":   "see `destinasia recovery show`",
	"recovery_pending":   "see `destinasia recovery show`",
	"recovery_waiting":   "`destinasia recovery show` says from when on it can be completed",
	"adjustment_unknown": "see `destinasia adjustment propose`, which prints the id",
	"adjustment_limit":   "see `destinasia rules show` for how much a day has",
}

// advise turns a failed request into an error that says what to do.
func (a *app) advise(err error) error {
	var refused *client.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &refused):
		if what, known := advice[refused.Code]; known {
			return fmt.Errorf("%w; %s", err, what)
		}
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("the wallet service does not answer at %s: start it with `%s`", dial.Addr, a.commandLine("up"))
	}
	return err
}
