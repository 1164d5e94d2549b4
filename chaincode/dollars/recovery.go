package dollars

// MaxKeys is how many keys may sign for an account.
const MaxKeys = 8

// RecoveryRecord is a recovery under way: of an account whose keys are lost.
type RecoveryRecord struct {
	Key      Account // that is to sign for the account
	Proposer string  // MSP of who proposed it
	Approved int64   // Unix seconds; 0 before
}

// Encode writes the record.
func (r RecoveryRecord) Encode() []byte {
	b := append([]byte{recordVersion}, r.Key[:]...)
	return appendUint(appendBytes(b, []byte(r.Proposer)), uint64(r.Approved))
}

// DecodeRecoveryRecord reads what Encode wrote.
func DecodeRecoveryRecord(data []byte) (RecoveryRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec RecoveryRecord
	r.fixed(rec.Key[:])
	rec.Proposer = string(r.bytes(255))
	rec.Approved = int64(r.uintMax(1<<63 - 1))
	if !r.end() || version != recordVersion || rec.Key.IsZero() {
		return RecoveryRecord{}, malformed("recovery record")
	}
	return rec, nil
}

// RecoveryKey is the state key of the account's recovery.
func RecoveryKey(a Account) string { return recoveryPrefix + a.hex() }
