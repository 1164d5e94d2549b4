package export

import (
	"context"
	"fmt"
	"io"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// Write audits blocks and writes a table of what they come to: Journal, Balances or Liability. The error is a
// *audit.Divergence when the blocks are at fault. What was written of a table that ends with an error is to be thrown away.
type Write func(ctx context.Context, out io.Writer, f Format, from audit.Fetcher, o audit.Options) (audit.Report, error)

// assetOf is the asset that a chaincode keeps.
func assetOf(chaincode string) (string, error) {
	currency, ok := dollars.CurrencyOf(chaincode)
	if !ok {
		return "", fmt.Errorf("this program knows no currency of chaincode %q", chaincode)
	}
	return currency.Asset, nil
}

// sum compares what a table adds up to with the audit's books.
type sum struct {
	what         string
	table, books dollars.Amount
}

func checkSums(sums ...sum) error {
	for _, s := range sums {
		if s.table != s.books {
			return fmt.Errorf("the table does not add up: %s are %s in it, and %s in the books", s.what, s.table, s.books)
		}
	}
	return nil
}
