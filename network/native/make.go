package native

import "time"

// Make writes down a new network, with its certificates and genesis block, and starts nothing of it: Up goes on from there,
// whoever calls it. Of the options it needs those that say what network it is to be. One that is there already is left as it is.
func Make(o Options) (*Network, error) {
	n, unlock, err := enter(o)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return n, n.settle(time.Now())
}
