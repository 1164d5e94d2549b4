package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Codes of HTTP itself, beside those of the domain. They are part of the API: never rename one.
const (
	codeMediaType     dollars.Code = "unsupported_media_type"
	codeTooLarge      dollars.Code = "too_large"
	codeMethod        dollars.Code = "method_not_allowed"
	codeRateLimited   dollars.Code = "rate_limited"
	codeEventsRefused dollars.Code = "events_refused"
	codeInternal      dollars.Code = "internal"
)

// statuses is the one place where codes become HTTP. A code that is missing here is a bare 500.
var statuses = map[dollars.Code]int{
	wallet.CodeMalformed:    http.StatusBadRequest,
	wallet.CodeLimitInvalid: http.StatusBadRequest, wallet.CodeCursorInvalid: http.StatusBadRequest,
	wallet.CodeUnauthorized: http.StatusUnauthorized,
	wallet.CodeForbidden:    http.StatusForbidden,
	wallet.CodeNotFound:     http.StatusNotFound, wallet.CodeMemberUnknown: http.StatusNotFound,
	codeMethod:          http.StatusMethodNotAllowed,
	wallet.CodeConflict: http.StatusConflict, wallet.CodeKeyReused: http.StatusConflict, wallet.CodeMemberExists: http.StatusConflict,
	wallet.CodePointsLeft: http.StatusConflict, wallet.CodeOnlyKey: http.StatusConflict,
	codeTooLarge:          http.StatusRequestEntityTooLarge,
	codeMediaType:         http.StatusUnsupportedMediaType,
	codeRateLimited:       http.StatusTooManyRequests,
	codeInternal:          http.StatusInternalServerError,
	wallet.CodeOverloaded: http.StatusServiceUnavailable, wallet.CodeUnavailable: http.StatusServiceUnavailable,

	// What was read well but cannot be.
	codeEventsRefused:    http.StatusUnprocessableEntity,
	wallet.CodeNoCustody: http.StatusUnprocessableEntity, wallet.CodeMemberInvalid: http.StatusUnprocessableEntity,
	wallet.CodeEventUnknown: http.StatusUnprocessableEntity, wallet.CodeItemInvalid: http.StatusUnprocessableEntity,
	wallet.CodeAssetUnknown: http.StatusUnprocessableEntity, wallet.CodeHistoryTooLong: http.StatusUnprocessableEntity,

	dollars.CodeAmountInvalid: http.StatusUnprocessableEntity, dollars.CodeAmountNegative: http.StatusUnprocessableEntity,
	dollars.CodeAmountZero: http.StatusUnprocessableEntity, dollars.CodeAmountTooLarge: http.StatusUnprocessableEntity,
	dollars.CodeAmountOverflow: http.StatusUnprocessableEntity, dollars.CodeAccountInvalid: http.StatusUnprocessableEntity,
	dollars.CodeDateInvalid: http.StatusUnprocessableEntity, dollars.CodeKindUnknown: http.StatusUnprocessableEntity,
	dollars.CodeCurrencyUnknown: http.StatusUnprocessableEntity, dollars.CodeFactInvalid: http.StatusUnprocessableEntity,
	dollars.CodeRulesMissing: http.StatusUnprocessableEntity, dollars.CodeRulesOverlap: http.StatusUnprocessableEntity,
	dollars.CodeRulesInvalid: http.StatusUnprocessableEntity, dollars.CodeRulesVersion: http.StatusConflict,
	dollars.CodeRulesChanged: http.StatusConflict, dollars.CodeRulesBudget: http.StatusConflict, dollars.CodeRulesFull: http.StatusConflict,
	dollars.CodeRulesUnapproved: http.StatusConflict, dollars.CodeRulesOwnProposal: http.StatusForbidden,
	dollars.CodeBookingUnknown: http.StatusUnprocessableEntity, dollars.CodeBookingConflict: http.StatusConflict,
	dollars.CodeBookingCancelled: http.StatusConflict, dollars.CodeSignatureInvalid: http.StatusUnprocessableEntity,
	dollars.CodeSignatureHighS: http.StatusUnprocessableEntity, dollars.CodeDeadlinePassed: http.StatusUnprocessableEntity,
	dollars.CodeDeadlineTooFar: http.StatusUnprocessableEntity, dollars.CodeNonceUsed: http.StatusConflict,
	dollars.CodeNonceTooHigh: http.StatusUnprocessableEntity, dollars.CodeSelfTransfer: http.StatusUnprocessableEntity,
	dollars.CodeZeroAddress: http.StatusUnprocessableEntity, dollars.CodeAccountFrozen: http.StatusUnprocessableEntity,
	dollars.CodeBalance: http.StatusUnprocessableEntity, dollars.CodeStaleCredits: http.StatusUnprocessableEntity,
	dollars.CodeTooManyCredits: http.StatusUnprocessableEntity,

	dollars.CodeReasonInvalid: http.StatusUnprocessableEntity, dollars.CodeOwnApproval: http.StatusForbidden,

	dollars.CodeOrderLimit: http.StatusUnprocessableEntity, dollars.CodeDayLimit: http.StatusUnprocessableEntity,
	dollars.CodeCoolingLimit: http.StatusUnprocessableEntity,

	dollars.CodeNotMerchant: http.StatusForbidden, dollars.CodeReference: http.StatusConflict,
	dollars.CodeUntilInvalid: http.StatusUnprocessableEntity, dollars.CodeHoldUnknown: http.StatusNotFound,
	dollars.CodeHoldEnded: http.StatusConflict, dollars.CodeHoldExpired: http.StatusConflict,
	dollars.CodeHoldOpen: http.StatusConflict, dollars.CodeCaptureOverHold: http.StatusUnprocessableEntity,
	dollars.CodeHoldCaptures: http.StatusConflict,

	dollars.CodeRewardInvalid: http.StatusUnprocessableEntity, dollars.CodeRewardUnknown: http.StatusNotFound,
	dollars.CodeRewardClosed: http.StatusConflict, dollars.CodeRewardPrice: http.StatusConflict,
	dollars.CodeRewardSoldOut: http.StatusConflict, dollars.CodeRewardStock: http.StatusConflict,
	dollars.CodeVoucherTaken: http.StatusConflict, dollars.CodeVoucherUnknown: http.StatusNotFound,
	dollars.CodeVoucherUsed: http.StatusConflict, dollars.CodeVoucherExpired: http.StatusConflict,

	dollars.CodeHouseholdUnknown: http.StatusNotFound, dollars.CodeHouseholdMember: http.StatusConflict,
	dollars.CodeHouseholdInvite: http.StatusConflict, dollars.CodeHouseholdOther: http.StatusNotFound,
	dollars.CodeHouseholdHead: http.StatusForbidden, dollars.CodeHouseholdFull: http.StatusConflict,
	dollars.CodeHouseholdLimit: http.StatusUnprocessableEntity,

	dollars.CodeKeyInvalid: http.StatusUnprocessableEntity, dollars.CodeKeysFull: http.StatusConflict,
	dollars.CodeRecoveryUnknown: http.StatusNotFound, dollars.CodeRecoveryPending: http.StatusConflict,
	dollars.CodeRecoveryWaiting: http.StatusConflict,

	dollars.CodeAdjustmentInvalid: http.StatusUnprocessableEntity, dollars.CodeAdjustmentUnknown: http.StatusNotFound,
	dollars.CodeAdjustmentConflict: http.StatusConflict, dollars.CodeAdjustmentLimit: http.StatusUnprocessableEntity,

	// The service's own certificate does not allow it: nothing the client could change.
	dollars.CodeNotAuthorized: http.StatusInternalServerError,
}

// reason is the code and detail of a refusal, or of an error that is none: internal, without a word of what it says.
func reason(err error) (dollars.Code, string) {
	var refused *wallet.Error
	if errors.As(err, &refused) {
		return refused.Code, refused.Detail
	}
	var domain *dollars.Error
	if errors.As(err, &domain) {
		return domain.Code, domain.Detail
	}
	return codeInternal, ""
}

// problemOf is what a client is told of an error.
func problemOf(err error) Problem {
	code, detail := reason(err)
	status, ok := statuses[code]
	if !ok || status == http.StatusInternalServerError {
		code, detail, status = codeInternal, "", http.StatusInternalServerError
	}
	p := newProblem(code, detail, status)
	var refused *wallet.Error
	if errors.As(err, &refused) && code != codeInternal {
		p.Field = refused.Field
	}
	return p
}

func newProblem(code dollars.Code, detail string, status int) Problem {
	return Problem{
		Type: "urn:destinasia:dollars:problem:" + string(code), Title: strings.ReplaceAll(string(code), "_", " "),
		Status: status, Code: code, Detail: detail,
	}
}

// fail answers an error.
func (s *Server) fail(c *gin.Context, err error) {
	p := problemOf(err)
	if p.Code == codeInternal {
		if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
			// The client has gone; nobody reads this, but the log should not call it our fault.
			p = newProblem(wallet.CodeUnavailable, "the client went away", http.StatusServiceUnavailable)
		} else {
			c.Set(keyFailure, err)
		}
	}
	s.problem(c, p)
}

// problem answers a problem, and ends the request.
func (s *Server) problem(c *gin.Context, p Problem) {
	h := c.Writer.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		if h.Get("Retry-After") == "" {
			retryAfter(c, time.Second)
		}
	}
	p.RequestID = requestID(c)
	c.Set(keyCode, p.Code)
	writeJSON(c, p.Status, "application/problem+json", p)
	c.Abort()
}

func retryAfter(c *gin.Context, d time.Duration) {
	seconds := max(1, int((d+time.Second-1)/time.Second))
	c.Writer.Header().Set("Retry-After", strconv.Itoa(seconds))
}

func pointer(list string, i int) string { return list + "/" + strconv.Itoa(i) }
