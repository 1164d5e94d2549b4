// Package material makes what a network needs before its first process starts: certificates, MSP directories and the
// channel's genesis block.
//
// It guarantees that a directory it made is complete (it is written aside and renamed into place), that every
// certificate carries a low-S signature (some Fabric clients refuse others, CA roots included), and that client
// attributes sit in the certificates where Fabric's client identity library reads them. The keys are for development:
// the CAs' own keys lie beside what they signed. Ports and names come from package topology; running anything is left
// to package native.
package material
