package tamper

import (
	"bytes"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// onRules are transactions that all organisations have agreed on and signed, and that the rules refuse: peers that run
// another program than they say. One organisation alone is found by its signature already.
func (l *ledger) onRules() []attack {
	all, alone := attacker{l, everyone}, attacker{l, oneOrg}
	award, confirm := first[dollars.Complete](l), first[dollars.Confirm](l)
	publish := find(l, func(o dollars.PublishRules) bool { return o.Version == 2 })
	propose := find(l, func(o dollars.ProposeRules) bool { return o.Version == 2 })
	booking := dollars.BookingKey(l.transactionAt(award).operations()[award.operation].(dollars.Complete).Booking)
	promised := dollars.BookingKey(l.transactionAt(confirm).operations()[confirm.operation].(dollars.Confirm).Booking)
	credit := l.written(award, "c/")
	version := dollars.RulesKey(2)
	own := dollars.Credit{Account: dollars.Account{0xee}, Expiry: 202912, TxID: dollars.TxID{0xee}}.Key()
	smuggle := func(x *transaction) {
		set := x.set()
		set.Writes = append(set.Writes, &kvrwset.KVWrite{Key: own, Value: dollars.EncodeCredit(1_000_000_00)})
		slices.SortFunc(set.Writes, func(a, b *kvrwset.KVWrite) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) })
	}
	onWrite := func(key string, change func([]byte) []byte) func(*transaction) {
		return func(x *transaction) {
			set := x.set()
			w := set.Writes[slices.IndexFunc(set.Writes, func(w *kvrwset.KVWrite) bool { return w.Key == key })]
			w.Value = change(w.Value)
		}
	}
	more := func([]byte) []byte { return dollars.EncodeCredit(1_000_000_00) }
	return slices.Concat([]attack{
		on("an award for a booking that is not there", all, award, func(x *transaction) {
			operations := x.operations()
			operations[award.operation] = dollars.Complete{Booking: dollars.BookingID{0xff}}
			x.ask(operations)
		}, whichever, "the rules"),
		on("an award without its booking", all, award, func(x *transaction) {
			x.set().Writes = slices.DeleteFunc(x.set().Writes, func(w *kvrwset.KVWrite) bool { return w.Key == booking })
		}, booking, "the rules write this key"),
		on("a larger award", all, award, onWrite(credit, more), credit, "the rules write"),
		on("a larger award, in its journal too", all, award, func(x *transaction) {
			onWrite(credit, more)(x)
			x.tell(func(j *dollars.Journal) { j.Entries[award.operation].Amount += 1_000_000_00 })
		}, credit, "the rules write"),
		on("a larger promise than the rules give", all, confirm, onWrite(promised, func(value []byte) []byte {
			record, err := dollars.DecodeBookingRecord(value)
			if err != nil {
				panic(err)
			}
			record.Parts[0].Points += 1_000_000_00
			return record.Encode()
		}), promised, "the rules write"),
		on("other rules than were approved", all, publish, onWrite(version, func(value []byte) []byte {
			return bytes.Replace(value, []byte(`"basisPoints":500`), []byte(`"basisPoints":900`), 1)
		}), version, "the rules write"),
		on("other rules than were proposed", all, propose, onWrite(dollars.ProposalKey, func(value []byte) []byte {
			return bytes.Replace(value, []byte(`"basisPoints":500`), []byte(`"basisPoints":900`), 1)
		}), dollars.ProposalKey, "the rules write"),
		on("rules by nobody with the role", all, propose, func(x *transaction) {
			x.as(l.people["destinasia/issuer"].Serialized)
		}, dollars.ProposalKey, "the rules do not read"),
		on("a write smuggled in by everybody", all, award, smuggle, own, "a key that the rules do not write"),
		on("a write smuggled in by one organisation", alone, award, smuggle, none, unendorsed),
		l.weakened(smuggle),
		on("operations in another order", all, l.several(), func(x *transaction) {
			operations := x.operations()
			slices.Reverse(operations)
			x.ask(operations)
		}, whichever, "the rules"),
		on("an operation left out", all, award, func(x *transaction) {
			x.ask(slices.Delete(x.operations(), award.operation, award.operation+1))
		}, whichever, "the rules"),
	}, l.onOrders(), l.onMoves())
}

// on changes one transaction.
func on(name string, a attacker, at place, change func(*transaction), key, says string) attack {
	return attack{name, a.transaction(at, change), place{block: at.block, transaction: at.transaction}, key, says}
}

// onOrders are members' orders changed, and used otherwise than they were signed for.
func (l *ledger) onOrders() []attack {
	all := attacker{l, everyone}
	at := l.order(dollars.KindTransfer)
	signed := l.transactionAt(at).operations()[at.operation].(dollars.SignedOrder)
	account := dollars.AccountKey(signed.From)
	change := func(name string, key string, change func(*dollars.SignedOrder)) attack {
		return on(name, all, at, func(x *transaction) {
			operations := x.operations()
			order := operations[at.operation].(dollars.SignedOrder)
			change(&order)
			operations[at.operation] = order
			x.ask(operations)
		}, key, "the rules")
	}
	redeem := l.order(dollars.KindRedeem)
	return []attack{
		change("an order's amount", account, func(o *dollars.SignedOrder) { o.Amount++ }),
		change("an order's payee", account, func(o *dollars.SignedOrder) { o.To[0] ^= 1 }),
		change("an order's nonce", account, func(o *dollars.SignedOrder) { o.Nonce++ }),
		change("an order's deadline", account, func(o *dollars.SignedOrder) { o.Deadline++ }),
		change("an order's memo", account, func(o *dollars.SignedOrder) { o.MemoHash[0] ^= 1 }),
		change("an order's chain", account, func(o *dollars.SignedOrder) { o.ChainID = 1 }),
		change("an order's kind", whichever, func(o *dollars.SignedOrder) { o.Order.Kind = dollars.KindContribute }),
		change("an order's signature", account, func(o *dollars.SignedOrder) { o.Signature[40] ^= 1 }),
		change("the signature of another order", account, func(o *dollars.SignedOrder) {
			o.Signature = l.transactionAt(redeem).operations()[redeem.operation].(dollars.SignedOrder).Signature
		}),
		on("an order again", all, redeem, func(x *transaction) {
			operations := x.operations()
			operations[redeem.operation] = signed
			x.ask(operations)
		}, whichever, "the rules"),
		on("an order twice in a batch", all, at, func(x *transaction) {
			x.ask(append(x.operations(), signed))
		}, none, "its journal is not what the rules give: entry "),
		on("an order after its deadline", all, at, func(x *transaction) {
			x.channel.Timestamp.Seconds = signed.Deadline + 1
		}, account, "the rules do not read"),
	}
}

// onMoves are records of everything else that points are in: what a modified peer writes of them is found by its key.
func (l *ledger) onMoves() []attack {
	var attacks []attack
	for name, at := range map[string]place{
		"transfer": l.order(dollars.KindTransfer), "redemption": l.order(dollars.KindRedeem), "hold": l.order(dollars.KindHold),
		"capture": l.order(dollars.KindCapture), "release": l.order(dollars.KindRelease), "claim": l.order(dollars.KindClaim),
		"use": l.order(dollars.KindUse), "household": l.order(dollars.KindForm), "contribution": l.order(dollars.KindContribute),
		"adjustment": first[dollars.ApproveAdjustment](l), "freeze": first[dollars.SetFrozen](l), "reward": first[dollars.SetReward](l),
		"cancellation": first[dollars.Cancel](l),
	} {
		for i, w := range l.transactionAt(at).set().GetWrites() {
			attacks = append(attacks, on(name+" "+w.GetKey()[:1], attacker{l, everyone}, at, func(x *transaction) {
				w := x.set().Writes[i]
				if w.IsDelete {
					w.IsDelete, w.Value = false, []byte{1}
					return
				}
				flip(w.Value, len(w.Value)-1)
			}, w.GetKey(), "the rules write"))
		}
	}
	return attacks
}

// weakened: everybody commits a definition that asks for one organisation only, and its modified peer makes use of that.
func (l *ledger) weakened(smuggle func(*transaction)) attack {
	const field = "namespaces/fields/dsd/ValidationInfo"
	defining := l.writer(field)
	blocks := attacker{l, everyone}.transaction(defining, func(x *transaction) {
		set := x.set()
		w := set.Writes[slices.IndexFunc(set.Writes, func(w *kvrwset.KVWrite) bool { return w.Key == field })]
		data := read(w.Value, &lifecycle.StateData{})
		info := read(data.GetBytes(), &lifecycle.ChaincodeValidationInfo{})
		info.ValidationParameter = marshal(&peer.ApplicationPolicy{Type: &peer.ApplicationPolicy_SignaturePolicy{
			SignaturePolicy: &common.SignaturePolicyEnvelope{
				Rule:       &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{}},
				Identities: []*msp.MSPPrincipal{{Principal: marshal(&msp.MSPRole{MspIdentifier: "DestinasiaMSP", Role: msp.MSPRole_PEER})}},
			},
		}})
		data.Type = &lifecycle.StateData_Bytes{Bytes: marshal(info)}
		w.Value = marshal(data)
	})
	weak := &ledger{blocks: blocks, roots: l.roots, keys: l.keys, people: l.people}
	award := first[dollars.Complete](weak)
	return on("a write smuggled in by one organisation under a weaker policy", attacker{weak, oneOrg}, award, smuggle, none, "no peer of AircncMSP endorsed it, whatever the policy asks for")
}

// writer is the transaction that first writes a key, in any namespace.
func (l *ledger) writer(key string) place {
	for number := 1; number < len(l.blocks); number++ {
		for i, envelope := range parse(l.blocks[number]).Data.Data {
			for _, set := range open(envelope).sets {
				if slices.ContainsFunc(set.GetWrites(), func(w *kvrwset.KVWrite) bool { return w.GetKey() == key }) {
					return place{block: number, transaction: i}
				}
			}
		}
	}
	panic("nobody writes " + key)
}
