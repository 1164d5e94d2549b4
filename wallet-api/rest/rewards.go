package rest

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ListRewards answers a page of the catalogue.
func (s *Server) ListRewards(c *gin.Context, params ListRewardsParams) {
	limit := pageSize(params.Limit)
	rewards, err := s.wallet.Rewards(c.Request.Context(), params.After, limit)
	if err != nil {
		s.fail(c, err)
		return
	}
	page := Rewards{Rewards: make([]Reward, len(rewards))}
	for i, w := range rewards {
		page.Rewards[i] = rewardOf(w)
	}
	if len(rewards) == limit {
		page.Next = page.Rewards[limit-1].ID
	}
	reply(c, http.StatusOK, page)
}

func rewardOf(w wallet.CatalogueReward) Reward {
	out := Reward{ID: w.ID, Price: w.Price, Stock: int64(w.Stock), Until: timeOf(w.Until), Days: w.Days, Merchant: w.Merchant}
	if w.From != 0 {
		out.From = timeOf(w.From)
	}
	if w.Stock > 0 {
		left := int64(w.Left)
		out.Left = &left
	}
	return out
}

// SetReward puts a reward into the catalogue.
func (s *Server) SetReward(c *gin.Context, id RewardID, params SetRewardParams) {
	body, raw, err := jsonBody(c, maxBody, readNewReward)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.change(c, raw, params.Prefer, params.IdempotencyKey, func(ctx context.Context, key *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return s.wallet.SetReward(ctx, callerOf(c).owner(), id, body, key)
	})
}

func readNewReward(r *reader) (w dollars.Reward) {
	var price, until, days bool
	r.object(func(name []byte) bool {
		switch string(name) {
		case "price":
			r.amount(&w.Price)
			price = true
		case "stock":
			if w.Stock = dollars.Amount(r.whole(uint64(dollars.MaxStock))); r.err == nil && w.Stock == 0 {
				r.fail("a stock has a piece at least; leave it out where there is no end")
			}
		case "from":
			w.From = r.sinceEpoch()
		case "until":
			w.Until = r.sinceEpoch()
			until = true
		case "days":
			w.Days = uint32(r.whole(math.MaxUint32))
			days = true
		case "merchant":
			if a := r.account(); a != nil {
				w.Merchant = *a
			}
		default:
			return false
		}
		return true
	})
	r.require("/price", price)
	r.require("/until", until)
	r.require("/days", days)
	return w
}

// sinceEpoch reads a time as Unix seconds, which the ledger has none of before 1970.
func (r *reader) sinceEpoch() int64 {
	t := r.moment()
	if r.err == nil && t.Before(time.Unix(0, 0)) {
		r.fail("is before 1970")
	}
	return t.Unix()
}
