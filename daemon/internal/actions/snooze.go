package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

const (
	// wakeEvery is how late a request may come back.
	wakeEvery = 20 * time.Second

	// wakePage is how many requests one round trip reads of those that come back.
	wakePage = 100
)

// WakeUp brings back what was put out of sight, when its time has come, until ctx
// ends. Every replica may do it: whoever is first, does.
func (d *Desk) WakeUp(ctx context.Context, accounts func() []string) {
	ticker := time.NewTicker(wakeEvery)
	defer ticker.Stop()
	for {
		for _, account := range accounts() {
			if _, err := d.WakeDue(ctx, account); err != nil && ctx.Err() == nil {
				d.log.WarnContext(ctx, "waking broke off", "account", account, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// WakeDue brings back what is due in an account, and returns how many requests it
// brought back.
func (d *Desk) WakeDue(ctx context.Context, account string) (int, error) {
	woken := 0
	for after := ""; ; {
		page, next, err := d.store.Records(ctx, account, helpdesk.WakeRecord, "", after, wakePage)
		if err != nil {
			return woken, err
		}
		for _, r := range page { // in the order of time
			var wake helpdesk.Wake
			if err := json.Unmarshal(r.Raw, &wake); err != nil {
				return woken, fmt.Errorf("read wake record %s: %w", r.ID, err)
			}
			if wake.At.After(d.now()) {
				return woken, nil
			}
			done := false
			err := helpdesk.Retry(ctx, func(int) (err error) {
				done, err = d.wake(ctx, account, wake, r)
				return err
			})
			if err != nil {
				return woken, err
			}
			if done {
				woken++
			}
		}
		if after = next; after == "" {
			return woken, nil
		}
	}
}

// wake brings one request back, if it is still out of sight until that time. The
// record goes in any case; that it is still there makes one replica do it.
func (d *Desk) wake(ctx context.Context, account string, wake helpdesk.Wake, r helpdesk.StoredRecord) (bool, error) {
	change := &helpdesk.Change{Account: account, Records: []helpdesk.Record{{Kind: helpdesk.WakeRecord, ID: r.ID, Rev: r.Rev, Gone: true}}}
	t, err := d.store.Ticket(ctx, account, wake.Ticket)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return false, d.store.Commit(ctx, change)
	case err != nil:
		return false, err
	case t.Snoozed == nil || !t.Snoozed.Until.Equal(wake.At):
		return false, d.gone(ctx, account, r, change)
	}
	if t.Merged != nil { // it goes on elsewhere, where it was never out of sight
		t.Snoozed, change.Ticket = nil, t
		return false, d.gone(ctx, account, r, change)
	}
	snooze, now := *t.Snoozed, d.now()
	t.ComeBack()
	t.Back = now
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByConsole, At: now, Author: helpdesk.Author{Role: helpdesk.System}, Text: "The snooze is over.",
	}
	t.Append(&e)
	change.Ticket, change.Entries = t, []helpdesk.Entry{e}
	if err := d.remind(ctx, change, t, snooze.By, e.Seq, now); err != nil {
		return false, err
	}
	if err := d.store.Commit(ctx, change); err != nil {
		return false, d.again(ctx, account, r, err)
	}
	d.log.InfoContext(ctx, "snooze is over", "account", account, "ticket", t.Number)
	return true, nil
}

// gone removes a record that is out of date.
func (d *Desk) gone(ctx context.Context, account string, r helpdesk.StoredRecord, change *helpdesk.Change) error {
	if err := d.store.Commit(ctx, change); err != nil {
		return d.again(ctx, account, r, err)
	}
	return nil
}

// again is a lost race that is worth another try: nil where another replica has done
// it all, or the request was put away anew.
func (d *Desk) again(ctx context.Context, account string, r helpdesk.StoredRecord, lost error) error {
	if helpdesk.KindOf(lost) != helpdesk.Conflict {
		return lost
	}
	var wake helpdesk.Wake
	rev, err := d.store.Record(ctx, account, helpdesk.WakeRecord, r.ID, &wake)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil
	case err != nil:
		return err
	case rev != r.Rev:
		return nil // the next round finds it
	}
	return lost
}

// remind mails that the request is back to who put it away and to whose it is.
func (d *Desk) remind(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, by helpdesk.ID, seq int, now time.Time) error {
	box, ok := d.directory.Mailbox(change.Account, t.Mailbox)
	if !ok {
		return nil
	}
	for _, id := range slices.Compact([]helpdesk.ID{by, t.Assignee}) {
		if id == "" {
			continue
		}
		a, err := d.store.Agent(ctx, change.Account, id)
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if a.Disabled || a.Mail == helpdesk.MailNone {
			continue
		}
		o := outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, Agent: a, Purpose: helpdesk.AgentNotice, Now: now}
		if err := d.planner.Automatic(ctx, change, o); err != nil {
			return err
		}
	}
	return nil
}
