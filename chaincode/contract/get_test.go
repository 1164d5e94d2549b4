package contract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func TestGet(t *testing.T) {
	l := newLedger(t)
	r := l.invoke(l.stub(nil, "Get", dollars.ScheduleKey, "b/none"))
	want := l.state[dollars.ScheduleKey]
	size, n := binary.Uvarint(r.GetPayload())
	rest := r.GetPayload()[n:]
	if r.GetStatus() != shim.OK || !bytes.Equal(rest[:size], want) || !bytes.Equal(rest[size:], []byte{0}) {
		t.Errorf("%v", r)
	}
}

// TestGetIsBounded: nobody makes a peer read or hold more than a call is worth.
func TestGetIsBounded(t *testing.T) {
	l := newLedger(t)
	many := make([]string, maxGetKeys+1)
	for i := range many {
		many[i] = fmt.Sprint("x/", i)
	}
	large := bytes.Repeat([]byte{7}, 1<<20)
	for _, key := range many[getChunk:] {
		l.state[key] = large
	}
	read := 0
	ask := func(keys ...string) *peer.Response {
		s := l.stub(nil, append([]string{"Get"}, keys...)...)
		read = 0
		s.values = func(values [][]byte) [][]byte {
			read += len(values)
			return values
		}
		return l.invoke(s)
	}
	for name, c := range map[string]struct {
		keys []string
		says string
		read int
	}{
		"too many keys":    {many, "1001 keys; it answers 1000", 0},
		"a key twice":      {append(many[:3:3], many[1]), `"x/1" twice`, 0},
		"too large values": {many[:maxGetKeys], "ask for fewer keys", 2 * getChunk},
	} {
		if r := ask(c.keys...); r.GetStatus() == shim.OK || !strings.Contains(r.GetMessage(), c.says) || read != c.read {
			t.Errorf("%s: %d read, %d bytes, %s", name, read, len(r.GetPayload()), r.GetMessage())
		}
	}

	if r := ask(many[getChunk : getChunk+7]...); r.GetStatus() != shim.OK || len(r.GetPayload()) < 7<<20 {
		t.Errorf("seven large values: %d bytes, %s", len(r.GetPayload()), r.GetMessage())
	}
	clear(l.state)
	l.state[many[getChunk]] = []byte("a value")
	r := ask(many[:maxGetKeys]...)
	values, err := Values(r.GetPayload(), maxGetKeys)
	if err != nil || string(values[getChunk]) != "a value" || read != maxGetKeys {
		t.Errorf("as many keys as can be asked for: %d read, %v, %s", read, err, r.GetMessage())
	}
}
