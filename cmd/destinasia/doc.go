// Command destinasia runs Destinasia Dollars on one machine and works with what runs: `up`, `down`, `status` and `logs`
// look after the network; the other commands use its REST API, but for those that act as people with certificates of their
// own (`rules`) or believe nobody (`audit`, `receipt verify`).
//
// One program holds everything, so that an installed binary alone suffices: the contract and the wallet service are its
// hidden `serve` commands, which `up` starts as processes of their own. Every command has a constructor; those about
// one thing share a file.
package main
