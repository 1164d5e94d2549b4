package native

import (
	"path/filepath"
	"time"
)

// Make writes down a new network, with its certificates and genesis block, and starts nothing of it: Up goes on from there,
// whoever calls it. Of the options it needs those that say what network it is to be. One that is there already is left as it is.
func Make(o Options) (*Network, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := prepare(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	n, err := plan(Dir(dir), o)
	if err != nil {
		return nil, err
	}
	return n, n.settle(time.Now())
}
