package rest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestBadQueries(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	for _, test := range []struct {
		name, token, method, path string
		code                      dollars.Code
		field                     string
	}{
		{"a filter that there is not", "dsk_auditor", "GET", "/v1/operations?kind=send", wallet.CodeMalformed, "/kind"},
		{"another list's", "dsk_auditor", "GET", "/v1/blocks?from=5", wallet.CodeMalformed, "/from"},
		{"another list's way of paging", "dsk_auditor", "GET", "/v1/accounts?after=0x1", wallet.CodeMalformed, "/after"},
		{"another case", "dsk_auditor", "GET", "/v1/blocks?Limit=5", wallet.CodeMalformed, "/Limit"},
		{"beside one that there is", "dsk_auditor", "GET", "/v1/blocks?limit=5&to=7", wallet.CodeMalformed, "/to"},
		{"without a value", "dsk_auditor", "GET", "/v1/blocks?newest", wallet.CodeMalformed, "/newest"},
		{"without a name", "dsk_auditor", "GET", "/v1/blocks?=5", wallet.CodeMalformed, "/"},
		{"a name that a pointer escapes", "dsk_auditor", "GET", "/v1/blocks?a%2fb~=5", wallet.CodeMalformed, "/a~1b~0"},
		{"two of them", "dsk_auditor", "GET", "/v1/blocks?z=1&b=1", wallet.CodeMalformed, "/b"},
		{"twice", "dsk_auditor", "GET", "/v1/blocks?cursor=&cursor=", wallet.CodeMalformed, "/cursor"},
		{"a number twice", "dsk_auditor", "GET", "/v1/blocks?limit=1&limit=1", wallet.CodeMalformed, "/limit"},
		{"no percent-encoding", "dsk_auditor", "GET", "/v1/blocks?cursor=%zz", wallet.CodeMalformed, ""},
		{"a semicolon", "dsk_auditor", "GET", "/v1/blocks?limit=1;cursor=x", wallet.CodeMalformed, ""},
		{"a path's", alice, "GET", "/v1/members/alice/balance?id=bob", wallet.CodeMalformed, "/id"},
		{"a header's", alice, "GET", "/v1/members/alice/balance?Prefer=wait", wallet.CodeMalformed, "/Prefer"},
		{"of what changes something", alice, "DELETE", "/v1/members/alice?abandonpoints=true", wallet.CodeMalformed, "/abandonpoints"},
		{"of events", "dsk_booking", "POST", "/v1/booking-events?wait=1", wallet.CodeMalformed, "/wait"},
		{"of health", "", "GET", "/healthz?full=1", wallet.CodeMalformed, "/full"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.unchanged(t, func() answer { return a.send(t, test.token, test.method, test.path, "") }).
				problem(t, http.StatusBadRequest, test.code, test.field)
		})
	}
	// Who may not call is not told more than that, and what is not described reads its own.
	a.send(t, alice, "GET", "/v1/blocks?from=5", "").problem(t, 403, wallet.CodeForbidden, "")
	a.send(t, "dsk_auditor", "GET", "/v1/block?from=5", "").problem(t, 404, wallet.CodeNotFound, "")
	for _, path := range []string{"/metrics?name%5B%5D=go_info", "/docs?x=1", "/docs/swagger-ui.css?x=1", "/v1/openapi.yaml?x=1"} {
		a.send(t, "", "GET", path, "").want(t, 200)
	}
	a.send(t, "dsk_auditor", "GET", "/v1/blocks?", "").want(t, 200)
	a.send(t, "dsk_auditor", "GET", "/v1/blocks?cursor=&limit=2&fromBlock=0", "").want(t, 200)
}

// TestEveryRouteReadsItsQuery walks the router: a route whose name in the document is not found would read anything.
func TestEveryRouteReadsItsQuery(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	described := 0
	for _, route := range a.engine.Routes() {
		if slices.Contains([]string{"/metrics", "/docs", "/docs/*asset", "/v1/openapi.yaml"}, route.Path) {
			continue
		}
		described++
		may := table[route.Method+" "+route.Path]
		token := alice
		if len(may.roles) > 0 {
			token = "dsk_" + string(may.roles[0])
		}
		path := strings.Replace(route.Path, ":id", "alice", 1)
		a.unchanged(t, func() answer { return a.send(t, token, route.Method, path+"?unheardOf=1", "") }).
			problem(t, http.StatusBadRequest, wallet.CodeMalformed, "/unheardOf")
	}
	if described != len(queries()) {
		t.Errorf("%d routes, and %d are described", described, len(queries()))
	}
}
