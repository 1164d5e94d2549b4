package workload

import "github.com/destinasia/dollars/bench/load"

// Together is how many orders a request has where programs relay what members sign.
const Together = 100

// Relayed are the same orders as such programs send them. All of them must be orders.
func (s Signed) Relayed() Signed {
	out := Signed{Each: Together, by: s.by}
	for from := 0; from < len(s.Requests); from += Together {
		out.Requests = append(out.Requests, relay(s.Requests[from:s.Sent(from+Together)], s.by[from:]))
	}
	return out
}

func relay(orders []load.Request, by []*Member) load.Request {
	body := []byte(`{"orders":[`)
	for i, o := range orders {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(append(append(body, `{"member":"`...), by[i].ID...), `","order":`...)
		body = append(append(body, o.Body...), '}')
	}
	return load.Request{Path: "/v1/orders", Token: orders[0].Token, Media: orders[0].Media, Body: append(body, "]}"...), Many: len(orders)}
}
