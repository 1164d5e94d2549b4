package audit

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

// applyFunction is the contract's function that changes the ledger.
const applyFunction = "Apply"

// execute does a valid transaction again and compares. It answers what it did, but for its place; nil if it only reads.
func (a *Auditor) execute(t *proof.Transaction) (*Applied, error) {
	if err := a.checkShape(t); err != nil {
		return nil, err
	}
	recorded := &kvrwset.KVRWSet{}
	for _, s := range t.Sets {
		if s.Name == t.Chaincode {
			recorded = s.Public
		}
	}
	args := t.Input.GetArgs()
	if t.Input.GetIsInit() || len(args) != 2 || string(args[0]) != applyFunction {
		if len(recorded.GetWrites()) > 0 || t.Event != nil {
			return nil, wrongf("", "it calls no function that may write, and writes %d keys", len(recorded.GetWrites()))
		}
		return nil, nil
	}
	env, err := a.environment(t)
	if err != nil {
		return nil, err
	}
	lane, ops, err := dollars.DecodeBatch(args[1])
	if err != nil {
		return nil, wrongf("", "its argument is no batch, so nothing could be endorsed: %v", err)
	}
	env.Lane = lane
	view := &view{state: a.state, namespace: t.Chaincode}
	result, err := dollars.Apply(env, ops, view)
	if err != nil {
		return nil, wrongf("", "the rules refuse it as a whole: %v", err)
	}
	if err := compareReads(view.keys, recorded.GetReads()); err != nil {
		return nil, err
	}
	if err := compareWrites(result.Writes, recorded.GetWrites()); err != nil {
		return nil, err
	}
	if t.Event == nil || t.Event.GetEventName() != dollars.JournalEvent || t.Event.GetTxId() != t.ID {
		return nil, wrongf("", "its event is not its journal")
	}
	if !bytes.Equal(result.Journal.Encode(), t.Event.GetPayload()) {
		return nil, wrongf("", "its journal is not what the rules give: %s", differing(result.Journal, t.Event.GetPayload()))
	}
	return &Applied{
		TxID: env.TxID, Time: env.Time, Caller: env.Caller, Journal: result.Journal, Writes: result.Writes,
	}, nil
}

// checkShape checks what must hold of every valid transaction of the audited chaincode, whatever it calls.
func (a *Auditor) checkShape(t *proof.Transaction) error {
	for mspID := range a.config.members {
		if !slices.ContainsFunc(t.Endorsers, func(id *proof.Identity) bool { return id.MSPID == mspID && id.Role == msp.MSPRole_PEER }) {
			return wrongf("", "no peer of %s endorsed it, whatever the policy asks for; those that did: %v", mspID, t.Endorsers)
		}
	}
	for _, s := range t.Sets {
		if s.Name != t.Chaincode && s.Writes() {
			return wrongf("", "it writes in namespace %q", s.Name)
		}
		if s.Name == t.Chaincode && len(s.Collections) > 0 {
			return wrongf("", "it has private collections, which the contract does not use")
		}
	}
	if r := t.Action.GetResponse(); r.GetStatus() != 200 {
		return wrongf("", "it failed with status %d and is on the ledger all the same", r.GetStatus())
	}
	return nil
}

// environment is what the contract told the rules of this transaction.
func (a *Auditor) environment(t *proof.Transaction) (dollars.Env, error) {
	tx, err := dollars.ParseTxID(t.ID)
	if err != nil {
		return dollars.Env{}, wrongf("", "%v", err)
	}
	if t.Creator.NoAttrs != nil {
		return dollars.Env{}, wrongf("", "the attributes of its creator cannot be read: %v", t.Creator.NoAttrs)
	}
	return dollars.Env{
		Currency: a.currency, Channel: a.config.channel.Name, Chaincode: t.Chaincode,
		TxID: tx, Time: t.Header.GetTimestamp().GetSeconds(),
		Caller: dollars.Caller{
			MSP: t.Creator.MSPID, Role: t.Creator.Attributes["role"],
			ID: dollars.NewCertificateID(t.Creator.Cert.RawSubject, t.Creator.Cert.RawIssuer),
		},
	}, nil
}

// view is the state as Apply reads it; it remembers what was asked for.
type view struct {
	state     *state
	namespace string
	keys      []string
}

func (v *view) Get(keys []string) ([][]byte, error) {
	v.keys = append(v.keys, keys...)
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = v.state.get(v.namespace, key)
	}
	return values, nil
}

func compareReads(keys []string, recorded []*kvrwset.KVRead) error {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, key := range keys {
		if i >= len(recorded) || recorded[i].GetKey() != key {
			return wrongf(key, "the rules read this key; the transaction does not, or in another order")
		}
	}
	if len(recorded) > len(keys) {
		return wrongf(recorded[len(keys)].GetKey(), "it read a key that the rules do not read")
	}
	return nil
}

func compareWrites(want []dollars.Write, recorded []*kvrwset.KVWrite) error {
	for i, w := range want {
		switch {
		case i >= len(recorded) || recorded[i].GetKey() > w.Key:
			return wrongf(w.Key, "the rules write this key; the transaction does not")
		case recorded[i].GetKey() < w.Key:
			return wrongf(recorded[i].GetKey(), "it writes a key that the rules do not write")
		case recorded[i].GetIsDelete() != (w.Value == nil) || !bytes.Equal(recorded[i].GetValue(), w.Value):
			return wrongf(w.Key, "it writes %x; the rules write %x", recorded[i].GetValue(), w.Value)
		}
	}
	if len(recorded) > len(want) {
		return wrongf(recorded[len(want)].GetKey(), "it writes a key that the rules do not write")
	}
	return nil
}

// differing says where a recorded journal leaves the right one.
func differing(want dollars.Journal, recorded []byte) string {
	got, err := dollars.DecodeJournal(recorded)
	if err != nil {
		return "it cannot be read"
	}
	for i, e := range want.Entries {
		one := func(e dollars.Entry) []byte { return dollars.Journal{Entries: []dollars.Entry{e}}.Encode() }
		if i >= len(got.Entries) || !bytes.Equal(one(e), one(got.Entries[i])) {
			return fmt.Sprintf("entry %d", i)
		}
	}
	return "it has more entries"
}
