package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/wallet-api/client"
)

// enrolAtOnce is how many members are enrolled at the same time: enough to share the service's writes to disk.
const enrolAtOnce = 32

// enrolAll enrols members and shows the progress.
func (a *app) enrolAll(ctx context.Context, members *client.Client, ids []string) (created int, err error) {
	m := &meter{what: "members", total: len(ids)}
	stop := m.show(a.errs)
	defer stop()
	return enrol(ctx, members, ids, m)
}

// enrol enrols those of the members that are not there yet, with keys in custody, and tells how many they were.
func enrol(ctx context.Context, members *client.Client, ids []string, m *meter) (created int, err error) {
	there, _, err := readMembers(ctx, members, "", 0)
	if err != nil {
		return 0, err
	}
	known := make(map[string]bool, len(there))
	for _, member := range there {
		known[member.ID] = true
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(enrolAtOnce)
	for _, id := range ids {
		if known[id] {
			m.settled.Add(1)
			continue
		}
		created++
		group.Go(func() error {
			_, err := members.CreateMember(ctx, id, nil)
			m.settled.Add(1)
			return err
		})
	}
	return created, group.Wait()
}
