// Package topology describes a Fabric network as plain data: organisations, their nodes and identities, ports, the
// channel and the chaincodes on it. There are three to choose from (Named); they differ in how much may fail.
//
// It guarantees that no two parts of one network share a name or a port, and that all ports parts listen on lie in
// [PortBase, PortBase+PortSpan), so that moving the base moves the whole network. It touches no file and no socket;
// making certificates, writing configuration and running programs are left to its readers.
package topology
