package client

import "github.com/destinasia/dollars/wallet-api/client/internal/api"

// The types of the API; its document describes them.
type (
	Account            = api.Account
	Amount             = api.Amount
	AssetSupply        = api.AssetSupply
	Balance            = api.Balance
	BookingCounts      = api.BookingCounts
	Code               = api.Code
	ErasureCertificate = api.ErasureCertificate
	EventReceipt       = api.EventReceipt
	History            = api.History
	HistoryEntry       = api.HistoryEntry
	Intent             = api.Intent
	ItemExplanation    = api.ItemExplanation
	Ledger             = api.Ledger
	Member             = api.Member
	Members            = api.Members
	Order              = api.Order
	Points             = api.Points
	PreparedOrder      = api.PreparedOrder
	Problem            = api.Problem
	Receipt            = api.Receipt
	Redemption         = api.Redemption
	RulesSchedule      = api.RulesSchedule
	RulesVersion       = api.RulesVersion
	Session            = api.Session
	SignedFields       = api.SignedFields
	Status             = api.Status
	Transaction        = api.Transaction
	Transfer           = api.Transfer
	TypedData          = api.TypedData
)

// What became of an event.
const (
	EventAccepted = api.EventAccepted
	EventRepeated = api.EventRepeated
	EventRefused  = api.EventRefused
)

// How far an event, order or change has come.
const (
	StateAccepted = api.StateAccepted
	StateApplied  = api.StateApplied
	StateRejected = api.StateRejected
	StatePartial  = api.StatePartial
)

// The kinds of order.
const (
	OrderTransfer   = api.OrderTransfer
	OrderRedemption = api.OrderRedemption
)
