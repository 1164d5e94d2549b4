package contract

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// What one Get may cost a peer. Whoever has a certificate of the channel may ask, without leaving a trace.
const (
	maxGetKeys   = earn.MaxRows // so that the budgets of a whole rule set can be asked for at once
	maxGetAnswer = 8 << 20      // bytes
	getChunk     = 50           // keys read before the answer's size is looked at
)

// get answers the values of state keys, each with its length before it; an absent one is empty.
func get(stub shim.ChaincodeStubInterface, args [][]byte) ([]byte, error) {
	if len(args) > maxGetKeys {
		return nil, fmt.Errorf("Get was asked for %d keys; it answers %d at a time: ask for the rest in another call", len(args), maxGetKeys)
	}
	keys := make([]string, len(args))
	seen := make(map[string]bool, len(args))
	for i, arg := range args {
		keys[i] = string(arg)
		if seen[keys[i]] {
			return nil, fmt.Errorf("Get was asked for %.100q twice: name each key once", keys[i])
		}
		seen[keys[i]] = true
	}
	var out []byte
	for chunk := range slices.Chunk(keys, getChunk) {
		values, err := state{stub}.Get(chunk)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			if len(out)+len(v) > maxGetAnswer {
				return nil, fmt.Errorf("the values of these %d keys are more than %d bytes: ask for fewer keys at a time", len(keys), maxGetAnswer)
			}
			out = append(binary.AppendUvarint(out, uint64(len(v))), v...)
		}
	}
	return out, nil
}

// Values takes apart what Get answers for so many keys; an absent value is empty.
func Values(payload []byte, keys int) ([][]byte, error) {
	values := make([][]byte, keys)
	for i := range values {
		size, n := binary.Uvarint(payload)
		if n <= 0 || size > uint64(len(payload)-n) {
			return nil, fmt.Errorf("the contract answered less than %d values", keys)
		}
		values[i], payload = payload[n:n+int(size)], payload[n+int(size):]
	}
	if len(payload) > 0 {
		return nil, fmt.Errorf("the contract answered more than %d values", keys)
	}
	return values, nil
}
