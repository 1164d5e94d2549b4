package rest

import (
	"math"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// form says what an order of a kind is on the ledger, and which fields a body for it has: those it must, and those it may.
type form struct {
	kind      dollars.Kind
	must, may []string
}

var forms = map[OrderKind]form{
	OrderTransfer:   {dollars.KindTransfer, []string{"amount"}, []string{"to", "toMember", "memo", "fromHousehold"}},
	OrderRedemption: {dollars.KindRedeem, []string{"amount"}, []string{"memo", "fromHousehold"}},
	OrderHold:       {dollars.KindHold, []string{"amount", "until"}, []string{"to", "toMember", "memo", "fromHousehold"}},
	OrderClaim:      {dollars.KindClaim, []string{"reward"}, []string{"amount", "codeHash", "fromHousehold"}},
	OrderForm:       {dollars.KindForm, nil, nil},
	OrderInvite:     {dollars.KindInvite, nil, []string{"whom", "whomMember", "amount"}},
	OrderJoin:       {dollars.KindJoin, []string{"household"}, []string{"amount"}},
	OrderContribute: {dollars.KindContribute, []string{"amount"}, nil},
	OrderLeave:      {dollars.KindLeave, nil, []string{"whom", "whomMember", "household"}},
	OrderChangeKeys: {dollars.KindChangeKeys, nil, []string{"add", "remove"}},
	OrderObject:     {dollars.KindObject, nil, nil},
}

// orderKinds are the kinds of order by their kind on the ledger.
var orderKinds = func() map[dollars.Kind]OrderKind {
	kinds := make(map[dollars.Kind]OrderKind, len(forms))
	for name, f := range forms {
		kinds[f.kind] = name
	}
	return kinds
}()

// orderBody is an order as a body asks for it.
type orderBody struct {
	kind    OrderKind
	given   []string // its fields, in the order they came
	order   wallet.OrderRequest
	chainID uint64 // of an intent
}

// request is the body as wallet asks for it.
func (o orderBody) request(member string) wallet.OrderRequest {
	o.order.Member, o.order.Kind = member, forms[o.kind].kind
	return o.order
}

func readTransfer(r *reader) orderBody   { return readOrder(r, OrderTransfer, "signed") }
func readRedemption(r *reader) orderBody { return readOrder(r, OrderRedemption, "signed") }

// readNewOrder reads an order of any kind. Whoever signs a claim chose the voucher's code; else the service does.
func readNewOrder(r *reader) orderBody {
	o := readOrder(r, "", "signed")
	if o.kind == OrderClaim {
		r.require("/codeHash", o.order.Signed == nil || o.order.CodeHash != nil)
		if o.order.Signed == nil && o.order.CodeHash != nil {
			r.refuse("/codeHash", wallet.CodeMalformed, "is for claims that the member signed; the service chooses the code of this one")
		}
	}
	return o
}

// readIntent reads an order that the member is going to sign.
func readIntent(r *reader) orderBody {
	o := readOrder(r, "", "chainId")
	r.require("/codeHash", o.kind != OrderClaim || o.order.CodeHash != nil)
	return o
}

// readOrder reads an order of a kind, or, where that is empty, of the kind it names. more is the one field beside those
// of its form.
func readOrder(r *reader, kind OrderKind, more string) orderBody {
	o := orderBody{kind: kind}
	r.object(func(raw []byte) bool {
		switch name := string(raw); {
		case name == "kind" && kind == "":
			if r.text((*string)(&o.kind)); r.err == nil && !o.kind.Valid() {
				r.fail("is not a kind of order")
			}
		case name == "signed" && more == name:
			o.order.Signed = readSigned(r)
		case name == "chainId" && more == name:
			o.chainID = r.whole(math.MaxUint64)
		default:
			o.given = append(o.given, name)
			return o.read(r, name)
		}
		return true
	})
	r.require("/kind", o.kind != "")
	o.check(r)
	return o
}

// read reads a field that orders of some kind have.
func (o *orderBody) read(r *reader, field string) bool {
	switch field {
	case "to":
		o.order.To.Account = r.account()
	case "toMember":
		r.text(&o.order.To.Member)
	case "whom":
		o.order.Whom.Account = r.account()
	case "whomMember":
		r.text(&o.order.Whom.Member)
	case "amount":
		r.amount(&o.order.Amount)
	case "until":
		o.order.Until = r.moment()
	case "reward":
		r.text(&o.order.Reward)
	case "codeHash":
		hash := r.word()
		o.order.CodeHash = &hash
	case "fromHousehold":
		o.order.Household = r.flag()
	case "household":
		o.order.Place = r.account()
	case "add":
		o.order.Add = r.account()
	case "remove":
		o.order.Remove = r.account()
	case "memo":
		r.text(&o.order.Memo)
	default:
		return false
	}
	return true
}

// check refuses fields that orders of this kind do not have, and asks for those that they must.
func (o *orderBody) check(r *reader) {
	f := forms[o.kind]
	for _, field := range o.given {
		if !slices.Contains(f.must, field) && !slices.Contains(f.may, field) {
			r.refuse("/"+field, wallet.CodeMalformed, "is not a field of an order of this kind")
		}
	}
	for _, field := range f.must {
		r.require("/"+field, slices.Contains(o.given, field))
	}
}

func readSigned(r *reader) *wallet.SignedFields {
	var s wallet.SignedFields
	var nonce, deadline, signature bool
	r.object(func(name []byte) bool {
		switch string(name) {
		case "nonce":
			s.Nonce, nonce = r.whole(math.MaxUint64), true
		case "deadline":
			s.Deadline, deadline = int64(r.whole(math.MaxInt64)), true
		case "chainId":
			s.ChainID = r.whole(math.MaxUint64)
		case "signature":
			s.Signature, signature = r.signature(), true
		default:
			return false
		}
		return true
	})
	r.require("/nonce", nonce)
	r.require("/deadline", deadline)
	r.require("/signature", signature)
	return &s
}
