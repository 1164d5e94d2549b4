package dollars

import "fmt"

// Kind is what an operation is. The numbers are on the ledger: never renumber, only add.
type Kind uint8

// The kinds of operation. KindUnreadable is bytes in a batch that are no operation.
const (
	KindUnreadable Kind = iota
	KindConfirm
	KindComplete
	KindCancel
	KindTransfer
	KindRedeem
	KindAbsorb
	KindFreeze
	KindUnfreeze
	KindProposeRules
	KindApproveRules
	KindPublishRules
	KindHold
	KindCapture
	KindRelease
	KindSetReward
	KindClaim
	KindUse
	KindForm
	KindInvite
	KindJoin
	KindContribute
	KindLeave
	KindChangeKeys
	KindObject
	KindProposeRecovery
	KindApproveRecovery
	KindRecover
	KindProposeAdjustment
	KindApproveAdjustment
	KindExpire

	kinds = iota // how many there are
)

var kindNames = [kinds]string{
	"unreadable", "confirm", "complete", "cancel", "transfer", "redeem", "absorb", "freeze", "unfreeze",
	"propose-rules", "approve-rules", "publish-rules",
	"hold", "capture", "release", "set-reward", "claim", "use",
	"form", "invite", "join", "contribute", "leave",
	"change-keys", "object", "propose-recovery", "approve-recovery", "recover",
	"propose-adjustment", "approve-adjustment", "expire",
}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}
