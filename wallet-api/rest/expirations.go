package rest

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

type expiration struct {
	after *dollars.Account
	limit int
}

func readExpiration(r *reader) expiration {
	e := expiration{limit: wallet.MaxExpire}
	r.object(func(name []byte) bool {
		switch string(name) {
		case "after":
			e.after = r.account()
		case "limit":
			e.limit = int(r.whole(1 << 30))
		default:
			return false
		}
		return true
	})
	return e
}

// ExpirePoints has points burned that have expired.
func (s *Server) ExpirePoints(c *gin.Context, params ExpirePointsParams) {
	body, _, err := jsonBody(c, maxBody, readExpiration)
	var works []wallet.WorkID
	var next *dollars.Account
	if err == nil {
		works, next, err = s.wallet.Expire(c.Request.Context(), callerOf(c).owner(), body.after, body.limit)
	}
	status := http.StatusAccepted
	if err == nil {
		var done bool
		if done, err = s.awaitAll(c, works, params.Prefer); done {
			status = http.StatusOK
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := Expirations{Accounts: len(works), Next: next, Changes: make([]WorkID, len(works))}
	for i, id := range works {
		answer.Changes[i] = id.String()
	}
	reply(c, status, answer)
}

// awaitAll waits for all of the works, for as long as the client prefers for all of them together, and tells whether they
// are done.
func (s *Server) awaitAll(c *gin.Context, works []wallet.WorkID, prefer string) (done bool, err error) {
	if len(works) == 0 {
		return true, nil
	}
	ctx, end, ok := s.waiting(c, prefer, len(works))
	if !ok {
		return false, nil
	}
	defer end()
	list, err := s.wallet.Wait(ctx, works...)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(list, func(st wallet.Status) bool { return !st.Done }), nil
}
