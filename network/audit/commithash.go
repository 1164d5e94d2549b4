package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages in which peers hash what a block changed.
const (
	updatesWrite = 1

	writeNamespace  = 1
	writeCollection = 2
	writeKey        = 3
	writeIsDelete   = 4
	writeValue      = 5
	writeVersion    = 6
)

// commitHash is how a peer sums up a block: the hash over its verdicts, every key changed, and the hash before.
func (s *state) commitHash(codes, previous []byte) []byte {
	content := protowire.AppendVarint(nil, uint64(len(codes)))
	content = append(content, codes...)
	content = append(s.appendChanges(content), previous...)
	hash := sha256.Sum256(content)
	return hash[:]
}

// appendChanges writes what the block changed, by namespace, collection and key. A namespace is written with its first
// key only, and a collection, too.
func (s *state) appendChanges(content []byte) []byte {
	places := slices.SortedFunc(maps.Keys(s.changed), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.collection, b.collection))
	})
	namespace := ""
	for _, p := range places {
		for i, key := range slices.Sorted(maps.Keys(s.changed[p])) {
			var message []byte
			if p.namespace != namespace {
				namespace = p.namespace
				message = appendBytes(message, writeNamespace, []byte(namespace))
			}
			if i == 0 && p.collection != "" {
				message = appendBytes(message, writeCollection, []byte(p.collection))
			}
			message = appendBytes(message, writeKey, []byte(key))
			content = appendBytes(content, updatesWrite, s.appendEntry(message, p, key))
		}
	}
	return content
}

func (s *state) appendEntry(message []byte, p place, key string) []byte {
	if e, there := s.entries[p][key]; there {
		message = appendBytes(message, writeValue, e.value)
	} else {
		message = protowire.AppendVarint(protowire.AppendTag(message, writeIsDelete, protowire.VarintType), 1)
	}
	v := s.changed[p][key]
	return appendBytes(message, writeVersion, appendOrdered(appendOrdered(nil, v.block), v.tx))
}

func appendBytes(b []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), content)
}

// appendOrdered writes a number so that encodings sort as numbers: its length in bytes, and these.
func appendOrdered(b []byte, n uint64) []byte {
	whole := binary.BigEndian.AppendUint64(nil, n)
	for len(whole) > 0 && whole[0] == 0 {
		whole = whole[1:]
	}
	return append(append(b, byte(len(whole))), whole...)
}
