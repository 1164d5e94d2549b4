package audit

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// edit changes one block of a chain that is right, as somebody could who holds no key.
func edit(number int, change func(*common.Block)) func([][]byte) [][]byte {
	return func(blocks [][]byte) [][]byte {
		b := unmarshal(blocks[number], &common.Block{})
		change(b)
		blocks[number] = marshal(b)
		return blocks
	}
}

// found is where a divergence must be found, and what must be said of it.
type found struct {
	block, tx int
	key       bool // a key must be named
	says      string
}

func (f found) check(t *testing.T, err error) {
	t.Helper()
	var d *Divergence
	if !errors.As(err, &d) {
		t.Fatalf("found %v; want a divergence of block %d", err, f.block)
	}
	if int(d.Block) != f.block || d.Transaction != f.tx || (d.Key != "") != f.key || !strings.Contains(d.Error(), f.says) {
		t.Errorf("found %v\nwant block %d, transaction %d, key %v: %q", d, f.block, f.tx, f.key, f.says)
	}
}

func flip(b []byte, i int) { b[i] ^= 1 }

// TestBlocksChangedAfterwards: what a disk, a peer or somebody in between could do.
func TestBlocksChangedAfterwards(t *testing.T) {
	w := newWorld(t)
	clean := tell(t, w, plot{})
	other := tell(t, w, plot{})
	for name, c := range map[string]struct {
		tamper func([][]byte) [][]byte
		found  found
	}{
		"header number": {edit(awarding, func(b *common.Block) { b.Header.Number++ }), found{awarding, -1, false, "orderer's signature"}},
		"previous hash": {edit(awarding, func(b *common.Block) { flip(b.Header.PreviousHash, 3) }), found{awarding, -1, false, "orderer's signature"}},
		"data hash":     {edit(awarding, func(b *common.Block) { flip(b.Header.DataHash, 3) }), found{awarding, -1, false, "hash to"}},
		"data":          {edit(awarding, func(b *common.Block) { flip(b.Data.Data[1], 300) }), found{awarding, -1, false, "hash to"}},
		"a transaction dropped": {edit(awarding, func(b *common.Block) {
			b.Data.Data = b.Data.Data[:1]
			b.Metadata.Metadata[2] = b.Metadata.Metadata[2][:1]
		}), found{awarding, -1, false, "hash to"}},
		"data with its hash": {edit(awarding, func(b *common.Block) {
			flip(b.Data.Data[1], 300)
			hash := block.DataHash(b.Data)
			b.Header.DataHash = hash[:]
		}), found{awarding, -1, false, "orderer's signature"}},
		"orderer's signature": {edit(awarding, func(b *common.Block) {
			signed := unmarshal(b.Metadata.Metadata[0], &common.Metadata{})
			flip(signed.Signatures[0].Signature, 20)
			b.Metadata.Metadata[0] = marshal(signed)
		}), found{awarding, -1, false, "orderer's signature"}},
		"orderer's signature removed": {edit(awarding, func(b *common.Block) {
			signed := unmarshal(b.Metadata.Metadata[0], &common.Metadata{})
			signed.Signatures = nil
			b.Metadata.Metadata[0] = marshal(signed)
		}), found{awarding, -1, false, "policy for blocks"}},
		"what orderers sign": {edit(awarding, func(b *common.Block) {
			signed := unmarshal(b.Metadata.Metadata[0], &common.Metadata{})
			flip(signed.Value, len(signed.Value)-1)
			b.Metadata.Metadata[0] = marshal(signed)
		}), found{awarding, -1, false, "orderer's signature"}},
		"metadata nobody uses": {edit(awarding, func(b *common.Block) { b.Metadata.Metadata[3] = marshal(&common.Metadata{Value: []byte("x")}) }), found{awarding, -1, false, "empty"}},
		"commit hash":          {edit(awarding, func(b *common.Block) { flip(b.Metadata.Metadata[4], 9) }), found{awarding, -1, false, "summed it up"}},
		"commit hash removed":  {edit(awarding, func(b *common.Block) { b.Metadata.Metadata[4] = nil }), found{awarding, -1, false, "summed it up"}},
		"valid marked invalid": {edit(awarding, func(b *common.Block) { b.Metadata.Metadata[2][1] = conflict }), found{awarding, 1, false, "should be VALID"}},
		"conflict marked valid": {
			edit(invalids, func(b *common.Block) { b.Metadata.Metadata[2][1] = 0 }),
			found{invalids, 1, true, "should be MVCC_READ_CONFLICT"},
		},
		"duplicate marked valid": {
			edit(invalids, func(b *common.Block) { b.Metadata.Metadata[2][2] = 0 }),
			found{invalids, 2, false, "should be DUPLICATE_TXID"},
		},
		"unendorsed marked valid": {
			edit(invalids, func(b *common.Block) { b.Metadata.Metadata[2][3] = 0 }),
			found{invalids, 3, false, "should be ENDORSEMENT_POLICY_FAILURE"},
		},
		"invalid for another reason": {
			edit(invalids, func(b *common.Block) { b.Metadata.Metadata[2][3] = conflict }),
			found{invalids, 3, false, "should be ENDORSEMENT_POLICY_FAILURE"},
		},
		"a verdict too few": {
			edit(invalids, func(b *common.Block) { b.Metadata.Metadata[2] = b.Metadata.Metadata[2][:3] }),
			found{invalids, -1, false, "3 validation codes for 4"},
		},
		"a block left out":         {func(b [][]byte) [][]byte { return slices.Delete(b, awarding, awarding+1) }, found{awarding, -1, false, "block 7 is in its place"}},
		"a block twice":            {func(b [][]byte) [][]byte { return slices.Insert(b, awarding, b[awarding-1]) }, found{awarding, -1, false, "block 5 is in its place"}},
		"two blocks swapped":       {func(b [][]byte) [][]byte { b[awarding], b[invalids] = b[invalids], b[awarding]; return b }, found{awarding, -1, false, "block 7 is in its place"}},
		"the genesis block absent": {func(b [][]byte) [][]byte { return b[1:] }, found{0, -1, false, "starts from the genesis block"}},
		"a block of a fork":        {func(b [][]byte) [][]byte { b[awarding] = other[awarding]; return b }, found{awarding, -1, false, "the block before it"}},
		"a file of nothing":        {func(b [][]byte) [][]byte { b[awarding] = nil; return b }, found{awarding, -1, false, "no header"}},
		"half a block":             {func(b [][]byte) [][]byte { b[awarding] = b[awarding][:900]; return b }, found{awarding, -1, false, "cannot be read"}},
		"more at the end":          {func(b [][]byte) [][]byte { b[awarding] = append(b[awarding], 0x78, 1); return b }, found{awarding, -1, false, "do not belong"}},
		"the genesis block's data": {edit(0, func(b *common.Block) { flip(b.Data.Data[0], 700) }), found{0, -1, false, "hash to"}},
		"another genesis block":    {edit(0, func(b *common.Block) { *b = *unmarshal(newWorld(t).genesis, &common.Block{}) }), found{0, -1, false, "the trusted one is"}},
		"genesis marked invalid":   {edit(0, func(b *common.Block) { b.Metadata.Metadata[2][0] = 1 }), found{0, -1, false, "marked invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.audit(c.tamper(slices.Clone(clean)))
			c.found.check(t, err)
		})
	}
}

// on is a plot against one request.
func on(name string, change func(*request)) plot {
	return plot{request: map[string]func(*request){name: change}}
}

func onSet(change func(*kvrwset.KVRWSet)) plot {
	return on("award too", func(r *request) { r.onSet = change })
}

// TestConspiracies: what organisations could do with their own keys; every signature fits, and every hash.
func TestConspiracies(t *testing.T) {
	w := newWorld(t)
	second := found{awarding, 1, false, ""}
	says := func(key bool, text string) found { f := second; f.key, f.says = key, text; return f }
	byOrderer := func(number int, change func(*common.Block)) plot {
		return plot{chain: func(c *chain) { c.onBlock[number] = change }}
	}
	for name, c := range map[string]struct {
		plot  plot
		found found
	}{
		"orderer numbers wrongly":  {byOrderer(awarding, func(b *common.Block) { b.Header.Number = 99 }), found{awarding, -1, false, "block 99 is in its place"}},
		"orderer forks":            {byOrderer(awarding, func(b *common.Block) { flip(b.Header.PreviousHash, 0) }), found{awarding, -1, false, "the block before it"}},
		"orderer hashes wrongly":   {byOrderer(awarding, func(b *common.Block) { flip(b.Header.DataHash, 0) }), found{awarding, -1, false, "hash to"}},
		"creator's signature":      {on("award too", func(r *request) { r.onEnvelope = func(e *common.Envelope) { flip(e.Signature, 12) } }), says(false, "should be BAD_CREATOR_SIGNATURE")},
		"creator of elsewhere":     {on("award too", func(r *request) { r.creator = w.stranger }), says(false, "should be BAD_CREATOR_SIGNATURE")},
		"creator without the role": {on("award too", func(r *request) { r.creator, r.as = w.client, w.issuer }), says(true, "do not read")},
		"id of another":            {on("award too", func(r *request) { r.onHeader = func(h *common.ChannelHeader) { h.TxId = strings.Repeat("ab", 32) } }), says(false, "should be BAD_PROPOSAL_TXID")},
		"another channel":          {on("award too", func(r *request) { r.onHeader = func(h *common.ChannelHeader) { h.ChannelId = "euros" } }), says(false, "should be TARGET_CHAIN_NOT_FOUND")},
		"arguments after endorsing": {on("award too", func(r *request) {
			r.afterProposal = func(p *peer.ChaincodeActionPayload) {
				flip(p.ChaincodeProposalPayload, len(p.ChaincodeProposalPayload)-1)
			}
		}), says(false, "should be INVALID_ENDORSER_TRANSACTION")},
		"one endorsement only":   {on("award too", func(r *request) { r.endorsers = []*signer{w.other} }), says(false, "should be ENDORSEMENT_POLICY_FAILURE")},
		"endorsed twice by one":  {on("award too", func(r *request) { r.endorsers = []*signer{w.peer, w.peer} }), says(false, "should be ENDORSEMENT_POLICY_FAILURE")},
		"endorsed by a client":   {on("award too", func(r *request) { r.endorsers = []*signer{w.peer, w.client} }), says(false, "should be ENDORSEMENT_POLICY_FAILURE")},
		"endorsed by a stranger": {on("award too", func(r *request) { r.endorsers = []*signer{w.peer, w.stranger} }), says(false, "should be ENDORSEMENT_POLICY_FAILURE")},
		"endorsement forged": {on("award too", func(r *request) {
			r.onEndorsed = func(a *peer.ChaincodeEndorsedAction) { flip(a.Endorsements[1].Signature, 12) }
		}), says(false, "should be ENDORSEMENT_POLICY_FAILURE")},
		"one under a weaker policy": {plot{policy: []string{"DestinasiaMSP"}}, found{invalids, 3, false, "should be VALID"}},
		"result after endorsing": {on("award too", func(r *request) {
			r.onEndorsed = func(a *peer.ChaincodeEndorsedAction) { flip(a.ProposalResponsePayload, 60) }
		}), says(false, "should be")},
		"journal":         {on("award too", func(r *request) { r.onAction = spoilJournal }), says(false, "its journal is not what the rules give: entry 0")},
		"no journal":      {on("award too", func(r *request) { r.onAction = func(a *peer.ChaincodeAction) { a.Events = nil } }), says(false, "its event is not its journal")},
		"a failure":       {on("award too", func(r *request) { r.onAction = func(a *peer.ChaincodeAction) { a.Response.Status = 500 } }), says(false, "status 500")},
		"a write's value": {onSet(func(s *kvrwset.KVRWSet) { flip(s.Writes[1].Value, 0) }), says(true, "the rules write")},
		"a write added":   {onSet(func(s *kvrwset.KVRWSet) { s.Writes = append(s.Writes, &kvrwset.KVWrite{Key: "z", Value: []byte{1}}) }), says(true, "do not write")},
		"a write in between": {onSet(func(s *kvrwset.KVRWSet) {
			s.Writes = slices.Insert(s.Writes, 0, &kvrwset.KVWrite{Key: "a/x", Value: []byte{1}})
		}), says(true, "do not write")},
		"a write dropped":            {onSet(func(s *kvrwset.KVRWSet) { s.Writes = s.Writes[1:] }), says(true, "the transaction does not")},
		"a write made a deletion":    {onSet(func(s *kvrwset.KVRWSet) { s.Writes[0].Value, s.Writes[0].IsDelete = nil, true }), says(true, "the rules write")},
		"a read version":             {onSet(func(s *kvrwset.KVRWSet) { s.Reads[0].Version.BlockNum = 1 }), says(true, "should be MVCC_READ_CONFLICT")},
		"a read of nothing":          {onSet(func(s *kvrwset.KVRWSet) { s.Reads[0].Version = nil }), says(true, "should be MVCC_READ_CONFLICT")},
		"a read dropped":             {onSet(func(s *kvrwset.KVRWSet) { s.Reads = s.Reads[1:] }), says(true, "the rules read this key")},
		"a read added":               {onSet(func(s *kvrwset.KVRWSet) { s.Reads = append(s.Reads, &kvrwset.KVRead{Key: "b/x"}) }), says(true, "the rules do not read")},
		"a range":                    {onSet(func(s *kvrwset.KVRWSet) { s.RangeQueriesInfo = []*kvrwset.RangeQueryInfo{{}} }), says(false, "cannot follow it")},
		"a key's policy":             {onSet(func(s *kvrwset.KVRWSet) { s.MetadataWrites = []*kvrwset.KVMetadataWrite{{Key: "a"}} }), says(false, "cannot follow it")},
		"an award without a booking": {on("award too", func(r *request) { r.onArgs = func(args [][]byte) { flip(args[1], len(args[1])-1) } }), says(true, "the rules read this key")},
		"another namespace": {on("award too", func(r *request) {
			set := &kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "namespaces/x", Value: []byte{1}}}}
			r.sets = append(r.sets, &rwset.NsReadWriteSet{Namespace: "another", Rwset: marshal(set)})
		}), says(false, "should be INVALID_CHAINCODE")},
		"writes of lifecycle into ours": {on("define", func(r *request) {
			set := &kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "a/x", Value: []byte{1}}}}
			r.sets = append(r.sets, &rwset.NsReadWriteSet{Namespace: "dsd", Rwset: marshal(set)})
		}), found{defining, 0, false, "should be INVALID_CHAINCODE"}},
		"definition by one organisation": {on("define", func(r *request) { r.endorsers = []*signer{w.peer} }), found{defining, 0, false, "should be ENDORSEMENT_POLICY_FAILURE"}},
		"an order's signature": {on("spend", func(r *request) {
			r.onArgs = func(args [][]byte) {
				_, ops, _ := dollars.DecodeBatch(args[1])
				order := ops[1].(dollars.SignedOrder)
				flip(args[1], bytes.Index(args[1], order.Signature[:])+40)
			}
		}), found{spending, 0, true, "the rules write"}},
		"a function that only reads": {on("award too", func(r *request) { r.onArgs = func(args [][]byte) { copy(args[0], "Tally") } }), says(false, "no function that may write")},
		"its id came earlier": {plot{
			request: map[string]func(*request){"third": func(r *request) { r.nonce = "again" }, "award": func(r *request) { r.nonce = "again" }},
		}, found{invalids, 0, false, "should be DUPLICATE_TXID"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.audit(tell(t, w, c.plot))
			c.found.check(t, err)
		})
	}
}

func spoilJournal(a *peer.ChaincodeAction) {
	event := unmarshal(a.Events, &peer.ChaincodeEvent{})
	flip(event.Payload, len(event.Payload)-1)
	a.Events = marshal(event)
}

// TestConspiraciesAboutRules: what both organisations' peers could agree on, if they ran another program than they say.
func TestConspiraciesAboutRules(t *testing.T) {
	w := newWorld(t)
	onWrite := func(name, key string, change func(*kvrwset.KVWrite)) plot {
		return on(name, func(r *request) {
			r.onSet = func(s *kvrwset.KVRWSet) {
				change(s.Writes[slices.IndexFunc(s.Writes, func(w *kvrwset.KVWrite) bool { return w.Key == key })])
			}
		})
	}
	onArgs := func(name string, change func([][]byte)) plot { return on(name, func(r *request) { r.onArgs = change }) }
	for name, c := range map[string]struct {
		plot  plot
		found found
		key   string
	}{
		"a proposal changed": {
			onWrite("propose", dollars.ProposalKey, func(w *kvrwset.KVWrite) { w.Value = bytes.Replace(w.Value, []byte("250"), []byte("999"), 1) }),
			found{proposing, 0, true, "the rules write"},
			dollars.ProposalKey,
		},
		"a proposal by nobody with the role": {
			on("propose", func(r *request) { r.creator, r.as = w.issuer, w.planner }), found{proposing, 0, true, "do not read"}, dollars.ProposalKey,
		},
		"an approval by the proposer": {
			on("approve", func(r *request) { r.creator, r.as = w.planner, w.controller }), found{approving, 0, true, "do not write"}, dollars.ProposalKey,
		},
		"an approval in another's name": {
			on("approve", func(r *request) { r.creator, r.as = w.operator, w.controller }), found{approving, 0, true, "do not read"}, dollars.ProposalKey,
		},
		"a publication of something else": {
			onWrite("publish", dollars.RulesKey(1), func(w *kvrwset.KVWrite) { w.Value = bytes.Replace(w.Value, []byte("250"), []byte("999"), 1) }),
			found{publishing, 0, true, "the rules write"},
			dollars.RulesKey(1),
		},
		"a larger budget": {
			onWrite("publish", dollars.BudgetKey("spring"), func(w *kvrwset.KVWrite) {
				w.Value = dollars.BudgetRecord{Total: 99_00, Left: 99_00}.Encode()
			}),
			found{publishing, 0, true, "the rules write"},
			dollars.BudgetKey("spring"),
		},
		"a budget's share": {
			onWrite("confirm", dollars.ShareKey("spring", 0), func(w *kvrwset.KVWrite) { w.Value = dollars.EncodeShare(99_00) }),
			found{confirming, 0, true, "the rules write"},
			dollars.ShareKey("spring", 0),
		},
		"a budget's pot": {
			onWrite("confirm", dollars.BudgetKey("spring"), func(w *kvrwset.KVWrite) {
				w.Value = dollars.BudgetRecord{Total: 15_00, Left: 15_00}.Encode()
			}),
			found{confirming, 0, true, "the rules write"},
			dollars.BudgetKey("spring"),
		},
		"another lane": {
			onArgs("confirm", func(args [][]byte) { args[1][1]++ }), found{confirming, 0, true, "the rules read this key"}, dollars.ShareKey("spring", 1),
		},
		"a lane that is none": {
			onArgs("confirm", func(args [][]byte) { args[1][1] = dollars.Lanes }), found{confirming, 0, false, "no batch"}, "",
		},
		"other results than the rules give": {
			on("confirm", func(r *request) {
				r.ops = r.ops[:1]
				r.onState = believeOtherRules
			}),
			found{confirming, 0, true, "the rules write"},
			dollars.BookingKey(dollars.BookingID{1}),
		},
		"another explanation": {
			on("confirm", func(r *request) { r.onAction = explainOtherwise }), found{confirming, 0, false, "its journal is not what the rules give: entry 2"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.audit(tell(t, w, c.plot))
			c.found.check(t, err)
			if d := (*Divergence)(nil); errors.As(err, &d) && d.Key != c.key {
				t.Errorf("it names the key %q, not %q", d.Key, c.key)
			}
		})
	}
}

// believeOtherRules makes a peer's version of the rules a more generous one.
func believeOtherRules(s *state) {
	key := dollars.RulesKey(1)
	rec, err := dollars.DecodeRulesRecord(s.get("dsd", key))
	if err != nil {
		panic(err)
	}
	rec.Set = bytes.Replace(rec.Set, []byte(`"basisPoints":250`), []byte(`"basisPoints":999`), 1)
	entries := s.entries[place{"dsd", ""}]
	entries[key] = entry{rec.Encode(), entries[key].version}
}

// explainOtherwise changes nothing but a digest.
func explainOtherwise(a *peer.ChaincodeAction) {
	event := unmarshal(a.Events, &peer.ChaincodeEvent{})
	journal, err := dollars.DecodeJournal(event.Payload)
	if err != nil {
		panic(err)
	}
	journal.Entries[2].Explanation[31] ^= 1
	event.Payload = journal.Encode()
	a.Events = marshal(event)
}

// TestNobodyStopsAudits: whoever may send transactions could send these, which take no effect.
func TestNobodyStopsAudits(t *testing.T) {
	w := newWorld(t)
	scan := &kvrwset.KVRWSet{RangeQueriesInfo: []*kvrwset.RangeQueryInfo{{StartKey: "a", EndKey: "b"}}}
	hashed := &kvrwset.HashedRWSet{HashedWrites: []*kvrwset.KVWriteHash{{KeyHash: []byte("x"), ValueHash: []byte("y")}}}
	for name, c := range map[string]struct {
		set  *rwset.NsReadWriteSet
		code peer.TxValidationCode
	}{
		"a scan": {&rwset.NsReadWriteSet{Namespace: "dsd", Rwset: marshal(scan)}, peer.TxValidationCode_VALID},
		"a collection": {&rwset.NsReadWriteSet{
			Namespace: "dsd", CollectionHashedRwset: []*rwset.CollectionHashedReadWriteSet{{CollectionName: "any", HashedRwset: marshal(hashed)}},
		}, peer.TxValidationCode_INVALID_OTHER_REASON},
	} {
		t.Run(name, func(t *testing.T) {
			p := on("award too", func(r *request) {
				*r = request{creator: w.client, args: [][]byte{[]byte("Tally"), nil}, sets: []*rwset.NsReadWriteSet{c.set}}
			})
			p.codes = func(number int, codes []byte) {
				if number == awarding {
					codes[1] = byte(c.code)
				}
			}
			r, err := w.audit(tell(t, w, p)[:awarding+1])
			if err != nil || r.Unjudged != 1 {
				t.Errorf("%d unjudged; %v", r.Unjudged, err)
			}
		})
	}
}

// TestOneOfTwoReasons: peers look at namespaces in no order, so either reason is right; being valid is not.
func TestOneOfTwoReasons(t *testing.T) {
	w := newWorld(t)
	for _, code := range []peer.TxValidationCode{
		peer.TxValidationCode_INVALID_CHAINCODE, peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE, peer.TxValidationCode_VALID,
	} {
		p := on("award too", func(r *request) {
			r.endorsers = []*signer{w.peer}
			set := &kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "x", Value: []byte{1}}}}
			r.sets = append(r.sets, &rwset.NsReadWriteSet{Namespace: "another", Rwset: marshal(set)})
		})
		p.codes = func(number int, codes []byte) {
			if number == awarding {
				codes[1] = byte(code)
			}
		}
		_, err := w.audit(tell(t, w, p)[:awarding+1])
		if (err == nil) != (code != peer.TxValidationCode_VALID) {
			t.Errorf("marked %s: %v", code, err)
		}
	}
}

// TestWeakPolicyDoesNotHelp: where the policy asks for one organisation only, the audit still asks for both.
func TestWeakPolicyDoesNotHelp(t *testing.T) {
	w := newWorld(t)
	p := on("award too", func(r *request) { r.endorsers = []*signer{w.peer} })
	p.policy = []string{"DestinasiaMSP"}
	_, err := w.audit(tell(t, w, p))
	found{awarding, 1, false, "no peer of AircncMSP endorsed it"}.check(t, err)
}

func TestConfigurationBlocksAreRefused(t *testing.T) {
	w := newWorld(t)
	p := on("define", func(r *request) {
		r.onHeader = func(h *common.ChannelHeader) { h.Type = int32(common.HeaderType_CONFIG) }
	})
	_, err := w.audit(tell(t, w, p))
	found{defining, 0, false, "changes the channel's configuration"}.check(t, err)
}

func TestRoots(t *testing.T) {
	w, foreign := newWorld(t), newWorld(t)
	clean := tell(t, w, plot{})
	audit := func(r Roots) error {
		changed := *w
		changed.roots = r
		_, err := changed.audit(clean)
		return err
	}
	if err := audit(Roots{}); err == nil || !strings.Contains(err.Error(), "needs trust roots") {
		t.Errorf("without roots: %v", err)
	}
	if err := audit(Roots{Genesis: w.roots.Genesis}); err != nil {
		t.Errorf("genesis block only: %v", err)
	}
	if err := audit(Roots{Certificates: w.roots.Certificates}); err != nil {
		t.Errorf("certificates only: %v", err)
	}
	found{0, -1, false, "not among the trust roots"}.check(t, audit(Roots{Certificates: w.roots.Certificates[1:]}))
	more := append(slices.Clone(w.roots.Certificates), foreign.roots.Certificates[0])
	found{0, -1, false, "has no part in the channel"}.check(t, audit(Roots{Certificates: more}))
}

// TestEveryBitCounts flips bits anywhere in the blocks: each flip is found, in the block it is in, and none crashes. The
// first are found by audits of their own, to show that judging a version finds what an audit finds.
func TestEveryBitCounts(t *testing.T) {
	w := newWorld(t)
	clean := tell(t, w, plot{})
	var audits []*Auditor
	for number := range clean {
		audits = append(audits, halfway(t, w, clean, number))
	}
	flips, whole := 10_000, 100
	if testing.Short() {
		flips, whole = 1_000, 10
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range flips {
		number := random.IntN(len(clean))
		raw := bytes.Clone(clean[number])
		at, bit := random.IntN(len(raw)), random.IntN(8)
		raw[at] ^= 1 << bit
		faults := []error{audits[number].judgeVersion(Version{Number: uint64(number), Block: raw})}
		if i < whole {
			blocks := slices.Clone(clean)
			blocks[number] = raw
			_, err := w.audit(blocks)
			faults = append(faults, err)
		}
		for _, fault := range faults {
			var d *Divergence
			if !errors.As(fault, &d) || int(d.Block) != number {
				t.Fatalf("seed %d: bit %d of byte %d of block %d: found %v", seed, bit, at, number, fault)
			}
		}
	}
}
