package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Name is the chaincode's name on the channel.
const Name = "baseline"

// The contract's functions. Amounts are whole cents in decimal digits.
const (
	Mint     = "Mint"     // to, amount
	Transfer = "Transfer" // from, to, amount
	Burn     = "Burn"     // from, amount
	Balance  = "Balance"  // account
)

// TransferEvent is the event of every function that moves points.
const TransferEvent = "Transfer"

// nobody is the account that points are minted from and burned to. It has no balance.
const nobody = ""

// maxAccount bounds an account's id, in bytes.
const maxAccount = 64

// Contract is the chaincode. Only its state, on the ledger, tells one from another.
type Contract struct{}

// Init does nothing: no account exists before points are minted to it.
func (Contract) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke runs one function.
func (Contract) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	payload, err := invoke(stub)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

func invoke(stub shim.ChaincodeStubInterface) ([]byte, error) {
	function, args := stub.GetFunctionAndParameters()
	if slices.Contains(args, nobody) {
		return nil, errors.New("an argument is empty; nothing changed")
	}
	switch {
	case function == Mint && len(args) == 2:
		return nil, move(stub, nobody, args[0], args[1])
	case function == Transfer && len(args) == 3:
		return nil, move(stub, args[0], args[1], args[2])
	case function == Burn && len(args) == 2:
		return nil, move(stub, args[0], nobody, args[1])
	case function == Balance && len(args) == 1:
		held, err := balance(stub, args[0])
		return []byte(strconv.FormatUint(held, 10)), err
	}
	return nil, fmt.Errorf("there is no function %.32q with %d arguments: use Mint(to, amount), Transfer(from, to, amount), Burn(from, amount) or Balance(account)", function, len(args))
}

// transferred is the content of a TransferEvent.
type transferred struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount string `json:"amount"`
}

// move takes points from one account and gives them to another; nobody, an empty id, is who mints and burns. All
// balances are read and checked before the first is written, each under its one key.
func move(stub shim.ChaincodeStubInterface, from, to, amount string) error {
	cents, err := strconv.ParseUint(amount, 10, 63)
	if err != nil || cents == 0 {
		return fmt.Errorf("the amount %.32q is not a number of cents from 1 to %d in decimal digits; nothing changed", amount, math.MaxInt64)
	}
	left, err := take(stub, from, cents)
	if err != nil {
		return err
	}
	if from == to { // reads never show what the same transaction wrote, so the points would double
		return announce(stub, from, to, amount)
	}
	grown, err := give(stub, to, cents)
	if err != nil {
		return err
	}
	if err := put(stub, from, left); err != nil {
		return err
	}
	if err := put(stub, to, grown); err != nil {
		return err
	}
	return announce(stub, from, to, amount)
}

// take tells what is left of an account when it gives so much.
func take(stub shim.ChaincodeStubInterface, from string, cents uint64) (uint64, error) {
	if from == nobody {
		return 0, nil
	}
	held, err := balance(stub, from)
	if err != nil {
		return 0, err
	}
	if held < cents {
		return 0, fmt.Errorf("%s holds %d cents and cannot give %d; nothing changed", from, held, cents)
	}
	return held - cents, nil
}

// give tells what an account holds when it gets so much.
func give(stub shim.ChaincodeStubInterface, to string, cents uint64) (uint64, error) {
	if to == nobody {
		return 0, nil
	}
	held, err := balance(stub, to)
	if err != nil {
		return 0, err
	}
	if held > math.MaxInt64-cents {
		return 0, fmt.Errorf("%s holds %d cents and cannot take %d more; nothing changed", to, held, cents)
	}
	return held + cents, nil
}

func announce(stub shim.ChaincodeStubInterface, from, to, amount string) error {
	event, err := json.Marshal(transferred{from, to, amount})
	if err != nil {
		return err
	}
	return stub.SetEvent(TransferEvent, event)
}

// key is where an account's balance is.
func key(account string) string { return "balance/" + account }

// balance is what an account holds: nothing, if it never held anything.
func balance(stub shim.ChaincodeStubInterface, account string) (uint64, error) {
	if len(account) > maxAccount {
		return 0, fmt.Errorf("an account's id has at most %d bytes, not %d; nothing changed", maxAccount, len(account))
	}
	text, err := stub.GetState(key(account))
	if err != nil {
		return 0, fmt.Errorf("read the balance of %s: %w", account, err)
	}
	if text == nil {
		return 0, nil
	}
	held, err := strconv.ParseUint(string(text), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("the balance of %s on the ledger is no number: %w", account, err)
	}
	return held, nil
}

func put(stub shim.ChaincodeStubInterface, account string, held uint64) error {
	if account == nobody {
		return nil
	}
	if err := stub.PutState(key(account), []byte(strconv.FormatUint(held, 10))); err != nil {
		return fmt.Errorf("write the balance of %s: %w", account, err)
	}
	return nil
}
