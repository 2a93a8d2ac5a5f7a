package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Bulk is a change of many requests; what is nil or empty stays.
type Bulk struct {
	Status     helpdesk.Status
	Assignee   *helpdesk.ID // "" is nobody
	Team       *helpdesk.ID
	Priority   string
	AddTags    []string
	RemoveTags []string
	Snooze     *time.Time // zero wakes
	Spam       *bool
}

func (in *Bulk) edit() Edit {
	return Edit{
		Status: in.Status, Assignee: in.Assignee, Team: in.Team, Priority: in.Priority, AddTags: in.AddTags, RemoveTags: in.RemoveTags,
		Snooze: in.Snooze, Spam: in.Spam,
	}
}

// BulkResult tells what became of each. What was so already is in neither list.
type BulkResult struct {
	Changed []int64
	Failed  []BulkFailure
	Undo    helpdesk.ID // "" if nothing was changed
	Words   string
}

// BulkFailure is one that could not be changed, and why.
type BulkFailure struct {
	Number int64
	Err    error
}

// bulkAtOnce is how many requests of one change are written side by side: commits
// that wait for the disk together cost one wait.
const bulkAtOnce = 8

// ChangeMany changes requests by their numbers, one transaction each. Invalid says
// that the change itself can't be, or that there are more than [helpdesk.MaxBulk];
// what one request refuses is in the result.
func (d *Desk) ChangeMany(ctx context.Context, by Actor, numbers []int64, in Bulk) (*BulkResult, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	switch {
	case len(numbers) == 0:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "choose at least one request")
	case len(numbers) > helpdesk.MaxBulk:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "at most %d requests can be changed at once", helpdesk.MaxBulk)
	}
	e, err := d.editing(ctx, by, in.edit())
	if err != nil {
		return nil, err
	}
	was := make([]*helpdesk.WasState, len(numbers))
	out := d.each(ctx, numbers, func(i int) (bool, error) {
		done, err := d.Edit(ctx, by, numbers[i], in.edit())
		if err != nil || done.Words == "" {
			return false, err
		}
		was[i] = whatChanged(&done.Before, &done.Ticket)
		return true, nil
	})
	out.Words = e.sayBulk(len(out.Changed))
	return out, d.keepUndo(ctx, by, out, was)
}

// each does something with many requests, some at once. act reports whether it
// changed the request.
func (d *Desk) each(ctx context.Context, numbers []int64, act func(i int) (bool, error)) *BulkResult {
	changed, errs := make([]bool, len(numbers)), make([]error, len(numbers))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(bulkAtOnce, len(numbers)) {
		workers.Go(func() {
			for i := range next {
				if errs[i] = ctx.Err(); errs[i] == nil {
					changed[i], errs[i] = act(i)
				}
			}
		})
	}
	for i := range numbers {
		next <- i
	}
	close(next)
	workers.Wait()
	out := &BulkResult{}
	for i, number := range numbers {
		if changed[i] {
			out.Changed = append(out.Changed, number)
		}
		if errs[i] != nil {
			out.Failed = append(out.Failed, BulkFailure{Number: number, Err: errs[i]})
		}
	}
	return out
}

// keepUndo keeps what the requests were. What was done is done: an undo that could
// not be kept is only missed.
func (d *Desk) keepUndo(ctx context.Context, by Actor, out *BulkResult, was []*helpdesk.WasState) error {
	if len(out.Changed) == 0 {
		return nil
	}
	undo := helpdesk.Undo{By: by.author().ID, Words: out.Words, Until: d.now().Add(helpdesk.UndoLifetime)}
	for _, w := range was {
		if w != nil {
			undo.Was = append(undo.Was, *w)
		}
	}
	id := helpdesk.NewID()
	err := d.store.Commit(context.WithoutCancel(ctx), &helpdesk.Change{
		Account: by.Account, Records: []helpdesk.Record{{Kind: helpdesk.UndoRecord, ID: string(id), Value: undo}},
	})
	if err != nil {
		d.log.WarnContext(ctx, "change of many can't be taken back", "account", by.Account, "error", err)
		return nil
	}
	out.Undo = id
	return nil
}

// UndoMany takes back what is still as it was changed, by who changed it and within
// [helpdesk.UndoLifetime]. What somebody else has changed since stays, and is told of.
// NotFound says that there is nothing to take back any more.
func (d *Desk) UndoMany(ctx context.Context, by Actor, id helpdesk.ID) (*BulkResult, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	nothing := helpdesk.Errorf(helpdesk.NotFound, "this can't be taken back any more")
	if _, err := helpdesk.ParseID(string(id)); err != nil {
		return nil, nothing
	}
	undo, rev, err := record[helpdesk.Undo](ctx, d, by.Account, helpdesk.UndoRecord, string(id))
	if helpdesk.KindOf(err) == helpdesk.NotFound || undo != nil && (undo.By != by.author().ID || !d.now().Before(undo.Until)) {
		return nil, nothing
	}
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(undo.Was))
	for i := range undo.Was {
		numbers[i] = undo.Was[i].Number
	}
	out := d.each(ctx, numbers, func(i int) (bool, error) { return d.undo(ctx, by, &undo.Was[i]) })
	out.Words = manyRequests(len(out.Changed)) + " as before."
	if ctx.Err() == nil {
		// What was taken back is so already, however often that is asked for: a record
		// that stays does no harm.
		gone := helpdesk.Record{Kind: helpdesk.UndoRecord, ID: string(id), Rev: rev, Gone: true}
		_ = d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Records: []helpdesk.Record{gone}})
	}
	return out, nil
}

// undo takes one request back, as it is at one moment: what changes meanwhile is
// looked at again.
func (d *Desk) undo(ctx context.Context, by Actor, was *helpdesk.WasState) (bool, error) {
	var left []string
	changed := false
	err := helpdesk.Retry(ctx, func(int) error {
		t, err := d.ticket(ctx, by, was.Number)
		if err != nil {
			return err
		}
		var in Edit
		if in, left = d.takeBack(t, was); in.If == 0 {
			return nil
		}
		done, err := d.Edit(ctx, by, was.Number, in)
		changed = err == nil && done.Words != ""
		return err
	})
	if err == nil && len(left) > 0 {
		err = helpdesk.Errorf(helpdesk.Conflict, "somebody has changed %s since", strings.Join(left, " and "))
	}
	return changed, err
}

// manyRequests counts them in words.
func manyRequests(n int) string {
	if n == 1 {
		return "1 request is"
	}
	return fmt.Sprintf("%d requests are", n)
}

// sayBulk tells what was done with n requests.
func (e *editing) sayBulk(n int) string {
	if n == 0 {
		return "Nothing was changed."
	}
	var what []string
	say := func(yes bool, parts ...string) {
		if yes {
			what = append(what, strings.Join(parts, ""))
		}
	}
	say(e.Status != "", string(e.Status))
	say(e.Assignee != nil, "assigned to ", or(e.assignee, "nobody"))
	say(e.Team != nil && e.team != "", "the work of ", e.team)
	say(e.Team != nil && e.team == "", "of no team")
	say(e.Priority != "", "of priority ", e.Priority)
	say(len(e.AddTags) > 0, "tagged ", strings.Join(e.AddTags, ", "))
	say(len(e.RemoveTags) > 0, "without the tag ", strings.Join(e.RemoveTags, ", "))
	if e.Snooze != nil {
		say(e.Snooze.IsZero(), "back")
		say(!e.Snooze.IsZero(), "out of sight")
	}
	if e.Spam != nil {
		say(*e.Spam, "spam")
		say(!*e.Spam, "no spam")
	}
	return manyRequests(n) + " now " + strings.Join(what, ", ") + "."
}
