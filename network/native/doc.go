// Package native runs a network as processes of this machine: it builds the pinned Fabric programs, writes their
// configuration, starts them together with the contract services and the wallet service, and stops them.
//
// Everything about one network lies in one directory. Up may be called at any time and continues from whatever it
// finds: it keeps processes that run as wanted, starts those that do not, and leaves nothing of its own running when it
// fails. Readiness is learnt by asking each part. A process is only ever signalled after its record has been checked
// against the process's start time, so a recycled process id is never hit; one without a record, left over from a
// network whose directory was removed, is known by the name it was started by, which lies in the directory.
// Certificates come from package material, administration from package lifecycle; what the wallet service is, the
// caller knows.
//
// A network may be one for rehearsals, which lives at a time of its own. Its peers keep the machine's time, and take
// transactions that are dated years from it.
package native
