// Package walletapi is the house of the wallet service. It holds nothing itself: wallet has the use cases and the
// ports they need; inbox, gateway, readmodel, custody, directory and rest are adapters, which never import each
// other; service wires them; client is the Go client of the REST API.
package walletapi
