package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// Same reads the blocks of the first of its peers, and compares each with what the others have in its place.
type Same []named

// named is a Peer.
type named interface {
	blocks
	Name() string
}

// Next is the next block if all peers have the same one. Their orderers' signatures may differ: each orderer signs for
// itself.
func (s Same) Next(ctx context.Context) ([]byte, error) {
	first, err := s[0].Next(ctx)
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return nil, err
	}
	for _, other := range s[1:] {
		raw, otherErr := other.Next(ctx)
		if ended && errors.Is(otherErr, io.EOF) {
			continue
		}
		if otherErr != nil || ended {
			return nil, fmt.Errorf("%s and %s do not have equally many blocks: %w", s[0].Name(), other.Name(), errors.Join(err, otherErr))
		}
		if err := compare(first, raw, s[0].Name(), other.Name()); err != nil {
			return nil, err
		}
	}
	return first, err
}

// Difference says that two peers have different blocks in the same place.
type Difference struct {
	Block  uint64
	Peers  [2]string
	Reason string
}

func (d *Difference) Error() string {
	return fmt.Sprintf("block %d of %s differs from that of %s: %s", d.Block, d.Peers[0], d.Peers[1], d.Reason)
}

func compare(a, b []byte, nameA, nameB string) error {
	if bytes.Equal(a, b) {
		return nil
	}
	var x, y common.Block
	if err := errors.Join(proto.Unmarshal(a, &x), proto.Unmarshal(b, &y)); err != nil {
		return err
	}
	differ := func(reason string) error {
		return &Difference{Block: x.GetHeader().GetNumber(), Peers: [2]string{nameA, nameB}, Reason: reason}
	}
	if !proto.Equal(x.GetHeader(), y.GetHeader()) {
		return differ("the headers are not the same, which is a fork")
	}
	if !proto.Equal(x.GetData(), y.GetData()) {
		return differ("the transactions are not the same")
	}
	for i := range max(len(x.GetMetadata().GetMetadata()), len(y.GetMetadata().GetMetadata())) {
		if i != int(common.BlockMetadataIndex_SIGNATURES) && !bytes.Equal(metadata(&x, i), metadata(&y, i)) {
			return differ(fmt.Sprintf("what they concluded of it is not the same (%s)", common.BlockMetadataIndex(i)))
		}
	}
	return nil
}

func metadata(b *common.Block, i int) []byte {
	if list := b.GetMetadata().GetMetadata(); i < len(list) {
		return list[i]
	}
	return nil
}
