package wallet

import "github.com/destinasia/dollars/chaincode/dollars"

// Error is a refusal of a use case: a stable code, a sentence for people, and the field of the request it is about
// (a JSON pointer such as /items/0/price/amount), where there is one.
type Error struct {
	Code   dollars.Code
	Detail string
	Field  string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

// The codes of the service, beside the ledger's own in dollars. They are part of the API: never rename one.
const (
	CodeMalformed      dollars.Code = "malformed"        // not the JSON, or not the fields, that were asked for
	CodeConflict       dollars.Code = "conflict"         // the same id with another content
	CodeKeyReused      dollars.Code = "key_reused"       // the same Idempotency-Key with another request
	CodeOverloaded     dollars.Code = "overloaded"       // a queue is full
	CodeNotFound       dollars.Code = "not_found"        // no such thing, or none the caller may see
	CodeForbidden      dollars.Code = "forbidden"        // the caller's role or account does not allow it
	CodeMemberUnknown  dollars.Code = "member_unknown"   // no member with this id
	CodeMemberExists   dollars.Code = "member_exists"    // the id or the account belongs to a member already
	CodeMemberInvalid  dollars.Code = "member_invalid"   // not a member id
	CodeNoCustody      dollars.Code = "no_custody"       // the member holds the key; only they can sign
	CodePointsLeft     dollars.Code = "points_left"      // the member's points would be lost for ever
	CodeOnlyKey        dollars.Code = "only_key"         // no key but the one in custody signs for the account
	CodeEventUnknown   dollars.Code = "event_unknown"    // an event type this service does not know
	CodeItemInvalid    dollars.Code = "item_invalid"     // an item without a name, or named twice
	CodeAssetUnknown   dollars.Code = "asset_unknown"    // not the asset of this ledger
	CodeCursorInvalid  dollars.Code = "cursor_invalid"   // not a cursor this service gave out
	CodeLimitInvalid   dollars.Code = "limit_invalid"    // a page size out of bounds
	CodeHistoryTooLong dollars.Code = "history_too_long" // what is asked for lies too many entries of the history ago
	CodeUnavailable    dollars.Code = "unavailable"      // a part this needs does not answer
	CodeUnauthorized   dollars.Code = "unauthenticated"  // no key or token, or one that is not valid
)
