package lint

import "slices"

// set is what an axis may be: numbers or texts. Both sets of a question are of the same type.
type set interface {
	and(set) set
	or(set) (either set, exact bool) // either holds more than both sets where it is not exact
	meets(set) bool                  // may be true though they have nothing in common
	covers(set) bool                 // may be false though it does
	empty() bool                     // may be false though it is
}

// limit says that an axis is in a set, which is smaller than the axis's domain.
type limit struct {
	axis axis
	in   set
}

// box is the items within all limits. Where a box stands for a condition, all items that the condition accepts are in
// one of its boxes; that it accepts all items in a box is known of the exact ones only.
type box struct {
	limits []limit // one for an axis at most, in ascending order
	exact  bool
}

// union is the items in any of its boxes; nil is none.
type union []box

// maxBoxes bounds a union. Beyond it boxes are replaced by one that is around them all.
const maxBoxes = 32

// everything is all items of a space, known to be accepted.
func everything() union { return union{{exact: true}} }

// anything is all items of a space, of which it is not known which are accepted.
func anything() union { return union{{}} }

func (b box) at(a axis) set {
	for _, l := range b.limits {
		if l.axis == a {
			return l.in
		}
	}
	return nil
}

// meets tells whether the boxes may have an item in common.
func (b box) meets(c box) bool {
	for i, j := 0, 0; i < len(b.limits) && j < len(c.limits); {
		switch l, m := &b.limits[i], &c.limits[j]; {
		case l.axis < m.axis:
			i++
		case l.axis > m.axis:
			j++
		case !l.in.meets(m.in):
			return false
		default:
			i++
			j++
		}
	}
	return true
}

// covers tells whether all items of c are in b, as far as that can be known.
func (b box) covers(c box) bool {
	j := 0
	for _, l := range b.limits {
		for j < len(c.limits) && c.limits[j].axis < l.axis {
			j++
		}
		if j == len(c.limits) || c.limits[j].axis != l.axis || !l.in.covers(c.limits[j].in) {
			return false
		}
	}
	return true
}

// and is the items in both boxes; false where there are none.
func (b box) and(c box) (box, bool) {
	both := box{exact: b.exact && c.exact, limits: make([]limit, 0, len(b.limits)+len(c.limits))}
	i, j := 0, 0
	for i < len(b.limits) && j < len(c.limits) {
		switch l, m := b.limits[i], c.limits[j]; {
		case l.axis < m.axis:
			both.limits = append(both.limits, l)
			i++
		case l.axis > m.axis:
			both.limits = append(both.limits, m)
			j++
		default:
			in := l.in.and(m.in)
			if in.empty() {
				return box{}, false
			}
			both.limits = append(both.limits, limit{l.axis, in})
			i++
			j++
		}
	}
	both.limits = append(append(both.limits, b.limits[i:]...), c.limits[j:]...)
	return both, true
}

// merged is one box with just the items of both, where there is one: they may differ in one axis.
func (b box) merged(c box) (box, bool) {
	if b.exact != c.exact || len(b.limits) != len(c.limits) {
		return box{}, false
	}
	differs := -1
	for i, l := range b.limits {
		m := c.limits[i]
		switch {
		case l.axis != m.axis:
			return box{}, false
		case l.in.covers(m.in) && m.in.covers(l.in):
		case differs >= 0:
			return box{}, false
		default:
			differs = i
		}
	}
	if differs < 0 {
		return b, true
	}
	in, exact := b.limits[differs].in.or(c.limits[differs].in)
	if !exact {
		return box{}, false
	}
	b.limits = slices.Clone(b.limits)
	b.limits[differs].in = in
	return b, true
}

// around is a box that has all items of both and may have more.
func (b box) around(c box) box {
	var hull box
	for _, l := range b.limits {
		if in := c.at(l.axis); in != nil {
			either, _ := l.in.or(in)
			hull.limits = append(hull.limits, limit{l.axis, either})
		}
	}
	return hull
}

// around is a box that has all items of the union.
func (u union) around() box {
	if len(u) == 0 {
		return box{}
	}
	hull := u[0]
	hull.exact = false
	for _, b := range u[1:] {
		hull = hull.around(b)
	}
	return hull
}

// all tells whether every item is known to be accepted.
func (u union) all() bool {
	return slices.ContainsFunc(u, func(b box) bool { return b.exact && len(b.limits) == 0 })
}

// or is the items of both.
func (s *space) or(u, v union) union {
	if len(u) == 0 {
		return v
	}
	either := slices.Clone(u)
	for _, b := range v {
		either = s.add(either, b)
	}
	if len(either) > maxBoxes {
		return union{s.trim(either.around())}
	}
	return either
}

// add puts a box into a union, which it may change, and leaves out what is in it anyway.
func (s *space) add(u union, b box) union {
	for i := 0; i < len(u); i++ {
		if (u[i].exact || !b.exact) && u[i].covers(b) {
			return u
		}
		if (b.exact || !u[i].exact) && b.covers(u[i]) {
			u = slices.Delete(u, i, i+1)
			i--
			continue
		}
		if m, ok := u[i].merged(b); ok {
			return s.add(slices.Delete(u, i, i+1), s.trim(m))
		}
	}
	return append(u, b)
}

// and is the items in both.
func (s *space) and(u, v union) union {
	if len(u)*len(v) > 4*maxBoxes {
		v = union{v.around()}
	}
	var both union
	for _, b := range u {
		for _, c := range v {
			if d, ok := b.and(c); ok {
				both = s.add(both, d)
			}
		}
	}
	if len(both) > maxBoxes {
		return union{s.trim(both.around())}
	}
	return both
}

// trim leaves out the limits that every item is within.
func (s *space) trim(b box) box {
	b.limits = slices.DeleteFunc(slices.Clone(b.limits), func(l limit) bool { return l.in.covers(s.domains[l.axis]) })
	return b
}

// within is the items with an axis in a set.
func (s *space) within(a axis, in set) union {
	in = in.and(s.domains[a])
	switch {
	case in.empty():
		return nil
	case in.covers(s.domains[a]):
		return everything()
	}
	return union{{limits: []limit{{a, in}}, exact: true}}
}
