package receipt

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof/prooftest"
)

var order = dollars.OrderID{0xab, 0xcd}

// world makes a block of two transactions, the second of which applies the order, and its receipt.
type world struct {
	*prooftest.People
	request prooftest.Request
	journal dollars.Journal
	onEvent func(*peer.ChaincodeEvent)
	status  int32
	onBlock func(*common.Block) // before it is signed
	sealer  *prooftest.Signer
	codes   []byte
}

func newWorld(t testing.TB) *world {
	return over(prooftest.NewPeople(t))
}

func over(p *prooftest.People) *world {
	return &world{
		People: p, sealer: p.Orderer, codes: []byte{byte(peer.TxValidationCode_MVCC_READ_CONFLICT), 0}, status: 200,
		request: prooftest.Request{
			Creator: p.Issuer, Endorsers: []*prooftest.Signer{p.Peer, p.Other}, Chaincode: "dsd", Nonce: []byte("second"),
		},
		journal: dollars.Journal{Entries: []dollars.Entry{
			{Kind: dollars.KindTransfer, Outcome: dollars.Rejected, Code: dollars.CodeBalance, Ref: order},
			{
				Kind: dollars.KindTransfer, Outcome: dollars.Applied, Ref: order, Amount: 12_30,
				Account: dollars.Account{7}, Other: dollars.Account{9}, Moved: dollars.Buckets{{Expiry: 24_320, Amount: 12_30}},
			},
		}},
	}
}

func (w *world) envelope(r prooftest.Request) []byte {
	r.Invoke = func(txID string) ([][]byte, *peer.ChaincodeAction) {
		event := &peer.ChaincodeEvent{ChaincodeId: r.Chaincode, TxId: txID, EventName: dollars.JournalEvent, Payload: w.journal.Encode()}
		if w.onEvent != nil {
			w.onEvent(event)
		}
		return [][]byte{[]byte("Apply"), []byte("a batch")}, &peer.ChaincodeAction{
			ChaincodeId: &peer.ChaincodeID{Name: r.Chaincode, Version: "1.0"}, Response: &peer.Response{Status: w.status},
			Results: prooftest.Marshal(&rwset.TxReadWriteSet{}), Events: prooftest.Marshal(event),
		}
	}
	return r.Envelope()
}

func (w *world) block() []byte {
	first := w.request
	first.Nonce = []byte("first")
	b := prooftest.Block(7, make([]byte, 32), w.envelope(first), w.envelope(w.request))
	if w.onBlock != nil {
		w.onBlock(b)
	}
	w.sealer.Seal(b)
	prooftest.Judge(b, w.codes...)
	b.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = []byte("what a peer says of itself")
	return prooftest.Marshal(b)
}

func (w *world) txID() string {
	id := w.request.TxID()
	return hex.EncodeToString(id[:])
}

func (w *world) receipt(t testing.TB) Receipt {
	t.Helper()
	r, err := Make(w.block(), w.txID(), order)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(text []byte, roots []*x509.Certificate) (Proof, error) {
	r, err := Decode(text)
	if err != nil {
		return Proof{}, err
	}
	return Verify(r, roots)
}

func TestReceiptProvesAnOrder(t *testing.T) {
	w := newWorld(t)
	text := w.receipt(t).Encode()
	var spaced bytes.Buffer
	if err := json.Compact(&spaced, text); err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{text, spaced.Bytes()} {
		p, err := verify(text, w.Roots)
		if err != nil {
			t.Fatal(err)
		}
		if p.OrderID != order.String() || p.Block != 7 || p.Operation != 1 || p.Transaction != w.txID() || !p.Time.Equal(prooftest.Noon) {
			t.Errorf("%+v", p)
		}
		entry := `{"kind":"transfer","outcome":"applied","ref":"` + order.String() + `","account":"` + dollars.Account{7}.String() +
			`","other":"` + dollars.Account{9}.String() + `","amount":"12.30","moved":[{"expiry":"2026-09","amount":"12.30"}]}`
		if string(p.Entry) != entry {
			t.Errorf("got  %s\nwant %s", p.Entry, entry)
		}
		signers := []Signer{p.SentBy, p.OrderedBy[0], p.EndorsedBy[0], p.EndorsedBy[1]}
		want := []Signer{
			{"issuer@destinasia", "DestinasiaMSP", "ca.destinasia"},
			{"orderer0", "OrdererMSP", "ca.orderer"},
			{"peer0-destinasia", "DestinasiaMSP", "ca.destinasia"},
			{"peer0-aircnc", "AircncMSP", "ca.aircnc"},
		}
		if !slices.Equal(signers, want) || len(p.OrderedBy) != 1 || len(p.EndorsedBy) != 2 {
			t.Errorf("signed by %v", signers)
		}
	}
}

func TestReceiptHoldsTheBlockAsItWasSigned(t *testing.T) {
	w := newWorld(t)
	raw := w.block()
	r, err := Make(raw, w.txID(), order)
	if err != nil {
		t.Fatal(err)
	}
	whole, kept := prooftest.Unmarshal(raw, &common.Block{}), prooftest.Unmarshal(r.RawBlock, &common.Block{})
	hash := block.HeaderHash(7, whole.GetHeader().GetPreviousHash(), whole.GetHeader().GetDataHash())
	if r.HeaderHash != hex.EncodeToString(hash[:]) || !slices.EqualFunc(whole.GetData().GetData(), kept.GetData().GetData(), bytes.Equal) {
		t.Error("it is another block")
	}
	codes := kept.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
	if !bytes.Equal(codes, []byte{byte(peer.TxValidationCode_NOT_VALIDATED), 0}) {
		t.Errorf("it keeps the verdicts %v", codes)
	}
}

func TestNoReceipt(t *testing.T) {
	w := newWorld(t)
	raw := w.block()
	first := w.request
	first.Nonce = []byte("first")
	id := first.TxID()
	for name, c := range map[string]struct {
		raw   []byte
		txID  string
		order dollars.OrderID
		says  string
	}{
		"no block":              {[]byte("block"), w.txID(), order, "cannot be read"},
		"nothing":               {nil, w.txID(), order, "without a header"},
		"another transaction":   {raw, "ab", order, "no transaction"},
		"an invalid one":        {raw, hex.EncodeToString(id[:]), order, "MVCC_READ_CONFLICT"},
		"an order of elsewhere": {raw, w.txID(), dollars.OrderID{9}, "did not apply"},
	} {
		if _, err := Make(c.raw, c.txID, c.order); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

// TestChangedAfterwards: whatever somebody does who holds no key, it is found and named.
func TestChangedAfterwards(t *testing.T) {
	w := newWorld(t)
	clean := w.receipt(t)
	onBlock := func(change func(*common.Block)) func(*Receipt) {
		return func(r *Receipt) {
			b := prooftest.Unmarshal(r.RawBlock, &common.Block{})
			change(b)
			r.RawBlock = prooftest.Marshal(b)
		}
	}
	onSigned := func(change func(*common.Metadata)) func(*Receipt) {
		return onBlock(func(b *common.Block) {
			m := prooftest.Unmarshal(b.Metadata.Metadata[0], &common.Metadata{})
			change(m)
			b.Metadata.Metadata[0] = prooftest.Marshal(m)
		})
	}
	// rehash makes what was changed fit its block again, as anybody can.
	rehash := func(change func(*common.Block)) func(*Receipt) {
		return func(r *Receipt) {
			onBlock(func(b *common.Block) {
				change(b)
				hash := block.DataHash(b.Data)
				b.Header.DataHash = hash[:]
			})(r)
			if again, err := Make(r.RawBlock, r.Transaction, order); err == nil {
				*r = again
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*Receipt)
		says   string
	}{
		"format":                  {func(r *Receipt) { r.Format = "destinasia-receipt/2" }, "format"},
		"channel":                 {func(r *Receipt) { r.Channel = "euros" }, "channel: "},
		"chaincode":               {func(r *Receipt) { r.Chaincode = "air" }, "chaincode: "},
		"order":                   {func(r *Receipt) { r.OrderID = dollars.OrderID{4}.String() }, "did not apply order"},
		"order id in capitals":    {func(r *Receipt) { r.OrderID = "0x" + strings.ToUpper(r.OrderID[2:]) }, "order id: "},
		"no order":                {func(r *Receipt) { r.OrderID = "none" }, "order id: "},
		"block number":            {func(r *Receipt) { r.Block++ }, "block number: "},
		"header hash":             {func(r *Receipt) { r.HeaderHash = strings.Repeat("0", 64) }, "header hash: "},
		"transaction":             {func(r *Receipt) { r.Transaction = strings.Repeat("0", 64) }, "no transaction"},
		"time":                    {func(r *Receipt) { r.Time = r.Time.Add(1) }, "time: "},
		"operation":               {func(r *Receipt) { r.Operation = 0 }, "operation: "},
		"entry":                   {func(r *Receipt) { r.Entry = bytes.Replace(r.Entry, []byte("12.30"), []byte("92.30"), 1) }, "entry: "},
		"an endorser":             {func(r *Receipt) { r.EndorsedBy[1].Peer = "peer1-aircnc" }, "endorsements: "},
		"an endorser's MSP":       {func(r *Receipt) { r.EndorsedBy[1].MSP = "BirdMSP" }, "endorsements: "},
		"an endorser's signature": {func(r *Receipt) { r.EndorsedBy[0].Signature[9] ^= 1 }, "endorsements: "},
		"endorsements dropped":    {func(r *Receipt) { r.EndorsedBy = r.EndorsedBy[:1] }, "endorsements: "},
		"no block":                {func(r *Receipt) { r.RawBlock = nil }, "block: "},
		"the header's number":     {func(r *Receipt) { onBlock(func(b *common.Block) { b.Header.Number = 8 })(r); r.Block = 8 }, "header hash: "},
		"the header, all of it": {func(r *Receipt) {
			onBlock(func(b *common.Block) { b.Header.Number = 8 })(r)
			*r, _ = Make(r.RawBlock, r.Transaction, order)
		}, "orderer's signature"},
		"previous hash":            {rehash(func(b *common.Block) { b.Header.PreviousHash[0] = 1 }), "orderer's signature"},
		"data hash":                {onBlock(func(b *common.Block) { b.Header.DataHash[0] ^= 1 }), "hash to"},
		"data":                     {onBlock(func(b *common.Block) { b.Data.Data[0][90] ^= 1 }), "hash to"},
		"another's transaction":    {rehash(func(b *common.Block) { b.Data.Data[0][90] ^= 1 }), "orderer's signature"},
		"a transaction dropped":    {rehash(func(b *common.Block) { b.Data.Data = b.Data.Data[1:]; b.Metadata.Metadata[2] = []byte{0} }), "orderer's signature"},
		"the verdict":              {onBlock(func(b *common.Block) { b.Metadata.Metadata[2][1] = 11 }), "marked MVCC_READ_CONFLICT"},
		"another's verdict":        {onBlock(func(b *common.Block) { b.Metadata.Metadata[2][0] = 0 }), "metadata that nothing vouches for"},
		"metadata added":           {onBlock(func(b *common.Block) { b.Metadata.Metadata[4] = []byte("x") }), "metadata that nothing vouches for"},
		"what orderers sign":       {onSigned(func(m *common.Metadata) { m.Value[0] ^= 1 }), "orderer's signature"},
		"an orderer's signature":   {onSigned(func(m *common.Metadata) { m.Signatures[0].Signature[20] ^= 1 }), "orderer's signature"},
		"no orderer's signature":   {onSigned(func(m *common.Metadata) { m.Signatures = nil }), "orderer's signature: there is none"},
		"more behind the receipt":  {nil, "comes after"},
		"a field nobody knows":     {nil, "cannot be read"},
		"a field twice":            {nil, "not written as receipts are"},
		"base64 with a line break": {nil, "not written as receipts are"},
	} {
		t.Run(name, func(t *testing.T) {
			text := clean.Encode()
			switch name {
			case "more behind the receipt":
				text = append(text, "{}"...)
			case "a field nobody knows":
				text = bytes.Replace(text, []byte(`"format"`), []byte(`"f":1,"format"`), 1)
			case "a field twice":
				text = bytes.Replace(text, []byte(`"block": 7`), []byte(`"block": 6, "block": 7`), 1)
			case "base64 with a line break":
				text = bytes.Replace(text, []byte(`"rawBlock": "`), []byte(`"rawBlock": "\n`), 1)
			default:
				r, err := Decode(text)
				if err != nil {
					t.Fatal(err)
				}
				c.change(&r)
				text = r.Encode()
			}
			_, err := verify(text, w.Roots)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("found %v; want %q", err, c.says)
			}
		})
	}
}

// TestConspiracies: what those could do who hold some of the keys; every hash fits.
func TestConspiracies(t *testing.T) {
	people, elsewhere := prooftest.NewPeople(t), prooftest.NewPeople(t)
	endorsedBy := func(s ...*prooftest.Signer) func(*world) {
		return func(w *world) { w.request.Endorsers = s }
	}
	sealedBy := func(s *prooftest.Signer) func(*world) { return func(w *world) { w.sealer = s } }
	for name, c := range map[string]struct {
		plot func(*world)
		says string
	}{
		"endorsed by one":                   {endorsedBy(people.Peer), `no peer certified by "ca.aircnc"`},
		"endorsed by the other":             {endorsedBy(people.Other), `no peer certified by "ca.destinasia"`},
		"endorsed by nobody":                {endorsedBy(), "no peer certified by"},
		"endorsed twice by one":             {endorsedBy(people.Peer, people.Peer), `no peer certified by "ca.aircnc"`},
		"endorsed by a client":              {endorsedBy(people.Peer, people.Client), "is no peer"},
		"endorsed by a stranger":            {endorsedBy(people.Peer, people.Stranger), "1 of them do not verify"},
		"endorsed in the name of the other": {endorsedBy(people.Peer, people.Peer.Claiming("AircncMSP")), "one authority stands for one organisation"},
		"endorsed under the other's MSP":    {endorsedBy(people.Peer.Claiming("BirdMSP"), people.Other), "one authority stands for one organisation"},
		"an endorsement forged": {func(w *world) {
			w.request.OnEndorsed = func(a *peer.ChaincodeEndorsedAction) { a.Endorsements[1].Signature[12] ^= 1 }
		}, "1 of them do not verify"},
		"the result changed after endorsing": {func(w *world) {
			w.request.OnEndorsed = func(a *peer.ChaincodeEndorsedAction) {
				r := prooftest.Unmarshal(a.ProposalResponsePayload, &peer.ProposalResponsePayload{})
				r.Extension = bytes.Replace(r.Extension, dollars.Journal{Entries: w.journal.Entries[1:]}.Encode()[8:], w.forged()[8:], 1)
				a.ProposalResponsePayload = prooftest.Marshal(r)
			}
		}, "2 of them do not verify"},
		"arguments changed after endorsing": {func(w *world) {
			w.request.AfterProposal = func(p *peer.ChaincodeActionPayload) {
				p.ChaincodeProposalPayload[len(p.ChaincodeProposalPayload)-1] ^= 1
			}
		}, "not what was asked for"},
		"creator's signature":  {func(w *world) { w.request.OnEnvelope = func(e *common.Envelope) { e.Signature[12] ^= 1 } }, "creator: "},
		"creator of elsewhere": {func(w *world) { w.request.Creator = people.Stranger }, "creator: "},
		"id of another": {func(w *world) {
			w.request.OnHeader = func(h *common.ChannelHeader) { h.TxId = strings.Repeat("ab", 32) }
		}, "not the hash"},
		"a failure":            {func(w *world) { w.status = 500 }, "status 500"},
		"another event":        {func(w *world) { w.onEvent = func(e *peer.ChaincodeEvent) { e.TxId = "ab" } }, "its event is not its journal"},
		"another's event":      {func(w *world) { w.onEvent = func(e *peer.ChaincodeEvent) { e.ChaincodeId = "air" } }, "its event is not its chaincode's"},
		"sealed by a peer":     {sealedBy(people.Peer), "is no orderer"},
		"sealed by a stranger": {sealedBy(elsewhere.Orderer), "orderer's signature"},
		"sealed by an orderer that claims to be Destinasia": {sealedBy(people.Orderer.Claiming("DestinasiaMSP")), "one authority stands for one organisation"},
	} {
		t.Run(name, func(t *testing.T) {
			w := over(people)
			c.plot(w)
			txID := w.txID()
			if name == "id of another" {
				txID = strings.Repeat("ab", 32)
			}
			w.codes[0] = byte(peer.TxValidationCode_DUPLICATE_TXID)
			r, err := Make(w.block(), txID, order)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verify(r.Encode(), w.Roots); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("found %v; want %q", err, c.says)
			}
		})
	}
}

// forged is a journal of as many bytes in which the order moves more.
func (w *world) forged() []byte {
	e := w.journal.Entries[1]
	e.Amount++
	return dollars.Journal{Entries: []dollars.Entry{e}}.Encode()
}

func TestConfirmByACopyOfTheLedger(t *testing.T) {
	w := newWorld(t)
	raw := w.block()
	r, err := Make(raw, w.txID(), order)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*common.Block)) []byte {
		b := prooftest.Unmarshal(raw, &common.Block{})
		change(b)
		return prooftest.Marshal(b)
	}
	for name, c := range map[string]struct {
		copied []byte
		says   string
	}{
		"the same":        {raw, ""},
		"found invalid":   {changed(func(b *common.Block) { b.Metadata.Metadata[2][1] = 11 }), "MVCC_READ_CONFLICT"},
		"another block":   {changed(func(b *common.Block) { b.Header.PreviousHash[0] ^= 1 }), "the receipt's is"},
		"signed again":    {w.block(), "the receipt's is"}, // the same transactions, with other signatures
		"not of its hash": {changed(func(b *common.Block) { b.Data.Data[0][90] ^= 1 }), "hash to"},
		"no block":        {[]byte("block"), "cannot be read"},
	} {
		p, err := Verify(r, w.Roots)
		if err != nil {
			t.Fatal(err)
		}
		before := p.NotProven
		err = p.Confirm(c.copied)
		if c.says == "" {
			if err != nil || len(p.NotProven) != 1 || slices.Equal(p.NotProven, before) {
				t.Errorf("%s: %v, not proven %q", name, err, p.NotProven)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || !slices.Equal(p.NotProven, before) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

// TestReadable: whatever fields an entry will have, they are written, but for those that are not set.
func TestReadable(t *testing.T) {
	type part struct {
		Account dollars.Account
		Burn    bool
	}
	type entry struct {
		ID     dollars.TxID
		Hash   [2]byte
		Text   dollars.Code
		Number uint32
		Below  int8
		Burn   bool
		Parts  []part
		None   []part
		Zero   [32]byte
	}
	var b bytes.Buffer
	appendValue(&b, reflect.ValueOf(entry{
		Hash: [2]byte{0xab, 1}, Text: `"<`, Number: 7, Below: -1, Burn: true, Parts: []part{{Burn: true}, {}}, None: []part{},
	}))
	want := `{"hash":"0xab01","text":"\"\u003c","number":7,"below":-1,"burn":true,"parts":[{"burn":true},{}]}`
	if b.String() != want || !json.Valid(b.Bytes()) {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

func TestRoots(t *testing.T) {
	w, foreign := newWorld(t), newWorld(t)
	text := w.receipt(t).Encode()
	for name, c := range map[string]struct {
		roots []*x509.Certificate
		says  string
	}{
		"none":                  {nil, "orderer's signature"},
		"the orderer's only":    {w.Roots[:1], "creator: "},
		"without the orderer's": {w.Roots[1:], "orderer's signature"},
		"without an endorser's": {w.Roots[:2], "1 of them do not verify"},
		"of another network":    {foreign.Roots, "orderer's signature"},
		"one that took no part": {append(slices.Clone(w.Roots), foreign.Roots[2]), "no peer certified by"},
	} {
		if _, err := verify(text, c.roots); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	few := over(w.People)
	few.request.Endorsers = few.request.Endorsers[:1]
	if _, err := verify(few.receipt(t).Encode(), w.Roots[:2]); err == nil || !strings.Contains(err.Error(), "two organisations") {
		t.Errorf("endorsed by the one organisation that is trusted: %v", err)
	}
}

// TestOrderersByNumberAreNotBelieved: a receipt does not tell whose the numbers are, and how many make a quorum.
func TestOrderersByNumberAreNotBelieved(t *testing.T) {
	w := newWorld(t)
	b := prooftest.Unmarshal(w.block(), &common.Block{})
	prooftest.Agree(b, map[uint32]*prooftest.Signer{1: w.Orderer, 2: w.Orderer, 3: w.Orderer})
	r, err := Make(prooftest.Marshal(b), w.txID(), order)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(r.Encode(), w.Roots); err == nil || !strings.Contains(err.Error(), "by number") {
		t.Errorf("%v", err)
	}
}
