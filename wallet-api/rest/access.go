package rest

import (
	"errors"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// access is who may call a route.
type access struct {
	public bool
	roles  []Role
	self   bool // a member's session too, where the path's id is theirs
}

// clients is every role of an API client.
var clients = []Role{RoleBooking, RoleMember, RoleOperator, RoleAuditor, RoleMerchant, RoleApprover}

var (
	public    = access{public: true}
	everybody = access{roles: append(slices.Clone(clients), RoleSession)}
	explorers = access{roles: []Role{RoleOperator, RoleAuditor}}
	readers   = access{roles: []Role{RoleMember, RoleOperator, RoleAuditor}, self: true}
	orderers  = access{roles: []Role{RoleMember}, self: true} // the member service only with the member's signature
)

// table says of every route who may call it; a route that is not in it answers nobody. Who may see which order, event
// or change of a route is caller.sees, and which rules caller.plans.
var table = map[string]access{
	"GET /healthz":         public,
	"GET /readyz":          public,
	"GET /metrics":         public,
	"GET /v1/openapi.yaml": public,
	"GET /docs":            public,
	"GET /docs/*asset":     public,

	// What a currency is and how much of it there is, is no secret.
	"GET /v1/ledger":        public,
	"GET /v1/ledger/supply": public,

	"POST /v1/booking-events":        {roles: []Role{RoleBooking}},
	"POST /v1/booking-events/status": {roles: []Role{RoleBooking, RoleOperator, RoleAuditor}},
	"GET /v1/booking-events/:id":     {roles: []Role{RoleBooking, RoleOperator, RoleAuditor}},

	"POST /v1/members":                    {roles: []Role{RoleMember}},
	"GET /v1/members":                     {roles: []Role{RoleMember, RoleOperator, RoleAuditor}},
	"GET /v1/members/:id":                 readers,
	"DELETE /v1/members/:id":              {roles: []Role{RoleMember, RoleOperator}, self: true},
	"GET /v1/members/:id/balance":         readers,
	"GET /v1/members/:id/history":         readers,
	"POST /v1/members/:id/sessions":       {roles: []Role{RoleMember}},
	"POST /v1/members/:id/transfers":      orderers,
	"POST /v1/members/:id/redemptions":    orderers,
	"POST /v1/members/:id/orders":         orderers,
	"POST /v1/members/:id/orders/prepare": orderers,
	"POST /v1/orders":                     {roles: []Role{RoleMember}},
	"GET /v1/orders/:orderId":             {roles: []Role{RoleMember, RoleOperator, RoleAuditor, RoleSession}},
	"GET /v1/receipts/:orderId":           {roles: []Role{RoleMember, RoleOperator, RoleAuditor, RoleSession}},

	"GET /v1/members/:id/balance/explanation": readers,
	"GET /v1/members/:id/statements/:month":   readers,
	"GET /v1/members/:id/holds":               readers,
	"GET /v1/members/:id/vouchers":            readers,
	"GET /v1/members/:id/household":           readers,
	"GET /v1/members/:id/keys":                readers,
	"POST /v1/members/:id/custody":            orderers,
	"DELETE /v1/members/:id/custody":          orderers,
	"POST /v1/members/:id/custody/key":        orderers,
	"GET /v1/reminders":                       {roles: []Role{RoleMember}},
	// A code is as good as the voucher: nobody's but the member's own.
	"GET /v1/members/:id/vouchers/:codeHash/code": {self: true},

	"GET /v1/rewards":                         everybody,
	"GET /v1/rewards/:id":                     everybody,
	"PUT /v1/rewards/:id":                     {roles: []Role{RoleMerchant}},
	"GET /v1/holds/:account/:order":           {roles: []Role{RoleMerchant, RoleOperator, RoleAuditor}},
	"POST /v1/holds/:account/:order/captures": {roles: []Role{RoleMerchant}},
	"POST /v1/holds/:account/:order/release":  {roles: []Role{RoleMerchant}},
	"POST /v1/vouchers/use":                   {roles: []Role{RoleMerchant}},

	"GET /v1/rules":          everybody,
	"GET /v1/rules/current":  everybody,
	"GET /v1/rules/:version": everybody,
	// A member's token: of their own bookings. Merchants are told nothing of bookings.
	"GET /v1/explanations": {roles: []Role{RoleBooking, RoleMember, RoleOperator, RoleAuditor, RoleSession}},

	"GET /v1/blocks":                explorers,
	"GET /v1/blocks/:number":        explorers,
	"GET /v1/transactions":          explorers,
	"GET /v1/transactions/:txId":    explorers,
	"GET /v1/operations":            explorers,
	"GET /v1/accounts":              explorers,
	"GET /v1/accounts/:address":     explorers,
	"GET /v1/bookings/:booking":     explorers,
	"GET /v1/vouchers/:codeHash":    explorers,
	"GET /v1/search":                explorers,
	"GET /v1/ledger/supply/history": explorers,

	"POST /v1/accounts/:address/freeze":            {roles: []Role{RoleOperator}},
	"POST /v1/accounts/:address/unfreeze":          {roles: []Role{RoleOperator}},
	"POST /v1/accounts/:address/recovery":          {roles: []Role{RoleOperator}},
	"POST /v1/accounts/:address/recovery/approve":  {roles: []Role{RoleApprover}},
	"POST /v1/accounts/:address/recovery/complete": {roles: []Role{RoleOperator}},
	"POST /v1/adjustments":                         {roles: []Role{RoleOperator}},
	"GET /v1/adjustments/:id":                      {roles: []Role{RoleOperator, RoleAuditor, RoleApprover}},
	"POST /v1/adjustments/:id/approve":             {roles: []Role{RoleApprover}},
	"POST /v1/expirations":                         {roles: []Role{RoleOperator}},
	"GET /v1/changes/:id":                          {roles: []Role{RoleOperator, RoleAuditor, RoleMerchant, RoleApprover}},
}

var (
	errUnauthenticated = &wallet.Error{Code: wallet.CodeUnauthorized, Detail: "send Authorization: Bearer with an API key, or with a session's token that has not expired"}
	errForbidden       = &wallet.Error{Code: wallet.CodeForbidden, Detail: "this key or token does not allow that; nothing was changed"}
	errUnseen          = &wallet.Error{Code: wallet.CodeNotFound, Detail: "there is nothing with this id, or nothing that this key or token may see"}
)

// admit lets those through whom the table names for the route, and remembers who they are.
func (s *Server) admit(c *gin.Context) {
	route := c.FullPath()
	if route == "" {
		return // no route: answered as not found
	}
	a, known := table[c.Request.Method+" "+route]
	if a.public {
		return
	}
	who, err := s.identify(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Set(keyCaller, who)
	self := a.self && who.role == RoleSession && c.Param("id") == string(who.member.ID)
	switch {
	case !known:
		s.fail(c, errors.New("no access is defined for "+route))
	case !self && !slices.Contains(a.roles, who.role):
		s.fail(c, errForbidden)
	}
}

func (s *Server) identify(c *gin.Context) (caller, error) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return caller{}, errUnauthenticated
	}
	for _, a := range s.authenticators {
		if who, ok, err := a.authenticate(c.Request.Context(), token); ok || err != nil {
			return who, err
		}
	}
	return caller{}, errUnauthenticated
}

// callerOf is who sent the request, on routes that are not public.
func callerOf(c *gin.Context) caller {
	who, _ := c.Get(keyCaller)
	known, _ := who.(caller)
	return known
}
