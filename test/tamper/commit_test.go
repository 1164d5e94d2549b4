package tamper

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
)

// changed is a key by where it is; what a block did to it last, and by which transaction.
type changed struct{ namespace, collection, key string }

type change struct {
	value       []byte // nil: it is gone
	transaction int
}

// commitHash is what a peer would sum a block up as that has these verdicts: a second hand's writing of what Fabric does.
func commitHash(b, before *common.Block) []byte {
	codes := metadata(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	last := map[changed]change{}
	for i, code := range codes {
		if code == 0 && idOf(b.Data.Data[i]) != "" {
			record(last, i, open(b.Data.Data[i]))
		}
	}
	text := append(protowire.AppendVarint(nil, uint64(len(codes))), codes...)
	var at changed
	for _, k := range slices.SortedFunc(maps.Keys(last), func(x, y changed) int {
		return cmp.Or(cmp.Compare(x.namespace, y.namespace), cmp.Compare(x.collection, y.collection), cmp.Compare(x.key, y.key))
	}) {
		var update []byte
		if k.namespace != at.namespace {
			update = appendField(update, 1, []byte(k.namespace))
		}
		if k.collection != "" && (k.namespace != at.namespace || k.collection != at.collection) {
			update = appendField(update, 2, []byte(k.collection))
		}
		update = appendField(update, 3, []byte(k.key))
		if value := last[k].value; value != nil {
			update = appendField(update, 5, value)
		} else {
			update = append(update, 4<<3, 1)
		}
		version := append(ordered(b.GetHeader().GetNumber()), ordered(uint64(last[k].transaction))...)
		text = appendField(text, 1, appendField(update, 6, version))
		at = k
	}
	previous := read(metadata(before, common.BlockMetadataIndex_COMMIT_HASH), &common.Metadata{}).GetValue()
	hash := sha256.Sum256(append(text, previous...))
	return hash[:]
}

func record(last map[changed]change, i int, t *transaction) {
	for n, ns := range t.results.GetNsRwset() {
		for _, w := range t.sets[n].GetWrites() {
			last[changed{ns.GetNamespace(), "", w.GetKey()}] = change{left(w.GetIsDelete(), w.GetValue()), i}
		}
		for _, c := range ns.GetCollectionHashedRwset() {
			for _, w := range read(c.GetHashedRwset(), &kvrwset.HashedRWSet{}).GetHashedWrites() {
				last[changed{ns.GetNamespace(), c.GetCollectionName(), string(w.GetKeyHash())}] = change{left(w.GetIsDelete(), w.GetValueHash()), i}
			}
		}
	}
}

func left(deleted bool, value []byte) []byte {
	if deleted || len(value) == 0 {
		return nil
	}
	return value
}

func appendField(b []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), content)
}

// ordered is a number as big-endian bytes without leading zeros, after how many these are.
func ordered(n uint64) []byte {
	var digits []byte
	for ; n > 0; n >>= 8 {
		digits = append(digits, byte(n))
	}
	slices.Reverse(digits)
	return append([]byte{byte(len(digits))}, digits...)
}
