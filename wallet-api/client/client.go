package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Options of a Client; the zero value is useful.
type Options struct {
	Token    string            // API key, or token of a member's session
	HTTP     http.RoundTripper // a transport of its own, which keeps connections open, if nil
	RetryFor time.Duration     // for how long to repeat what may be repeated; 30 s if zero, never if negative
}

// Client calls the wallet service. It is safe for concurrent use.
type Client struct {
	api *api.Client
	do  *doer
}

// New makes a client of the service at an address such as http://127.0.0.1:7080.
func New(address string, o Options) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("wallet service: %q is not an address such as http://127.0.0.1:7080", address)
	}
	if o.HTTP == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		// The default keeps two connections to a host, and would make a busy sender dial all the time.
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 256
		transport.ResponseHeaderTimeout = time.Minute // twice the longest wait
		o.HTTP = transport
	}
	if o.RetryFor == 0 {
		o.RetryFor = 30 * time.Second
	}
	d := &doer{http: &http.Client{Transport: o.HTTP}, token: o.Token, retryFor: o.RetryFor}
	generated, err := api.NewClient(strings.TrimSuffix(address, "/"), api.WithHTTPClient(d))
	if err != nil {
		return nil, fmt.Errorf("wallet service: %w", err)
	}
	return &Client{api: generated, do: d}, nil
}

// As is the same client with another token. It shares the connections.
func (c *Client) As(token string) *Client {
	d := *c.do
	d.token = token
	generated := *c.api
	generated.Client = &d
	return &Client{api: &generated, do: &d}
}

// maxAnswer bounds what is read of an answer: a receipt's, which holds a block, is the largest.
const maxAnswer = 16 << 20

// read decodes an answer; the doer has turned refusals into errors.
func read[T any](resp *http.Response, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(body, &value)
	}
	if err != nil {
		return value, fmt.Errorf("wallet service answered %s, which cannot be read: %w", resp.Status, err)
	}
	return value, nil
}

// ReportEvents sends a batch: a JSON array of at most 1,000 CloudEvents. Each has an answer in its place, refusals
// included; an error means that the batch as a whole was not accepted.
func (c *Client) ReportEvents(ctx context.Context, batch []byte) ([]EventReceipt, error) {
	const media = "application/cloudevents-batch+json"
	receipts, err := read[api.EventReceipts](c.api.ReportBookingEventsWithBody(repeatable(ctx), &api.ReportBookingEventsParams{}, media, bytes.NewReader(batch)))
	if refused, ok := asError(err); ok && len(refused.Events) > 0 {
		return refused.Events, nil
	}
	return receipts.Events, err
}

// ReportEvent sends one CloudEvent, whose refusal is an [*Error].
func (c *Client) ReportEvent(ctx context.Context, event []byte) (EventReceipt, error) {
	const media = "application/cloudevents+json"
	receipts, err := read[api.EventReceipts](c.api.ReportBookingEventsWithBody(repeatable(ctx), &api.ReportBookingEventsParams{}, media, bytes.NewReader(event)))
	if err == nil && len(receipts.Events) != 1 {
		err = fmt.Errorf("wallet service: one event was answered %d times", len(receipts.Events))
	}
	if err != nil {
		return EventReceipt{}, err
	}
	return receipts.Events[0], nil
}

// BookingEvents tells what became of up to 1,000 events, by the ids in their receipts and in their order; those the
// service does not know are left out.
func (c *Client) BookingEvents(ctx context.Context, ids []string) ([]Status, error) {
	statuses, err := read[api.EventStatuses](c.api.GetBookingEvents(repeatable(ctx), api.EventIds{Ids: ids}))
	return statuses.Events, err
}

// BookingEvent tells what became of an event, by the id in its receipt.
func (c *Client) BookingEvent(ctx context.Context, id string) (Status, error) {
	return read[Status](c.api.GetBookingEvent(ctx, id))
}

// CreateMember enrols a member with their own account or, where account is nil, with a key in the service's custody.
// A member enrolled earlier, the same way, is answered as if new.
func (c *Client) CreateMember(ctx context.Context, id string, account *Account) (Member, error) {
	return read[Member](c.api.CreateMember(repeatable(ctx), api.NewMember{ID: id, Account: account}))
}

// Member finds a member.
func (c *Client) Member(ctx context.Context, id string) (Member, error) {
	return read[Member](c.api.GetMember(ctx, id))
}

// Members lists members in the order of their ids, from after one; at most limit, or as many as the service likes
// where limit is 0.
func (c *Client) Members(ctx context.Context, after string, limit int) (Members, error) {
	return read[Members](c.api.ListMembers(ctx, &api.ListMembersParams{After: after, Limit: pageSize(limit)}))
}

// ForgetMember destroys what ties a member to an account, and the key in custody. Points left in custody are a refusal
// unless they are to be abandoned. It is not repeated: a second request finds nobody, and the certificate is given once.
func (c *Client) ForgetMember(ctx context.Context, id string, abandonPoints bool) (ErasureCertificate, error) {
	return read[ErasureCertificate](c.api.ForgetMember(once(ctx), id, &api.ForgetMemberParams{AbandonPoints: abandonPoints}))
}

// CreateSession obtains a token to act as the member; [Client.As] uses it.
func (c *Client) CreateSession(ctx context.Context, id string) (Session, error) {
	return read[Session](c.api.CreateSession(repeatable(ctx), id))
}

// Balance is what a member has.
func (c *Client) Balance(ctx context.Context, id string) (Balance, error) {
	return read[Balance](c.api.GetBalance(ctx, id))
}

// History is a page of a member's history, newest first, from cursor; limit as in [Client.Members].
func (c *Client) History(ctx context.Context, id, cursor string, limit int) (History, error) {
	return read[History](c.api.GetHistory(ctx, id, &api.GetHistoryParams{Cursor: cursor, Limit: pageSize(limit)}))
}

func pageSize(limit int) *int {
	if limit == 0 {
		return nil
	}
	return &limit
}

// Rules are the earning rules in force.
func (c *Client) Rules(ctx context.Context) (RulesVersion, error) {
	return read[RulesVersion](c.api.GetCurrentRules(ctx))
}

// RulesAt is a published version of the earning rules.
func (c *Client) RulesAt(ctx context.Context, version uint32) (RulesVersion, error) {
	return read[RulesVersion](c.api.GetRules(ctx, version))
}

// Schedule is which earning rules are in force when, and what is proposed.
func (c *Client) Schedule(ctx context.Context) (RulesSchedule, error) {
	return read[RulesSchedule](c.api.ListRules(ctx))
}

// Explain tells why the items of a booking, or the one that is named, earn what they earn.
func (c *Client) Explain(ctx context.Context, source, booking, item string) ([]ItemExplanation, error) {
	x, err := read[api.Explanations](c.api.ExplainBooking(ctx, &api.ExplainBookingParams{Source: source, Booking: booking, Item: item}))
	return x.Items, err
}

// Ledger tells which ledger the service works on.
func (c *Client) Ledger(ctx context.Context) (Ledger, error) {
	return read[Ledger](c.api.GetLedger(ctx))
}

// Supply is what exists of each asset.
func (c *Client) Supply(ctx context.Context) ([]AssetSupply, error) {
	supply, err := read[api.Supply](c.api.GetSupply(ctx))
	return supply.Assets, err
}

// Healthy asks once whether the process lives; nil means that it does.
func (c *Client) Healthy(ctx context.Context) error {
	_, err := read[api.Health](c.api.CheckHealth(once(ctx)))
	return err
}

// Ready asks once whether the service can serve; the error says why it cannot.
func (c *Client) Ready(ctx context.Context) error {
	_, err := read[api.Health](c.api.CheckReady(once(ctx)))
	return err
}
