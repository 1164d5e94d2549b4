package bench

// Growth is what a ledger with many accounts costs, before anything is measured on it.
type Growth struct {
	Accounts   int     `json:"accounts"`   // each with one booking and one credit
	Entries    int     `json:"entries"`    // in the history of the receiver that everybody pays
	Operations int     `json:"operations"` // that it took
	Loaded     float64 `json:"loadedPerSecond"`
	// Rebuilt is how many operations a second came into views that were folded anew, counted from the start of the network.
	Rebuilt float64 `json:"rebuiltPerSecond"`
	Up      float64 `json:"upSeconds"` // with views there
	// Disk is bytes for each operation, by what is kept: see Measured.
	Disk map[string]float64 `json:"diskBytesPerOperation"`
}
