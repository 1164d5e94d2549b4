package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// stub is the part of a peer that the contract uses, over a map. What it does not have panics, as the nil interface
// within it does.
type stub struct {
	shim.ChaincodeStubInterface
	args      [][]byte
	state     map[string][]byte
	creator   []byte
	chaincode string
	txID      string

	values  func([][]byte) [][]byte // spoils what the state answers
	batched bool
	event   []byte
}

func (s *stub) GetArgs() [][]byte           { return s.args }
func (s *stub) GetTxID() string             { return s.txID }
func (s *stub) GetChannelID() string        { return "dollars" }
func (s *stub) GetCreator() ([]byte, error) { return s.creator, nil }
func (s *stub) StartWriteBatch()            { s.batched = true }
func (s *stub) FinishWriteBatch() error     { return nil }

func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return timestamppb.New(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s.state[key]
	}
	if s.values != nil {
		values = s.values(values)
	}
	return values, nil
}

func (s *stub) PutState(key string, value []byte) error {
	if !s.batched || len(value) == 0 {
		return fmt.Errorf("write of %q outside of a batch, or of nothing", key)
	}
	s.state[key] = value
	return nil
}

func (s *stub) DelState(key string) error {
	delete(s.state, key)
	return nil
}

func (s *stub) SetEvent(name string, payload []byte) error {
	if name != dollars.JournalEvent || s.event != nil {
		return fmt.Errorf("event %q, or a second one", name)
	}
	s.event = payload
	return nil
}

func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) {
	wrap := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		if err != nil {
			panic(err)
		}
		return raw
	}
	extension := wrap(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: s.chaincode}})
	header := wrap(&common.Header{ChannelHeader: wrap(&common.ChannelHeader{Extension: extension})})
	return &peer.SignedProposal{ProposalBytes: wrap(&peer.Proposal{Header: header})}, nil
}

type iterator struct {
	stub *stub
	keys []string
}

func (s *stub) GetStateByRange(start, end string) (shim.StateQueryIteratorInterface, error) {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(s.state)), func(key string) bool { return key < start || key >= end })
	return &iterator{s, keys}, nil
}

func (i *iterator) HasNext() bool { return len(i.keys) > 0 }
func (i *iterator) Close() error  { return nil }

func (i *iterator) Next() (*queryresult.KV, error) {
	key := i.keys[0]
	i.keys = i.keys[1:]
	return &queryresult.KV{Key: key, Value: i.stub.state[key]}, nil
}

// identity is a creator as Fabric has it: an MSP and a certificate, with the attribute "role" where there is one.
func identity(t *testing.T, mspID, role string) []byte {
	t.Helper()
	return identityOf(t, "test", mspID, role)
}

// identityOf is a new certificate of a person.
func identityOf(t *testing.T, name, mspID, role string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
	if role != "" {
		template.ExtraExtensions = []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: []byte(`{"attrs":{"role":"` + role + `"}}`),
		}}
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(&msp.SerializedIdentity{
		Mspid: mspID, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type ledger struct {
	t     *testing.T
	log   bytes.Buffer
	state map[string][]byte
	txs   byte
}

// newLedger has the standard rules in force.
func newLedger(t *testing.T) *ledger {
	l := &ledger{t: t, state: map[string][]byte{}}
	l.publish(1, earn.Standard().Encode())
	return l
}

// publish makes a rule set a version, by two people.
func (l *ledger) publish(version uint32, set []byte) {
	l.t.Helper()
	hash := earn.HashOf(set)
	anna, ben := identityOf(l.t, "anna", "DestinasiaMSP", dollars.RoleRules), identityOf(l.t, "ben", "DestinasiaMSP", dollars.RoleRules)
	for _, step := range []struct {
		by []byte
		op dollars.Operation
	}{
		{anna, dollars.ProposeRules{Version: version, Set: set}},
		{ben, dollars.ApproveRules{Version: version, Hash: hash}},
		{anna, dollars.PublishRules{Version: version, Hash: hash}},
	} {
		if e := l.apply(step.by, step.op)[0]; e.Outcome != dollars.Applied {
			l.t.Fatalf("%s: %s %s", e.Kind, e.Outcome, e.Code)
		}
	}
}

func (l *ledger) stub(creator []byte, args ...string) *stub {
	l.txs++
	s := &stub{state: l.state, creator: creator, chaincode: "dsd", txID: dollars.TxID{l.txs}.String()}
	for _, arg := range args {
		s.args = append(s.args, []byte(arg))
	}
	return s
}

func (l *ledger) invoke(s *stub) *peer.Response {
	l.t.Helper()
	c := &Contract{Log: slog.New(slog.NewTextHandler(&l.log, nil))}
	return c.Invoke(s)
}

// apply runs a batch that must not fail, and returns its journal.
func (l *ledger) apply(creator []byte, ops ...dollars.Operation) []dollars.Entry {
	l.t.Helper()
	s := l.stub(creator, "Apply", batchOf(ops...))
	if r := l.invoke(s); r.GetStatus() != shim.OK || len(r.GetPayload()) != 0 {
		l.t.Fatalf("Apply answers %v", r)
	}
	journal, err := dollars.DecodeJournal(s.event)
	if err != nil {
		l.t.Fatal(err)
	}
	return journal.Entries
}

func batchOf(ops ...dollars.Operation) string {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		encoded[i] = dollars.EncodeOperation(op)
	}
	return string(dollars.EncodeBatch(0, encoded))
}

func booking(n byte, price dollars.Amount) dollars.Confirm {
	return dollars.Confirm{
		Booking: dollars.BookingID{n}, Account: dollars.Account{n},
		Facts: dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: 20_000, End: 20_001},
	}
}

func TestApplyWritesAndEmitsTheJournal(t *testing.T) {
	l := newLedger(t)
	issuer := identity(t, "DestinasiaMSP", dollars.RoleIssuer)
	entries := l.apply(issuer, booking(1, 100_00), dollars.Complete{Booking: dollars.BookingID{1}})
	for _, e := range entries {
		if e.Outcome != dollars.Applied {
			t.Errorf("%+v", e)
		}
	}
	var held dollars.Amount
	for key, value := range l.state {
		if strings.HasPrefix(key, dollars.CreditPrefix(dollars.Account{1})) {
			amount, err := dollars.DecodeCredit(value)
			if err != nil {
				t.Fatal(err)
			}
			held += amount
		}
	}
	if held != 5_00 {
		t.Errorf("the account holds %s; want 5.00", held)
	}
}

func TestOnlyTheIssuersRolesCount(t *testing.T) {
	for _, c := range []struct {
		msp, role string
		booking   bool
		freeze    bool
	}{
		{"DestinasiaMSP", dollars.RoleIssuer, true, false},
		{"DestinasiaMSP", dollars.RoleOperator, false, true},
		{"DestinasiaMSP", "", false, false},
		{"AircncMSP", dollars.RoleIssuer, false, false},
		{"AircncMSP", dollars.RoleOperator, false, false},
		{"DestinasiaMSP", dollars.RoleRules, false, false},
	} {
		t.Run(c.msp+" "+c.role, func(t *testing.T) {
			entries := newLedger(t).apply(identity(t, c.msp, c.role), booking(1, 100), dollars.SetFrozen{Account: dollars.Account{1}, Frozen: true, Reason: "test"})
			for i, may := range []bool{c.booking, c.freeze} {
				refused := entries[i].Outcome == dollars.Rejected && entries[i].Code == dollars.CodeNotAuthorized
				if refused == may {
					t.Errorf("%s: %s %s", entries[i].Kind, entries[i].Outcome, entries[i].Code)
				}
			}
		})
	}
}

func TestRefusesWhatIsNoInvocation(t *testing.T) {
	issuer := identity(t, "DestinasiaMSP", dollars.RoleIssuer)
	for name, c := range map[string]struct {
		spoil func(*stub)
		args  []string
		says  string
	}{
		"nothing":              {args: nil, says: "name a function"},
		"an unknown function":  {args: []string{"Mint", "1"}, says: "there is no function"},
		"too many arguments":   {args: []string{"Apply", "1", "2"}, says: "there is no function"},
		"no batch":             {args: []string{"Apply", "\x07"}, says: "no batch"},
		"another chaincode":    {args: []string{"Apply", batchOf()}, spoil: func(s *stub) { s.chaincode = "other" }, says: "no currency"},
		"a creator of nothing": {args: []string{"Apply", batchOf()}, spoil: func(s *stub) { s.creator = nil }, says: "certificate"},
		"fewer values": {
			args: []string{"Apply", batchOf(booking(1, 1))}, says: "0 values",
			spoil: func(s *stub) { s.values = func([][]byte) [][]byte { return nil } },
		},
		"garbage in the state": {
			args: []string{"Apply", batchOf(booking(1, 1))}, says: "does not hold what was written",
			spoil: func(s *stub) {
				s.values = func(v [][]byte) [][]byte {
					v[0] = []byte("garbage")
					return v
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			before := maps.Clone(l.state)
			s := l.stub(issuer, c.args...)
			if c.spoil != nil {
				c.spoil(s)
			}
			r := l.invoke(s)
			if r.GetStatus() == shim.OK || !strings.Contains(r.GetMessage(), c.says) || s.event != nil || !maps.EqualFunc(l.state, before, bytes.Equal) {
				t.Errorf("%v; event %x; %d keys", r, s.event, len(l.state))
			}
		})
	}
}

func TestPanicFailsOneTransaction(t *testing.T) {
	l := newLedger(t)
	s := l.stub(identity(t, "DestinasiaMSP", dollars.RoleIssuer), "Apply", batchOf(booking(1, 1)))
	s.values = func([][]byte) [][]byte { panic("the peer's library is broken") }
	if r := l.invoke(s); r.GetStatus() == shim.OK || !strings.Contains(l.log.String(), "library is broken") {
		t.Errorf("%v; log %s", r, l.log.String())
	}
	l.apply(s.creator, booking(1, 1))
}

func TestTallyTurnsPages(t *testing.T) {
	l := newLedger(t)
	want := dollars.Amount(0)
	for i := range tallyPage + 7 {
		c := dollars.Credit{Account: dollars.Account{byte(i), byte(i >> 8), byte(i >> 16)}, Expiry: 24_000, TxID: dollars.TxID{1}}
		l.state[c.Key()] = dollars.EncodeCredit(dollars.Amount(i + 1))
		want += dollars.Amount(i + 1)
	}
	var total dollars.Tally
	pages := 0
	for from := ""; ; pages++ {
		r := l.invoke(l.stub(nil, "Tally", from))
		var page TallyPage
		if err := errors.Join(json.Unmarshal(r.GetPayload(), &page), total.Merge(page.Tally)); err != nil {
			t.Fatal(err, r)
		}
		if from = page.Next; from == "" {
			break
		}
	}
	if pages != 1 || total.Credits != tallyPage+7 || total.Outstanding != want {
		t.Errorf("%d more pages, %+v; want %s", pages, total, want)
	}
	l.state["a/garbage"] = []byte{1}
	if r := l.invoke(l.stub(nil, "Tally", "")); r.GetStatus() == shim.OK {
		t.Error("garbage in the state was added up")
	}
}

func TestBookingsTurnsPages(t *testing.T) {
	l := newLedger(t)
	want := map[string][]byte{}
	for i := range bookingsPage + 3 {
		id := dollars.BookingID{byte(i), byte(i >> 8)}
		rec := dollars.BookingRecord{State: dollars.BookingPending, Account: dollars.Account{1}, Version: uint32(i)}
		want[dollars.BookingKey(id)] = rec.Encode()
	}
	maps.Copy(l.state, want)
	l.state["a/before"], l.state["b0"], l.state["c/after"] = []byte{1}, []byte{1}, []byte{1}
	var sizes []int
	for from := ""; ; {
		r := l.invoke(l.stub(nil, "Bookings", from))
		var page BookingsPage
		if err := json.Unmarshal(r.GetPayload(), &page); err != nil {
			t.Fatal(err, r)
		}
		sizes = append(sizes, len(page.Bookings))
		for _, b := range page.Bookings {
			if !bytes.Equal(want[b.Key], b.Record) {
				t.Fatalf("%s is %x", b.Key, b.Record)
			}
			delete(want, b.Key)
		}
		if from = page.Next; from == "" {
			break
		}
	}
	if !slices.Equal(sizes, []int{bookingsPage, 3}) || len(want) != 0 {
		t.Errorf("pages of %v bookings; %d are missing", sizes, len(want))
	}
}

// TestBookingsOfNone: a ledger without bookings has one page, which is empty.
func TestBookingsOfNone(t *testing.T) {
	l := newLedger(t)
	if r := l.invoke(l.stub(nil, "Bookings", "")); r.GetStatus() != shim.OK || string(r.GetPayload()) != `{"bookings":[],"next":""}` {
		t.Errorf("%v", r)
	}
}

// TestTwoCertificates: who approves must be somebody else than who proposed, by the certificate's subject and issuer: a
// person does not become two by a new key, nor by anything they could send along.
func TestTwoCertificates(t *testing.T) {
	l := newLedger(t)
	set := earn.RuleSet{Name: "next", Currency: "EUR", Tables: []earn.Table{{Name: "base", Hit: earn.First, Rows: []earn.Row{
		{ID: "all", BasisPoints: 100, Months: 24},
	}}}}.Encode()
	approve := dollars.ApproveRules{Version: 2, Hash: earn.HashOf(set)}
	person := func(name string) []byte { return identityOf(t, name, "DestinasiaMSP", dollars.RoleRules) }
	if e := l.apply(person("anna"), dollars.ProposeRules{Version: 2, Set: set})[0]; e.Outcome != dollars.Applied {
		t.Fatalf("%s %s", e.Outcome, e.Code)
	}
	if e := l.apply(person("anna"), approve)[0]; e.Code != dollars.CodeRulesOwnProposal {
		t.Errorf("Anna's renewed certificate approves: %s %s", e.Outcome, e.Code)
	}
	if e := l.apply(person("ben"), approve)[0]; e.Outcome != dollars.Applied {
		t.Errorf("Ben's does not: %s %s", e.Outcome, e.Code)
	}
}

// TestLane: a batch spends from the share of budgets that its lane has.
func TestLane(t *testing.T) {
	l := newLedger(t)
	set := earn.RuleSet{Name: "next", Currency: "EUR", Tables: []earn.Table{{Name: "base", Hit: earn.First, Rows: []earn.Row{
		{ID: "spring", BasisPoints: 1_000, Budget: 25_00, Months: 24},
	}}}}.Encode()
	l.publish(2, set)
	s := l.stub(identity(t, "DestinasiaMSP", dollars.RoleIssuer), "Apply",
		string(dollars.EncodeBatch(5, [][]byte{dollars.EncodeOperation(booking(1, 100_00))})))
	if r := l.invoke(s); r.GetStatus() != shim.OK {
		t.Fatal(r)
	}
	left, err := dollars.DecodeShare(l.state[dollars.ShareKey("spring", 5)])
	if err != nil || left != 78 { // a 32nd of the budget
		t.Errorf("lane 5 has %s, %v", left, err)
	}
}

func TestConfigIsStrict(t *testing.T) {
	file := filepath.Join(t.TempDir(), "contract.json")
	whole := `{"packageId":"dsd:1","listen":"127.0.0.1:1","tls":{"cert":"c","key":"k","clientCA":"a"}}`
	for name, text := range map[string]string{
		"missing":  strings.Replace(whole, `"packageId":"dsd:1",`, "", 1),
		"unknown":  strings.Replace(whole, "listen", "lisen", 1),
		"no JSON":  whole[1:],
		"half TLS": strings.Replace(whole, `"key":"k",`, "", 1),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadConfig(file); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := LoadConfig(file); err != nil || c.TLS.ClientCA != "a" {
		t.Error(c, err)
	}
}
