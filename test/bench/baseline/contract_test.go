package baseline

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"pgregory.net/rapid"
)

// ledger is a peer's state and what it shows to a transaction. What it does not have panics, as the nil interface within
// it does.
type ledger struct {
	shim.ChaincodeStubInterface
	state  map[string]string
	args   []string
	writes map[string]string
	event  string
}

func (l *ledger) GetFunctionAndParameters() (string, []string) { return l.args[0], l.args[1:] }

// GetState never shows what the transaction wrote: peers do not either.
func (l *ledger) GetState(key string) ([]byte, error) {
	value, ok := l.state[key]
	if !ok {
		return nil, nil
	}
	return []byte(value), nil
}

func (l *ledger) PutState(key string, value []byte) error {
	l.writes[key] = string(value)
	return nil
}

func (l *ledger) SetEvent(name string, payload []byte) error {
	l.event = name + " " + string(payload)
	return nil
}

// invoke runs a transaction, and commits what it wrote unless the contract refused it.
func (l *ledger) invoke(args ...string) *peer.Response {
	l.args, l.writes, l.event = args, map[string]string{}, ""
	response := Contract{}.Invoke(l)
	if response.GetStatus() == shim.OK {
		maps.Copy(l.state, l.writes)
	}
	return response
}

func TestFunctions(t *testing.T) {
	const most = math.MaxInt64
	for _, c := range []struct {
		call   string
		state  string // afterwards
		event  string
		refuse string // part of the message
	}{
		{call: "Mint new 7", state: "a=100 b=5 new=7 rich=" + strconv.Itoa(most), event: `Transfer {"from":"","to":"new","amount":"7"}`},
		{call: "Transfer a b 30", state: "a=70 b=35 rich=" + strconv.Itoa(most), event: `Transfer {"from":"a","to":"b","amount":"30"}`},
		{call: "Transfer a b 100", state: "a=0 b=105 rich=" + strconv.Itoa(most), event: `Transfer {"from":"a","to":"b","amount":"100"}`},
		{call: "Transfer a a 100", state: "a=100 b=5 rich=" + strconv.Itoa(most), event: `Transfer {"from":"a","to":"a","amount":"100"}`},
		{call: "Burn a 1", state: "a=99 b=5 rich=" + strconv.Itoa(most), event: `Transfer {"from":"a","to":"","amount":"1"}`},

		{call: "Transfer a b 101", refuse: "a holds 100 cents and cannot give 101"},
		{call: "Transfer a a 101", refuse: "cannot give"},
		{call: "Transfer new a 1", refuse: "new holds 0 cents"},
		{call: "Burn b 6", refuse: "cannot give"},
		{call: "Transfer a rich 1", refuse: "cannot take 1 more"},
		{call: "Mint rich 1", refuse: "cannot take"},
		{call: "Mint a 0", refuse: "not a number of cents"},
		{call: "Mint a -1", refuse: "not a number of cents"},
		{call: "Mint a +1", refuse: "not a number of cents"},
		{call: "Mint a 1.5", refuse: "not a number of cents"},
		{call: "Mint a 1e3", refuse: "not a number of cents"},
		{call: "Mint a 9223372036854775808", refuse: "not a number of cents"},
		{call: "Mint a ", refuse: "an argument is empty"},
		{call: "Transfer  b 1", refuse: "an argument is empty"},
		{call: "Transfer a  1", refuse: "an argument is empty"},
		{call: "Burn  1", refuse: "an argument is empty"},
		{call: "Balance ", refuse: "an argument is empty"},
		{call: "Mint " + strings.Repeat("x", maxAccount+1) + " 1", refuse: "at most 64 bytes"},
		{call: "Mint a", refuse: "no function"},
		{call: "Take a 1", refuse: "no function"},
	} {
		l := &ledger{state: map[string]string{"balance/a": "100", "balance/b": "5", "balance/rich": strconv.Itoa(most)}}
		before := l.text()
		response := l.invoke(strings.Split(c.call, " ")...)
		if c.refuse != "" {
			if response.GetStatus() == shim.OK || !strings.Contains(response.GetMessage(), c.refuse) || l.event != "" || len(l.writes) != 0 || l.text() != before {
				t.Errorf("%s: answered %v, wrote %v, event %q", c.call, response, l.writes, l.event)
			}
			continue
		}
		if response.GetStatus() != shim.OK || l.text() != c.state || l.event != c.event {
			t.Errorf("%s: answered %v; state %s, event %s", c.call, response, l.text(), l.event)
		}
	}
}

// text is the state, account by account.
func (l *ledger) text() string {
	var accounts []string
	for _, key := range slices.Sorted(maps.Keys(l.state)) {
		accounts = append(accounts, strings.TrimPrefix(key, "balance/")+"="+l.state[key])
	}
	return strings.Join(accounts, " ")
}

func TestBalances(t *testing.T) {
	l := &ledger{state: map[string]string{"balance/a": "100", "balance/broken": "many"}}
	for account, want := range map[string]string{"a": "100", "new": "0"} {
		if r := l.invoke(Balance, account); r.GetStatus() != shim.OK || string(r.GetPayload()) != want {
			t.Errorf("%s holds %v, want %s", account, r, want)
		}
	}
	for _, call := range [][]string{{Balance, "broken"}, {Mint, "broken", "1"}, {Burn, "broken", "1"}} {
		if r := l.invoke(call...); r.GetStatus() == shim.OK || len(l.writes) != 0 {
			t.Errorf("%v on a balance that is no number: %v", call, r)
		}
	}
}

// TestNothingIsMadeOrLost runs any calls and compares with a sum kept aside.
func TestNothingIsMadeOrLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &ledger{state: map[string]string{}}
		account, amount := rapid.SampledFrom([]string{"a", "b", "c"}), rapid.Uint64Range(0, 20)
		var sum uint64
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			n := amount.Draw(t, "amount")
			text := strconv.FormatUint(n, 10)
			switch rapid.SampledFrom([]string{Mint, Transfer, Burn}).Draw(t, "function") {
			case Mint:
				if l.invoke(Mint, account.Draw(t, "to"), text).GetStatus() == shim.OK {
					sum += n
				}
			case Burn:
				if l.invoke(Burn, account.Draw(t, "from"), text).GetStatus() == shim.OK {
					sum -= n
				}
			case Transfer:
				l.invoke(Transfer, account.Draw(t, "from"), account.Draw(t, "to"), text)
			}
			var held uint64
			for key, value := range l.state {
				cents, err := strconv.ParseUint(value, 10, 63)
				if err != nil {
					t.Fatalf("%s is %q", key, value)
				}
				held += cents
			}
			if held != sum {
				t.Fatalf("accounts hold %d, and %d were minted and not burned: %s", held, sum, l.text())
			}
		}
	})
}
