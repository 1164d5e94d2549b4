package simulate

import "slices"

// policies are what each side's policy means, where one has any.
func (r Report) policies() Table {
	t := Table{Title: "What holds for accounts", Header: []string{"by", "what"}}
	for _, s := range r.sentences() {
		t.Rows = append(t.Rows, []string{s.by(r), s.text})
	}
	if len(t.Rows) > 0 {
		t.Notes = []string{"Nobody spends a point in a replay: of this nothing shows in the figures."}
	}
	return t
}

// sentence is something that a policy means on one side or on both.
type sentence struct {
	text           string
	current, draft bool
}

func (s sentence) by(r Report) string {
	switch {
	case !s.draft:
		return r.Current.Label
	case !s.current:
		return r.Draft.Label
	}
	return "both"
}

// sentences are what policies mean, those of the current side first; none where neither has one.
func (r Report) sentences() (list []sentence) {
	if r.Current.Policy == nil && r.Draft.Policy == nil {
		return nil
	}
	current, draft := r.Current.Policy.Sentences(), r.Draft.Policy.Sentences()
	for _, text := range current {
		list = append(list, sentence{text, true, slices.Contains(draft, text)})
	}
	for _, text := range draft {
		if !slices.Contains(current, text) {
			list = append(list, sentence{text, false, true})
		}
	}
	return list
}
