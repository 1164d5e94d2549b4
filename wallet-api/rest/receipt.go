package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// GetReceipt answers a proof of an applied order. Who may see the order may have it.
func (s *Server) GetReceipt(c *gin.Context, raw OrderID) {
	known, err := s.seenOrder(c, raw)
	if err != nil {
		s.fail(c, err)
		return
	}
	receipt, err := s.wallet.Receipt(c.Request.Context(), known.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, receipt)
}
