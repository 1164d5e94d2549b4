package driver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// heightPatience bounds a question that a healthy peer answers in milliseconds.
const heightPatience = 10 * time.Second

// blocks are those of one run as they are committed. One stream of them tells what became of every transaction; to ask
// for each one would cost the peer a signature to verify and a call to hold open.
type blocks struct {
	mutex   sync.Mutex
	waiting map[string]chan peer.TxValidationCode

	ended chan struct{} // closed when no more come
	err   error         // why, once ended is closed
}

// follow begins with the next block, and ends with the context.
func (d *Driver) follow(ctx context.Context) (*blocks, error) {
	height, err := d.height(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := d.network.FilteredBlockEvents(ctx, client.WithStartBlock(height))
	if err != nil {
		return nil, fmt.Errorf("ask %s's peer for blocks: %w", d.home, err)
	}
	b := &blocks{waiting: map[string]chan peer.TxValidationCode{}, ended: make(chan struct{})}
	go func() {
		for block := range stream {
			b.tell(block)
		}
		if b.err = ctx.Err(); b.err == nil {
			b.err = errors.New(d.home + "'s peer closed the stream of blocks")
		}
		close(b.ended)
	}()
	return b, nil
}

func (b *blocks) expect(txID string) <-chan peer.TxValidationCode {
	verdict := make(chan peer.TxValidationCode, 1)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.waiting[txID] = verdict
	return verdict
}

func (b *blocks) forget(txID string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.waiting, txID)
}

func (b *blocks) tell(block *peer.FilteredBlock) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, tx := range block.GetFilteredTransactions() {
		if verdict, ok := b.waiting[tx.GetTxid()]; ok {
			verdict <- tx.GetTxValidationCode()
			delete(b.waiting, tx.GetTxid()) // what a later copy is told decides nothing
		}
	}
}

// height is how many blocks the peer has.
func (d *Driver) height(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, heightPatience)
	defer cancel()
	raw, err := d.network.GetContract("qscc").EvaluateWithContext(ctx, "GetChainInfo",
		client.WithArguments(d.network.Name()), client.WithEndorsingOrganizations(d.home))
	if err != nil {
		return 0, fmt.Errorf("ask %s's peer for its height: %w", d.home, err)
	}
	var info common.BlockchainInfo
	if err := proto.Unmarshal(raw, &info); err != nil {
		return 0, fmt.Errorf("height of %s's peer: %w", d.home, err)
	}
	return info.GetHeight(), nil
}
