package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/destinasia/dollars/network/access"
)

// Evaluate asks every organisation, by a peer of its own, what a function of a chaincode answers on its state, and
// returns the answers by the organisations' names. Nothing is written, and no organisation vouches for another.
func (a *Admin) Evaluate(ctx context.Context, chaincode, function string, args ...[]byte) (map[string][]byte, error) {
	answers := map[string][]byte{}
	for _, m := range a.members {
		answer, err := a.EvaluateBy(ctx, m.Name, chaincode, function, args...)
		if err != nil {
			return nil, err
		}
		answers[m.Name] = answer
	}
	return answers, nil
}

// EvaluateBy asks one organisation.
func (a *Admin) EvaluateBy(ctx context.Context, org, chaincode, function string, args ...[]byte) ([]byte, error) {
	for _, m := range a.members {
		if m.Name != org {
			continue
		}
		answer, err := a.evaluate(ctx, m, chaincode, function, args)
		if err != nil {
			return nil, fmt.Errorf("ask %s for %s: %w%s", org, function, err, details(err))
		}
		return answer, nil
	}
	return nil, fmt.Errorf("%s is no member of the channel", org)
}

func (a *Admin) evaluate(ctx context.Context, m member, chaincode, function string, args [][]byte) (answer []byte, err error) {
	gateway, err := access.Gateway(m.id, m.peers[0])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }() // which leaves our connection open
	contract := gateway.GetNetwork(a.network.Channel.Name).GetContract(chaincode)
	return contract.EvaluateWithContext(ctx, function, client.WithBytesArguments(args...), client.WithEndorsingOrganizations(m.MSPID))
}
