package api

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Work is what programs do to requests besides answering them.
type Work interface {
	Edit(ctx context.Context, by actions.Actor, number int64, in actions.Edit) (*actions.Edited, error)
	Watch(ctx context.Context, by actions.Actor, number int64, agent helpdesk.ID) error
	Unwatch(ctx context.Context, by actions.Actor, number int64, agent helpdesk.ID) error
	LookedAt(ctx context.Context, by actions.Actor, number int64) error
	Writing(ctx context.Context, by actions.Actor, number int64) (*helpdesk.Writing, error)
	KeepWriting(ctx context.Context, by actions.Actor, number int64, nonce string, in helpdesk.Writing) (*helpdesk.Writing, error)
	Senders(ctx context.Context, by actions.Actor) (*actions.Senders, error)
	OpenTicket(ctx context.Context, by actions.Actor, in actions.NewTicket) (int64, error)
	OpenSide(ctx context.Context, by actions.Actor, number int64, in actions.NewSide) (int64, error)

	GlanceAtDesk(ctx context.Context, by actions.Actor, w actions.Watched) (*actions.DeskGlance, error)
	MarkSeen(ctx context.Context, by actions.Actor, number int64, entry int) error
	MarkUnread(ctx context.Context, by actions.Actor, number int64) error
	BeThere(ctx context.Context, by actions.Actor, number int64, typing helpdesk.EntryKind) error
	BeGone(ctx context.Context, by actions.Actor, number int64) error
}

// changes of a request: what is not there stays.
type changes struct {
	Subject    *string           `json:"subject,omitempty"`
	Status     helpdesk.Status   `json:"status,omitempty"`
	Assignee   *helpdesk.ID      `json:"assignee,omitempty" doc:"The id of an agent; an empty text is nobody."`
	Team       *helpdesk.ID      `json:"team,omitempty" doc:"The id of a team; an empty text is none."`
	Priority   string            `json:"priority,omitempty"`
	AddTags    []string          `json:"addTags,omitempty"`
	RemoveTags []string          `json:"removeTags,omitempty"`
	Fields     map[string]string `json:"fields,omitempty" doc:"Of the account, by name; an empty text empties one."`
	Had        map[string]string `json:"had,omitempty" doc:"Values of fields as they were read: one that was changed since makes it a conflict."`
	Snooze     *time.Time        `json:"snooze,omitempty" doc:"Out of sight until then; a time that has passed brings it back."`
	Spam       *bool             `json:"spam,omitempty"`
}

func (in *changes) edit() actions.Edit {
	return actions.Edit{
		Subject: in.Subject, Status: in.Status, Assignee: in.Assignee, Team: in.Team, Priority: in.Priority, AddTags: in.AddTags, RemoveTags: in.RemoveTags,
		Fields: in.Fields, Had: in.Had, Snooze: in.Snooze, Spam: in.Spam,
	}
}

// change does all that is there or nothing. With If-Match nothing may have happened to
// the request since.
func (h *Handler) change(c *call, in changes) (out ticket, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	edit := in.edit()
	if in.Snooze != nil && !in.Snooze.After(h.site.Now()) {
		edit.Snooze = &time.Time{}
	}
	if c.r.Header.Get("If-Match") != "" {
		if edit.If, err = c.ifMatch(); err != nil {
			return out, err
		}
	}
	if _, err := h.desk.Edit(c.ctx, c.by, number, edit); err != nil {
		if edit.If != 0 && helpdesk.KindOf(err) == helpdesk.Conflict {
			return out, errPrecondition
		}
		return out, err
	}
	d, err := h.desk.Ticket(c.ctx, c.by, number)
	if err != nil {
		return out, err
	}
	return ticketOf(&d.Ticket), nil
}

// anAgent is whom the address names, or the agent of the token.
func (c *call) anAgent() helpdesk.ID {
	if id := c.r.PathValue("agent"); id != "me" {
		return helpdesk.ID(id)
	}
	return c.by.Agent.ID
}

// onTicket is an act that needs the number of a request alone.
func onTicket(do func(*call, int64) error) func(*call) error {
	return func(c *call) error {
		number, err := c.number()
		if err != nil {
			return err
		}
		return do(c, number)
	}
}

func (h *Handler) watch(c *call, number int64) error {
	return h.desk.Watch(c.ctx, c.by, number, c.anAgent())
}

func (h *Handler) unwatch(c *call, number int64) error {
	return h.desk.Unwatch(c.ctx, c.by, number, c.anAgent())
}

func (h *Handler) lookedAt(c *call, number int64) error { return h.desk.LookedAt(c.ctx, c.by, number) }

func (h *Handler) markUnread(c *call, number int64) error {
	return h.desk.MarkUnread(c.ctx, c.by, number)
}

func (h *Handler) beGone(c *call, number int64) error { return h.desk.BeGone(c.ctx, c.by, number) }

type seen struct {
	Entry int `json:"entry" doc:"Up to which the agent has read."`
}

func (h *Handler) markSeen(c *call, in seen) error {
	return onTicket(func(c *call, number int64) error { return h.desk.MarkSeen(c.ctx, c.by, number, in.Entry) })(c)
}

type presence struct {
	Typing helpdesk.EntryKind `json:"typing,omitempty" doc:"What the agent is writing; nothing: they are looking."`
}

func (h *Handler) beThere(c *call, in presence) error {
	return onTicket(func(c *call, number int64) error { return h.desk.BeThere(c.ctx, c.by, number, in.Typing) })(c)
}

// glance tells who is in front of a request, and whether it is as it was.
type glance struct {
	Look    string    `json:"look" doc:"Another one when the request, or mail about it, is; gone if it may be seen no more."`
	Present []present `json:"present"`
}

type present struct {
	Agent  helpdesk.ID        `json:"agent"`
	Name   string             `json:"name"`
	Typing helpdesk.EntryKind `json:"typing,omitempty"`
}

func (h *Handler) glance(c *call) (out glance, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	g, err := h.desk.GlanceAtDesk(c.ctx, c.by, actions.Watched{Number: number})
	if err != nil {
		return out, err
	}
	out = glance{Look: g.Ticket, Present: []present{}}
	for _, p := range g.Present {
		out.Present = append(out.Present, present(p))
	}
	return out, nil
}

// draft is what the agent has begun to write.
type draft struct {
	Kind   helpdesk.EntryKind `json:"kind" doc:"message or note"`
	Text   string             `json:"text"`
	Status helpdesk.Status    `json:"status,omitempty" doc:"What the request becomes when it is sent."`
	At     time.Time          `json:"at"`
	Rev    string             `json:"rev"`
}

func (x draft) etag() string { return `"` + x.Rev + `"` }

func draftOf(w *helpdesk.Writing) draft {
	if w == nil {
		return draft{Kind: helpdesk.Message, Rev: "0"}
	}
	kind := w.Kind
	if kind == "" {
		kind = helpdesk.Message
	}
	return draft{kind, w.Text, w.Status, w.At, revOf(w.Rev)}
}

func (h *Handler) getDraft(c *call) (out draft, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	w, err := h.desk.Writing(c.ctx, c.by, number)
	if err != nil {
		return out, err
	}
	return draftOf(w), nil
}

type newDraft struct {
	Kind   helpdesk.EntryKind `json:"kind"`
	Text   string             `json:"text" doc:"An empty one ends the draft."`
	Status helpdesk.Status    `json:"status,omitempty"`
}

func (h *Handler) putDraft(c *call, in newDraft) (out draft, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	rev := int64(0)
	if c.r.Header.Get("If-Match") != `"0"` {
		if rev, err = c.ifMatch(); err != nil {
			return out, err
		}
	}
	w, err := h.desk.KeepWriting(c.ctx, c.by, number, "", helpdesk.Writing{Kind: in.Kind, Text: in.Text, Status: in.Status, Rev: rev})
	if err != nil {
		return out, err
	}
	return draftOf(w), nil
}

// senders are what a request can begin from.
type senders struct {
	HelpCenters []sender `json:"helpCenters"`
	Mailboxes   []sender `json:"mailboxes"`
}

type sender struct {
	Name    string `json:"name"`
	Display string `json:"display"`
	Address string `json:"address,omitempty"`
}

func (h *Handler) senders(c *call) (out senders, err error) {
	s, err := h.desk.Senders(c.ctx, c.by)
	if err != nil {
		return out, err
	}
	out = senders{[]sender{}, []sender{}}
	for _, x := range s.HelpCenters {
		out.HelpCenters = append(out.HelpCenters, sender{Name: x.Name, Display: x.DisplayName})
	}
	for _, x := range s.Mailboxes {
		out.Mailboxes = append(out.Mailboxes, sender{Name: x.Name, Display: x.Address.String(), Address: x.Address.String()})
	}
	return out, nil
}

// newTicket is a request that an agent begins for a customer.
type newTicket struct {
	HelpCenter string   `json:"helpCenter,omitempty" doc:"From which it is answered; nothing: the one that is asked."`
	Mailbox    string   `json:"mailbox,omitempty" doc:"Instead of the help center's."`
	Address    string   `json:"address" doc:"Of the requester."`
	Name       string   `json:"name,omitempty"`
	Subject    string   `json:"subject"`
	Text       string   `json:"text" doc:"Is mailed to them."`
	As         *changes `json:"as,omitempty" doc:"What it is filed under from the start."`
}

func (h *Handler) openTicket(c *call, in newTicket) error {
	want := actions.NewTicket{HelpCenter: in.HelpCenter, Mailbox: in.Mailbox, Address: in.Address, Name: in.Name, Subject: in.Subject, Text: in.Text}
	if want.HelpCenter == "" && want.Mailbox == "" {
		want.HelpCenter = c.center.Name
	}
	if in.As != nil {
		want.Edit = in.As.edit()
	}
	_, err := h.desk.OpenTicket(c.ctx, c.by, want)
	return err
}

// newSide is a side thread with somebody outside about a request.
type newSide struct {
	Address string     `json:"address" doc:"Of the outsider."`
	Name    string     `json:"name,omitempty"`
	Subject string     `json:"subject"`
	Text    string     `json:"text"`
	Quote   []int      `json:"quote,omitempty" doc:"Entries that are quoted below the text."`
	Forward []fileRef  `json:"forward,omitempty" doc:"Files of entries that go with it."`
	Files   []sentFile `json:"files,omitempty"`
}

type fileRef struct {
	Entry int `json:"entry"`
	File  int `json:"file"`
}

func (h *Handler) openSide(c *call, in newSide) error {
	number, err := c.number()
	if err != nil {
		return err
	}
	want := actions.NewSide{Address: in.Address, Name: in.Name, Subject: in.Subject, Text: in.Text, Quote: in.Quote}
	for _, f := range in.Forward {
		want.Forward = append(want.Forward, actions.FileRef{Entry: f.Entry, Index: f.File})
	}
	if want.Files, err = h.files(c, number, in.Files, true); err != nil {
		return err
	}
	_, err = h.desk.OpenSide(c.ctx, c.by, number, want)
	return err
}
