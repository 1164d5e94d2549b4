// Package service wires the wallet service: it opens the stores, connects to Fabric, and runs intake, gateway and
// REST API until its context ends. It is the only package that knows all the adapters.
package service
