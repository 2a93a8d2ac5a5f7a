package api

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Tickets is how requests are read.
type Tickets interface {
	Tickets(ctx context.Context, by actions.Actor, before int64, limit int) ([]helpdesk.Ticket, error)
	Ticket(ctx context.Context, by actions.Actor, number int64) (*actions.Detail, error)
	MailHTML(ctx context.Context, by actions.Actor, number int64, seq int) (*actions.MailHTML, error)
	File(ctx context.Context, by actions.Actor, number int64, seq, index int) (*actions.File, error)
	Source(ctx context.Context, by actions.Actor, number int64, seq int) (*actions.File, error)
}

// ticket is the head of a request.
type ticket struct {
	ID           string            `json:"id"`
	Number       int64             `json:"number" doc:"What people say, as in #1042."`
	Subject      string            `json:"subject"`
	Status       helpdesk.Status   `json:"status"`
	Channel      helpdesk.Channel  `json:"channel" doc:"The way by which it came."`
	HelpCenter   string            `json:"helpCenter,omitempty"`
	Mailbox      string            `json:"mailbox"`
	Locale       string            `json:"locale,omitempty"`
	Priority     string            `json:"priority,omitempty"`
	Tags         []string          `json:"tags"`
	Participants []participant     `json:"participants"`
	Suggested    []suggestion      `json:"suggested,omitempty" doc:"Who was copied on mail of it, and takes no part."`
	Assignee     helpdesk.ID       `json:"assignee,omitempty" doc:"The agent whose work it is."`
	Team         helpdesk.ID       `json:"team,omitempty"`
	Watchers     []helpdesk.ID     `json:"watchers,omitempty" doc:"Agents who follow it."`
	Mentioned    []helpdesk.ID     `json:"mentioned,omitempty" doc:"Agents who were named in a note and have not looked since."`
	Snoozed      *snooze           `json:"snoozed,omitempty"`
	Spam         bool              `json:"spam,omitempty"`
	Side         int64             `json:"side,omitempty" doc:"The number of the request that it is a side thread of."`
	Fields       map[string]string `json:"fields,omitempty" doc:"The account's own fields."`
	Last         *lastWords        `json:"last,omitempty" doc:"What a customer said last."`
	Submitter    *author           `json:"submitter,omitempty" doc:"Who brought it in for its requester."`
	Form         *formAnswer       `json:"form,omitempty"`
	Merged       *mergedInto       `json:"merged,omitempty" doc:"It goes on in another request."`
	SplitFrom    *entryRef         `json:"splitFrom,omitempty" doc:"The entry that it began as."`
	Opened       time.Time         `json:"opened"`
	Updated      time.Time         `json:"updated"`
	Entries      int               `json:"entries" doc:"How many entries its history has."`
	Rev          string            `json:"rev" doc:"Changes with everything in it; the ETag is made of it."`
}

func (t ticket) etag() string { return `"` + t.Rev + `"` }

type participant struct {
	Number  uint16        `json:"number"`
	Contact helpdesk.ID   `json:"contact"`
	Name    string        `json:"name,omitempty"`
	Address string        `json:"address"`
	Role    helpdesk.Role `json:"role"`
	Joined  time.Time     `json:"joined"`
	Left    *time.Time    `json:"left,omitempty"`
	History bool          `json:"history,omitempty" doc:"A collaborator who may read what came before they joined."`
}

type suggestion struct {
	Address string    `json:"address"`
	Name    string    `json:"name,omitempty"`
	By      string    `json:"by" doc:"The address of who copied them."`
	At      time.Time `json:"at"`
}

type snooze struct {
	Until time.Time   `json:"until"`
	By    helpdesk.ID `json:"by,omitempty"`
}

type lastWords struct {
	Entry int       `json:"entry"`
	By    string    `json:"by"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

type author struct {
	Role    helpdesk.AuthorRole `json:"role"`
	ID      helpdesk.ID         `json:"id,omitempty" doc:"Of a contact or an agent, after the role."`
	Name    string              `json:"name,omitempty"`
	Address string              `json:"address,omitempty"`
}

type formAnswer struct {
	Form   string      `json:"form"`
	Values []formValue `json:"values"`
}

type formValue struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Text  string `json:"text"`
}

type mergedInto struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	By     author    `json:"by"`
}

type entryRef struct {
	Number int64 `json:"number" doc:"Of the request."`
	Entry  int   `json:"entry"`
}

// thread is a request with its history.
type thread struct {
	Ticket     ticket     `json:"ticket"`
	Entries    []entry    `json:"thread" doc:"Its entries in the order of time, with those of what was merged into it."`
	Deliveries []delivery `json:"deliveries" doc:"What became of each mail about it."`
	Follows    int64      `json:"follows,omitempty" doc:"The request that it goes on from."`
	Maybe      int64      `json:"maybe,omitempty" doc:"The request that its first mail may have meant."`
}

func (t thread) etag() string { return t.Ticket.etag() }

// entry is one item of a history.
type entry struct {
	Number      int64              `json:"number" doc:"Of the request in which it stands."`
	Entry       int                `json:"entry"`
	Kind        helpdesk.EntryKind `json:"kind" doc:"Customers see messages, and never notes and events."`
	Channel     helpdesk.Channel   `json:"channel"`
	Author      author             `json:"author"`
	At          time.Time          `json:"at"`
	Text        string             `json:"text"`
	Quoted      string             `json:"quoted,omitempty" doc:"What the text was an answer to."`
	Attachments []attachment       `json:"attachments,omitempty"`
	Hidden      bool               `json:"hidden,omitempty" doc:"Customers do not see it until an agent releases it."`
	Released    *released          `json:"released,omitempty"`
	MovedTo     *entryRef          `json:"movedTo,omitempty"`
	HTML        bool               `json:"html,omitempty" doc:"Its mail says it as HTML too."`
	Source      bool               `json:"source,omitempty" doc:"There is the mail as it came."`
	SignedIn    bool               `json:"signedIn,omitempty" doc:"Who wrote it on a page was signed in."`
	Recognised  *recognition       `json:"recognised,omitempty" doc:"How the mail found its place, and what proved its writer."`
}

type attachment struct {
	File      int    `json:"file" doc:"Its number in the entry, for its address."`
	Name      string `json:"name"`
	MediaType string `json:"mediaType" doc:"As its sender called it."`
	Size      int64  `json:"size" doc:"In bytes."`
	Inline    bool   `json:"inline,omitempty"`
}

type released struct {
	By author    `json:"by"`
	At time.Time `json:"at"`
}

type recognition struct {
	Rule     string   `json:"rule"`
	Token    string   `json:"token"`
	Sender   string   `json:"sender"`
	Class    string   `json:"class"`
	Proof    string   `json:"proof"`
	Reasons  []string `json:"reasons,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
	Flags    []string `json:"flags,omitempty"`
}

type delivery struct {
	ID      helpdesk.ID            `json:"id"`
	Entry   int                    `json:"entry,omitempty"`
	To      string                 `json:"to"`
	Purpose string                 `json:"purpose"`
	State   helpdesk.DeliveryState `json:"state"`
	Created time.Time              `json:"created"`
	Tries   int                    `json:"tries"`
	Next    *time.Time             `json:"next,omitempty" doc:"When it is tried next, while it waits."`
	Answer  string                 `json:"answer,omitempty" doc:"What the other server said last."`
}

func (h *Handler) listTickets(c *call) (out page[ticket], err error) {
	limit, err := c.limit()
	if err != nil {
		return out, err
	}
	place, err := c.place()
	if err != nil {
		return out, err
	}
	before := int64(0)
	if place != "" {
		if before, err = strconv.ParseInt(place, 10, 64); err != nil {
			return out, helpdesk.Errorf(helpdesk.Invalid, "this is no cursor that a page gave")
		}
	}
	found, err := h.desk.Tickets(c.ctx, c.by, before, limit)
	if err != nil {
		return out, err
	}
	out.Items = ticketsOf(found)
	if len(found) == limit && found[limit-1].Number > 1 {
		out.Next = cursorOf(strconv.FormatInt(found[limit-1].Number, 10))
	}
	return out, nil
}

func ticketsOf(all []helpdesk.Ticket) []ticket {
	out := make([]ticket, 0, len(all))
	for i := range all {
		out = append(out, ticketOf(&all[i]))
	}
	return out
}

func (h *Handler) getTicket(c *call) (out thread, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	d, err := h.desk.Ticket(c.ctx, c.by, number)
	if err != nil {
		return out, err
	}
	out = thread{Ticket: ticketOf(&d.Ticket), Entries: []entry{}, Deliveries: []delivery{}, Follows: d.Follows, Maybe: d.Maybe}
	for _, item := range d.Thread() {
		out.Entries = append(out.Entries, entryOf(item.Ticket, item.Entry))
	}
	for i := range d.Deliveries {
		out.Deliveries = append(out.Deliveries, deliveryOf(&d.Deliveries[i]))
	}
	return out, nil
}

// entryPlace is number and entry in the address.
func (c *call) entryPlace() (number int64, seq int, err error) {
	number, err = c.number()
	if err != nil {
		return 0, 0, err
	}
	n, err := c.numeral("entry")
	return number, int(n), err
}

func (h *Handler) getFile(c *call) (*actions.File, error) {
	number, seq, err := c.entryPlace()
	if err != nil {
		return nil, err
	}
	index, err := c.numeral("file")
	if err != nil {
		return nil, err
	}
	return h.desk.File(c.ctx, c.by, number, seq, int(index))
}

func (h *Handler) getSource(c *call) (*actions.File, error) {
	number, seq, err := c.entryPlace()
	if err != nil {
		return nil, err
	}
	return h.desk.Source(c.ctx, c.by, number, seq)
}

// mailHTML is the HTML of a mail, made safe.
type mailHTML struct {
	HTML   string `json:"html" doc:"Sanitised: nothing in it runs, and nothing is loaded."`
	Remote int    `json:"remoteImages" doc:"How many pictures of other hosts were left out."`
	Cut    bool   `json:"cut,omitempty" doc:"It was longer than is shown."`
}

func (h *Handler) getHTML(c *call) (out mailHTML, err error) {
	number, seq, err := c.entryPlace()
	if err != nil {
		return out, err
	}
	m, err := h.desk.MailHTML(c.ctx, c.by, number, seq)
	if err != nil {
		return out, err
	}
	return mailHTML{HTML: string(m.HTML), Remote: m.RemoteImages, Cut: m.Cut}, nil
}

func ticketOf(t *helpdesk.Ticket) ticket {
	out := ticket{
		ID: t.ID.String(), Number: t.Number, Subject: t.Subject, Status: t.Status, Channel: t.Channel, HelpCenter: t.HelpCenter, Mailbox: t.Mailbox,
		Locale: t.Locale, Priority: t.Priority, Tags: or(t.Tags, []string{}), Participants: []participant{}, Assignee: t.Assignee, Team: t.Team,
		Watchers: t.Watchers, Mentioned: t.Mentioned, Spam: t.Spam != nil, Fields: t.Fields, Opened: t.Opened, Updated: t.Updated, Entries: t.Entries,
		Rev: strconv.FormatInt(t.Rev, 10),
	}
	for _, p := range t.Participants {
		out.Participants = append(out.Participants, participant{
			Number: p.Number, Contact: p.Contact, Name: p.Name, Address: p.Address.String(), Role: p.Role, Joined: p.Joined, Left: p.Left, History: p.History,
		})
	}
	for _, s := range t.Suggested {
		if !s.Dismissed {
			out.Suggested = append(out.Suggested, suggestion{Address: s.Address.String(), Name: s.Name, By: s.By.String(), At: s.At})
		}
	}
	if s := t.Snoozed; s != nil {
		out.Snoozed = &snooze{s.Until, s.By}
	}
	if t.Side != nil {
		out.Side = t.Side.Number
	}
	if l := t.Last; l != nil {
		out.Last = &lastWords{l.Seq, l.By, l.Text, l.At}
	}
	if t.Submitter != nil {
		a := authorOf(*t.Submitter)
		out.Submitter = &a
	}
	if f := t.Form; f != nil {
		out.Form = &formAnswer{Form: f.Form, Values: []formValue{}}
		for _, v := range f.Values {
			out.Form.Values = append(out.Form.Values, formValue{v.Name, v.Label, v.Text})
		}
	}
	if m := t.Merged; m != nil {
		out.Merged = &mergedInto{m.Number, m.At, authorOf(m.By)}
	}
	out.SplitFrom = refOf(t.SplitFrom)
	return out
}

func or[T any](list, otherwise []T) []T {
	if list == nil {
		return otherwise
	}
	return list
}

func refOf(r *helpdesk.EntryRef) *entryRef {
	if r == nil {
		return nil
	}
	return &entryRef{r.Number, r.Seq}
}

func authorOf(a helpdesk.Author) author {
	return author{Role: a.Role, ID: a.ID, Name: a.Name, Address: a.Address.String()}
}

func entryOf(t *helpdesk.Ticket, e *helpdesk.Entry) entry {
	out := entry{
		Number: t.Number, Entry: e.Seq, Kind: e.Kind, Channel: e.Channel, Author: authorOf(e.Author), At: e.At, Text: e.Text, Quoted: e.Quoted,
		Attachments: attachmentsOf(e.Attachments), Hidden: e.Hidden, MovedTo: refOf(e.MovedTo), HTML: e.HTML, Source: e.Raw != "", SignedIn: e.SignedIn,
		Recognised: recognitionOf(e.Recognised),
	}
	if r := e.Released; r != nil {
		out.Released = &released{authorOf(r.By), r.At}
	}
	return out
}

func attachmentsOf(all []helpdesk.Attachment) []attachment {
	var out []attachment
	for i, a := range all {
		out = append(out, attachment{File: i + 1, Name: a.Name, MediaType: a.MediaType, Size: a.Size, Inline: a.Inline})
	}
	return out
}

func recognitionOf(r *helpdesk.Recognition) *recognition {
	if r == nil {
		return nil
	}
	out := &recognition{
		Rule: r.Rule, Token: string(r.Token), Sender: string(r.Sender), Class: string(r.Class), Proof: fmt.Sprint(r.Trust.Proof),
		Reasons: r.Trust.Reasons, Evidence: r.Evidence,
	}
	for _, f := range r.Flags {
		out.Flags = append(out.Flags, string(f))
	}
	return out
}

func deliveryOf(x *helpdesk.Delivery) delivery {
	out := delivery{ID: x.ID, Entry: x.Entry, To: x.To.String(), Purpose: string(x.Purpose), State: x.State, Created: x.Created, Tries: x.Attempts, Answer: x.Last.Answer()}
	if !x.State.Final() && !x.Next.IsZero() {
		out.Next = &x.Next
	}
	return out
}
