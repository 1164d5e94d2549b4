package staff

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
)

var (
	freeze      = dollars.SetFrozen{Account: dollars.Account{1}, Frozen: true, Reason: "test"}
	absorb      = dollars.Absorb{Account: dollars.Account{2}, Credits: []dollars.CreditRef{{Expiry: 1, TxID: dollars.TxID{3}}}}
	testJournal = dollars.Journal{Entries: []dollars.Entry{
		{Kind: dollars.KindFreeze, Outcome: dollars.Applied, Account: dollars.Account{1}},
		{Kind: dollars.KindAbsorb, Outcome: dollars.Rejected, Code: dollars.CodeStaleCredits},
	}}
)

// failure is the error of an Apply that must fail for a reason.
func failure(t *testing.T, err error, want Reason) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Reason != want {
		t.Fatalf("got %v, want reason %d", err, want)
	}
	return e
}

func TestApplyActsAsTheUserAndAnswersTheJournal(t *testing.T) {
	for _, user := range []string{"planner", "controller"} {
		t.Run(user, func(t *testing.T) {
			p := &testPeer{}
			s := p.connect(t, user)
			got, err := s.Apply(t.Context(), "dsd", freeze, absorb)
			if err != nil {
				t.Fatal(err)
			}
			want := Applied{TxID: p.requests[0].GetTransactionId(), Block: 1, Journal: testJournal}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("applied (-want +got):\n%s", diff)
			}
			if got := p.requests[0].GetEndorsingOrganizations(); !cmp.Equal(got, []string{"DestinasiaMSP", "AircncMSP"}) {
				t.Errorf("endorsed by %v", got)
			}
			args, certificate := proposed(t, p.requests[0])
			if !cmp.Equal(args, [][]byte{[]byte("Apply"), encode([]dollars.Operation{freeze, absorb})}) {
				t.Errorf("proposed %x", args)
			}
			if name := certificate.Subject.CommonName; name != user+"@destinasia" {
				t.Errorf("proposed by %s", name)
			}
		})
	}
}

func TestConnectSaysWhoCannot(t *testing.T) {
	n, layout := madeNetwork(t)
	org, err := n.Organisation("destinasia")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(layout.UserMSP(org.Name, "planner")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ org, user, want string }{
		{"nowhere", "planner", `no organisation "nowhere"`},
		{"orderer", "planner", "orderer runs no peer"},
		{"destinasia", "plumber", `no user "plumber": it has issuer, operator, supervisor, merchant, planner, controller`},
		{"destinasia", "planner", "`destinasia up`"},
	} {
		s, err := Connect(n, layout, c.org, c.user, Options{})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: got %v, want %s", c.user, c.org, err, c.want)
		}
	}
}

func TestLosersOfAConflictAreEndorsedAnew(t *testing.T) {
	for name, p := range map[string]*testPeer{
		"in the block": {status: func(_ context.Context, n int) (peer.TxValidationCode, error) {
			if n < 3 {
				return peer.TxValidationCode_MVCC_READ_CONFLICT, nil
			}
			return peer.TxValidationCode_VALID, nil
		}},
		"between endorsers": {endorse: func(n int) error {
			if n < 3 {
				return said(codes.Aborted, "ProposalResponsePayloads do not match (base64): ...")
			}
			return nil
		}},
		"endorser starting": {endorse: func(n int) error {
			if n < 3 {
				return status.Error(codes.Unavailable, "failed to find any endorsing peers for org(s): AircncMSP")
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := p.connect(t, "planner")
			got, err := s.Apply(t.Context(), "dsd", freeze, absorb)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.requests) != 3 || got.TxID != p.requests[2].GetTransactionId() || got.TxID == p.requests[1].GetTransactionId() {
				t.Errorf("answered %s after %d endorsements", got.TxID, len(p.requests))
			}
		})
	}
}

func TestEndlessConflictIsGivenUp(t *testing.T) {
	p := &testPeer{status: func(context.Context, int) (peer.TxValidationCode, error) {
		return peer.TxValidationCode_MVCC_READ_CONFLICT, nil
	}}
	s := p.connect(t, "planner")
	_, err := s.Apply(t.Context(), "dsd", freeze, absorb)
	e := failure(t, err, Conflict)
	if len(p.requests) != attempts || e.Attempts != attempts || e.TxID != p.requests[attempts-1].GetTransactionId() {
		t.Errorf("%d endorsements for %+v", len(p.requests), e)
	}
	if !strings.Contains(err.Error(), "MVCC_READ_CONFLICT") || !strings.Contains(err.Error(), "nothing has changed: try again") {
		t.Error(err)
	}
}

func TestRefusalsAreFinalAndChangeNothing(t *testing.T) {
	for name, c := range map[string]struct {
		peer      *testPeer
		submitted int
		want      string
	}{
		"by the contract": {&testPeer{endorse: func(int) error {
			return said(codes.Aborted, "chaincode response 500, malformed: batch", "chaincode response 500, malformed: batch")
		}}, 0, "malformed: batch"},
		"of the certificate": {&testPeer{endorse: func(int) error {
			return said(codes.Aborted, "error validating proposal: access denied: channel [dollars] creator org [DestinasiaMSP]")
		}}, 0, "access denied"},
		"by the orderer": {&testPeer{submit: func(int) error {
			return status.Error(codes.Aborted, "received unsuccessful response from orderer: status=FORBIDDEN, info=no")
		}}, 1, "FORBIDDEN"},
		"by the validators": {&testPeer{status: func(context.Context, int) (peer.TxValidationCode, error) {
			return peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE, nil
		}}, 1, "ENDORSEMENT_POLICY_FAILURE"},
		"no journal": {&testPeer{prepare: func(a *peer.ChaincodeAction, _ *common.Header) { a.Events = nil }}, 0, "no journal"},
		"another's journal": {&testPeer{prepare: func(a *peer.ChaincodeAction, _ *common.Header) {
			a.Events = marshal(&peer.ChaincodeEvent{EventName: dollars.JournalEvent, Payload: dollars.Journal{Entries: testJournal.Entries[:1]}.Encode()})
		}}, 0, "1 entries for 2 operations"},
		"unreadable journal": {&testPeer{prepare: func(a *peer.ChaincodeAction, _ *common.Header) {
			a.Events = marshal(&peer.ChaincodeEvent{EventName: dollars.JournalEvent, Payload: []byte("journal")})
		}}, 0, "malformed"},
		"another transaction": {&testPeer{prepare: func(_ *peer.ChaincodeAction, h *common.Header) {
			h.ChannelHeader = marshal(&common.ChannelHeader{
				Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: "dollars", TxId: "another",
			})
		}}, 0, "not what was proposed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.peer.connect(t, "planner")
			_, err := s.Apply(t.Context(), "dsd", freeze, absorb)
			failure(t, err, Refused)
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "nothing has changed") {
				t.Error(err)
			}
			if len(c.peer.requests) != 1 || len(c.peer.envelopes) != c.submitted {
				t.Errorf("%d endorsements, %d submissions", len(c.peer.requests), len(c.peer.envelopes))
			}
		})
	}
}

func TestSameEnvelopeIsSubmittedUntilABlockHasIt(t *testing.T) {
	for name, c := range map[string]struct {
		peer  *testPeer
		hurry time.Duration // with which the block is awaited; a slow machine may then make more than three submissions of it
	}{
		"orderer lost it": {&testPeer{status: func(ctx context.Context, n int) (peer.TxValidationCode, error) {
			if n < 3 {
				<-ctx.Done()
				return 0, status.FromContextError(ctx.Err()).Err()
			}
			return peer.TxValidationCode_VALID, nil
		}}, 300 * time.Millisecond},
		"no word from the orderer": {&testPeer{submit: func(n int) error {
			if n < 3 {
				return said(codes.Unavailable, "no Raft leader")
			}
			return nil
		}}, 0},
		// Whoever may have taken it once is not believed to refuse it.
		"a copy is refused": {&testPeer{submit: func(n int) error {
			return []error{
				status.Error(codes.Unavailable, "no orderers could successfully process transaction"),
				status.Error(codes.Aborted, "received unsuccessful response from orderer"), nil,
			}[n-1]
		}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.peer
			s := p.connect(t, "planner")
			if c.hurry > 0 {
				s.patience.status = c.hurry
			}
			got, err := s.Apply(t.Context(), "dsd", freeze, absorb)
			if err != nil {
				t.Fatal(err)
			}
			submitted := len(p.envelopes)
			if len(p.requests) != 1 || submitted < 3 || submitted > 3 && c.hurry == 0 || got.TxID != p.requests[0].GetTransactionId() {
				t.Fatalf("%d endorsements, %d submissions", len(p.requests), submitted)
			}
			for _, e := range p.envelopes {
				if !proto.Equal(e, p.envelopes[0]) || len(e.GetSignature()) == 0 {
					t.Error("another envelope was submitted")
				}
			}
		})
	}
}

func TestUnknownOutcomeIsSaidToBeUnknown(t *testing.T) {
	p := &testPeer{status: func(context.Context, int) (peer.TxValidationCode, error) {
		return 0, status.Error(codes.Unavailable, "the peer is going down")
	}}
	s := p.connect(t, "planner")
	s.patience.all = 3 * time.Second
	_, err := s.Apply(t.Context(), "dsd", freeze, absorb)
	e := failure(t, err, Unknown)
	if len(p.requests) != 1 || e.TxID != p.requests[0].GetTransactionId() {
		t.Errorf("%d endorsements for %+v", len(p.requests), e)
	}
	for _, want := range []string{e.TxID, "submitted", "unknown", "may still take effect", "Do not try again yet"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: says nothing of %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "nothing has changed") {
		t.Errorf("%v: nobody knows that", err)
	}
}

func TestPeerThatIsDownIsNamed(t *testing.T) {
	var p *testPeer
	s := p.connect(t, "planner")
	_, err := s.Apply(t.Context(), "dsd", freeze)
	failure(t, err, Unavailable)
	for _, want := range []string{"peer0-destinasia", "connection refused", "nothing was submitted", "destinasia status", "6 attempts"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: says nothing of %q", err, want)
		}
	}
}

func TestOrdererThatIsDownGotNothing(t *testing.T) {
	const dialing = `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: connect: connection refused"`
	for name, down := range map[string]error{
		"no connection": said(codes.Unavailable, dialing, dialing),
		"none known":    status.Error(codes.Unavailable, "no orderer nodes available"),
	} {
		t.Run(name, func(t *testing.T) {
			p := &testPeer{submit: func(int) error { return down }}
			s := p.connect(t, "planner")
			_, err := s.Apply(t.Context(), "dsd", freeze, absorb)
			failure(t, err, Unavailable)
			if len(p.requests) != attempts || !strings.Contains(err.Error(), "orderer could not be reached") || !strings.Contains(err.Error(), "nothing was submitted") {
				t.Errorf("after %d endorsements: %v", len(p.requests), err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := &testPeer{submit: func(n int) error {
		if n == 1 {
			return said(codes.Unavailable, dialing, "rpc error: code = Unavailable desc = error reading from server: EOF")
		}
		cancel()
		return said(codes.Unavailable, dialing, dialing)
	}}
	s := p.connect(t, "planner")
	_, err := s.Apply(ctx, "dsd", freeze, absorb)
	failure(t, err, Unknown)
}

func TestSlowEndorsersLeaveTimeToSayWhatIsWrong(t *testing.T) {
	p := &testPeer{endorse: func(int) error { return said(codes.Aborted, "connection to AircncMSP lost") }}
	s := p.connect(t, "planner")
	s.patience.endorse, s.patience.pause = 3*time.Second, 400*time.Millisecond // all attempts would take six seconds at least
	_, err := s.Apply(t.Context(), "dsd", freeze)
	e := failure(t, err, Unavailable)
	if e.Attempts == attempts || !strings.Contains(err.Error(), "AircncMSP lost") {
		t.Errorf("after %d attempts: %v", e.Attempts, err)
	}
}

func TestEndedContextEndsTheWait(t *testing.T) {
	p := &testPeer{endorse: func(int) error { return said(codes.Aborted, "not yet") }}
	s := p.connect(t, "planner")
	s.patience.pause = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := s.Apply(ctx, "dsd", freeze)
	failure(t, err, Unavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestUnknownChaincodeIsNotAskedFor(t *testing.T) {
	p := &testPeer{}
	s := p.connect(t, "planner")
	if _, err := s.Apply(t.Context(), "air", freeze); err == nil || len(p.requests) != 0 {
		t.Errorf("got %v after %d requests", err, len(p.requests))
	}
}

func TestReasonsOfEndorsers(t *testing.T) {
	for _, c := range []struct {
		said []string
		want Reason
	}{
		{[]string{"a (A) says: chaincode response 500, no"}, Refused},
		{[]string{"a (A) says: chaincode response 500, no", "b (B) says: connection refused"}, Unavailable},
		{[]string{"b (B) says: ProposalResponsePayloads do not match", "a (A) says: chaincode response 500, no"}, Conflict},
		{[]string{"a (A) says: make sure the chaincode dsd has been successfully defined on channel dollars"}, Unavailable},
		{[]string{"a (A) says: timeout expired while executing transaction"}, Unavailable},
	} {
		if got := reasonOf(c.said); got != c.want {
			t.Errorf("%q: got %d, want %d", c.said, got, c.want)
		}
	}
}
