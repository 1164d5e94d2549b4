package dollars

import (
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/eip712"
)

// Field is a field of an Order.
type Field uint8

// The fields. FieldAsset is signed but not a field: it is the currency's code.
const (
	FieldFrom Field = iota
	FieldTo
	FieldOther
	FieldAsset
	FieldAmount
	FieldUntil
	FieldRef
	FieldReference
	FieldNonce
	FieldDeadline
	FieldMemoHash
)

// solidity is the type of each field as EIP-712 names it.
var solidity = [...]string{
	FieldFrom: "address", FieldTo: "address", FieldOther: "address", FieldAsset: "string", FieldAmount: "uint256",
	FieldUntil: "uint256", FieldRef: "bytes32", FieldReference: "bytes32", FieldNonce: "uint256", FieldDeadline: "uint256",
	FieldMemoHash: "bytes32",
}

// Member is a member of an order's EIP-712 type, and the field that it is.
type Member struct {
	Name  string
	Field Field
}

// Type is the member's EIP-712 type.
func (m Member) Type() string { return solidity[m.Field] }

// Form is what a kind of order consists of: the members of its EIP-712 type, which are also what of it is on the ledger.
// Forms differ by name, so an order signed as one is never another.
type Form struct {
	Name    string
	Members []Member

	hash  eip712.Type
	bears [FieldMemoHash + 1]bool
}

// Type is the form's encodeType string, as EIP-712 defines it.
func (f *Form) Type() string {
	members := make([]string, len(f.Members))
	for i, m := range f.Members {
		members[i] = m.Type() + " " + m.Name
	}
	return f.Name + "(" + strings.Join(members, ",") + ")"
}

// Has tells whether orders of this form have the field.
func (f *Form) Has(field Field) bool { return f.bears[field] }

var forms = [kinds]*Form{
	KindTransfer: newForm("Transfer", "from", FieldFrom, "to", FieldTo, "asset", FieldAsset, "amount", FieldAmount,
		"nonce", FieldNonce, "deadline", FieldDeadline, "memoHash", FieldMemoHash),
	KindRedeem: newForm("Redeem", "from", FieldFrom, "asset", FieldAsset, "amount", FieldAmount,
		"nonce", FieldNonce, "deadline", FieldDeadline, "memoHash", FieldMemoHash),
	KindHold: newForm("Hold", "from", FieldFrom, "merchant", FieldTo, "asset", FieldAsset, "amount", FieldAmount, "until", FieldUntil,
		"nonce", FieldNonce, "deadline", FieldDeadline, "memoHash", FieldMemoHash),
	KindCapture: newForm("Capture", "merchant", FieldFrom, "account", FieldTo, "hold", FieldRef, "asset", FieldAsset,
		"amount", FieldAmount, "reference", FieldReference, "deadline", FieldDeadline),
	KindRelease: newForm("Release", "merchant", FieldFrom, "account", FieldTo, "hold", FieldRef, "deadline", FieldDeadline),
	KindClaim: newForm("Claim", "from", FieldFrom, "reward", FieldRef, "asset", FieldAsset, "amount", FieldAmount,
		"codeHash", FieldReference, "nonce", FieldNonce, "deadline", FieldDeadline),
	KindUse:  newForm("Use", "merchant", FieldFrom, "code", FieldRef, "reference", FieldReference, "deadline", FieldDeadline),
	KindForm: newForm("FormHousehold", "from", FieldFrom, "nonce", FieldNonce, "deadline", FieldDeadline),
	KindInvite: newForm("Invite", "from", FieldFrom, "household", FieldTo, "member", FieldOther, "dayLimit", FieldAmount,
		"nonce", FieldNonce, "deadline", FieldDeadline),
	KindJoin: newForm("Join", "from", FieldFrom, "household", FieldTo, "dayLimit", FieldAmount,
		"nonce", FieldNonce, "deadline", FieldDeadline),
	KindContribute: newForm("Contribute", "from", FieldFrom, "household", FieldTo, "asset", FieldAsset, "amount", FieldAmount,
		"nonce", FieldNonce, "deadline", FieldDeadline),
	KindLeave: newForm("Leave", "from", FieldFrom, "household", FieldTo, "member", FieldOther,
		"nonce", FieldNonce, "deadline", FieldDeadline),
	KindChangeKeys: newForm("ChangeKeys", "from", FieldFrom, "add", FieldTo, "remove", FieldOther,
		"nonce", FieldNonce, "deadline", FieldDeadline),
	KindObject: newForm("ObjectToRecovery", "from", FieldFrom, "key", FieldTo, "nonce", FieldNonce, "deadline", FieldDeadline),
}

// FormOf is the form of a kind of order, nil where operations of the kind are no orders.
func FormOf(k Kind) *Form {
	if k >= kinds {
		return nil
	}
	return forms[k]
}

// newForm takes members as pairs of a name and a Field.
func newForm(name string, members ...any) *Form {
	f := &Form{Name: name}
	for i := 0; i < len(members); i += 2 {
		m := Member{members[i].(string), members[i+1].(Field)}
		f.Members = append(f.Members, m)
		f.bears[m.Field] = true
	}
	f.hash = eip712.NewType(f.Type())
	return f
}

// hash is the EIP-712 hash of the order, by its form.
func (o *Order) hash(form *Form, asset eip712.Word) eip712.Word {
	var room [8]eip712.Word
	words := room[:0]
	for _, m := range form.Members {
		words = append(words, o.word(m.Field, asset))
	}
	return form.hash.Hash(words...)
}

func (o *Order) word(f Field, asset eip712.Word) eip712.Word {
	switch f {
	case FieldFrom:
		return eip712.Address(o.From)
	case FieldTo:
		return eip712.Address(o.To)
	case FieldOther:
		return eip712.Address(o.Other)
	case FieldAsset:
		return asset
	case FieldAmount:
		return eip712.Uint64(uint64(o.Amount))
	case FieldUntil:
		return eip712.Uint64(uint64(o.Until))
	case FieldRef:
		return eip712.Word(o.Ref)
	case FieldReference:
		return eip712.Word(o.Reference)
	case FieldNonce:
		return eip712.Uint64(o.Nonce)
	case FieldDeadline:
		return eip712.Uint64(uint64(o.Deadline))
	}
	return eip712.Word(o.MemoHash)
}

// Value is a field as wallets show and sign it (eth_signTypedData_v4): addresses and bytes in hex, numbers in decimal.
func (o *Order) Value(f Field, c Currency) string {
	switch f {
	case FieldFrom:
		return o.From.String()
	case FieldTo:
		return o.To.String()
	case FieldOther:
		return o.Other.String()
	case FieldAsset:
		return c.Asset
	case FieldAmount:
		return strconv.FormatInt(int64(o.Amount), 10)
	case FieldUntil:
		return strconv.FormatInt(o.Until, 10)
	case FieldNonce:
		return strconv.FormatUint(o.Nonce, 10)
	case FieldDeadline:
		return strconv.FormatInt(o.Deadline, 10)
	case FieldRef:
		return WordText(o.Ref)
	case FieldReference:
		return WordText(o.Reference)
	}
	return WordText(o.MemoHash)
}

// appendOrder writes what the order's form has, in its order.
func appendOrder(b []byte, o *Order, form *Form) []byte {
	for _, m := range form.Members {
		switch m.Field {
		case FieldFrom:
			b = append(b, o.From[:]...)
		case FieldTo:
			b = append(b, o.To[:]...)
		case FieldOther:
			b = append(b, o.Other[:]...)
		case FieldAsset: // the ledger's
		case FieldAmount:
			b = appendAmount(b, o.Amount)
		case FieldUntil:
			b = appendUint(b, uint64(o.Until))
		case FieldRef:
			b = append(b, o.Ref[:]...)
		case FieldReference:
			b = append(b, o.Reference[:]...)
		case FieldNonce:
			b = appendUint(b, o.Nonce)
		case FieldDeadline:
			b = appendUint(b, uint64(o.Deadline))
		case FieldMemoHash:
			b = append(b, o.MemoHash[:]...)
		}
	}
	return appendUint(b, o.ChainID)
}

func (r *reader) order(kind Kind, form *Form) Order {
	o := Order{Kind: kind}
	for _, m := range form.Members {
		switch m.Field {
		case FieldFrom:
			r.fixed(o.From[:])
		case FieldTo:
			r.fixed(o.To[:])
		case FieldOther:
			r.fixed(o.Other[:])
		case FieldAsset:
		case FieldAmount:
			o.Amount = r.amount()
		case FieldUntil:
			o.Until = r.int64()
		case FieldRef:
			r.fixed(o.Ref[:])
		case FieldReference:
			r.fixed(o.Reference[:])
		case FieldNonce:
			o.Nonce = r.uint()
		case FieldDeadline:
			o.Deadline = r.int64()
		case FieldMemoHash:
			r.fixed(o.MemoHash[:])
		}
	}
	o.ChainID = r.uint()
	return o
}
