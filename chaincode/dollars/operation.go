package dollars

import (
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
)

// Bounds of a batch, so that one transaction stays far below Fabric's 10 MB and its endorsement below a second.
const (
	MaxOperations = 5_000
	MaxCredits    = 256
)

// Operation is one step of a batch: one of the types below.
type Operation interface {
	Kind() Kind
	append(b []byte) []byte
}

// CreditRef names a credit of the account an operation touches.
type CreditRef struct {
	Expiry Expiry
	TxID   TxID
}

// Of is the credit of that account.
func (c CreditRef) Of(a Account) Credit { return Credit{a, c.Expiry, c.TxID} }

// NamedCredits are credits of an account.
type NamedCredits struct {
	Account Account
	Credits []CreditRef
}

type (
	// Confirm promises points for a booked item. Role issuer.
	Confirm struct {
		Booking BookingID
		Account Account
		Facts   Facts
	}

	// Complete mints the points that were promised. Role issuer.
	Complete struct{ Booking BookingID }

	// Cancel ends a pending booking, or takes an awarded one's points back: what the account has, of its record
	// and of the credits named; what then is missing is dealt with as the policy in force says. Recall are the
	// credits named of accounts that the points were given to. Role issuer.
	Cancel struct {
		Booking BookingID
		Cause   string // a code such as refund or fraud; "" where nobody says
		Credits []CreditRef
		Recall  []NamedCredits
	}

	// SignedOrder carries an order, and the credits it may absorb: those are the relayer's proposal, not
	// signed, because naming them neither adds nor moves a point. Anyone may relay it.
	SignedOrder struct {
		Order
		Signature eip712.Signature
		Credits   []CreditRef
	}

	// Absorb folds credits into the account's record, for accounts with more credits than one order may name.
	// Anyone may ask for it: it moves nothing between accounts.
	Absorb struct {
		Account Account
		Credits []CreditRef
	}

	// Expire burns what has expired of an account that nobody touches. Anyone may ask for it: it is what happens whenever
	// the account is touched.
	Expire struct {
		Account Account
		Credits []CreditRef
	}

	// SetFrozen stops an account from spending, or lets it spend again. Role operator.
	SetFrozen struct {
		Account Account
		Frozen  bool
		Reason  string // a code
	}

	// SetReward puts a reward into the catalogue, or changes it. Its stock counts what was ever offered, and can only be
	// raised. Role merchant.
	SetReward struct {
		ID string
		Reward
	}

	// Recovery gives an account whose keys are lost a new key, in three steps: proposed and approved by operators of
	// different organisations, and completed by anyone after the waiting period that the policy says. The step is the
	// kind: KindProposeRecovery, KindApproveRecovery or KindRecover.
	Recovery struct {
		Step    Kind
		Account Account
		Key     Account
	}

	// ProposeAdjustment asks for points to be granted to an account, or to be burned in it. Role operator.
	ProposeAdjustment struct {
		ID [32]byte // chosen by who proposes it
		Adjustment
	}

	// ApproveAdjustment makes what was proposed. Role operator, by another certificate than the proposal.
	ApproveAdjustment struct {
		ID      [32]byte
		Credits []CreditRef // of the account, where points are burned
	}

	// ProposeRules proposes a rule set, as earn.RuleSet.Encode writes it, as the next version, in the place of what
	// was proposed before. Role rules.
	ProposeRules struct {
		Version uint32
		Set     []byte
	}

	// ApproveRules approves what is proposed. Role rules, by another certificate than the proposal.
	ApproveRules struct {
		Version uint32
		Hash    earn.Hash
	}

	// PublishRules makes what is proposed and approved a version of the rules, for bookings confirmed from its start
	// on. Role rules.
	PublishRules struct {
		Version uint32
		Hash    earn.Hash
	}
)

// Kind of each operation.
func (Confirm) Kind() Kind           { return KindConfirm }
func (Complete) Kind() Kind          { return KindComplete }
func (Cancel) Kind() Kind            { return KindCancel }
func (o SignedOrder) Kind() Kind     { return o.Order.Kind }
func (Absorb) Kind() Kind            { return KindAbsorb }
func (Expire) Kind() Kind            { return KindExpire }
func (ProposeRules) Kind() Kind      { return KindProposeRules }
func (ApproveRules) Kind() Kind      { return KindApproveRules }
func (PublishRules) Kind() Kind      { return KindPublishRules }
func (SetReward) Kind() Kind         { return KindSetReward }
func (o Recovery) Kind() Kind        { return o.Step }
func (ProposeAdjustment) Kind() Kind { return KindProposeAdjustment }
func (ApproveAdjustment) Kind() Kind { return KindApproveAdjustment }

// Kind is freeze or unfreeze.
func (o SetFrozen) Kind() Kind {
	if o.Frozen {
		return KindFreeze
	}
	return KindUnfreeze
}
