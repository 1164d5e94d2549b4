package proof_test

import (
	"crypto/x509"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"

	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/proof/prooftest"
)

// TestWhatIsRememberedOfIdentitiesHasAnEnd, in however many words a certificate is written by who may send transactions.
func TestWhatIsRememberedOfIdentitiesHasAnEnd(t *testing.T) {
	people := prooftest.NewPeople(t)
	org := &proof.Organisation{MSPID: "AircncMSP", Roots: x509.NewCertPool(), Units: map[string]proof.Unit{"client": {Role: msp.MSPRole_CLIENT}}}
	for _, root := range people.Roots {
		org.Roots.AddCert(root)
	}
	channel := &proof.Channel{Organisation: func(string) *proof.Organisation { return org }}
	wire := prooftest.Unmarshal(people.Client.Serialized, &msp.SerializedIdentity{})
	certificate := string(wire.GetIdBytes())
	kept := heap()
	for i := range 3000 {
		size := 15 << 10
		if i%10 == 0 {
			size = 100 << 10
		}
		wire.IdBytes = []byte(certificate + fmt.Sprint(i) + strings.Repeat(" ", size))
		if id, err := channel.Identify(prooftest.Marshal(wire)); err != nil || id.Role != msp.MSPRole_CLIENT {
			t.Fatal(err)
		}
	}
	if kept = heap() - kept; kept > 30<<20 {
		t.Errorf("of one certificate, in 70 MB of words, %d MB are remembered", kept>>20)
	}
	runtime.KeepAlive(channel)
}

// heap is how much memory is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
