package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Page says which part of a list is asked for. The zero value is the first page of a member's own.
type Page struct {
	FromHousehold bool   // of the household the member is in
	Cursor        string // Next of the page before
	Limit         int    // as many as the service likes where 0
}

// Holds is a page of what a member has set aside, newest first: all, or only what is open.
func (c *Client) Holds(ctx context.Context, member string, open bool, p Page) (Holds, error) {
	return read[Holds](c.api.ListHolds(ctx, member, &api.ListHoldsParams{
		Open: open, FromHousehold: p.FromHousehold, Cursor: p.Cursor, Limit: pageSize(p.Limit),
	}))
}

// Vouchers is a page of what a member has claimed, newest first.
func (c *Client) Vouchers(ctx context.Context, member string, p Page) (Vouchers, error) {
	return read[Vouchers](c.api.ListVouchers(ctx, member, &api.ListVouchersParams{
		FromHousehold: p.FromHousehold, Cursor: p.Cursor, Limit: pageSize(p.Limit),
	}))
}

// VoucherCode is the code of a voucher that was claimed in custody. Only the member's own token may ask.
func (c *Client) VoucherCode(ctx context.Context, member, codeHash string) (string, error) {
	code, err := read[api.VoucherCode](c.api.GetVoucherCode(ctx, member, codeHash))
	return code.Code, err
}

// Household is the household a member is in.
func (c *Client) Household(ctx context.Context, member string) (Household, error) {
	return read[Household](c.api.GetHousehold(ctx, member))
}

// Keys are the keys that sign for a member's account.
func (c *Client) Keys(ctx context.Context, member string) (Keys, error) {
	return read[Keys](c.api.GetKeys(ctx, member))
}

// CreateCustodyKey has the service make a key to sign with for a member, and tells its address. Asked again it is the same.
func (c *Client) CreateCustodyKey(ctx context.Context, member string) (Account, error) {
	key, err := read[api.CustodyKey](c.api.CreateCustodyKey(repeatable(ctx), member))
	return key.Address, err
}

// BeginCustody has the service sign for a member, once the account's keys on the ledger have its address.
func (c *Client) BeginCustody(ctx context.Context, member string) (Member, error) {
	return read[Member](c.api.BeginCustody(repeatable(ctx), member))
}

// EndCustody has the service sign no more, and destroys its key.
func (c *Client) EndCustody(ctx context.Context, member string) (Member, error) {
	return read[Member](c.api.EndCustody(repeatable(ctx), member))
}

// ExplainBalance tells where what a member, or the household they are in, has comes from.
func (c *Client) ExplainBalance(ctx context.Context, member string, household bool) (ExplainedBalance, error) {
	return read[ExplainedBalance](c.api.ExplainBalance(ctx, member, &api.ExplainBalanceParams{FromHousehold: household}))
}

// Statement is what happened to the points of a member, or of the household they are in, in a month such as 2026-11.
func (c *Client) Statement(ctx context.Context, member, month string, household bool) (Statement, error) {
	return read[Statement](c.api.GetStatement(ctx, member, month, &api.GetStatementParams{FromHousehold: household}))
}

// The forms of a statement that StatementAs answers.
const (
	StatementCSV  = "text/csv"
	StatementHTML = "text/html"
)

// StatementAs is the same as a file.
func (c *Client) StatementAs(ctx context.Context, member, month string, household bool, form string) ([]byte, error) {
	resp, err := c.api.GetStatement(ctx, member, month, &api.GetStatementParams{FromHousehold: household},
		func(_ context.Context, req *http.Request) error {
			req.Header.Set("Accept", form)
			return nil
		})
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, form) {
		return nil, fmt.Errorf("wallet service: asked for %s, was answered %q", form, got)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
}

// Reminders is a page of the reminders of a day such as 2026-11-22, from after an account, and the account to go on after, ""
// at the end. A page that is not the last may be empty.
func (c *Client) Reminders(ctx context.Context, day, after string, limit int) (list []Reminder, next string, err error) {
	resp, err := c.api.ListReminders(ctx, &api.ListRemindersParams{Day: day, After: after, Limit: pageSize(limit)})
	if err != nil {
		return nil, "", err
	}
	if link, _, found := strings.Cut(strings.TrimPrefix(resp.Header.Get("Link"), "<"), ">"); found {
		u, err := url.Parse(link)
		if err != nil {
			return nil, "", fmt.Errorf("wallet service: the next page of reminders: %w", err)
		}
		next = u.Query().Get("after")
	}
	list, err = read[[]Reminder](resp, nil)
	return list, next, err
}
