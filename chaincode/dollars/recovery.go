package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// An account whose keys are lost gets a new one if operators of two organisations say so, of which one is the issuer, and no
// key of the account objects while it waits. Whoever has lost the keys cannot hurry or stop it, so a recovery that should not
// be must go away by itself: until it is approved, the organisation that proposed it may name another key, and once it was
// approved and nobody completed it for staleRecovery, anyone who may propose may.

// staleRecovery is after how many seconds since its approval a recovery that nobody completed gives way to another. It is as
// long as the longest waiting period, so none that still waits does.
const staleRecovery = earn.MaxRecovery

// RecoveryRecord is a recovery under way: of an account whose keys are lost.
type RecoveryRecord struct {
	Key      Account // that is to sign for the account
	Proposer string  // MSP of who proposed it
	Approved int64   // Unix seconds; 0 before

	// Completable is from when on (Unix seconds) it can be completed, as the policy in force at the approval has it: who
	// approves knows how long the account's keys can object, and rules published later change nothing of it.
	Completable int64
}

// Encode writes the record.
func (r RecoveryRecord) Encode() []byte {
	b := append([]byte{recordVersion}, r.Key[:]...)
	b = appendUint(appendBytes(b, []byte(r.Proposer)), uint64(r.Approved))
	return appendUint(b, uint64(r.Completable))
}

// DecodeRecoveryRecord reads what Encode wrote.
func DecodeRecoveryRecord(data []byte) (RecoveryRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec RecoveryRecord
	r.fixed(rec.Key[:])
	rec.Proposer = string(r.bytes(255))
	rec.Approved, rec.Completable = r.int64(), r.int64()
	if !r.end() || version != recordVersion || rec.Key.IsZero() {
		return RecoveryRecord{}, malformed("recovery record")
	}
	return rec, nil
}

// RecoveryKey is the state key of the account's recovery.
func RecoveryKey(a Account) string { return recoveryPrefix + a.hex() }

func (b *batch) recovery(o Recovery) (Entry, error) {
	e := Entry{Kind: o.Step}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	account := b.accounts[o.Account]
	switch {
	case o.Account.IsZero():
		return e, refuse(CodeZeroAddress, "the zero address has no keys")
	case account.rec.Pool != nil:
		return e, refuse(CodeKeyInvalid, "a household has no keys; its members sign with theirs, and those can be recovered")
	}
	e.Account, e.Other, e.Outcome = o.Account, o.Key, Applied
	slot := b.recoveries[o.Account]
	if o.Step == KindProposeRecovery {
		return e, b.proposeRecovery(o, slot, &e)
	}
	rec := slot.rec
	if rec.Key.IsZero() || rec.Key != o.Key {
		return e, refuse(CodeRecoveryUnknown, "no recovery of the account by this key is proposed")
	}
	if o.Step == KindApproveRecovery {
		return e, b.approveRecovery(slot, &e)
	}
	switch {
	case rec.Approved == 0:
		return e, refuse(CodeRecoveryWaiting, "the recovery is not approved yet, by an operator of another organisation than proposed it")
	case b.env.Time < rec.Completable:
		return e, refuse(CodeRecoveryWaiting, "the recovery's waiting period, in which a key of the account can object, is not over")
	}
	changed := account.rec
	changed.setKeys(o.Account, []Account{o.Key})
	account.put(changed)
	slot.drop()
	return e, nil
}

func (b *batch) proposeRecovery(o Recovery, slot *slot[RecoveryRecord], e *Entry) error {
	rec, caller := slot.rec, b.env.Caller.MSP
	switch {
	case o.Key.IsZero():
		return refuse(CodeKeyInvalid, "the zero address is no key")
	case b.accounts[o.Account].rec.signs(o.Account, o.Key):
		return refuse(CodeKeyInvalid, "the key signs for the account already; there is nothing to recover")
	case rec.Key == o.Key:
		e.Outcome = Duplicate
		return nil
	case rec.Key.IsZero():
	case rec.Approved == 0 && rec.Proposer == caller:
	case rec.Approved != 0 && b.env.Time > rec.Approved+staleRecovery:
	default:
		return refuse(CodeRecoveryPending, "a recovery of the account by another key is under way; it can be completed, or objected to")
	}
	slot.put(RecoveryRecord{Key: o.Key, Proposer: caller})
	return nil
}

func (b *batch) approveRecovery(slot *slot[RecoveryRecord], e *Entry) error {
	rec, issuer := slot.rec, b.env.Currency.IssuerMSP
	switch {
	case rec.Proposer == b.env.Caller.MSP:
		return refuse(CodeOwnApproval, "the recovery was proposed by this organisation; an operator of another one approves it")
	case rec.Proposer != issuer && b.env.Caller.MSP != issuer:
		return refuse(CodeNotAuthorized, fmt.Sprintf("one of the two who give an account another key is an operator of %s", issuer))
	case rec.Approved != 0: // the waiting period does not start again
		e.Outcome = Duplicate
		return nil
	}
	wait := b.policy().RecoverySeconds
	if wait == 0 {
		wait = earn.DefaultRecovery
	}
	rec.Approved, rec.Completable = b.env.Time, b.env.Time+wait
	slot.put(rec)
	return nil
}

// object ends a recovery: somebody still has a key of the account, and says no.
func (b *batch) object(o SignedOrder, e *Entry) error {
	slot := b.recoveries[o.From]
	if slot.rec.Key.IsZero() || slot.rec.Key != o.To {
		return refuse(CodeRecoveryUnknown, "no recovery of the account by this key is under way")
	}
	slot.drop()
	e.Other = o.To
	return nil
}
