// Package proposal gives proposals of transactions another time than the machine's, which is what the Fabric client
// dates them by: for networks on which another time is rehearsed.
//
// Everything else of a proposal stays, its transaction id too: that is of the creator and a nonce. Whether peers take
// such a time is theirs to decide (peer.authentication.timewindow).
package proposal
