package sheet

import "github.com/destinasia/dollars/chaincode/earn"

// Grid is the rows of a table as text: the columns that any of them uses, and for each row its cells.
func Grid(t earn.Table) (columns []string, cells [][]string) { return grid(t.Rows) }

func grid(rows []earn.Row) (columns []string, cells [][]string) {
	cells = make([][]string, len(rows))
	for _, f := range rowFields {
		used := f.name == "id"
		for i := range rows {
			used = used || f.text(&rows[i]) != ""
		}
		if !used {
			continue
		}
		columns = append(columns, f.name)
		for i := range rows {
			cells[i] = append(cells[i], f.text(&rows[i]))
		}
	}
	return columns, cells
}
