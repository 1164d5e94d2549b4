package material

import (
	"encoding/json"

	"github.com/destinasia/dollars/network/topology"
)

// Profile is a connection profile in the format classic Fabric clients read (fabric-sdk-go and its siblings), seen from
// one organisation.
func Profile(n topology.Network, l Layout, client topology.Organisation) ([]byte, error) {
	type object = map[string]any
	endpoint := func(org string, port int) object {
		return object{
			// Without a scheme, so that it equals the endpoint discovery answers with; clients take it as TLS.
			"url":         topology.Address(port),
			"grpcOptions": object{"ssl-target-name-override": "localhost", "fail-fast": false, "allow-insecure": false},
			"tlsCACerts":  object{"path": l.TLSRoot(org)},
		}
	}
	organisations, peers, orderers := object{}, object{}, object{}
	channelPeers, channelOrderers := object{}, []string{}
	for _, org := range n.Organisations {
		names := []string{}
		for _, p := range org.Peers {
			names = append(names, p.Name)
			peers[p.Name] = endpoint(org.Name, p.ListenPort)
			channelPeers[p.Name] = object{"endorsingPeer": true, "chaincodeQuery": true, "ledgerQuery": true, "eventSource": true}
		}
		for _, o := range org.Orderers {
			orderers[o.Name] = endpoint(org.Name, o.ListenPort)
			channelOrderers = append(channelOrderers, o.Name)
		}
		organisations[org.Name] = object{"mspid": org.MSPID, "cryptoPath": l.UserMSP(org.Name, "{username}"), "peers": names}
	}
	return json.MarshalIndent(object{
		"name":        "destinasia-dollars",
		"description": "Destinasia Dollars, seen from " + client.Name,
		"version":     "1.0.0",
		"client": object{
			"organization":    client.Name,
			"logging":         object{"level": "warning"},
			"cryptoconfig":    object{"path": string(l)},
			"credentialStore": object{"path": string(l), "cryptoStore": object{"path": l.UserMSP(client.Name, topology.Administrator)}},
			"BCCSP": object{"security": object{
				"enabled": true, "default": object{"provider": "SW"}, "hashAlgorithm": "SHA2", "softVerify": true, "level": 256,
			}},
			"tlsCerts": object{"systemCertPool": false},
		},
		"channels":      object{n.Channel.Name: object{"orderers": channelOrderers, "peers": channelPeers}},
		"organizations": organisations,
		"orderers":      orderers,
		"peers":         peers,
	}, "", "  ")
}
