package audit

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// halfway is an audit that has come to a block.
func halfway(t testing.TB, w *world, blocks [][]byte, number int) *Auditor {
	t.Helper()
	a, err := New(Options{Roots: w.roots, Chaincode: "dsd"})
	if err == nil && number > 0 {
		err = a.Run(context.Background(), &blocksOf{blocks: blocks[:number]})
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mustDiverge holds a fault to being a divergence of a block.
func mustDiverge(t *testing.T, fault error, number int) *Divergence {
	t.Helper()
	var d *Divergence
	if !errors.As(fault, &d) || int(d.Block) != number {
		t.Fatalf("block %d: found %v", number, fault)
	}
	return d
}

// FuzzBlocks puts arbitrary bytes into the place of any block: they are the block, or what is wrong is said of it.
func FuzzBlocks(f *testing.F) {
	w := newWorld(f)
	blocks := tell(f, w, plot{})
	var audits []*Auditor
	for number := range blocks {
		audits = append(audits, halfway(f, w, blocks, number))
	}
	for number, raw := range blocks {
		f.Add(uint8(number), raw)
		f.Add(uint8(number), raw[:len(raw)/2])
		f.Add(uint8(number), append([]byte{10, 255, 255, 255, 255, 255, 255, 255, 255, 127}, raw...))
	}
	f.Fuzz(func(t *testing.T, where uint8, raw []byte) {
		number := int(where) % len(blocks)
		if bytes.Equal(raw, blocks[number]) {
			return
		}
		mustDiverge(t, audits[number].judgeVersion(Version{Number: uint64(number), Block: raw}), number)
	})
}

// sealedBlock is the next block of the story, rightly signed, with whatever in it.
func sealedBlock(w *world, a *Auditor, code byte, envelope []byte) []byte {
	b := prooftest.Block(a.report.Height, a.report.HeaderHash[:], envelope)
	w.orderer.Seal(b)
	prooftest.Judge(b, code)
	return marshal(b)
}

// summed is said of a block in which nothing else is wrong: nobody has worked its commit hash out.
const summed = "the peer summed it up as"

// FuzzEnvelopes has orderers sign arbitrary envelopes: without the organisations' keys none takes effect.
func FuzzEnvelopes(f *testing.F) {
	w := newWorld(f)
	blocks := tell(f, w, plot{})
	a := halfway(f, w, blocks, spending)
	right := unmarshal(blocks[spending], &common.Block{}).Data.Data[0]
	f.Add(right, byte(0))
	f.Add(right[:len(right)/2], byte(peer.TxValidationCode_BAD_PAYLOAD))
	f.Add(unmarshal(blocks[0], &common.Block{}).Data.Data[0], byte(0))
	f.Add(unmarshal(blocks[invalids], &common.Block{}).Data.Data[1], conflict)
	f.Fuzz(func(t *testing.T, envelope []byte, code byte) {
		d := mustDiverge(t, a.judgeVersion(Version{Number: spending, Block: sealedBlock(w, a, code, envelope)}), spending)
		if code == 0 && strings.Contains(d.Reason, summed) && !bytes.Equal(envelope, right) {
			t.Errorf("an envelope that nobody signed is taken as valid: %x", envelope)
		}
	})
}

// FuzzResults has everybody sign arbitrary arguments and results: only what the rules give is taken.
func FuzzResults(f *testing.F) {
	w := newWorld(f)
	blocks := tell(f, w, plot{})
	a := halfway(f, w, blocks, spending)
	payload := unmarshal(unmarshal(unmarshal(blocks[spending], &common.Block{}).Data.Data[0], &common.Envelope{}).GetPayload(), &common.Payload{})
	content := unmarshal(unmarshal(payload.GetData(), &peer.Transaction{}).GetActions()[0].GetPayload(), &peer.ChaincodeActionPayload{})
	action := unmarshal(unmarshal(content.GetAction().GetProposalResponsePayload(), &peer.ProposalResponsePayload{}).GetExtension(), &peer.ChaincodeAction{})
	proposal := unmarshal(content.GetChaincodeProposalPayload(), &peer.ChaincodeProposalPayload{})
	args := unmarshal(proposal.GetInput(), &peer.ChaincodeInvocationSpec{}).GetChaincodeSpec().GetInput().GetArgs()
	f.Add(args[1], action.GetResults(), unmarshal(action.GetEvents(), &peer.ChaincodeEvent{}).GetPayload())
	f.Add(dollars.EncodeBatch(0, nil), marshal(&rwset.TxReadWriteSet{}), dollars.Journal{}.Encode())
	f.Fuzz(func(t *testing.T, batch, results, journal []byte) {
		r := prooftest.Request{Creator: w.issuer, Endorsers: []*signer{w.peer, w.other}, Chaincode: "dsd", Nonce: []byte("fuzz")}
		r.Invoke = func(txID string) ([][]byte, *peer.ChaincodeAction) {
			return [][]byte{[]byte("Apply"), batch}, &peer.ChaincodeAction{
				ChaincodeId: &peer.ChaincodeID{Name: "dsd", Version: "1.0"}, Response: &peer.Response{Status: 200},
				Results: results, Events: prooftest.Event("dsd", txID, dollars.JournalEvent, journal),
			}
		}
		d := mustDiverge(t, a.judgeVersion(Version{Number: spending, Block: sealedBlock(w, a, 0, r.Envelope())}), spending)
		if !strings.Contains(d.Reason, summed) {
			return
		}
		// It was taken: then it must be what comes of the batch in the state as it is.
		if _, ops, err := dollars.DecodeBatch(batch); err != nil || len(ops) > 0 && bytes.Equal(journal, dollars.Journal{}.Encode()) {
			t.Errorf("a result was taken that is none of its batch %x: %v", batch, err)
		}
	})
}
