package earn

// Standard is the first rule set: hotel 5 %, car 3 %, flight 2 % of the price in EUR, points valid for 24 months. Its
// limits are far above what members do and far below what thieves would.
func Standard() RuleSet {
	row := func(k Kind, basisPoints uint32) Row {
		return Row{ID: k.String(), Kinds: []Kind{k}, BasisPoints: basisPoints, Months: 24}
	}
	return RuleSet{
		Name: "standard", Currency: "EUR",
		Tables: []Table{{Name: "base", Hit: First, Rows: []Row{row(Hotel, 500), row(Car, 300), row(Flight, 200)}}},
		Policy: &Policy{
			Reversal: ReversalDebt, OrderMost: 50_000_00, DayMost: 100_000_00, RecoverySeconds: DefaultRecovery, AdjustmentDayMost: 10_000_00,
		},
	}
}
