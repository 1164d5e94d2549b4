package dollars

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
)

// parseSet reads a rule set, in one line or as tables:
//
//	set plain EUR hotel=500 car=300 flight=200 months=24
//	set junk {"name":"junk"}
//
//	set winter EUR [starts=2026-12-01 or 2026-12-01T08:00:00]
//	tier silver [points=100.00] [nights=10]
//	table base first [half-up]
//	policy [reversal=recall days=7] [order=50.00] [day=80.00] [cooling=24h most=5.00] [recovery=72h] [adjustments=100.00]
//	row long-stay flight+hotel 500 [months=24] [fixed=5.00] [priority=1] [item=] [booking=] [member=] [budget=] [season=] [when ...]
//
// In one line the policy's words stand beside the rates. A row is for kinds of item, or any; the number is basis points. A season is arrival:2026-12-01..2026-12-31, or
// booking:2026-12-01..2026-12-31@Europe/Berlin+01:00. Everything after "when" is the condition.
func (s *scenario) parseSet(name string, args, lines []string) error {
	if strings.HasPrefix(args[0], "{") {
		s.sets[name] = []byte(args[0])
		return nil
	}
	r := earn.RuleSet{Name: name, Currency: args[0]}
	options := optionsOf(args[1:])
	var err error
	if options["hotel"] != "" {
		if r, err = plainSet(r, options); err == nil {
			r.Policy, err = parsePolicy(options)
		}
	}
	if starts := options["starts"]; starts != "" {
		at, bad := time.Parse("2006-01-02T15:04:05"[:len(starts)], starts)
		r.Starts, err = at.Unix(), errors.Join(err, bad)
	}
	for _, line := range lines {
		words := strings.Fields(line)
		switch words[0] {
		case "tier":
			options := optionsOf(words[2:])
			level := earn.Level{Tier: words[1]}
			err = errors.Join(err, parseCents(&level.Points, options["points"]))
			if nights := options["nights"]; nights != "" {
				level.Nights, _ = strconv.ParseInt(nights, 10, 64)
			}
			r.Tiers = append(r.Tiers, level)
		case "policy":
			var bad error
			r.Policy, bad = parsePolicy(optionsOf(words[1:]))
			err = errors.Join(err, bad)
		case "table":
			r.Tables = append(r.Tables, earn.Table{
				Name: words[1], Hit: earn.HitPolicy(words[2]), Rounding: earn.Rounding(strings.Join(words[3:], " ")),
			})
		case "row":
			row, bad := parseRow(line)
			if bad != nil {
				return fmt.Errorf("%s: %w", line, bad)
			}
			table := &r.Tables[len(r.Tables)-1]
			table.Rows = append(table.Rows, row)
		default:
			return fmt.Errorf("%s: unknown", line)
		}
	}
	s.sets[name] = r.Encode()
	return err
}

func optionsOf(words []string) map[string]string {
	options := map[string]string{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		options[k] = v
	}
	return options
}

// plainSet has a rate for each kind of item.
func plainSet(r earn.RuleSet, options map[string]string) (earn.RuleSet, error) {
	var failed error
	number := func(name string) uint32 {
		n, err := strconv.ParseUint(options[name], 10, 32)
		failed = errors.Join(failed, err)
		return uint32(n)
	}
	table := earn.Table{Name: "base", Hit: earn.First}
	for k := earn.Hotel; k.Valid(); k++ {
		table.Rows = append(table.Rows, earn.Row{
			ID: k.String(), Kinds: []earn.Kind{k}, BasisPoints: number(k.String()), Months: number("months"),
		})
	}
	r.Tables = []earn.Table{table}
	return r, failed
}

// parsePolicy reads a policy, nil where nothing is said of one.
func parsePolicy(options map[string]string) (*earn.Policy, error) {
	p := earn.Policy{Reversal: earn.Reversal(options["reversal"])}
	var failed error
	if days := options["days"]; days != "" {
		n, err := strconv.ParseUint(days, 10, 32)
		p.RecallDays, failed = uint32(n), err
	}
	for name, into := range map[string]*earn.Cents{
		"order": &p.OrderMost, "day": &p.DayMost, "most": &p.CoolingMost, "adjustments": &p.AdjustmentDayMost,
	} {
		failed = errors.Join(failed, parseCents(into, options[name]))
	}
	for name, into := range map[string]*int64{"cooling": &p.CoolingSeconds, "recovery": &p.RecoverySeconds} {
		if text := options[name]; text != "" {
			d, err := time.ParseDuration(text)
			*into, failed = int64(d/time.Second), errors.Join(failed, err)
		}
	}
	if p == (earn.Policy{}) {
		return nil, failed
	}
	return &p, failed
}

func parseRow(line string) (row earn.Row, err error) {
	line, row.When, _ = strings.Cut(line, " when ")
	words := strings.Fields(line)
	row.ID, row.Months = words[1], 24
	if words[2] != "any" {
		for _, name := range strings.Split(words[2], "+") {
			k, err := earn.ParseKind(name)
			if err != nil {
				return row, err
			}
			row.Kinds = append(row.Kinds, k)
		}
	}
	var numbers [3]int64
	options := optionsOf(words[4:])
	for i, text := range []string{words[3], options["months"], options["priority"]} {
		if text != "" {
			if numbers[i], err = strconv.ParseInt(text, 10, 32); err != nil {
				return row, err
			}
		}
	}
	row.BasisPoints, row.Priority = uint32(numbers[0]), int32(numbers[2])
	if options["months"] != "" {
		row.Months = uint32(numbers[1])
	}
	for name, into := range map[string]*earn.Cents{
		"fixed": &row.Fixed, "item": &row.CapItem, "booking": &row.CapBooking, "member": &row.CapMember, "budget": &row.Budget,
	} {
		if err := parseCents(into, options[name]); err != nil {
			return row, err
		}
	}
	if season := options["season"]; season != "" {
		row.Season, err = parseSeason(season)
	}
	return row, err
}

func parseCents(into *earn.Cents, text string) (err error) {
	if text != "" {
		*into, err = earn.ParseCents(text)
	}
	return err
}

func parseSeason(text string) (*earn.Season, error) {
	by, days, _ := strings.Cut(text, ":")
	days, zone, _ := strings.Cut(days, "@")
	s := &earn.Season{By: earn.Clock(by)}
	s.From, s.Until, _ = strings.Cut(days, "..")
	if s.By != earn.ByBooking {
		return s, nil
	}
	split := len(zone) - len("+01:00")
	s.Zone = zone[:split]
	from, err := time.Parse("2006-01-02-07:00", s.From+zone[split:])
	if err != nil {
		return nil, err
	}
	until, err := time.Parse("2006-01-02-07:00", s.Until+zone[split:])
	s.Start, s.End = from.Unix(), until.Unix()+secondsPerDay
	return s, err
}

// parseRules reads an operation on a named set.
func (s *scenario) parseRules(kind string, args []string) (Operation, [32]byte, error) {
	version, err := strconv.ParseUint(args[0], 10, 32)
	set, ok := s.sets[args[1]]
	if !ok || err != nil {
		return nil, [32]byte{}, errors.New("want: version set")
	}
	v, hash := uint32(version), earn.HashOf(set)
	switch kind {
	case "propose":
		return ProposeRules{v, set}, hash, nil
	case "approve":
		return ApproveRules{v, hash}, hash, nil
	}
	return PublishRules{v, hash}, hash, nil
}

// rules publishes a set under a number that must be the next.
func (s *scenario) rules(args []string) (string, error) {
	name := args[1]
	if len(args) > 2 {
		name = "plain-" + args[0]
		if err := s.parseSet(name, args[1:], nil); err != nil {
			return "", err
		}
	}
	set, err := earn.Decode(s.sets[name])
	if err != nil {
		return "", err
	}
	e, err := s.publish(set)
	if err == nil && fmt.Sprint(e.Version) != args[0] {
		err = fmt.Errorf("became version %d", e.Version)
	}
	s.seen.add(e)
	return fmt.Sprintf("rules %s %s: %s\n", args[0], args[1], s.printEntry(e)), err
}
