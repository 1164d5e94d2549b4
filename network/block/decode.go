package block

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers below are field numbers of Fabric's messages, named message_field. Generated decoders would copy every
// nested message at each of the seven levels between an envelope and a write; a block holds megabytes.
const (
	envelopePayload = 1

	payloadHeader = 1
	payloadData   = 2

	headerChannel   = 1
	headerSignature = 2

	channelType      = 1
	channelTimestamp = 3
	channelID        = 4
	channelTxID      = 5

	timestampSeconds = 1
	timestampNanos   = 2

	signatureCreator = 1
	identityMSP      = 1

	transactionActions = 1
	actionPayload      = 2

	chaincodeActionProposal = 1
	chaincodeActionEndorsed = 2

	proposalInput    = 1
	invocationSpec   = 1
	specChaincodeID  = 2
	specInput        = 3
	chaincodeIDName  = 2
	inputArgs        = 1
	endorsedResponse = 1

	responseExtension = 2
	resultsField      = 1
	eventsField       = 2

	eventName    = 3
	eventPayload = 4

	rwsetNamespaces = 2
	namespaceName   = 1
	namespaceRwset  = 2
	rwsetWrites     = 3
	writeKey        = 1
	writeIsDelete   = 2
	writeValue      = 3
)

// field is one field of an encoded message: content if it has a length, value if it is a varint.
type field struct {
	number  protowire.Number
	kind    protowire.Type
	content []byte
	value   uint64
}

// A field encoded otherwise than its message defines is an unknown field, so number alone does not name it.

func (f field) isBytes(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.BytesType
}

func (f field) isVarint(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.VarintType
}

// walk hands the fields of an encoded message to visit, in order.
func walk(message []byte, visit func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.BytesType:
			f.content, n = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(message)
		default: // nothing we read is encoded otherwise
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// within returns the bytes field at the end of a path of nested messages. As everywhere in protocol buffers, a nested
// message that occurs twice is merged and the last of equal fields wins: peers read it so, and whoever read it otherwise
// could be shown another transaction than they validated.
func within(message []byte, path ...protowire.Number) ([]byte, error) {
	var found []byte
	err := walk(message, func(f field) error {
		if !f.isBytes(path[0]) {
			return nil
		}
		if len(path) == 1 {
			found = f.content
			return nil
		}
		inner, err := within(f.content, path[1:]...)
		if inner != nil {
			found = inner
		}
		return err
	})
	return found, err
}

func (t *Transaction) decode(envelope []byte) error {
	payload, err := within(envelope, envelopePayload)
	if err != nil {
		return fmt.Errorf("envelope: %w", err)
	}
	channel, err := within(payload, payloadHeader, headerChannel)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	if channel == nil {
		return errors.New("transaction without a channel header")
	}
	if err := t.decodeChannelHeader(channel); err != nil {
		return fmt.Errorf("channel header: %w", err)
	}
	if err := t.decodeCreator(payload); err != nil {
		return fmt.Errorf("signature header: %w", err)
	}
	if t.Kind != Endorsed {
		return nil
	}
	transaction, err := within(payload, payloadData)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return t.decodeTransaction(transaction)
}

func (t *Transaction) decodeChannelHeader(header []byte) error {
	var seconds, nanos int64
	err := walk(header, func(f field) error {
		switch {
		case f.isVarint(channelType):
			t.Kind = Kind(f.value)
		case f.isBytes(channelID):
			t.Channel = string(f.content)
		case f.isBytes(channelTxID):
			t.ID = string(f.content)
		case f.isBytes(channelTimestamp):
			return walk(f.content, func(f field) error {
				switch {
				case f.isVarint(timestampSeconds):
					seconds = int64(f.value)
				case f.isVarint(timestampNanos):
					nanos = int64(int32(f.value))
				}
				return nil
			})
		}
		return nil
	})
	t.Timestamp = time.Unix(seconds, nanos).UTC()
	return err
}

func (t *Transaction) decodeCreator(payload []byte) error {
	signature, err := within(payload, payloadHeader, headerSignature)
	if err != nil {
		return err
	}
	identity, err := within(signature, signatureCreator)
	if err != nil {
		return err
	}
	msp, err := within(identity, identityMSP)
	t.CreatorMSP = string(msp)
	return err
}

// decodeTransaction reads what a chaincode was asked and what it did. Fabric defines several actions in a transaction
// and accepts exactly one.
func (t *Transaction) decodeTransaction(transaction []byte) error {
	var action []byte
	actions := 0
	err := walk(transaction, func(f field) error {
		if f.isBytes(transactionActions) {
			action = f.content
			actions++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	if actions != 1 {
		return fmt.Errorf("transaction with %d actions", actions)
	}
	payload, err := within(action, actionPayload)
	if err != nil {
		return fmt.Errorf("action: %w", err)
	}
	if err := t.decodeProposal(payload); err != nil {
		return fmt.Errorf("proposal: %w", err)
	}
	if err := t.decodeResponse(payload); err != nil {
		return fmt.Errorf("response: %w", err)
	}
	return nil
}

func (t *Transaction) decodeProposal(payload []byte) error {
	proposal, err := within(payload, chaincodeActionProposal)
	if err != nil {
		return err
	}
	input, err := within(proposal, proposalInput)
	if err != nil {
		return err
	}
	return walk(input, func(f field) error {
		if !f.isBytes(invocationSpec) {
			return nil
		}
		return walk(f.content, t.visitSpec)
	})
}

func (t *Transaction) visitSpec(f field) error {
	switch {
	case f.isBytes(specChaincodeID):
		return walk(f.content, func(f field) error {
			if f.isBytes(chaincodeIDName) {
				t.Chaincode = string(f.content)
			}
			return nil
		})
	case f.isBytes(specInput):
		return walk(f.content, func(f field) error {
			if f.isBytes(inputArgs) {
				t.Args = append(t.Args, f.content)
			}
			return nil
		})
	}
	return nil
}

func (t *Transaction) decodeResponse(payload []byte) error {
	response, err := within(payload, chaincodeActionEndorsed, endorsedResponse)
	if err != nil {
		return err
	}
	action, err := within(response, responseExtension)
	if err != nil {
		return err
	}
	var event []byte
	err = walk(action, func(f field) error {
		switch {
		case f.isBytes(resultsField):
			t.results = f.content
		case f.isBytes(eventsField):
			event = f.content
		}
		return nil
	})
	if err != nil || len(event) == 0 {
		return err
	}
	t.Event = &Event{}
	return walk(event, func(f field) error {
		switch {
		case f.isBytes(eventName):
			t.Event.Name = string(f.content)
		case f.isBytes(eventPayload):
			t.Event.Payload = f.content
		}
		return nil
	})
}

// Writes decodes what the transaction wrote to the state of its own chaincode, in the order recorded.
func (t *Transaction) Writes() ([]Write, error) {
	var writes []Write
	err := walk(t.results, func(f field) error {
		if !f.isBytes(rwsetNamespaces) {
			return nil
		}
		namespace := f.content
		name, err := within(namespace, namespaceName)
		if err != nil || string(name) != t.Chaincode {
			return err
		}
		rwset, err := within(namespace, namespaceRwset)
		if err != nil {
			return err
		}
		return walk(rwset, func(f field) error {
			if !f.isBytes(rwsetWrites) {
				return nil
			}
			w, err := decodeWrite(f.content)
			writes = append(writes, w)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("writes of transaction %s: %w", t.ID, err)
	}
	return writes, nil
}

func decodeWrite(message []byte) (Write, error) {
	var w Write
	err := walk(message, func(f field) error {
		switch {
		case f.isBytes(writeKey):
			w.Key = string(f.content)
		case f.isVarint(writeIsDelete):
			w.Delete = f.value != 0
		case f.isBytes(writeValue):
			w.Value = f.content
		}
		return nil
	})
	return w, err
}
