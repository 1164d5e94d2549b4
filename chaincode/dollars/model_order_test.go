package dollars

import (
	"math"
	"slices"
)

// This file is what of orders the model can say before it looks at points: whether they can be meant, and who signed.

// idOf is the id of an order on the tests' ledger.
func (m *model) idOf(o SignedOrder) OrderID {
	currency, _ := CurrencyOf(testChaincode)
	return o.ID(currency, testChannel, testChaincode)
}

// meant tells why an order can never have been meant.
func (m *model) meant(o Order) Code {
	amounts := map[Kind]bool{KindTransfer: true, KindRedeem: true, KindHold: true, KindCapture: true, KindClaim: true, KindContribute: true}
	both := o.Kind == KindTransfer || o.Kind == KindContribute || o.Kind == KindJoin
	switch {
	case o.Amount == 0 && amounts[o.Kind]:
		return CodeAmountZero
	case o.Amount > MaxAmount:
		return CodeAmountTooLarge
	case o.From == Account{} && o.ByMerchant():
		return ""
	case o.From == Account{}, both && o.To == Account{}:
		return CodeZeroAddress
	case both && o.To == o.From:
		return CodeSelfTransfer
	case (o.Kind == KindInvite || o.Kind == KindLeave) && (o.To == Account{} || o.Other == Account{}):
		return CodeZeroAddress
	case o.Kind == KindChangeKeys && o.To == o.Other:
		return CodeKeyInvalid
	case o.Kind == KindObject && o.To == Account{}:
		return CodeZeroAddress
	case m.now > o.Deadline:
		return CodeDeadlinePassed
	case o.Deadline-m.now > 7*24*3600:
		return CodeDeadlineTooFar
	case o.Kind == KindHold && (o.Until <= m.now || o.Until-m.now > 30*24*3600):
		return CodeUntilInvalid
	}
	return ""
}

// signature tells whose it is, or why it is nobody's.
func (m *model) signature(o SignedOrder) (Account, Code) {
	if m.told.malleable[o.Signature] {
		return Account{}, CodeSignatureHighS
	}
	if by, known := m.told.signers[o.Signature]; known {
		return by, ""
	}
	return Account{}, CodeSignatureInvalid
}

// signer is for whom an order counts: the account, or the member of a household.
func (m *model) signer(o SignedOrder) (Account, Code) {
	if code := m.meant(o.Order); code != "" {
		return Account{}, code
	}
	key, code := m.signature(o)
	switch p := m.person(o.From); {
	case code != "":
		return Account{}, code
	case len(o.Credits) > 256:
		return Account{}, CodeTooManyCredits
	case p.modelHousehold != nil:
		return m.pooledSigner(p, key)
	case !slices.Contains(p.keys, key):
		return Account{}, CodeSignatureInvalid
	}
	return o.From, ""
}

// pooledSigner is the member whose key it is: the one of that address if it is theirs, or of those who are not frozen the
// one who may spend most today.
func (m *model) pooledSigner(h *modelPerson, key Account) (Account, Code) {
	code, most := CodeSignatureInvalid, Amount(-1)
	var by Account
	for i, x := range h.places {
		switch p := m.person(x.account); {
		case !x.joined || !slices.Contains(p.keys, key):
		case x.account == key && p.frozen != "":
			return Account{}, CodeAccountFrozen
		case x.account == key:
			return key, ""
		case p.frozen != "":
			if by == (Account{}) {
				code = CodeAccountFrozen
			}
		default:
			left := x.limit
			if DateOf(m.now) <= x.day {
				left -= x.spent
			}
			if i == 0 {
				left = math.MaxInt64
			}
			if by == (Account{}) || left > most {
				by, most, code = x.account, left, ""
			}
		}
	}
	return by, code
}

// arrange is orders that move no points.
func (m *model) arrange(o SignedOrder) (code Code) {
	switch o.Order.Kind {
	case KindForm:
		code = m.form(o)
	case KindInvite:
		code = m.invite(o)
	case KindJoin:
		code = m.join(o)
	case KindChangeKeys:
		code = m.changeKeys(o)
	case KindObject:
		code = m.object(o)
	}
	if code == "" {
		m.touch(o.From)
	}
	return code
}

func (m *model) changeKeys(o SignedOrder) Code {
	p := m.person(o.From)
	without := slices.DeleteFunc(slices.Clone(p.keys), func(k Account) bool { return k == o.Other })
	with := without
	if (o.To != Account{}) {
		with = append(with, o.To)
	}
	switch {
	case p.modelHousehold != nil, slices.Contains(p.keys, o.To), o.Other != Account{} && len(without) == len(p.keys), len(with) == 0:
		return CodeKeyInvalid
	case len(with) > 8:
		return CodeKeysFull
	}
	p.keys = with
	return ""
}

// modelLoss is a recovery under way.
type modelLoss struct {
	key      Account
	by       string // MSP
	approved int64
	ready    int64
}

func (m *model) recovery(o Recovery) (Outcome, Code) {
	p, loss := m.person(o.Account), m.losses[o.Account]
	switch {
	case o.Account == Account{}:
		return Rejected, CodeZeroAddress
	case p.modelHousehold != nil:
		return Rejected, CodeKeyInvalid
	case o.Step == KindProposeRecovery:
		return m.proposeRecovery(o, loss)
	case loss == nil || loss.key != o.Key:
		return Rejected, CodeRecoveryUnknown
	case o.Step == KindApproveRecovery && loss.by == m.caller.MSP:
		return Rejected, CodeOwnApproval
	case o.Step == KindApproveRecovery && loss.approved != 0:
		return Duplicate, ""
	case o.Step == KindApproveRecovery:
		wait := m.policy().RecoverySeconds
		if wait == 0 {
			wait = 72 * 3600
		}
		loss.approved, loss.ready = m.now, m.now+wait
		return Applied, ""
	}
	if loss.approved == 0 || m.now < loss.ready {
		return Rejected, CodeRecoveryWaiting
	}
	p.keys = []Account{o.Key}
	delete(m.losses, o.Account)
	return Applied, ""
}

func (m *model) proposeRecovery(o Recovery, loss *modelLoss) (Outcome, Code) {
	switch {
	case o.Key == Account{}, slices.Contains(m.person(o.Account).keys, o.Key):
		return Rejected, CodeKeyInvalid
	case loss != nil && loss.key == o.Key:
		return Duplicate, ""
	case loss == nil:
	case loss.approved == 0 && loss.by == m.caller.MSP: // its own proposal
	case loss.approved != 0 && m.now-loss.approved > 30*24*3600: // nobody completed it
	default:
		return Rejected, CodeRecoveryPending
	}
	m.losses[o.Account] = &modelLoss{key: o.Key, by: m.caller.MSP}
	return Applied, ""
}

func (m *model) object(o SignedOrder) Code {
	if loss := m.losses[o.From]; loss == nil || loss.key != o.To {
		return CodeRecoveryUnknown
	}
	delete(m.losses, o.From)
	return ""
}
