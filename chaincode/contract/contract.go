package contract

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Contract is the chaincode. The zero value is ready but for its log.
type Contract struct{ Log *slog.Logger }

// Init does nothing: the currency is part of the program, and people publish rules by transactions.
func (c *Contract) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke runs one function. A panic in it fails this transaction only: it would otherwise take the process, and
// every transaction in it, down.
func (c *Contract) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.Error("contract panicked", slog.String("tx", stub.GetTxID()), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			response = shim.Error("the contract failed; the transaction changed nothing")
		}
	}()
	payload, err := c.invoke(stub)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

func (c *Contract) invoke(stub shim.ChaincodeStubInterface) ([]byte, error) {
	args := stub.GetArgs()
	if len(args) == 0 {
		return nil, fmt.Errorf("name a function: Apply, Get, Tally or Bookings")
	}
	function, args := string(args[0]), args[1:]
	switch {
	case function == "Apply" && len(args) == 1:
		return nil, apply(stub, args[0])
	case function == "Get":
		return get(stub, args)
	case function == "Tally" && len(args) == 1:
		return tally(stub, string(args[0]))
	case function == "Bookings" && len(args) == 1:
		return bookings(stub, string(args[0]))
	}
	return nil, fmt.Errorf("there is no function %.32q with %d arguments: use Apply(batch), Get(keys...), Tally(from) or Bookings(from)", function, len(args))
}

// apply runs a batch: what dollars.Apply says is written, and the journal is the transaction's event.
func apply(stub shim.ChaincodeStubInterface, encoded []byte) error {
	env, err := environment(stub)
	if err != nil {
		return err
	}
	lane, ops, err := dollars.DecodeBatch(encoded)
	if err != nil {
		return err
	}
	env.Lane = lane
	result, err := dollars.Apply(env, ops, state{stub})
	if err != nil {
		return err
	}
	stub.StartWriteBatch()
	for _, w := range result.Writes {
		if w.Value == nil {
			err = stub.DelState(w.Key)
		} else {
			err = stub.PutState(w.Key, w.Value)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", w.Key, err)
		}
	}
	if err := stub.FinishWriteBatch(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return stub.SetEvent(dollars.JournalEvent, result.Journal.Encode())
}

// environment gathers what a batch may know of its transaction.
func environment(stub shim.ChaincodeStubInterface) (dollars.Env, error) {
	var env dollars.Env
	name, err := chaincodeName(stub)
	if err != nil {
		return env, err
	}
	currency, ok := dollars.CurrencyOf(name)
	if !ok {
		return env, fmt.Errorf("this program keeps no currency for a chaincode named %q", name)
	}
	tx, err := dollars.ParseTxID(stub.GetTxID())
	if err != nil {
		return env, err
	}
	now, err := stub.GetTxTimestamp()
	if err != nil {
		return env, fmt.Errorf("transaction time: %w", err)
	}
	client, err := cid.New(stub)
	if err != nil {
		return env, fmt.Errorf("caller's certificate: %w", err)
	}
	msp, err := client.GetMSPID()
	if err != nil {
		return env, fmt.Errorf("caller's organisation: %w", err)
	}
	role, _, err := client.GetAttributeValue("role")
	if err != nil {
		return env, fmt.Errorf("caller's role: %w", err)
	}
	cert, err := client.GetX509Certificate()
	if err != nil {
		return env, fmt.Errorf("caller's certificate: %w", err)
	}
	return dollars.Env{
		Currency: currency, Channel: stub.GetChannelID(), Chaincode: name, TxID: tx, Time: now.GetSeconds(),
		Caller: dollars.Caller{MSP: msp, Role: role, ID: dollars.NewCertificateID(cert.RawSubject, cert.RawIssuer)},
	}, nil
}

// chaincodeName is the name this chaincode was invoked by, from the header the client signed. The stub does not tell
// it otherwise. Invoked from another chaincode it is that one's name, which keeps no currency: so nobody can wrap the
// contract.
func chaincodeName(stub shim.ChaincodeStubInterface) (string, error) {
	signed, err := stub.GetSignedProposal()
	if err != nil {
		return "", fmt.Errorf("signed proposal: %w", err)
	}
	var (
		proposal  peer.Proposal
		header    common.Header
		channel   common.ChannelHeader
		extension peer.ChaincodeHeaderExtension
	)
	for _, step := range []struct {
		from func() []byte
		into proto.Message
	}{
		{signed.GetProposalBytes, &proposal},
		{proposal.GetHeader, &header},
		{header.GetChannelHeader, &channel},
		{channel.GetExtension, &extension},
	} {
		if err := proto.Unmarshal(step.from(), step.into); err != nil {
			return "", fmt.Errorf("header of the proposal: %w", err)
		}
	}
	return extension.GetChaincodeId().GetName(), nil
}

// state reads the peer's state for Apply.
type state struct{ stub shim.ChaincodeStubInterface }

func (s state) Get(keys []string) ([][]byte, error) {
	values, err := s.stub.GetMultipleStates(keys...)
	if err != nil {
		return nil, err
	}
	// The peer can answer fewer values than keys when its database fails.
	if len(values) != len(keys) {
		return nil, fmt.Errorf("the peer answered %d values for %d keys", len(values), len(keys))
	}
	return values, nil
}
