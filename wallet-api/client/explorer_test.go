package client_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/destinasia/dollars/wallet-api/client"
)

func TestTheLedgerIsAskedForByItsAddresses(t *testing.T) {
	last := uint64(0)
	account := client.Account{7}
	hold := account.String() + "/0x09"
	for want, ask := range map[string]func(context.Context, *client.Client) error{
		"/v1/blocks": func(ctx context.Context, c *client.Client) error {
			_, err := c.Blocks(ctx, client.Listing{})
			return err
		},
		"/v1/blocks?cursor=x&fromBlock=3&limit=7&toBlock=0": func(ctx context.Context, c *client.Client) error {
			_, err := c.Blocks(ctx, client.Listing{FromBlock: 3, ToBlock: &last, Cursor: "x", Limit: 7})
			return err
		},
		"/v1/blocks/12?cursor=x&limit=7": func(ctx context.Context, c *client.Client) error {
			_, err := c.Block(ctx, 12, "x", 7)
			return err
		},
		"/v1/transactions?toBlock=0": func(ctx context.Context, c *client.Client) error {
			_, err := c.Transactions(ctx, client.Listing{ToBlock: &last})
			return err
		},
		"/v1/transactions/abc?cursor=x": func(ctx context.Context, c *client.Client) error {
			_, err := c.Transaction(ctx, "abc", "x", 0)
			return err
		},
		"/v1/operations?limit=1": func(ctx context.Context, c *client.Client) error {
			_, err := c.Operations(ctx, nil, client.Listing{Limit: 1})
			return err
		},
		"/v1/operations?account=" + account.String() + "&fromBlock=3": func(ctx context.Context, c *client.Client) error {
			_, err := c.Operations(ctx, &account, client.Listing{FromBlock: 3})
			return err
		},
		"/v1/accounts?cursor=0x1&limit=2": func(ctx context.Context, c *client.Client) error {
			_, err := c.Accounts(ctx, "0x1", 2)
			return err
		},
		"/v1/ledger/supply/history": func(ctx context.Context, c *client.Client) error {
			_, err := c.SupplyHistory(ctx, client.Days{})
			return err
		},
		"/v1/ledger/supply/history?from=2026-11-01&limit=3&step=7&to=2026-11-30": func(ctx context.Context, c *client.Client) error {
			_, err := c.SupplyHistory(ctx, client.Days{From: "2026-11-01", To: "2026-11-30", Step: 7, Limit: 3})
			return err
		},
		"/v1/search?id=" + account.String() + "%2F0x09": func(ctx context.Context, c *client.Client) error {
			_, err := c.Search(ctx, hold)
			return err
		},
		"/v1/search?booking=HX+1&item=%26&source=urn%3Atest": func(ctx context.Context, c *client.Client) error {
			_, err := c.SearchBooking(ctx, "urn:test", "HX 1", "&")
			return err
		},
		"/v1/bookings/ab": func(ctx context.Context, c *client.Client) error {
			_, err := c.Booking(ctx, "ab")
			return err
		},
		"/v1/vouchers/0xab": func(ctx context.Context, c *client.Client) error {
			_, err := c.Voucher(ctx, "0xab")
			return err
		},
		"/v1/rewards/lounge": func(ctx context.Context, c *client.Client) error {
			_, err := c.Reward(ctx, "lounge")
			return err
		},
	} {
		got := ""
		c, _ := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			for name, values := range query {
				if values[0] == "" || name+values[0] == "fromBlock0" {
					query.Del(name) // as good as left out
				}
			}
			if got = r.URL.Path; len(query) > 0 {
				got += "?" + query.Encode()
			}
			_, _ = io.WriteString(w, `{}`)
		})
		if err := ask(t.Context(), c); err != nil || got != want {
			t.Errorf("asked for %s, %v; want %s", got, err, want)
		}
	}
}
