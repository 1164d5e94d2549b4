package block

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// FuzzDecode throws arbitrary envelopes at the decoder; whatever Fabric's own generated decoders accept must come out
// as they have it.
func FuzzDecode(f *testing.F) {
	f.Add(config("c"))
	f.Add(endorsed("t", [][]byte{[]byte("apply"), nil}, &peer.ChaincodeEvent{EventName: "journal", Payload: []byte("p")},
		&kvrwset.KVWrite{Key: "k", Value: []byte("v")}, &kvrwset.KVWrite{Key: "d", IsDelete: true}))
	f.Add([]byte("\x0a\x02\x0a\x00"))
	f.Fuzz(func(t *testing.T, envelope []byte) {
		b, err := Decode(rawBlock(1, nil, []byte{0}, envelope))
		var got *Transaction
		var writes []Write
		if err == nil {
			got = &b.Transactions[0]
			writes, err = got.Writes()
		}
		want, wantWrites, ok := generated(envelope)
		if !ok {
			return // Fabric cannot read it either; that we did not panic is all there is to say
		}
		if err != nil {
			t.Fatalf("Fabric reads this, we do not: %v", err)
		}
		got.results, got.Validation = nil, 0
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Transaction{})); diff != "" {
			t.Errorf("transaction (-Fabric +ours):\n%s", diff)
		}
		if diff := cmp.Diff(wantWrites, writes); diff != "" {
			t.Errorf("writes (-Fabric +ours):\n%s", diff)
		}
	})
}

// generated reads an envelope with Fabric's generated decoders, level by level.
func generated(envelope []byte) (*Transaction, []Write, bool) {
	var (
		e  common.Envelope
		p  common.Payload
		ch common.ChannelHeader
		sh common.SignatureHeader
		id msp.SerializedIdentity
	)
	t := &Transaction{}
	ok := parse(envelope, &e) && parse(e.GetPayload(), &p) && p.GetHeader().GetChannelHeader() != nil &&
		parse(p.GetHeader().GetChannelHeader(), &ch) && parse(p.GetHeader().GetSignatureHeader(), &sh) && parse(sh.GetCreator(), &id)
	if !ok {
		return nil, nil, false
	}
	t.ID, t.Channel, t.Kind, t.CreatorMSP = ch.GetTxId(), ch.GetChannelId(), Kind(ch.GetType()), id.GetMspid()
	t.Timestamp = ch.GetTimestamp().AsTime()
	if t.Kind != Endorsed {
		return t, nil, true
	}
	var (
		tx         peer.Transaction
		payload    peer.ChaincodeActionPayload
		proposal   peer.ChaincodeProposalPayload
		invocation peer.ChaincodeInvocationSpec
		response   peer.ProposalResponsePayload
		action     peer.ChaincodeAction
		event      peer.ChaincodeEvent
	)
	ok = parse(p.GetData(), &tx) && len(tx.GetActions()) == 1 && parse(tx.GetActions()[0].GetPayload(), &payload) &&
		parse(payload.GetChaincodeProposalPayload(), &proposal) && parse(proposal.GetInput(), &invocation) &&
		parse(payload.GetAction().GetProposalResponsePayload(), &response) && parse(response.GetExtension(), &action) &&
		parse(action.GetEvents(), &event)
	if !ok {
		return nil, nil, false
	}
	t.Chaincode = invocation.GetChaincodeSpec().GetChaincodeId().GetName()
	t.Args = invocation.GetChaincodeSpec().GetInput().GetArgs()
	if len(action.GetEvents()) > 0 {
		t.Event = &Event{Name: event.GetEventName(), Payload: event.GetPayload()}
	}
	writes, ok := generatedWrites(action.GetResults(), t.Chaincode)
	return t, writes, ok
}

func generatedWrites(results []byte, chaincode string) ([]Write, bool) {
	var set rwset.TxReadWriteSet
	if !parse(results, &set) {
		return nil, false
	}
	var writes []Write
	for _, ns := range set.GetNsRwset() {
		var kv kvrwset.KVRWSet
		if !parse(ns.GetRwset(), &kv) {
			return nil, false
		}
		if ns.GetNamespace() != chaincode {
			continue
		}
		for _, w := range kv.GetWrites() {
			writes = append(writes, Write{Key: w.GetKey(), Value: w.GetValue(), Delete: w.GetIsDelete()})
		}
	}
	return writes, true
}

func parse(content []byte, message proto.Message) bool {
	return proto.Unmarshal(content, message) == nil
}

func BenchmarkDecode(b *testing.B) {
	var writes []*kvrwset.KVWrite
	for range 1000 {
		writes = append(writes, &kvrwset.KVWrite{Key: "c/0123456789012345678901234567890123456789/2027-01/tx", Value: make([]byte, 16)})
	}
	batch := make([]byte, 500<<10)
	raw := rawBlock(1, nil, []byte{0, 0}, endorsed("a", [][]byte{[]byte("apply"), batch}, nil, writes...),
		endorsed("b", [][]byte{[]byte("apply"), batch}, &peer.ChaincodeEvent{EventName: "journal", Payload: batch}, writes...))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
