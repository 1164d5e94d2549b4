package rest

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// maxRelayBody bounds a body with many orders, in bytes: a kilobyte for each.
const maxRelayBody = 512 << 10

// RelayOrders accepts orders that members signed, from a program that hands them on.
func (s *Server) RelayOrders(c *gin.Context, params RelayOrdersParams) {
	requests, _, err := jsonBody(c, maxRelayBody, readRelay)
	var relayed []wallet.Relayed
	if err == nil {
		err = s.roomFor(c, len(requests))
	}
	if err == nil {
		relayed, err = s.wallet.RelayOrders(c.Request.Context(), requests)
	}
	if err == nil {
		err = s.awaitRelayed(c, relayed, params.Prefer)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := RelayedOrders{Orders: make([]RelayedOrder, len(relayed))}
	refused := map[dollars.Code]int{}
	for i, r := range relayed {
		if r.Err == nil {
			order := orderOf(r.Receipt.ID, &r.Receipt.Order, r.Receipt.Status)
			answer.Orders[i].Order = &order
			continue
		}
		p := problemOf(r.Err)
		answer.Orders[i].Problem = &p
		if refused[p.Code]++; p.Code == codeInternal {
			c.Set(keyFailure, r.Err)
		}
	}
	if len(refused) > 0 {
		c.Set(keyRefused, refused)
	}
	reply(c, http.StatusOK, answer)
}

// roomFor refuses more orders than their sender may send, or the queue has room for, before anything is done for them.
func (s *Server) roomFor(c *gin.Context, orders int) error {
	if _, delay := s.rates.wait(callerOf(c), max(0, orders-1), time.Now()); delay > 0 {
		retryAfter(c, delay)
		return errTooOften
	}
	if s.gates.orders.room() < orders {
		return wallet.ErrOverloaded
	}
	return nil
}

// awaitRelayed waits as the client prefers until the ledger has decided on all orders that were accepted.
func (s *Server) awaitRelayed(c *gin.Context, relayed []wallet.Relayed, prefer string) error {
	var ids []wallet.WorkID
	var places []int
	for i, r := range relayed {
		if r.Err == nil && !r.Receipt.Status.Done {
			ids, places = append(ids, r.Receipt.Status.Work.ID), append(places, i)
		}
	}
	ctx, end, ok := s.waiting(c, prefer, len(ids))
	if !ok {
		return nil
	}
	defer end()
	list, err := s.wallet.Wait(ctx, ids...)
	for k, st := range list {
		relayed[places[k]].Receipt.Status = st
	}
	return err
}

func readRelay(r *reader) (requests []wallet.OrderRequest) {
	given := false
	r.object(func(name []byte) bool {
		if string(name) != "orders" {
			return false
		}
		given = true
		r.array(wallet.MaxRelayed, func(int) { requests = append(requests, readMemberOrder(r)) })
		return true
	})
	r.require("/orders", given)
	return requests
}

func readMemberOrder(r *reader) wallet.OrderRequest {
	var member string
	var order *orderBody
	r.object(func(name []byte) bool {
		switch string(name) {
		case "member":
			r.text(&member)
		case "order":
			o := readNewOrder(r)
			order = &o
		default:
			return false
		}
		return true
	})
	r.require("/member", member != "")
	if r.require("/order", order != nil); order == nil {
		return wallet.OrderRequest{}
	}
	return order.request(member)
}
