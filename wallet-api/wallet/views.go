package wallet

import (
	"github.com/destinasia/dollars/chaincode/dollars"
)

// Block is a block of the ledger as views are folded from it: the transactions of this chaincode, in order.
type Block struct {
	Number       uint64
	Hash         [32]byte // of its header: what the next block names as its PreviousHash
	PreviousHash [32]byte // zero of the first block
	DataHash     [32]byte // of what is in it
	Size         int      // how many transactions are in it, those of other chaincodes and of the channel too
	Transactions []Transaction
}

// Transaction is one of this chaincode's transactions in a block, valid or not.
type Transaction struct {
	ID      string
	Index   int             // its place in the block
	Time    int64           // Unix seconds, of the transaction's header
	Valid   bool            // its writes are in the state; what follows is empty otherwise
	Code    string          // Fabric's validation code, e.g. MVCC_READ_CONFLICT
	Creator string          // MSP of the organisation whose certificate created it
	Journal dollars.Journal // what each of its operations did
	Writes  []dollars.Write // its writes; a nil value deletes
}

// Balance is what an account has, true at Height.
type Balance struct {
	Account   dollars.Account
	Height    uint64          // number of blocks folded
	Buckets   dollars.Buckets // by expiry; what has expired and waits to be burned is not in it
	Pending   dollars.Amount  // promised by confirmed bookings
	Held      dollars.Amount  // in holds; never part of Available
	Debt      dollars.Amount  // owed; goes off Available
	Frozen    string          // the reason, a code; "" is not frozen
	NextNonce uint64          // lowest nonce above all that were applied
	Tier      string          // by the rules in force; "" below the lowest, and where there are none

	Keys       []dollars.Account // that sign for the account; none: the key that its address is of
	Household  dollars.Account   // of which it is a member; zero is none
	SpentToday dollars.Amount    // by orders since midnight (UTC), where the policy limits a day's
	Pool       *dollars.Pool     // of a household: its members; nil for others
}

// Available is what the account can spend: its buckets less its debt, and never below zero.
func (b Balance) Available() dollars.Amount {
	total, err := b.Buckets.Total()
	if err != nil || total < b.Debt {
		return 0
	}
	return total - b.Debt
}

// HistoryEntry is one line of an account's history, newest first.
type HistoryEntry struct {
	Block uint64
	TxID  string
	Index int   // of the operation in its transaction
	Time  int64 // Unix seconds
	Entry dollars.Entry
}

// BookedItem is a booked item as the ledger has it.
type BookedItem struct {
	ID     dollars.BookingID
	Record dollars.BookingRecord
}

// SupplyAt is the supply of the asset at a height.
type SupplyAt struct {
	Height uint64
	Supply dollars.Supply
}

// OrderAt is where an order was applied.
type OrderAt struct {
	TxID  string
	Block uint64
	Time  int64
	Entry dollars.Entry
}

// TransactionAt is what became of one of this chaincode's transactions.
type TransactionAt struct {
	Block   uint64
	Valid   bool
	Code    string   // Fabric's validation code
	Results []Result // of its operations, in order, when Valid
}

// Holding is what an account has, as the ledger has it.
type Holding struct {
	Account dollars.Account
	Buckets dollars.Buckets // expired ones too, until the ledger burns them
	Held    dollars.Amount
	Debt    dollars.Amount
}

// Hold is points of an account that are set aside for a merchant.
type Hold struct {
	ID     dollars.HoldID
	Made   OrderAt
	Record dollars.HoldRecord
}

// Voucher is what an account got for a claim.
type Voucher struct {
	CodeHash [32]byte
	Claimed  OrderAt
	Record   dollars.VoucherRecord
}

// CatalogueReward is a reward as the catalogue has it.
type CatalogueReward struct {
	ID string
	dollars.Reward
	Left dollars.Amount // pieces that can still be claimed, where Stock has an end
}
