// Package network holds nothing itself; its packages describe, make and run the Fabric network under Destinasia Dollars.
//
// Data flows one way: topology (plain data) -> material (certificates, genesis block) -> lifecycle (channel and
// chaincode administration) -> native (the programs as processes on this machine). Packages block, proof, audit and
// receipt stand apart: they read blocks and tell what these prove, and know no topology.
package network
