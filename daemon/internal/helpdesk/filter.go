package helpdesk

import "time"

// Filter chooses requests for a list of agents. Each member that is empty lets
// everything through; all that are not have to hold, and of a member's values one
// has to (of Tags and Values: all).
type Filter struct {
	Statuses    []Status          `json:"statuses,omitempty"`
	Priorities  []string          `json:"priorities,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Assignees   []string          `json:"assignees,omitempty"` // ids of agents, "me" or "nobody"
	Teams       []string          `json:"teams,omitempty"`     // ids of teams, "mine" or "none"
	Mailboxes   []string          `json:"mailboxes,omitempty"`
	HelpCenters []string          `json:"helpCenters,omitempty"`
	Forms       []string          `json:"forms,omitempty"`
	Values      map[string]string `json:"values,omitempty"` // answers of forms ("form.NAME") and the account's own fields ("NAME")
	// OlderThan and NewerThan say how long ago something was last said or done.
	OlderThan time.Duration `json:"olderThan,omitempty"`
	NewerThan time.Duration `json:"newerThan,omitempty"`
	Mentioned bool          `json:"mentioned,omitempty"` // whoever asks was named and has not looked
	Snoozed   bool          `json:"snoozed,omitempty"`   // only those out of sight; otherwise they are left out
	Spam      bool          `json:"spam,omitempty"`      // only spam; otherwise it is left out
}

// View is a list of requests that somebody made for themselves or for everybody.
type View struct {
	ID      ID       `json:"id"`
	Name    string   `json:"name"`
	Owner   ID       `json:"owner,omitempty"` // the agent whose own it is; "" is everybody's
	Filter  Filter   `json:"filter"`
	Columns []string `json:"columns,omitempty"` // what stands in a row besides; none: what a queue shows
	Order   string   `json:"order,omitempty"`   // "" newest first, "oldest", "priority"
}

// Undo is what a change of many was before, so that it can be taken back.
type Undo struct {
	By    ID         `json:"by"`
	Words string     `json:"words"` // what was done
	Was   []WasState `json:"was"`
	Until time.Time  `json:"until"`
}

// WasState is a request before and after a change. What somebody else has changed
// since is left alone.
type WasState struct {
	Ticket TicketID          `json:"ticket"`
	Number int64             `json:"number"`
	Before map[string]string `json:"before"` // status, assignee, team, priority, tags, snoozed, spam
	After  map[string]string `json:"after"`
}

// UndoLifetime is how long a change of many can be taken back.
const UndoLifetime = time.Hour

// MaxBulk is how many requests one change of many may be about.
const MaxBulk = 200
