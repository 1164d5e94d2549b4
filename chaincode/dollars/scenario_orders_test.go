package dollars

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"
)

// parseOrder reads an order of any kind. Its parties and amount come first, in the order of its form; the rest are options:
//
//	transfer alice bob 5.00 nonce=1 [deadline=+24h] [credits=] [signer=eve] [highs] [v=27] [channel=dollars] [chain=0] [memo=] [as=name]
//	redeem alice 5.00 nonce=1
//	hold alice shop 5.00 until=+48h nonce=1 as=h1
//	capture shop alice 2.00 hold=h1 reference=r1       by a merchant's certificate: capture nobody alice 2.00 ...
//	release shop alice hold=h1
//	claim alice 5.00 reward=mug code=c1 nonce=1        use shop code=c1 reference=r1
//	form alice nonce=1 as=smiths                       from then on smiths is the household's account
//	invite alice smiths bob 5.00 nonce=2, join bob smiths 5.00 nonce=1, contribute bob smiths 3.00 nonce=2, leave bob smiths bob nonce=3
//	change-keys alice phone nobody nonce=1             adds the key phone
//	object alice thief nonce=2
//
// It is signed by its first party's key unless another signer is named.
func (s *scenario) parseOrder(kind Kind, args []string, options map[string]string) (o SignedOrder, err error) {
	o.Order.Kind = kind
	rest := args
	for _, m := range FormOf(kind).Members {
		if rest, err = s.parseField(&o.Order, m.Field, rest, options); err != nil {
			return o, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	if len(rest) > 0 {
		return o, fmt.Errorf("%q is too much", rest)
	}
	if chain := options["chain"]; chain != "" {
		if o.ChainID, err = strconv.ParseUint(chain, 10, 64); err != nil {
			return o, err
		}
	}
	id := o.ID(s.env.Currency, testChannel, testChaincode)
	if name := options["as"]; name != "" && kind == KindForm {
		s.households[name], s.accounts[NewHousehold(id)] = NewHousehold(id), name
	} else if name != "" {
		s.orders[name] = id
	}
	s.sign(&o, args[0], options)
	o.Credits, err = s.parseCredits(options, o.From)
	return o, err
}

// parseField takes what a field needs from the arguments or the options.
func (s *scenario) parseField(o *Order, f Field, args []string, options map[string]string) (rest []string, err error) {
	if slices.Contains([]Field{FieldFrom, FieldTo, FieldOther, FieldAmount}, f) && len(args) == 0 {
		return nil, errors.New("missing")
	}
	switch f {
	case FieldFrom:
		o.From, args = s.account(args[0]), args[1:]
	case FieldTo:
		o.To, args = s.account(args[0]), args[1:]
	case FieldOther:
		o.Other, args = s.account(args[0]), args[1:]
	case FieldAmount:
		o.Amount, err = parseSigned(args[len(args)-1])
		args = args[:len(args)-1]
	case FieldUntil:
		o.Until, err = s.parseDeadline(options["until"])
	case FieldRef:
		o.Ref = s.parseRef(o.Kind, options)
	case FieldReference:
		o.Reference = parseWord(options["reference"])
		if code, ok := options["code"]; ok && o.Kind == KindClaim {
			o.Reference = CodeHash(parseWord(code))
			s.codes[o.Reference] = code
		}
	case FieldNonce:
		o.Nonce, err = strconv.ParseUint(options["nonce"], 10, 64)
	case FieldDeadline:
		o.Deadline, err = s.parseDeadline(options["deadline"])
	case FieldMemoHash:
		if memo := options["memo"]; memo != "" {
			o.MemoHash = [32]byte(crypto.Keccak256([]byte(memo)))
		}
	}
	return args, err
}

func (s *scenario) parseRef(kind Kind, options map[string]string) [32]byte {
	switch kind {
	case KindClaim:
		return RewardID(options["reward"])
	case KindUse:
		code := parseWord(options["code"])
		s.codes[CodeHash(code)] = options["code"]
		return code
	}
	return s.orders[options["hold"]]
}

// parseWord makes 32 bytes of a word: whatever a merchant or a wallet would choose.
func parseWord(word string) (w [32]byte) {
	copy(w[:], word)
	return w
}

// sign signs an order as its options say. What is from nobody is not signed.
func (s *scenario) sign(o *SignedOrder, signer string, options map[string]string) {
	if o.From.IsZero() {
		return
	}
	channel := testChannel
	if name := options["signer"]; name != "" {
		signer = name
	}
	if name := options["channel"]; name != "" {
		channel = name
	}
	o.Signature = memberNamed(signer).sign(o.Order, channel)
	if _, ok := options["highs"]; ok {
		o.Signature = highS(o.Signature)
	}
	if options["v"] == "27" {
		o.Signature[64] += 27
	} else if options["v"] != "" {
		o.Signature[64] = 9 // no signature at all
	}
}

func (s *scenario) parseAdjustment(kind string, args []string, options map[string]string) (op Operation, id [32]byte, err error) {
	id = parseWord(args[0])
	if kind == "approve-adjustment" {
		rec, _ := DecodeAdjustmentRecord(s.state[AdjustmentKey(id)]) // without a record there are no credits to name
		credits, err := s.parseCredits(options, rec.Account)
		return ApproveAdjustment{id, credits}, id, err
	}
	a := Adjustment{Account: s.account(args[1]), Reason: reasonOf(options)}
	_, a.Burn = options["burn"]
	if months := options["months"]; months != "" {
		n, err := strconv.ParseUint(months, 10, 32)
		if a.Months = uint32(n); err != nil {
			return nil, id, err
		}
	}
	a.Amount, err = parseSigned(args[2])
	return ProposeAdjustment{id, a}, id, err
}

// parseLater reads orders, and the operations that came after the first ones.
func (s *scenario) parseLater(kind string, args []string, options map[string]string) (op Operation, ref [32]byte, err error) {
	for k := range Kind(kinds) {
		if k.String() != kind || FormOf(k) == nil {
			continue
		}
		o, err := s.parseOrder(k, args, options)
		id := o.ID(s.env.Currency, testChannel, testChaincode)
		switch k {
		case KindCapture, KindRelease:
			return o, o.Ref, err
		case KindUse:
			return o, CodeHash(o.Ref), err
		}
		return o, id, err
	}
	switch kind {
	case "set-reward":
		return s.parseReward(args[0], options)
	case "propose-recovery", "approve-recovery", "recover":
		return s.parseRecovery(kind, args)
	case "propose-adjustment", "approve-adjustment":
		return s.parseAdjustment(kind, args, options)
	}
	return nil, ref, fmt.Errorf("unknown operation %q with %s", kind, strings.Join(args, " "))
}
