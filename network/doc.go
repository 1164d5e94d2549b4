// Package network holds nothing itself; its packages describe, make and run the Fabric network under Destinasia Dollars.
//
// Data flows one way: topology (plain data) -> material (certificates, genesis block) -> lifecycle (channel and
// chaincode administration) -> native (the programs as processes on this machine). Package block stands apart: it
// decodes and verifies blocks and knows no topology.
package network
