package lifecycle

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/hyperledger/fabric-admin-sdk/pkg/channel"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/network/access"
	"github.com/destinasia/dollars/network/topology"
)

// JoinOrderers makes every orderer part of the channel.
func (a *Admin) JoinOrderers(ctx context.Context) error {
	block, err := a.genesis()
	if err != nil {
		return err
	}
	for _, org := range a.network.Ordering() {
		files := a.layout.AdministratorTLS(org.Name)
		roots, err := access.Roots(files.CA)
		if err != nil {
			return err
		}
		client, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return err
		}
		for _, o := range org.Orderers {
			url := "https://" + topology.Address(o.AdminPort)
			err := retry(ctx, "joining "+o.Name+" to the channel", func(context.Context) error {
				joined, err := channel.ListChannel(url, roots, client)
				if err != nil {
					return err
				}
				for _, c := range joined.Channels {
					if c.Name == a.network.Channel.Name {
						return nil
					}
				}
				response, err := channel.CreateChannel(url, block, roots, client)
				if err != nil {
					return err
				}
				defer response.Body.Close()
				if response.StatusCode != http.StatusCreated {
					answer, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
					return fmt.Errorf("answered %s: %s", response.Status, answer)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// JoinPeers makes every peer part of the channel.
func (a *Admin) JoinPeers(ctx context.Context) error {
	block, err := a.genesis()
	if err != nil {
		return err
	}
	for _, m := range a.members {
		for _, p := range m.peers {
			err := retry(ctx, "joining "+p.Name+" to the channel", func(ctx context.Context) error {
				joined, err := channel.ListChannelOnPeer(ctx, p, m.id)
				if err != nil {
					return err
				}
				for _, c := range joined {
					if c.GetChannelId() == a.network.Channel.Name {
						return nil
					}
				}
				return channel.JoinChannel(ctx, p, m.id, block)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Heights asks every peer how many blocks it holds. The error tells of those that do not answer; the others' answers are
// there all the same.
func (a *Admin) Heights(ctx context.Context) (map[string]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var mu sync.Mutex
	var asking sync.WaitGroup
	heights := map[string]uint64{}
	var errs []error
	for _, m := range a.members {
		for _, p := range m.peers {
			asking.Go(func() {
				info, err := channel.GetBlockChainInfo(ctx, p, m.id, a.network.Channel.Name)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, fmt.Errorf("height of %s: %w", p.Name, err))
					return
				}
				heights[p.Name] = info.GetHeight()
			})
		}
	}
	asking.Wait()
	return heights, errors.Join(errs...)
}

func (a *Admin) genesis() (*common.Block, error) {
	raw, err := os.ReadFile(a.layout.Genesis())
	if err != nil {
		return nil, err
	}
	block := &common.Block{}
	if err := proto.Unmarshal(raw, block); err != nil {
		return nil, fmt.Errorf("genesis block %s: %w", a.layout.Genesis(), err)
	}
	return block, nil
}
