package client

import "github.com/destinasia/dollars/wallet-api/client/internal/api"

// The types of the API; its document describes them.
type (
	Account            = api.Account
	AccountBalance     = api.AccountBalance
	AccountState       = api.AccountState
	Accounts           = api.Accounts
	Adjustment         = api.Adjustment
	Amount             = api.Amount
	AssetSupply        = api.AssetSupply
	Balance            = api.Balance
	Block              = api.Block
	BlockContent       = api.BlockContent
	BlockTransaction   = api.BlockTransaction
	BlockTransactions  = api.BlockTransactions
	Blocks             = api.Blocks
	BookedItem         = api.BookedItem
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
	FoundThing         = api.FoundThing
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
	LedgerVoucher      = api.LedgerVoucher
	Member             = api.Member
	MemberOrder        = api.MemberOrder
	Members            = api.Members
	MerchantSignature  = api.MerchantSignature
	Movement           = api.Movement
	NewAdjustment      = api.NewAdjustment
	NewOrder           = api.NewOrder
	NewReward          = api.NewReward
	Operation          = api.Operation
	OperationCounts    = api.OperationCounts
	Operations         = api.Operations
	Order              = api.Order
	OrderKind          = api.OrderKind
	Points             = api.Points
	PreparedOrder      = api.PreparedOrder
	Problem            = api.Problem
	Receipt            = api.Receipt
	Recovery           = api.Recovery
	Redemption         = api.Redemption
	RelayedOrders      = api.RelayedOrders
	Reminder           = api.Reminder
	Reward             = api.Reward
	Rewards            = api.Rewards
	RulesSchedule      = api.RulesSchedule
	RulesVersion       = api.RulesVersion
	SearchResult       = api.SearchResult
	Session            = api.Session
	SignedFields       = api.SignedFields
	Statement          = api.Statement
	StatementTotal     = api.StatementTotal
	Status             = api.Status
	SupplyHistory      = api.SupplyHistory
	SupplyPoint        = api.SupplyPoint
	Transaction        = api.Transaction
	TransactionContent = api.TransactionContent
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
