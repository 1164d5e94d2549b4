package rest

import (
	"cmp"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// PlaceTransfer sends points.
func (s *Server) PlaceTransfer(c *gin.Context, id MemberID, params PlaceTransferParams) {
	s.place(c, id, readTransfer, params.Prefer, params.IdempotencyKey)
}

// PlaceRedemption redeems points.
func (s *Server) PlaceRedemption(c *gin.Context, id MemberID, params PlaceRedemptionParams) {
	s.place(c, id, readRedemption, params.Prefer, params.IdempotencyKey)
}

// PlaceOrder places an order of any kind.
func (s *Server) PlaceOrder(c *gin.Context, id MemberID, params PlaceOrderParams) {
	s.place(c, id, readNewOrder, params.Prefer, params.IdempotencyKey)
}

func (s *Server) place(c *gin.Context, id string, read func(*reader) orderBody, prefer, key string) {
	body, raw, err := jsonBody(c, maxBody, read)
	if err == nil && body.order.Signed == nil && callerOf(c).role != RoleSession {
		err = &wallet.Error{Code: wallet.CodeForbidden, Detail: "only the member's own token may spend from custody; send the member's signature, or act with their token", Field: "/signed"}
	}
	request := body.request(id)
	if err == nil {
		request.Key, err = s.idempotencyKey(c, key, raw)
	}
	var receipt wallet.OrderReceipt
	if err == nil {
		receipt, err = s.wallet.PlaceOrder(c.Request.Context(), request)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Location", orderPath(receipt.ID))
	st, waited, err := s.await(c, receipt.Status, prefer)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.replyOrder(c, id, receipt, st, waited)
}

func (s *Server) replyOrder(c *gin.Context, member string, receipt wallet.OrderReceipt, st wallet.Status, waited bool) {
	answer := orderOf(receipt.ID, &receipt.Order, st)
	switch answer.Status {
	case StateAccepted:
		reply(c, http.StatusAccepted, answer)
		return
	case StateRejected:
		s.rejected(c, answer.Code, orderPath(receipt.ID))
		return
	}
	if waited {
		b, err := s.wallet.Balance(c.Request.Context(), member)
		if err != nil {
			s.fail(c, err)
			return
		}
		balance := s.balanceOf(member, b)
		answer.Balance = &balance
	}
	reply(c, http.StatusOK, answer)
}

// rejected answers what the ledger itself refused, whatever status the code has elsewhere.
func (s *Server) rejected(c *gin.Context, code dollars.Code, instance string) {
	detail := cmp.Or(wallet.Refusal(code), "the ledger refused this; nothing was changed")
	p := newProblem(code, detail, http.StatusUnprocessableEntity)
	p.Instance = instance
	s.problem(c, p)
}

func orderPath(id dollars.OrderID) string { return "/v1/orders/" + id.String() }

// orderOf is an order as placed here; order is nil where only its id is known.
func orderOf(id dollars.OrderID, order *dollars.Order, st wallet.Status) Order {
	out := Order{OrderID: id.String(), Status: stateOf(st), Transaction: transactionOf(st)}
	for _, r := range st.Results {
		out.Code = r.Code
	}
	if order != nil {
		out.Nonce, out.Deadline = order.Nonce, order.Deadline
		out.describe(order, id)
	}
	return out
}

// describe says what the order is.
func (out *Order) describe(o *dollars.Order, id dollars.OrderID) {
	out.Kind, out.From, out.Amount = orderKinds[o.Kind], o.From, o.Amount
	switch o.Kind {
	case dollars.KindTransfer:
		out.To = o.To
	case dollars.KindHold:
		out.To, out.Until = o.To, timeOf(o.Until)
	case dollars.KindClaim:
		out.Reward, out.Voucher = rewardIn(o.Ref), &VoucherName{CodeHash: dollars.WordText(o.Reference)}
	case dollars.KindForm:
		out.Household = dollars.NewHousehold(id)
	case dollars.KindInvite, dollars.KindLeave:
		out.Household, out.Whom = o.To, o.Other
	case dollars.KindJoin, dollars.KindContribute:
		out.Household = o.To
	case dollars.KindChangeKeys:
		out.Add, out.Remove = o.To, o.Other
	case dollars.KindObject:
		out.Key = o.To
	}
}

// rewardIn is the id of the reward that a claim names.
func rewardIn(ref [32]byte) string { return strings.TrimRight(string(ref[:]), "\x00") }

// describeEntry says what the order was of which only the ledger's journal is known.
func (out *Order) describeEntry(e dollars.Entry) {
	out.Kind, out.From, out.Amount = orderKinds[e.Kind], e.Account, e.Amount
	switch e.Kind {
	case dollars.KindTransfer, dollars.KindHold:
		out.To = e.Other
	case dollars.KindClaim:
		out.Reward, out.Voucher = e.Name, &VoucherName{CodeHash: dollars.WordText(e.Link)}
	case dollars.KindForm, dollars.KindJoin, dollars.KindContribute:
		out.Household = e.Other
	case dollars.KindInvite:
		out.Whom = e.Other
	case dollars.KindLeave:
		out.From, out.Household, out.Whom, out.Amount = e.By, e.Account, e.Other, 0 // what they took along was not ordered
	case dollars.KindObject:
		out.Key = e.Other
	}
}

// GetOrder answers what became of an order.
func (s *Server) GetOrder(c *gin.Context, raw OrderID) {
	known, err := s.seenOrder(c, raw)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, knownOrder(known))
}

// seenOrder finds an order that the caller may see.
func (s *Server) seenOrder(c *gin.Context, raw OrderID) (wallet.OrderStatus, error) {
	id, err := dollars.ParseOrderID(raw)
	if err != nil {
		return wallet.OrderStatus{}, errUnseen
	}
	known, err := s.wallet.OrderStatus(c.Request.Context(), id)
	if err != nil {
		return wallet.OrderStatus{}, err
	}
	if known.Work != nil && !isOrder(known.Work.Work) {
		return wallet.OrderStatus{}, errUnseen // an event or a change with these digits
	}
	seen, err := s.seesOrder(c, known)
	if err == nil && !seen {
		err = errUnseen
	}
	return known, err
}

// knownOrder is an order from the intake, the ledger, or both; where both know it the ledger is right.
func knownOrder(known wallet.OrderStatus) Order {
	out := Order{OrderID: known.ID.String(), Status: StateAccepted}
	if known.Work != nil {
		out = orderOf(known.ID, orderIn(known.Work.Work), *known.Work)
	}
	if p := known.Place; p != nil {
		out.Status, out.Code, out.Transaction = StateApplied, "", &Transaction{ID: p.TxID, Block: p.Block}
		if out.Kind == "" {
			out.describeEntry(p.Entry)
		}
	}
	return out
}

// isOrder tells a member's order from what else is accepted: events, changes, and the orders of merchants.
func isOrder(w wallet.Work) bool {
	return w.Class == wallet.ClassOrder && wallet.OwnedByAccount(w.Owner)
}

func orderIn(w wallet.Work) *dollars.Order {
	for _, op := range w.Ops {
		if signed, ok := op.(dollars.SignedOrder); ok {
			return &signed.Order
		}
	}
	return nil
}

// seesOrder tells whether the caller may see the order: it is of work the caller sees, or was signed for the account of
// the session's member, or by them for their household.
func (s *Server) seesOrder(c *gin.Context, known wallet.OrderStatus) (bool, error) {
	who := callerOf(c)
	if known.Work != nil {
		return who.sees(known.Work.Work.Owner), nil
	}
	e := known.Place.Entry
	for _, a := range []dollars.Account{e.Account, e.By} {
		owner, err := s.wallet.Owner(c.Request.Context(), a)
		switch {
		case errors.Is(err, wallet.ErrNotFound):
		case err != nil:
			return false, err
		case who.sees(wallet.AccountOwner(owner.Account)):
			return true, nil
		}
	}
	return who.sees(""), nil
}

// PrepareOrder answers what the member's own key has to sign.
func (s *Server) PrepareOrder(c *gin.Context, id MemberID) {
	body, _, err := jsonBody(c, maxBody, readIntent)
	if err != nil {
		s.fail(c, err)
		return
	}
	order, _, err := s.wallet.PrepareOrder(c.Request.Context(), body.request(id))
	if err != nil {
		s.fail(c, err)
		return
	}
	order.ChainID = body.chainID
	ledger := s.wallet.LedgerInfo()
	reply(c, http.StatusOK, PreparedOrder{
		OrderID: order.ID(ledger.Currency, ledger.Channel, ledger.Chaincode).String(),
		Nonce:   order.Nonce, Deadline: order.Deadline, TypedData: typedData(order, ledger),
	})
}

// typedData is the order as eth_signTypedData_v4 takes it, by the form that the ledger hashes it by.
func typedData(o dollars.Order, ledger wallet.LedgerInfo) TypedData {
	form := dollars.FormOf(o.Kind)
	fields := make([]TypedField, len(form.Members))
	message := make(map[string]string, len(form.Members))
	for i, m := range form.Members {
		fields[i] = TypedField{Name: m.Name, Type: m.Type()}
		message[m.Name] = o.Value(m.Field, ledger.Currency)
	}
	domain := []TypedField{{Name: "name", Type: "string"}, {Name: "version", Type: "string"}}
	if o.ChainID != 0 {
		domain = append(domain, TypedField{Name: "chainId", Type: "uint256"})
	}
	return TypedData{
		Types:       map[string][]TypedField{"EIP712Domain": append(domain, TypedField{Name: "salt", Type: "bytes32"}), form.Name: fields},
		PrimaryType: form.Name, Domain: domainOf(ledger, o.ChainID), Message: message,
	}
}

func domainOf(ledger wallet.LedgerInfo, chainID uint64) Domain {
	d := ledger.Currency.Domain(ledger.Channel, ledger.Chaincode, chainID)
	return Domain{Name: d.Name, Version: d.Version, ChainID: d.ChainID, Salt: "0x" + hex.EncodeToString(d.Salt[:])}
}
