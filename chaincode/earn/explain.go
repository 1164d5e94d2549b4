package earn

// Explain says how the parts that Evaluate gave an item came about.
func (e *Evaluator) Explain(item Item, parts []Part) Explanation {
	x := Explanation{
		RuleSet: e.rules.Name, Hash: e.hash.String(), Kind: item.Kind, Price: Cents(item.Price),
		Currency: item.Currency, Tier: item.Tier,
	}
	for _, p := range parts {
		x.Points += Cents(p.Points)
	}
	return x
}

// Sentences is the explanation in plain words.
func (x Explanation) Sentences() []string { return nil }
