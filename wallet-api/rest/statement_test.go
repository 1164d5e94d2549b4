package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// lifetime enrols alice, who earns 50.00, gives bob 10.00, redeems 5.00 and holds 20.00.
func lifetime(t *testing.T) (a api, alice string) {
	t.Helper()
	a = newAPI(t, Options{})
	alice = a.enrol(t, "alice")
	a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")
	a.orders(t, alice, "alice", `{"kind":"transfer","toMember":"bob","amount":"10"}`).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"redemption","amount":"5"}`).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"hold","amount":"20","until":"2026-11-30T00:00:00Z"}`).want(t, 200)
	return a, alice
}

func TestStatements(t *testing.T) {
	a, alice := lifetime(t)
	const path = "/v1/members/alice/statements/2026-11"
	got := a.send(t, alice, "GET", path, "").want(t, 200)
	var st Statement
	got.decode(t, &st)
	var lines []string
	for _, l := range st.Lines {
		lines = append(lines, l.Line+" "+l.Amount)
	}
	if text := strings.Join(lines, ", "); st.Opening != "0.00" || st.Closing != "35.00" || st.Month != "2026-11" || text != "earned 50.00, sent -10.00, redeemed -5.00, held -20.00" {
		t.Errorf("%s; %+v", text, st)
	}
	if sent := st.Lines[1]; sent.Counterparty != a.ledger.members["bob"].Account || sent.Order == "" || st.Lines[0].Booking == "" {
		t.Errorf("%+v", st.Lines)
	}
	if len(st.Totals) < 10 || st.Totals[0] != (StatementTotal{Line: "earned", Amount: "50.00"}) || got.Header.Get("Vary") != "Accept" {
		t.Errorf("%+v, %v", st.Totals, got.Header)
	}

	got = a.send(t, alice, "GET", path, "", "Accept", "text/csv").want(t, 200)
	rows, err := csv.NewReader(strings.NewReader(string(got.body))).ReadAll()
	if err != nil || len(rows) != len(st.Lines)+3 {
		t.Errorf("%v: %s", err, got.body)
	}
	if d := got.Header.Get("Content-Disposition"); d != `attachment; filename="statement-2026-11.csv"` || strings.Contains(string(got.body), "alice") {
		t.Errorf("%s: %s", d, got.body)
	}

	// As a browser asks.
	got = a.send(t, alice, "GET", path, "", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8").want(t, 200)
	_, style, _ := strings.Cut(string(got.body), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := got.Header.Get("Content-Security-Policy")
	if style == "" || !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("%s of %s", policy, got.body)
	}
	if page := string(got.body); strings.Contains(page, "<script") || strings.Contains(page, "style=") || !strings.Contains(page, "35.00") {
		t.Error(page)
	}
	for _, accept := range []string{"", "*/*", "image/png", "application/*"} {
		if got := a.send(t, alice, "GET", path, "", "Accept", accept).want(t, 200); got.Header.Get("Content-Type") != mediaJSON {
			t.Errorf("%q is answered with %s", accept, got.Header.Get("Content-Type"))
		}
	}

	a.send(t, alice, "GET", "/v1/members/alice/statements/2026-12", "").problem(t, 422, dollars.CodeDateInvalid, "/month")
	for _, month := range []string{"2026-13", "2026", "now", "2026-11-22"} {
		if got := a.send(t, alice, "GET", "/v1/members/alice/statements/"+month, ""); got.StatusCode != 422 {
			t.Errorf("%s: %s", month, got.body)
		}
	}
	a.send(t, alice, "GET", path+"?fromHousehold=true", "").problem(t, 404, dollars.CodeHouseholdOther, "")
	a.send(t, "dsk_auditor", "GET", "/v1/members/nobody/statements/2026-11", "").problem(t, 404, wallet.CodeMemberUnknown, "")
}

func TestExplainedBalances(t *testing.T) {
	a, alice := lifetime(t)
	var x ExplainedBalance
	a.send(t, alice, "GET", "/v1/members/alice/balance/explanation", "").want(t, 200).decode(t, &x)
	if len(x.Points) != 1 || x.Points[0].Amount != 15_00 || len(x.Points[0].Parts) != 1 || len(x.Holds) != 1 {
		t.Fatalf("%+v", x)
	}
	if part := x.Points[0].Parts[0]; part.Line != "earned" || part.Item.String() != "hotel" || part.Version != 1 || part.Booking == "" {
		t.Errorf("%+v", part)
	}
	if h := x.Holds[0]; len(h.Points) != 1 || h.Points[0].Amount != 20_00 || h.Order == "" {
		t.Errorf("%+v", h)
	}
	var other ExplainedBalance
	a.send(t, "dsk_operator", "GET", "/v1/members/bob/balance/explanation", "").want(t, 200).decode(t, &other)
	if part := other.Points[0].Parts[0]; part.Line != "received" || part.Counterparty != a.ledger.members["alice"].Account || part.Item != 0 {
		t.Errorf("%+v", part)
	}
}

func TestReminders(t *testing.T) {
	a, alice := lifetime(t)
	var b Balance
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b)
	last := time.Date(int(b.Expiring[0].Month/12), time.Month(b.Expiring[0].Month%12)+2, 0, 0, 0, 0, 0, time.UTC)
	day := last.AddDate(0, 0, -30).Format(time.DateOnly)
	ask := func(query string) (list []Reminder, next string) {
		got := a.send(t, "dsk_member", "GET", "/v1/reminders?"+query, "").want(t, 200)
		got.decode(t, &list)
		if got.Header.Get("Content-Type") != mediaEvents {
			t.Errorf("%v", got.Header)
		}
		next, _ = strings.CutPrefix(got.Header.Get("Link"), "</v1/reminders?")
		return list, strings.TrimSuffix(next, `>; rel="next"`)
	}
	all, next := ask("day=" + day)
	if len(all) != 2 || next != "" {
		t.Fatalf("%+v, %s", all, next)
	}
	amounts := map[string]dollars.Amount{}
	for _, r := range all {
		amounts[r.Data.Member] = r.Data.Amount
		if r.Type != "com.destinasia.points.expiring.v1" || r.Data.LastDay != last.Format(time.DateOnly) || r.Data.Days != 30 || r.Subject != r.Data.Account.String() {
			t.Errorf("%+v", r)
		}
	}
	if amounts["alice"] != 15_00 || amounts["bob"] != 10_00 {
		t.Errorf("%v", amounts)
	}
	// By pages, and asked again, they are the same.
	var paged []Reminder
	for query := "limit=1&day=" + day; query != "" && len(paged) < 3; {
		page, next := ask(query)
		paged, query = append(paged, page...), next
	}
	if len(paged) != 2 || paged[0].ID != all[0].ID || paged[1].ID != all[1].ID || all[0].ID == all[1].ID {
		t.Errorf("%+v, by pages %+v", all, paged)
	}
	if none, _ := ask("day=" + last.AddDate(0, 0, -29).Format(time.DateOnly)); none == nil || len(none) != 0 {
		t.Errorf("%+v", none)
	}
	reminders := func(query string) answer { return a.send(t, "dsk_member", "GET", "/v1/reminders"+query, "") }
	reminders("").problem(t, 400, wallet.CodeMalformed, "/day")
	reminders("?day=2026-02-30").problem(t, 422, dollars.CodeDateInvalid, "/day")
	reminders("?day="+day+"&after=alice").problem(t, 400, wallet.CodeCursorInvalid, "/after")
	reminders("?day="+day+"&limit=501").problem(t, 400, wallet.CodeLimitInvalid, "/limit")
}

func TestExpirations(t *testing.T) {
	a, _ := lifetime(t)
	expire := func(body string, headers ...string) (x Expirations, status int) {
		got := a.send(t, "dsk_operator", "POST", "/v1/expirations", body, headers...)
		got.decode(t, &x)
		return x, got.StatusCode
	}
	if x, status := expire(`{}`); x.Accounts != 0 || x.Next != nil || x.Changes == nil || status != 200 {
		t.Errorf("%d: %+v", status, x)
	}
	a.ledger.now = a.ledger.now.AddDate(4, 0, 0)
	alice := a.session(t, "alice")
	a.ledger.eager = false
	first, status := expire(`{"limit":1}`)
	if first.Accounts != 1 || first.Next == nil || status != 202 {
		t.Fatalf("%d: %+v", status, first)
	}
	a.ledger.commitWhenWaited = true
	rest, status := expire(`{"after":"`+first.Next.String()+`"}`, "Prefer", "wait=20")
	if rest.Accounts != 1 || rest.Next != nil || status != 200 {
		t.Errorf("%d: %+v", status, rest)
	}
	a.send(t, "dsk_operator", "GET", "/v1/changes/"+rest.Changes[0], "").want(t, 200)
	var supply Supply
	a.send(t, "", "GET", "/v1/ledger/supply", "").want(t, 200).decode(t, &supply)
	if s := supply.Assets[0]; s.Expired != 25_00 || s.Outstanding != 0 || s.Held != 20_00 {
		t.Errorf("%+v", s)
	}
	if x, status := expire(`{}`); x.Accounts != 0 || status != 200 {
		t.Errorf("%d: %+v", status, x)
	}
	var b Balance
	if a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b); b.Available != 0 {
		t.Errorf("%+v", b)
	}
	for body, field := range map[string]string{`{"limit":501}`: "/limit", `{"limit":0}`: "/limit"} {
		a.send(t, "dsk_operator", "POST", "/v1/expirations", body).problem(t, 400, wallet.CodeLimitInvalid, field)
	}
	a.send(t, "dsk_operator", "POST", "/v1/expirations", `{"after":"0x12"}`).problem(t, 422, dollars.CodeAccountInvalid, "/after")
	a.send(t, "dsk_operator", "POST", "/v1/expirations", `{"before":"0x12"}`).problem(t, 400, wallet.CodeMalformed, "/before")
}
