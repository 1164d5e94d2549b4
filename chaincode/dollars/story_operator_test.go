package dollars

// This file draws what operators and the keepers of the catalogue do in stories.

func drawAdmin(d dice, kind Kind) intent {
	f := drawDraft(d, kind)
	switch kind {
	case KindFreeze, KindUnfreeze:
		return func(l *ledger) Operation { return f.freeze(l) }
	case KindSetReward:
		return func(l *ledger) Operation { return f.reward(l) }
	case KindProposeAdjustment:
		return func(l *ledger) Operation { return f.propose(l) }
	case KindApproveAdjustment:
		return func(l *ledger) Operation {
			change := latest(l.cast.changes, f.n, l.awaits)
			if f.wrong == 99 {
				change.id = word(9)
			}
			return ApproveAdjustment{change.id, l.state.credits(l.adjusted(change.id))}
		}
	}
	return func(l *ledger) Operation { return f.recovery(l) }
}

func (f draft) freeze(l *ledger) Operation {
	if f.wrong < 60 { // or nobody would act any more
		f.kind = KindUnfreeze
	}
	o := SetFrozen{f.who.account, f.kind == KindFreeze, [...]string{"fraud", "lost-key", "court"}[f.n%3]}
	switch {
	case f.m%8 == 0:
		o.Account = l.household(f.n)
	case f.m%8 == 1:
		o.Account = merchant.account
	}
	for key := range l.state {
		if k := ParseStateKey(key); !o.Frozen && f.m%4 > 0 && k.Kind == StateAccount && l.account(k.Account).Frozen != "" &&
			(l.account(o.Account).Frozen == "" || key < AccountKey(o.Account)) {
			o.Account = k.Account // the first that is frozen
		}
	}
	switch f.wrong {
	case 99:
		o.Reason = ""
	case 98:
		o.Reason = "he said so"
	case 97:
		o.Account = Account{}
	}
	return o
}

func (f draft) reward(l *ledger) Operation {
	id := storyRewards[f.n%len(storyRewards)]
	o := SetReward{id, Reward{
		Price: [...]Amount{5, 12, 30}[f.m%3], Until: l.env.Time + [...]int64{3_600, 40 * secondsPerDay, 400 * secondsPerDay}[f.n%3],
		Days: [...]uint32{1, 30, 90}[f.m/3%3], Stock: [...]Amount{3, 40, 0}[f.n%len(storyRewards)],
	}}
	if value := l.state[RewardKey(id)]; value != nil {
		if rec, err := DecodeRewardRecord(value); err == nil {
			if o.Stock = rec.Stock; rec.Stock > 0 {
				o.Stock += [...]Amount{0, 0, 0, 1}[f.m/9%4]
			}
			if f.m%5 == 0 {
				o.Reward = rec.Reward // once more
			}
		}
	}
	if f.m%2 == 0 {
		o.Merchant = merchant.account
	}
	switch f.wrong {
	case 99:
		o.ID = "NOT AN ID"
	case 98:
		o.Price = 0
	case 97:
		o.Stock = 1
	case 96:
		o.From = o.Until
	case 95:
		o.Days = 0
	case 94:
		o.Stock = -o.Stock
	case 93:
		o.From, o.Until = l.env.Time+60, l.env.Time+120
	case 92:
		o.Stock = MaxStock + 1
	}
	if o.Stock < 0 {
		o.Stock = 0 // below it cannot be written
	}
	return o
}

func (f draft) propose(l *ledger) Operation {
	o := ProposeAdjustment{l.cast.fresh(), Adjustment{
		Account: f.who.account, Amount: f.amount, Burn: f.n%2 == 0, Reason: [...]string{"goodwill", "correction"}[f.n%2],
	}}
	if !o.Burn {
		o.Months = uint32(1 + f.m%3)
	}
	switch {
	case f.m%8 == 0:
		o.Account = l.household(f.n)
	case f.m%8 == 1 && len(l.cast.changes) > 0:
		o.ID = recent(l.cast.changes, 6, f.n).id
	}
	switch f.wrong {
	case 99:
		o.Amount = 0
	case 98:
		o.Account = Account{}
	case 97:
		o.Months = 3 * 12 * 10
	case 96:
		o.Reason = "because I can"
	case 95:
		o.Amount = MaxAmount + 1
	}
	l.cast.changes = append(l.cast.changes, changeOf{o.ID, o.Account})
	return o
}

// change is what the ledger has of an adjustment, if it has it.
func (l *ledger) change(id [32]byte) (rec AdjustmentRecord, found bool) {
	value := l.state[AdjustmentKey(id)]
	if value == nil {
		return rec, false
	}
	rec, err := DecodeAdjustmentRecord(value)
	return rec, err == nil
}

// awaits tells an adjustment that awaits the approval of who now has the word.
func (l *ledger) awaits(change changeOf) bool {
	rec, found := l.change(change.id)
	return found && rec.Applied == 0 && rec.Proposer != l.env.Caller.ID
}

// adjusted is the account of an adjustment: the one that was proposed, or that is going to be.
func (l *ledger) adjusted(id [32]byte) Account {
	if rec, found := l.change(id); found {
		return rec.Account
	}
	for _, x := range l.cast.changes {
		if x.id == id {
			return x.account
		}
	}
	return Account{}
}

// recovery is a step of one, mostly of one that is under way.
func (f draft) recovery(l *ledger) Operation {
	o := Recovery{f.kind, f.who.account, heirs[f.n%len(heirs)].account}
	possible := f.kind == KindProposeRecovery
	for i := range people {
		who := people[(f.m+i)%len(people)].account
		rec, underWay := l.recovery(who)
		mine := rec.Proposer == l.env.Caller.MSP
		if underWay && f.n%8 != 0 && (f.kind == KindApproveRecovery && !mine && rec.Approved == 0 || f.kind == KindRecover && rec.Approved != 0) {
			o.Account, o.Key, possible = who, rec.Key, true
		}
	}
	if !possible && f.n%8 != 0 && l.env.Caller.Role == RoleOperator {
		o.Step = KindProposeRecovery
	}
	switch f.wrong {
	case 99:
		o.Account = Account{}
	case 98:
		o.Key = Account{}
	case 97:
		o.Key = o.Account
	case 96:
		o.Account = l.household(f.n)
	}
	return o
}
