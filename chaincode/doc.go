// Package chaincode is the house of the currency's rules: dollars holds the rules themselves, earn the earning
// rules, eip712 the signatures, and contract puts them on Hyperledger Fabric. It holds nothing itself.
package chaincode
