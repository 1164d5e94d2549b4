package block

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)

// marshal panics on what cannot fail: the messages are written here.
func marshal(message proto.Message) []byte {
	content, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return content
}

func header(kind common.HeaderType, id string) *common.Header {
	return &common.Header{
		ChannelHeader: marshal(&common.ChannelHeader{
			Type: int32(kind), ChannelId: "dollars", TxId: id, Timestamp: timestamppb.New(noon),
		}),
		SignatureHeader: marshal(&common.SignatureHeader{
			Creator: marshal(&msp.SerializedIdentity{Mspid: "DestinasiaMSP", IdBytes: []byte("certificate")}), Nonce: []byte("nonce"),
		}),
	}
}

// endorsed builds the envelope of a chaincode transaction, as a client would.
func endorsed(id string, args [][]byte, event *peer.ChaincodeEvent, writes ...*kvrwset.KVWrite) []byte {
	results := marshal(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: "_lifecycle", Rwset: marshal(&kvrwset.KVRWSet{Writes: []*kvrwset.KVWrite{{Key: "not ours"}}})},
		{Namespace: "dsd", Rwset: marshal(&kvrwset.KVRWSet{Reads: []*kvrwset.KVRead{{Key: "read"}}, Writes: writes})},
	}})
	action := &peer.ChaincodeAction{Results: results, ChaincodeId: &peer.ChaincodeID{Name: "dsd"}}
	if event != nil {
		action.Events = marshal(event)
	}
	payload := &peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: marshal(&peer.ChaincodeProposalPayload{
			Input: marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
				ChaincodeId: &peer.ChaincodeID{Name: "dsd"}, Input: &peer.ChaincodeInput{Args: args},
			}}),
		}),
		Action: &peer.ChaincodeEndorsedAction{
			ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{ProposalHash: []byte("hash"), Extension: marshal(action)}),
			Endorsements:            []*peer.Endorsement{{Endorser: []byte("peer"), Signature: []byte("signature")}},
		},
	}
	return marshal(&common.Envelope{Signature: []byte("signature"), Payload: marshal(&common.Payload{
		Header: header(common.HeaderType_ENDORSER_TRANSACTION, id),
		Data:   marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Header: []byte("header"), Payload: marshal(payload)}}}),
	})})
}

func config(id string) []byte {
	return marshal(&common.Envelope{Payload: marshal(&common.Payload{
		Header: header(common.HeaderType_CONFIG, id), Data: marshal(&common.ConfigEnvelope{Config: &common.Config{Sequence: 1}}),
	})})
}

func rawBlock(number uint64, previous []byte, codes []byte, envelopes ...[]byte) *common.Block {
	data := &common.BlockData{Data: envelopes}
	hash := DataHash(data)
	return &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: previous, DataHash: hash[:]},
		Data:     data,
		Metadata: &common.BlockMetadata{Metadata: [][]byte{nil, nil, codes, nil, nil}},
	}
}

func TestDecode(t *testing.T) {
	args := [][]byte{[]byte("apply"), {}, []byte("batch")}
	raw := rawBlock(7, []byte("before"), []byte{0, 0, byte(peer.TxValidationCode_MVCC_READ_CONFLICT), 0},
		config("c1"),
		endorsed("t1", args, &peer.ChaincodeEvent{ChaincodeId: "dsd", TxId: "t1", EventName: "journal", Payload: []byte("entries")},
			&kvrwset.KVWrite{Key: "a/1", Value: []byte("v")}, &kvrwset.KVWrite{Key: "c/1", IsDelete: true}),
		endorsed("t2", args[:1], nil),
		endorsed("t3", nil, nil),
	)
	b, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	common := Transaction{Channel: "dollars", Timestamp: noon, CreatorMSP: "DestinasiaMSP"}
	want := []Transaction{common, common, common, common}
	want[0].ID, want[0].Kind = "c1", Config
	for i := 1; i < 4; i++ {
		want[i].ID, want[i].Kind, want[i].Chaincode = fmt.Sprintf("t%d", i), Endorsed, "dsd"
	}
	want[1].Args, want[1].Event = args, &Event{Name: "journal", Payload: []byte("entries")}
	want[2].Args, want[2].Validation = args[:1], peer.TxValidationCode_MVCC_READ_CONFLICT
	ignoreRaw := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".results" }, cmp.Ignore())
	if diff := cmp.Diff(want, b.Transactions, ignoreRaw); diff != "" {
		t.Errorf("transactions (-want +got):\n%s", diff)
	}
	if b.Number != 7 || string(b.PreviousHash) != "before" {
		t.Errorf("block %d after %q", b.Number, b.PreviousHash)
	}
	writes, err := b.Transactions[1].Writes()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Write{{Key: "a/1", Value: []byte("v")}, {Key: "c/1", Delete: true}}, writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if !b.Transactions[1].Valid() || b.Transactions[2].Valid() {
		t.Error("validity does not follow the verdicts")
	}
}

func TestNestedMessagesThatOccurTwiceAreMergedAsPeersDo(t *testing.T) {
	whole := header(common.HeaderType_ENDORSER_TRANSACTION, "t1")
	var first, second common.Payload
	first.Header = &common.Header{ChannelHeader: whole.GetChannelHeader()}
	second.Header = &common.Header{SignatureHeader: whole.GetSignatureHeader()}
	second.Data = marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{}}})
	envelope := marshal(&common.Envelope{Payload: append(marshal(&first), marshal(&second)...)})
	b, err := Decode(rawBlock(1, nil, []byte{0}, envelope))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Transactions[0]; got.ID != "t1" || got.CreatorMSP != "DestinasiaMSP" {
		t.Errorf("got %+v", got)
	}
}

func TestUnreadableTransactions(t *testing.T) {
	junk := []byte("\x0a\xff junk")
	twoActions := marshal(&common.Envelope{Payload: marshal(&common.Payload{
		Header: header(common.HeaderType_ENDORSER_TRANSACTION, "t1"),
		Data:   marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{}, {}}}),
	})})
	for name, test := range map[string]struct {
		raw  *common.Block
		want string // empty: no error
	}{
		"no header":                  {&common.Block{}, "without a header"},
		"nil block":                  {nil, "without a header"},
		"junk called valid":          {rawBlock(1, nil, []byte{0}, junk), "transaction 0"},
		"junk called invalid":        {rawBlock(1, nil, []byte{byte(peer.TxValidationCode_BAD_PAYLOAD)}, junk), ""},
		"junk without verdict":       {rawBlock(1, nil, nil, junk), "transaction 0"},
		"empty envelope":             {rawBlock(1, nil, []byte{0}, nil), "channel header"},
		"two actions":                {rawBlock(1, nil, []byte{0}, twoActions), "2 actions"},
		"fewer codes than envelopes": {rawBlock(1, nil, []byte{0}, config("a"), config("b")), "1 validation codes for 2"},
		"no transactions":            {rawBlock(1, nil, nil), ""},
	} {
		_, err := Decode(test.raw)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestVerdictsAreMissingFromAnOrderersBlock(t *testing.T) {
	raw := rawBlock(1, nil, nil, config("c"))
	raw.Metadata = nil
	b, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b.Transactions[0].Validation != peer.TxValidationCode_NOT_VALIDATED {
		t.Errorf("verdict %v", b.Transactions[0].Validation)
	}
}

func TestHashes(t *testing.T) {
	// DER by hand: SEQUENCE { INTEGER 1, OCTET STRING 0a0b, OCTET STRING 0c }.
	encoded, _ := hex.DecodeString("300a" + "020101" + "04020a0b" + "04010c")
	if got, want := HeaderHash(1, []byte{0x0a, 0x0b}, []byte{0x0c}), sha256.Sum256(encoded); got != want {
		t.Errorf("header hash %x, want %x", got, want)
	}
	rawFirst := rawBlock(1, nil, nil, config("a"))
	if err := Verify(rawFirst); err != nil {
		t.Error(err)
	}
	rawFirst.Data.Data[0] = config("b")
	if Verify(rawFirst) == nil {
		t.Error("a changed transaction went unnoticed")
	}
}
