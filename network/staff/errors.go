package staff

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/destinasia/dollars/network/access"
)

// Reason is why an Apply ended without a journal.
type Reason uint8

// The reasons. Only after Unknown may the ledger have changed.
const (
	Refused     Reason = iota + 1 // the contract, a peer or the orderer said no, and would again
	Conflict                      // others changed the same records first, every time
	Unavailable                   // somebody who has to endorse or to order did not answer in time
	Unknown                       // it was submitted, and nobody could be asked what became of it
)

// Error says how far an Apply came and what it left.
type Error struct {
	Reason Reason
	// TxID is the last transaction submitted; empty when none was.
	TxID string
	// Attempts and After are what was spent on it.
	Attempts int
	After    time.Duration

	err error
}

func (e *Error) Error() string {
	spent := fmt.Sprintf("%d attempts, %.1fs", e.Attempts, e.After.Seconds())
	switch e.Reason {
	case Refused:
		return fmt.Sprintf("%v; nothing has changed, and trying the same again will not help", e.err)
	case Conflict:
		return fmt.Sprintf("%v; others changed the same records first each time (%s), and nothing has changed: try again", e.err, spent)
	case Unavailable:
		return fmt.Sprintf("%v (%s); nothing was submitted: see `destinasia status`, start what does not run with `destinasia up`, and try again", e.err, spent)
	}
	return fmt.Sprintf("transaction %s was submitted, and what became of it is unknown after %.1fs (%v): it may still take effect. "+
		"Do not try again yet: once `destinasia status` finds no problem, look at the ledger for what it was to change", e.TxID, e.After.Seconds(), e.err)
}

func (e *Error) Unwrap() error { return e.err }

// notEndorsed reads why a peer's gateway had no endorsed transaction to give.
func (s *Staff) notEndorsed(err error) *Error {
	if said := access.Said(err); len(said) > 0 {
		return &Error{Reason: reasonOf(said), err: fmt.Errorf("not endorsed: %s", strings.Join(said, "; "))}
	}
	return &Error{Reason: Unavailable, err: fmt.Errorf("not endorsed through %s (%s): %s", s.peer.Name, s.connection.Target(), told(err))}
}

// reasonOf reads what endorsers said. The batch is refused only if every one that failed did so on purpose: a peer
// whose contract does not run says so in other words, and is only unavailable.
func reasonOf(said []string) Reason {
	refusals := 0
	for _, s := range said {
		switch {
		case strings.Contains(s, "ProposalResponsePayloads do not match"): // one endorser is a block behind
			return Conflict
		case strings.Contains(s, "chaincode response "), strings.Contains(s, "access denied"):
			refusals++
		}
	}
	if refusals == len(said) {
		return Refused
	}
	return Unavailable
}

// refusedByOrderer tells an orderer's no, which the peer passes on as Aborted, from everything after which the orderer
// may have the transaction.
func refusedByOrderer(err error) bool {
	st := status.Convert(err)
	return st.Code() == codes.Aborted && strings.Contains(st.Message(), "unsuccessful response from orderer")
}

// neverSent tells that there was no connection on which a transaction could have left: to our peer, or from it to any
// orderer. In other words than these it may have left.
func neverSent(err error) bool {
	said := access.Said(err)
	if len(said) == 0 {
		said = []string{status.Convert(err).Message()}
	}
	for _, s := range said {
		if !strings.Contains(s, "Error while dialing") && s != "no orderer nodes available" {
			return false
		}
	}
	return true
}

// told is an error of a peer's gateway in one line.
func told(err error) string {
	text := status.Convert(err).Message()
	if said := access.Said(err); len(said) > 0 {
		text += ": " + strings.Join(said, "; ")
	}
	return text
}
