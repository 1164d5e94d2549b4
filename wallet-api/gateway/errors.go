package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// CodeTooLarge rejects work that no transaction could ever hold.
const CodeTooLarge dollars.Code = "work_too_large"

// reason is why a batch is tried again. It is also the label of the retry metric.
type reason string

const (
	conflict    reason = "conflict"    // with another replica, or between endorsers a block apart
	rejected    reason = "rejected"    // the contract, or a validator, said no to the whole transaction
	overdue     reason = "overdue"     // too much to execute in the time there is
	unavailable reason = "unavailable" // a part that is needed does not answer; nothing is wrong with the work
	storage     reason = "storage"     // the inbox or the views could not be written or read
	stale       reason = "stale"       // of one order: the ledger has other credits than were named
	leftOut     reason = "left_out"    // of some work: its credits did not fit beside the others'
)

// endorseError says that a batch was not endorsed. Nothing was submitted.
type endorseError struct {
	reason reason // conflict, rejected, overdue or unavailable
	err    error
}

func (e *endorseError) Error() string {
	return fmt.Sprintf("endorse (%s), nothing was submitted: %v", e.reason, e.err)
}

func (e *endorseError) Unwrap() error { return e.err }

// submitError says that the orderer did not confirm an envelope. Unless it was refused, the envelope may be in a block
// all the same: the same one must be followed, and submitted again, until a block has it.
type submitError struct {
	refused bool // the orderer said that it will not order this envelope
	err     error
}

func (e *submitError) Error() string {
	if e.refused {
		return fmt.Sprintf("submit: the orderer refused the envelope: %v", e.err)
	}
	return fmt.Sprintf("submit: whether the orderer has the envelope is unknown: %v", e.err)
}

func (e *submitError) Unwrap() error { return e.err }

// NotEndorsed is how Endorse of a Ledger fails with what the peer said, a gRPC status. It tells the stage's outcomes apart:
// the peer answers Aborted for whatever an endorser said, so its details decide.
func NotEndorsed(err error) error {
	st := status.Convert(err)
	if errors.Is(err, context.DeadlineExceeded) || st.Code() == codes.DeadlineExceeded {
		return &endorseError{overdue, err}
	}
	var said []string
	for _, d := range st.Details() {
		if detail, ok := d.(*gateway.ErrorDetail); ok {
			said = append(said, detail.GetMspId()+": "+detail.GetMessage())
		}
	}
	if len(said) == 0 {
		return &endorseError{unavailable, err}
	}
	why := unavailable
	if st.Code() == codes.Aborted {
		why = reasonOf(said)
	}
	return &endorseError{why, fmt.Errorf("%s: %s", st.Message(), strings.Join(said, "; "))}
}

// reasonOf reads what endorsers said. Only if the contract itself answered, on every endorser that failed, is the
// batch rejected; a peer without its contract says so in other words, and is only unavailable.
func reasonOf(said []string) reason {
	refusals := 0
	for _, s := range said {
		switch {
		case strings.Contains(s, "ProposalResponsePayloads do not match"):
			return conflict
		case strings.Contains(s, "timeout expired while executing transaction"):
			return overdue
		case strings.Contains(s, "chaincode response "):
			refusals++
		}
	}
	if refusals == len(said) {
		return rejected
	}
	return unavailable
}

// NotSubmitted is how Submit of a Ledger fails with what the peer said, a gRPC status. It tells an orderer's refusal, which
// the peer passes on as Aborted, from everything else.
func NotSubmitted(err error) error {
	st := status.Convert(err)
	refused := st.Code() == codes.Aborted && strings.Contains(st.Message(), "unsuccessful response from orderer")
	return &submitError{refused: refused, err: err}
}

// reasonInvalid tells why to try again what was committed as invalid. Conflicts are nobody's fault; with any other
// code something is wrong with the transaction or one of its operations.
func reasonInvalid(code string) reason {
	switch code {
	case peer.TxValidationCode_MVCC_READ_CONFLICT.String(), peer.TxValidationCode_PHANTOM_READ_CONFLICT.String():
		return conflict
	}
	return rejected
}
