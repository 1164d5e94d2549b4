package receipt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Format names what a receipt is written in. Whatever changes the text of a receipt changes it.
const Format = "destinasia-receipt/1"

// MaxBlock bounds the block in a receipt, in bytes. The ordering service cuts blocks at 10 MiB; what is around the
// transactions fits into the rest.
const MaxBlock = 11 << 20

// maxText is the largest receipt as text: base64 makes four bytes of three.
const maxText = MaxBlock/3*4 + 1<<20

// Receipt is what a member keeps of an order. All but the block is there for people: it is worked out from the block,
// and worked out again when the receipt is verified.
type Receipt struct {
	Format      string        `json:"format"`
	Channel     string        `json:"channel"`
	Chaincode   string        `json:"chaincode"`
	OrderID     string        `json:"orderId"`
	Block       uint64        `json:"block"`
	HeaderHash  string        `json:"headerHash"` // of the block: with its number, the place on the chain
	Transaction string        `json:"transaction"`
	Time        time.Time     `json:"time"`      // of the transaction, as its sender says
	Operation   int           `json:"operation"` // the order's place in the transaction
	Entry       Entry         `json:"entry"`     // of the journal
	EndorsedBy  []Endorsement `json:"endorsedBy"`
	RawBlock    []byte        `json:"rawBlock"` // the block, encoded by protocol buffers
}

// Endorsement is a peer's signature under what the transaction did.
type Endorsement struct {
	MSP       string `json:"msp"`
	Peer      string `json:"peer"` // the name in its certificate
	Signature []byte `json:"signature"`
}

// Encode writes a receipt as it is kept in a file.
func (r Receipt) Encode() []byte {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		// Texts, numbers, bytes and an entry that is JSON: unless somebody made one up, it always encodes.
		panic(fmt.Sprintf("encode a receipt: %v", err))
	}
	return append(text, '\n')
}

// Decode reads a receipt strictly: but for space between its parts it must be written as Encode writes it, so that no
// bit of it is without a meaning.
func Decode(text []byte) (Receipt, error) {
	if len(text) > maxText {
		return Receipt{}, fmt.Errorf("it has %d bytes; the largest receipt has %d", len(text), maxText)
	}
	var r Receipt
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Receipt{}, fmt.Errorf("it cannot be read: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Receipt{}, errors.New("something comes after it")
	}
	if r.Format != Format {
		return Receipt{}, fmt.Errorf("its format is %q; this program reads %q", r.Format, Format)
	}
	again, err := json.Marshal(r)
	if err != nil {
		return Receipt{}, fmt.Errorf("it cannot be read: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return Receipt{}, fmt.Errorf("it cannot be read: %w", err)
	}
	if !bytes.Equal(again, compact.Bytes()) {
		return Receipt{}, fmt.Errorf("it is not written as receipts are: something differs at byte %d, space not counted", differs(again, compact.Bytes()))
	}
	compact.Reset()
	if err := json.Compact(&compact, r.Entry); err != nil {
		return Receipt{}, fmt.Errorf("its entry cannot be read: %w", err)
	}
	r.Entry = compact.Bytes()
	return r, nil
}

// differs is where two texts part.
func differs(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
