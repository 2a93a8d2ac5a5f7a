package actions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Edit is a change of what a request is filed under. What is nil or empty stays.
type Edit struct {
	Subject    *string
	Status     helpdesk.Status
	Assignee   *helpdesk.ID // "" is nobody
	Team       *helpdesk.ID // "" is none
	Priority   string
	AddTags    []string
	RemoveTags []string
	Fields     map[string]string // of the account, by name; "" empties one
	Snooze     *time.Time        // zero brings it back
	Spam       *bool

	// If is the revision ([helpdesk.Ticket.Rev]) that the change rests on; 0 for none.
	// Whatever happened to the request since makes it a Conflict.
	If int64
	// Had are values of Fields as they were shown. One that somebody else has changed
	// since to something else makes it a Conflict; nil asks for none of that.
	Had map[string]string

	// quiet tells nobody of a status: it takes back what was told a moment ago.
	quiet bool
}

// Edited tells what came of an [Edit].
type Edited struct {
	Before, Ticket helpdesk.Ticket
	Words          string // what was done, for the history; "" if nothing changed
}

// Edit changes what a request is filed under, all of it or nothing, and tells its
// history in one event. What is so already is left as it is. Who takes part is told
// of a status that customers have another word for (row S07).
//
// Conflict says that somebody else was faster, where If or Had ask for that; Invalid
// what can't be.
func (d *Desk) Edit(ctx context.Context, by Actor, number int64, in Edit) (*Edited, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	e, err := d.editing(ctx, by, in)
	if err != nil {
		return nil, err
	}
	var done *Edited
	err = helpdesk.Retry(ctx, func(int) (err error) {
		done, err = d.tryEdit(ctx, number, e)
		return err
	})
	if errors.Is(err, errUnchanged) {
		return done, nil
	}
	if err != nil {
		return nil, settled(err)
	}
	d.log.InfoContext(ctx, "ticket changed", "account", by.Account, "ticket", number, "by", by.author().ID)
	return done, nil
}

// stale ends an act that rested on what somebody else has changed since. Unlike a
// lost race, trying again does not help: [helpdesk.Retry] must not see a Conflict.
type stale struct{ err error }

func (s stale) Error() string { return s.err.Error() }

// settled is the error that a stale act ends with.
func settled(err error) error {
	if s, ok := errors.AsType[stale](err); ok {
		return s.err
	}
	return err
}

// editing is an Edit whose words were read, with the names of what it names.
type editing struct {
	Edit
	by       Actor
	assignee string // name
	team     string
	specs    []helpdesk.FieldSpec
	now      time.Time
}

// editing checks what can be checked before the ticket is read.
func (d *Desk) editing(ctx context.Context, by Actor, in Edit) (e *editing, err error) {
	e = &editing{Edit: in, by: by, now: d.now()}
	if in.Status != "" {
		if _, err := helpdesk.ParseStatus(string(in.Status)); err != nil {
			return nil, err
		}
	}
	if in.Priority != "" {
		if e.Priority, err = helpdesk.ParsePriority(in.Priority); err != nil {
			return nil, err
		}
	}
	if in.Subject != nil {
		subject := oneLine(*in.Subject)
		if e.Subject = &subject; subject == "" || len(subject) > MaxSubject {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "a subject has 1 to %d characters", MaxSubject)
		}
	}
	if e.AddTags, err = parseTags(in.AddTags); err != nil {
		return nil, err
	}
	if e.RemoveTags, err = parseTags(in.RemoveTags); err != nil {
		return nil, err
	}
	return e, d.editingNames(ctx, e)
}

// editingNames reads who and what the change names.
func (d *Desk) editingNames(ctx context.Context, e *editing) (err error) {
	if e.Assignee != nil && *e.Assignee != "" {
		a, err := d.enabled(ctx, e.by.Account, *e.Assignee)
		if err != nil {
			return err
		}
		e.assignee = a.Name
	}
	if e.Team != nil && *e.Team != "" {
		team, err := d.team(ctx, e.by.Account, *e.Team)
		if err != nil {
			return err
		}
		e.team = team.Name
	}
	if len(e.Fields) == 0 {
		return nil
	}
	settings, err := d.settings(ctx, e.by.Account)
	if err != nil {
		return err
	}
	e.specs = settings.TicketFields
	e.Fields, err = helpdesk.ReadFields(e.specs, e.Fields)
	return err
}

// parseTags reads the tags of a change: as many as a request can have.
func parseTags(tags []string) ([]string, error) {
	if len(tags) > helpdesk.MaxTags {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "a request has at most %d tags", helpdesk.MaxTags)
	}
	parsed := make([]string, len(tags))
	for i := range tags {
		var err error
		if parsed[i], err = helpdesk.ParseTag(tags[i]); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// enabled reads an agent who can be given work.
func (d *Desk) enabled(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Agent, error) {
	a, err := d.store.Agent(ctx, account, id)
	if err != nil {
		return nil, err
	}
	if a.Disabled {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%s is disabled and can't be given work", a.Name)
	}
	return a, nil
}

// team reads one; Invalid if there is none.
func (d *Desk) team(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Team, error) {
	t, _, err := record[helpdesk.Team](ctx, d, account, helpdesk.TeamRecord, string(id))
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "there is no such team")
	}
	return t, err
}

func (d *Desk) tryEdit(ctx context.Context, number int64, e *editing) (*Edited, error) {
	t, err := d.ticket(ctx, e.by, number)
	if err != nil {
		return nil, err
	}
	if err := d.goesOn(ctx, e.by.Account, t); err != nil {
		return nil, err
	}
	if err := e.fresh(t); err != nil {
		return nil, err
	}
	done := &Edited{Before: clone(t)}
	change := &helpdesk.Change{Account: e.by.Account, Ticket: t}
	words, err := e.apply(t, change)
	if err != nil {
		return nil, err
	}
	if e.Spam != nil {
		said, err := d.callSpam(ctx, e, t, change)
		if err != nil {
			return nil, err
		}
		words = append(words, said...)
	}
	done.Words = strings.Join(words, " ")
	if done.Words == "" {
		done.Ticket = *t
		return done, errUnchanged
	}
	seq := noteEvent(change, t, e.by, e.now, done.Words)
	if !e.quiet {
		if err := d.tellStatus(ctx, change, t, seq, done.Before.Status); err != nil {
			return nil, err
		}
	}
	done.Ticket = *t
	return done, d.store.Commit(ctx, change)
}

// clone is a head that stays as it is while the other is changed.
func clone(t *helpdesk.Ticket) helpdesk.Ticket {
	was := *t
	was.Tags, was.Watchers, was.Mentioned = slices.Clone(t.Tags), slices.Clone(t.Watchers), slices.Clone(t.Mentioned)
	was.Fields = maps.Clone(t.Fields)
	return was
}

// fresh is a stale Conflict where the change rests on what is so no more.
func (e *editing) fresh(t *helpdesk.Ticket) error {
	if e.If != 0 && e.If != t.Rev {
		return stale{helpdesk.Errorf(helpdesk.Conflict, "request #%d has changed since you read it", t.Number)}
	}
	if e.Had == nil {
		return nil
	}
	for name, want := range e.Fields {
		if is := t.Fields[name]; is != e.Had[name] && is != want {
			return stale{helpdesk.Errorf(helpdesk.Conflict, "somebody else has set %s to %q since", label(e.specs, name), is)}
		}
	}
	return nil
}

func label(specs []helpdesk.FieldSpec, name string) string {
	if f := helpdesk.FieldNamed(specs, name); f != nil {
		return f.Label
	}
	return name
}

// apply changes the head, and says of each thing what was done.
func (e *editing) apply(t *helpdesk.Ticket, change *helpdesk.Change) (words []string, err error) {
	say := func(yes bool, parts ...string) {
		if yes {
			words = append(words, strings.Join(parts, "")+".")
		}
	}
	if e.Subject != nil {
		was := t.Subject
		t.Subject = *e.Subject
		say(was != t.Subject, "Subject changed, it was: ", was)
	}
	if e.Status != "" {
		was := t.Status
		t.Status = e.Status
		say(was != t.Status, "Status set to ", string(t.Status))
	}
	if e.Assignee != nil {
		say(t.Assign(*e.Assignee), "Assigned to ", or(e.assignee, "nobody"))
	}
	if e.Team != nil {
		was := t.Team
		t.Team = *e.Team
		say(was != t.Team, "Team set to ", or(e.team, "none"))
	}
	if e.Priority != "" {
		was := t.Priority
		t.Priority = e.Priority
		say(was != t.Priority, "Priority set to ", t.Priority)
	}
	added, removed, err := t.Retag(e.AddTags, e.RemoveTags)
	if err != nil {
		return nil, err
	}
	if said := tagWords(added, removed); said != "" {
		words = append(words, said)
	}
	words = append(words, e.applyFields(t)...)
	slept, err := e.applySnooze(t, change)
	return append(words, slept...), err
}

func (e *editing) applyFields(t *helpdesk.Ticket) (words []string) {
	before := t.Fields
	t.Fields = helpdesk.WithFields(before, e.Fields)
	for _, f := range e.specs { // in their order
		switch value, named := e.Fields[f.Name]; {
		case !named || value == before[f.Name]:
		case value == "":
			words = append(words, f.Label+" emptied.")
		default:
			words = append(words, f.Label+" set to "+value+".")
		}
	}
	return words
}

// applySnooze puts the request out of sight or brings it back. What is done needs no
// coming back.
func (e *editing) applySnooze(t *helpdesk.Ticket, change *helpdesk.Change) ([]string, error) {
	switch done := t.Status == helpdesk.Resolved || t.Status == helpdesk.Closed; {
	case e.Snooze == nil && done:
		t.Snoozed = nil
		return nil, nil
	case e.Snooze == nil:
		return nil, nil
	case e.Snooze.IsZero():
		if t.Snoozed == nil {
			return nil, nil
		}
		t.Snoozed = nil
		return []string{"Brought back before its time."}, nil
	}
	if was := t.Snoozed; was != nil && was.Until.Equal(e.Snooze.UTC().Truncate(time.Second)) {
		return nil, nil
	}
	wake, err := t.PutAway(*e.Snooze, e.by.author().ID, e.now)
	if err != nil {
		return nil, err
	}
	change.Records = append(change.Records, wake)
	return []string{"Snoozed until " + helpdesk.SnoozeWords(t.Snoozed.Until) + "."}, nil
}

// tellStatus tells who takes part of a status that was another one before.
func (d *Desk) tellStatus(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, seq int, before helpdesk.Status) error {
	box, ok := d.directory.Mailbox(change.Account, t.Mailbox)
	if !ok || before == t.Status || t.Spam != nil {
		return nil // nowhere to tell it from, or nothing to tell
	}
	var center *helpdesk.HelpCenter
	if h, ok := d.directory.HelpCenter(change.Account, t.HelpCenter); ok {
		center = &h
	}
	return d.planner.StatusChanged(ctx, change, outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, Now: d.now()}, center, before)
}

// SetStatus changes the status alone.
func (d *Desk) SetStatus(ctx context.Context, by Actor, number int64, status helpdesk.Status) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if _, err := helpdesk.ParseStatus(string(status)); err != nil {
		return err
	}
	_, err := d.Edit(ctx, by, number, Edit{Status: status})
	return err
}

// Assign gives the ticket to an agent, or to nobody with "".
func (d *Desk) Assign(ctx context.Context, by Actor, number int64, agent helpdesk.ID) error {
	_, err := d.Edit(ctx, by, number, Edit{Assignee: &agent})
	return err
}

// SetTeam makes the ticket the work of a team, or of none with "".
func (d *Desk) SetTeam(ctx context.Context, by Actor, number int64, team helpdesk.ID) error {
	_, err := d.Edit(ctx, by, number, Edit{Team: &team})
	return err
}

// SetPriority changes the priority.
func (d *Desk) SetPriority(ctx context.Context, by Actor, number int64, priority string) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if _, err := helpdesk.ParsePriority(priority); err != nil {
		return err
	}
	_, err := d.Edit(ctx, by, number, Edit{Priority: priority})
	return err
}

// SetTags adds and removes tags.
func (d *Desk) SetTags(ctx context.Context, by Actor, number int64, add, remove []string) error {
	_, err := d.Edit(ctx, by, number, Edit{AddTags: add, RemoveTags: remove})
	return err
}

// SetFields changes fields of the account, by name; had are the values that were
// shown, as in [Edit].
func (d *Desk) SetFields(ctx context.Context, by Actor, number int64, values, had map[string]string) error {
	_, err := d.Edit(ctx, by, number, Edit{Fields: values, Had: had})
	return err
}

// Snooze puts the ticket out of sight until a time; zero brings it back.
func (d *Desk) Snooze(ctx context.Context, by Actor, number int64, until time.Time) error {
	_, err := d.Edit(ctx, by, number, Edit{Snooze: &until})
	return err
}

// CallSpam says that a ticket is spam, or that it is not. Mail of who asked is held
// from then on, or let in again.
func (d *Desk) CallSpam(ctx context.Context, by Actor, number int64, spam bool) error {
	_, err := d.Edit(ctx, by, number, Edit{Spam: &spam})
	return err
}
