package actions

import (
	"context"
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

// BulkResult tells what became of each.
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

// ChangeMany changes requests by their numbers, one transaction each.
func (d *Desk) ChangeMany(ctx context.Context, by Actor, numbers []int64, in Bulk) (*BulkResult, error) {
	return nil, helpdesk.Errorf(helpdesk.Unavailable, "not there yet")
}

// UndoMany takes back what is still as it was changed.
func (d *Desk) UndoMany(ctx context.Context, by Actor, id helpdesk.ID) (*BulkResult, error) {
	return nil, helpdesk.Errorf(helpdesk.Unavailable, "not there yet")
}
