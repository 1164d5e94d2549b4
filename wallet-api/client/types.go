package client

import "github.com/destinasia/dollars/wallet-api/client/internal/api"

// The types of the API; its document describes them.
type (
	Account            = api.Account
	AccountState       = api.AccountState
	Adjustment         = api.Adjustment
	Amount             = api.Amount
	AssetSupply        = api.AssetSupply
	Balance            = api.Balance
	BookingCounts      = api.BookingCounts
	Capture            = api.Capture
	CapturedPart       = api.CapturedPart
	Code               = api.Code
	ErasureCertificate = api.ErasureCertificate
	EventReceipt       = api.EventReceipt
	Expirations        = api.Expirations
	ExpiringPoints     = api.ExpiringPoints
	ExplainedBalance   = api.ExplainedBalance
	ExplainedHold      = api.ExplainedHold
	ExplainedPoints    = api.ExplainedPoints
	History            = api.History
	HistoryEntry       = api.HistoryEntry
	Hold               = api.Hold
	Holds              = api.Holds
	Household          = api.Household
	HouseholdMember    = api.HouseholdMember
	Intent             = api.Intent
	ItemExplanation    = api.ItemExplanation
	Keys               = api.Keys
	Ledger             = api.Ledger
	Member             = api.Member
	Members            = api.Members
	MemberOrder        = api.MemberOrder
	MerchantSignature  = api.MerchantSignature
	Movement           = api.Movement
	NewAdjustment      = api.NewAdjustment
	NewOrder           = api.NewOrder
	NewReward          = api.NewReward
	Order              = api.Order
	OrderKind          = api.OrderKind
	Points             = api.Points
	PreparedOrder      = api.PreparedOrder
	Problem            = api.Problem
	RelayedOrders      = api.RelayedOrders
	Receipt            = api.Receipt
	Recovery           = api.Recovery
	Redemption         = api.Redemption
	Reminder           = api.Reminder
	Reward             = api.Reward
	Rewards            = api.Rewards
	RulesSchedule      = api.RulesSchedule
	RulesVersion       = api.RulesVersion
	Session            = api.Session
	SignedFields       = api.SignedFields
	Statement          = api.Statement
	StatementTotal     = api.StatementTotal
	Status             = api.Status
	Transaction        = api.Transaction
	Transfer           = api.Transfer
	TypedData          = api.TypedData
	Voucher            = api.Voucher
	VoucherName        = api.VoucherName
	VoucherUse         = api.VoucherUse
	Vouchers           = api.Vouchers
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
	OrderHold       = api.OrderHold
	OrderClaim      = api.OrderClaim
	OrderForm       = api.OrderForm
	OrderInvite     = api.OrderInvite
	OrderJoin       = api.OrderJoin
	OrderContribute = api.OrderContribute
	OrderLeave      = api.OrderLeave
	OrderChangeKeys = api.OrderChangeKeys
	OrderObject     = api.OrderObject
)
