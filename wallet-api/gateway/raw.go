package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// rawTimeout bounds asking for a block, which a healthy peer reads from its files in milliseconds. Its size is bounded
// by maxMessage.
const rawTimeout = 10 * time.Second

// Raw asks the peer for a block. It fails unless Run works.
func (g *Gateway) Raw(ctx context.Context, number uint64) ([]byte, error) {
	p := g.blocks.Load()
	if p == nil {
		return nil, errors.New("the gateway is not connected to a peer")
	}
	return p.raw(ctx, number)
}

func (f *fabric) raw(ctx context.Context, number uint64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, rawTimeout)
	defer cancel()
	query := f.gateways[wallet.AsIssuer].GetNetwork(f.channel).GetContract("qscc")
	raw, err := query.EvaluateWithContext(ctx, "GetBlockByNumber",
		client.WithArguments(f.channel, strconv.FormatUint(number, 10)), client.WithEndorsingOrganizations(f.home))
	if err != nil {
		return nil, fmt.Errorf("ask the peer for block %d: %w", number, err)
	}
	return raw, nil
}
