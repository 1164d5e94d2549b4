package tamper

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// verdict is what the audit must say of a change: the key it names, if any, and a reason.
type verdict struct{ key, says string }

// harmless is said of what all who must sign have signed, and the ledger does not follow from. It is no tampering.
var harmless verdict

// field is a part of a transaction, somebody's change of it, and the verdict on it by whose keys it is made with: only an
// orderer's, with nothing that covers a transaction; also the creator's; also those of a peer of the creator's
// organisation; and everybody's.
type field struct {
	name                       string
	change                     func(*transaction)
	orderer, creator, one, all verdict
}

const (
	unsigned   = "should be BAD_CREATOR_SIGNATURE"
	unasked    = "should be INVALID_ENDORSER_TRANSACTION"
	unendorsed = "should be ENDORSEMENT_POLICY_FAILURE"
)

// asked is a part of what endorsers are asked.
func asked(name string, all verdict, change func(*transaction)) field {
	return field{name, change, verdict{says: unsigned}, verdict{says: unasked}, verdict{says: unendorsed}, all}
}

// answered is a part of what endorsers answer. A creator who leaves it as they signed it changes nothing.
func answered(name string, all verdict, change func(*transaction)) field {
	return field{name, change, verdict{says: unsigned}, harmless, verdict{says: unendorsed}, all}
}

// plain is a part that says the same of the transaction whoever has signed it.
func plain(name string, says string, change func(*transaction)) field {
	v := verdict{says: says}
	return field{name, change, v, v, v, v}
}

// sealed is a part that only the creator signs.
func sealed(name string, v verdict, change func(*transaction)) field {
	return field{name, change, verdict{says: unsigned}, v, v, v}
}

func because(says string) verdict { return verdict{says: says} }

// onEnvelopes changes every part of a transaction, once for every set of keys.
func (l *ledger) onEnvelopes(t *testing.T) {
	at := l.order(dollars.KindTransfer)
	was := l.transactionAt(at).content.GetAction().GetProposalResponsePayload()
	for _, f := range slices.Concat(l.headers(at), l.proposals(at), l.responses(at.operation), l.sets(at), l.signatures()) {
		for _, by := range []struct {
			who           string
			organisations []string
			asEndorsed    bool // what was endorsed stays as it was
			verdict       verdict
		}{
			{"orderer", orderer, false, f.orderer},
			{"creator", oneOrg, true, f.creator},
			{"organisation", oneOrg, false, f.one},
			{"everyone", everyone, false, f.all},
		} {
			t.Run(f.name+" by "+by.who, func(t *testing.T) {
				blocks := attacker{l, by.organisations}.transaction(at, func(x *transaction) {
					f.change(x)
					if by.asEndorsed {
						x.endorsed = was
					}
				})
				if by.verdict == harmless {
					l.tryHarmless(t, blocks)
					return
				}
				l.tryOne(t, attack{f.name, blocks, place{block: at.block, transaction: at.transaction}, by.verdict.key, by.verdict.says})
			})
		}
	}
}

// headers are the parts of a transaction's two headers.
func (l *ledger) headers(at place) []field {
	order := l.transactionAt(at).operations()[at.operation].(dollars.SignedOrder)
	account := dollars.AccountKey(order.From)
	return []field{
		{"kind", func(x *transaction) { x.channel.Type = int32(common.HeaderType_CONFIG) }, because("should be BAD_CREATOR_SIGNATURE"), because("changes the channel's configuration"), because("changes the channel's configuration"), because("changes the channel's configuration")},
		plain("kind of nothing", "should be BAD_COMMON_HEADER", func(x *transaction) { x.channel.Type = 77 }),
		asked("version", harmless, func(x *transaction) { x.channel.Version++ }),
		asked("timestamp", harmless, func(x *transaction) { x.channel.Timestamp.Seconds++ }),
		asked("nanoseconds", harmless, func(x *transaction) { x.channel.Timestamp.Nanos ^= 1 }),
		asked("timestamp after the deadline", verdict{account, "the rules do not read"}, func(x *transaction) { x.channel.Timestamp.Seconds += 30 * 86400 }),
		asked("no timestamp", verdict{account, "the rules do not read"}, func(x *transaction) { x.channel.Timestamp = nil }),
		asked("a time before all", because("the rules refuse it as a whole"), func(x *transaction) { x.channel.Timestamp = &timestamppb.Timestamp{Seconds: -1 << 62} }),
		{"channel", func(x *transaction) { x.channel.ChannelId = "euros" }, because(unsigned), because(unasked), because("should be TARGET_CHAIN_NOT_FOUND"), because("should be TARGET_CHAIN_NOT_FOUND")},
		{"id", func(x *transaction) { x.channel.TxId = strings.Repeat("ab", 32) }, because(unsigned), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID")},
		plain("epoch", "should be BAD_COMMON_HEADER", func(x *transaction) { x.channel.Epoch = 1 }),
		{"chaincode invoked", func(x *transaction) {
			x.channel.Extension = marshal(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: "air"}})
		}, because(unsigned), because(unasked), because("should be INVALID_CHAINCODE"), because("should be INVALID_CHAINCODE")},
		asked("TLS binding", harmless, func(x *transaction) { x.channel.TlsCertHash = []byte("hash") }),
		{"creator", func(x *transaction) { x.signature.Creator = l.people["destinasia/operator"].Serialized }, because(unsigned), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID")},
		asked("creator, with their id", verdict{whichever, "the rules"}, func(x *transaction) { x.as(l.people["destinasia/operator"].Serialized) }),
		{"creator of another organisation", func(x *transaction) { x.as(l.people["aircnc/client"].Serialized) }, because(unsigned), because(unsigned), because(unsigned), verdict{whichever, "the rules"}},
		{"nonce", func(x *transaction) { flip(x.signature.Nonce, 0) }, because(unsigned), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID"), because("should be BAD_PROPOSAL_TXID")},
		asked("nonce, with its id", verdict{whichever, "the rules"}, func(x *transaction) { flip(x.signature.Nonce, 0); x.as(x.signature.Creator) }),
		asked("header that endorsers saw", harmless, func(x *transaction) {
			x.header = &common.SignatureHeader{Creator: l.people["destinasia/operator"].Serialized, Nonce: x.signature.GetNonce()}
		}),
		sealed("two actions", because("should be INVALID_ENDORSER_TRANSACTION: it has 2 actions"), func(x *transaction) { x.body.Actions = append(x.body.Actions, x.body.Actions[0]) }),
	}
}

// proposals are the parts of what a chaincode was asked.
func (l *ledger) proposals(at place) []field {
	account := dollars.AccountKey(l.transactionAt(at).operations()[at.operation].(dollars.SignedOrder).From)
	spec := func(x *transaction) *peer.ChaincodeSpec { return x.input.GetChaincodeSpec() }
	return []field{
		asked("arguments", verdict{account, "the rules"}, func(x *transaction) {
			operations := x.operations()
			order := operations[at.operation].(dollars.SignedOrder)
			order.To[0] ^= 1
			operations[at.operation] = order
			x.ask(operations)
		}),
		asked("function", because("no function that may write"), func(x *transaction) { spec(x).Input.Args[0] = []byte("Tally") }),
		asked("an argument more", because("no function that may write"), func(x *transaction) { spec(x).Input.Args = append(spec(x).Input.Args, nil) }),
		asked("initialisation", because("no function that may write"), func(x *transaction) { spec(x).Input.IsInit = true }),
		asked("decoration", harmless, func(x *transaction) { spec(x).Input.Decorations = map[string][]byte{"a": {1}} }),
		asked("chaincode asked", harmless, func(x *transaction) { spec(x).ChaincodeId.Name = "air" }),
		asked("time-out", harmless, func(x *transaction) { spec(x).Timeout = 1 }),
		sealed("transient data", harmless, func(x *transaction) { x.proposal.TransientMap = map[string][]byte{"a": {1}} }),
	}
}

// responses are the parts of what it answered.
func (l *ledger) responses(operation int) []field {
	return []field{
		{"proposal's hash", func(x *transaction) { x.onResponse = func(r *peer.ProposalResponsePayload) { flip(r.ProposalHash, 0) } }, because(unsigned), harmless, because(unasked), because(unasked)},
		answered("status", because("status 500"), func(x *transaction) { x.action.Response.Status = 500 }),
		answered("message", harmless, func(x *transaction) { x.action.Response.Message = "done" }),
		answered("answer", harmless, func(x *transaction) { x.action.Response.Payload = []byte("done") }),
		{"chaincode of the result", func(x *transaction) { x.action.ChaincodeId.Name = "air" }, because(unsigned), harmless, because("should be INVALID_CHAINCODE"), because("should be INVALID_CHAINCODE")},
		answered("its version", harmless, func(x *transaction) { x.action.ChaincodeId.Version = "9.9" }),
		{"no version", func(x *transaction) { x.action.ChaincodeId.Version = "" }, because(unsigned), harmless, because("should be INVALID_CHAINCODE"), because("should be INVALID_CHAINCODE")},
		answered("event's name", because("its event is not its journal"), func(x *transaction) { x.event.EventName = "diary" }),
		{"event's chaincode", func(x *transaction) { x.event.ChaincodeId = "air" }, because(unsigned), harmless, because("should be INVALID_OTHER_REASON"), because("should be INVALID_OTHER_REASON")},
		answered("event's transaction", because("its event is not its journal"), func(x *transaction) { x.event.TxId = strings.Repeat("ab", 32) }),
		answered("journal", because("its journal is not what the rules give: entry "), func(x *transaction) { x.tell(func(j *dollars.Journal) { j.Entries[operation].Amount++ }) }),
		answered("an entry less", because("its journal is not what the rules give: entry 0"), func(x *transaction) { x.tell(func(j *dollars.Journal) { j.Entries = j.Entries[1:] }) }),
		answered("no journal", because("its event is not its journal"), func(x *transaction) { x.event = nil }),
	}
}

// sets are the parts of what it read and wrote.
func (l *ledger) sets(at place) []field {
	set := l.transactionAt(at).set()
	read, wrote := set.GetReads()[0].GetKey(), set.GetWrites()[0].GetKey()
	onSet := func(change func(*kvrwset.KVRWSet)) func(*transaction) {
		return func(x *transaction) { change(x.set()) }
	}
	return []field{
		answered("a read's version", verdict{read, "should be MVCC_READ_CONFLICT"}, onSet(func(s *kvrwset.KVRWSet) { s.Reads[0].Version = &kvrwset.Version{BlockNum: 1} })),
		answered("a read left out", verdict{read, "the rules read this key"}, onSet(func(s *kvrwset.KVRWSet) { s.Reads = s.Reads[1:] })),
		answered("a read more", verdict{"z/x", "the rules do not read"}, onSet(func(s *kvrwset.KVRWSet) { s.Reads = append(s.Reads, &kvrwset.KVRead{Key: "z/x"}) })),
		answered("a range", because("cannot follow it"), onSet(func(s *kvrwset.KVRWSet) { s.RangeQueriesInfo = []*kvrwset.RangeQueryInfo{{StartKey: "a"}} })),
		answered("a write's value", verdict{wrote, "the rules write"}, onSet(func(s *kvrwset.KVRWSet) { flip(s.Writes[0].Value, 0) })),
		answered("a write's key", verdict{wrote, "the transaction does not"}, onSet(func(s *kvrwset.KVRWSet) { s.Writes[0].Key += "0" })),
		answered("a write made a deletion", verdict{wrote, "the rules write"}, onSet(func(s *kvrwset.KVRWSet) { s.Writes[0].Value, s.Writes[0].IsDelete = nil, true })),
		answered("a write left out", verdict{wrote, "the transaction does not"}, onSet(func(s *kvrwset.KVRWSet) { s.Writes = s.Writes[1:] })),
		answered("a write more", verdict{"z/x", "the rules do not write"}, onSet(func(s *kvrwset.KVRWSet) {
			s.Writes = append(s.Writes, &kvrwset.KVWrite{Key: "z/x", Value: []byte{1}})
		})),
		answered("a key's policy", because("cannot follow it"), onSet(func(s *kvrwset.KVRWSet) { s.MetadataWrites = []*kvrwset.KVMetadataWrite{{Key: "z/x"}} })),
		answered("reads of the definition left out", harmless, func(x *transaction) {
			for i, ns := range x.results.GetNsRwset() {
				if ns.GetNamespace() == "_lifecycle" {
					x.sets[i].Reads = nil
				}
			}
		}),
		answered("another namespace", because("should be INVALID_CHAINCODE"), func(x *transaction) {
			x.results.NsRwset = append(x.results.NsRwset, &rwset.NsReadWriteSet{Namespace: "other"})
			x.sets = append(x.sets, &kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "z/x", Value: []byte{1}}}})
		}),
		answered("a definition", because("it writes in namespace"), func(x *transaction) {
			for i, ns := range x.results.GetNsRwset() {
				if ns.GetNamespace() == "_lifecycle" {
					x.sets[i].Writes = []*kvrwset.KVWrite{{Key: "namespaces/fields/dsd/Sequence", Value: []byte{1}}}
				}
			}
		}),
		{"a namespace twice", func(x *transaction) {
			x.results.NsRwset = append(x.results.NsRwset, &rwset.NsReadWriteSet{Namespace: "dsd"})
			x.sets = append(x.sets, &kvrwset.KVRWSet{})
		}, because(unsigned), harmless, because("should be ILLEGAL_WRITESET"), because("should be ILLEGAL_WRITESET")},
		answered("a private collection", because("private collections"), func(x *transaction) {
			ns := x.results.NsRwset[len(x.results.NsRwset)-1]
			ns.CollectionHashedRwset = append(ns.CollectionHashedRwset, &rwset.CollectionHashedReadWriteSet{
				CollectionName: "_implicit_org_DestinasiaMSP", HashedRwset: marshal(&kvrwset.HashedRWSet{
					HashedWrites: []*kvrwset.KVWriteHash{{KeyHash: []byte("key"), ValueHash: []byte("value")}},
				}),
			})
		}),
	}
}

// signatures are who signed, and what covers the rest.
func (l *ledger) signatures() []field {
	late := func(change func(*peer.ChaincodeEndorsedAction)) func(*transaction) {
		return func(x *transaction) {
			x.onAction = func(p *peer.ChaincodeActionPayload) { change(p.GetAction()) }
		}
	}
	return []field{
		sealed("endorser", because("should be ENDORSEMENT_POLICY_FAILURE"), late(func(a *peer.ChaincodeEndorsedAction) {
			a.Endorsements[0].Endorser = l.people["destinasia/issuer"].Serialized
		})),
		sealed("an endorsement", because("should be ENDORSEMENT_POLICY_FAILURE"), late(func(a *peer.ChaincodeEndorsedAction) { flip(a.Endorsements[1].Signature, 30) })),
		sealed("an endorsement left out", because("should be ENDORSEMENT_POLICY_FAILURE"), late(func(a *peer.ChaincodeEndorsedAction) { a.Endorsements = a.Endorsements[1:] })),
		sealed("an endorsement twice", because("should be ENDORSEMENT_POLICY_FAILURE"), late(func(a *peer.ChaincodeEndorsedAction) {
			a.Endorsements[1] = a.Endorsements[0]
		})),
		sealed("endorsements swapped", harmless, late(func(a *peer.ChaincodeEndorsedAction) {
			a.Endorsements[0], a.Endorsements[1] = a.Endorsements[1], a.Endorsements[0]
		})),
		plain("creator's signature", unsigned, func(x *transaction) {
			x.onEnvelope = func(e *common.Envelope) { flip(e.Signature, 30) }
		}),
		plain("creator's signature left out", unsigned, func(x *transaction) {
			x.onEnvelope = func(e *common.Envelope) { e.Signature = nil }
		}),
		plain("payload", "should be BAD_PAYLOAD", func(x *transaction) {
			x.onEnvelope = func(e *common.Envelope) { e.Payload = bytes.Repeat([]byte{0xff}, 100) }
		}),
	}
}
