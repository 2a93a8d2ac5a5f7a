package admin

import (
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Ticket is a ticket as the command line prints it with --json.
type Ticket struct {
	Number        int64                `json:"number"`
	ID            string               `json:"id"`
	Account       string               `json:"account"`
	Subject       string               `json:"subject"`
	Status        helpdesk.Status      `json:"status"`
	Priority      string               `json:"priority,omitempty"`
	Tags          []string             `json:"tags,omitempty"`
	Assignee      helpdesk.ID          `json:"assignee,omitempty"`
	Watchers      []helpdesk.ID        `json:"watchers,omitempty"`
	Submitter     string               `json:"submitter,omitempty"` // address of the agent who brought it in
	Channel       helpdesk.Channel     `json:"channel"`
	Requester     string               `json:"requester"` // address
	RequesterName string               `json:"requesterName,omitempty"`
	Mailbox       string               `json:"mailbox"`
	HelpCenter    string               `json:"helpCenter"`
	Opened        time.Time            `json:"opened"`
	Updated       time.Time            `json:"updated"`
	Follows       string               `json:"follows,omitempty"` // id of the closed ticket it goes on from
	MergedInto    int64                `json:"mergedInto,omitempty"`
	SplitFrom     *helpdesk.EntryRef   `json:"splitFrom,omitempty"`
	Form          *helpdesk.FormAnswer `json:"form,omitempty"`
	EntryCount    int                  `json:"entryCount"`
	Entries       []Entry              `json:"entries,omitempty"`
	Deliveries    []Delivery           `json:"deliveries,omitempty"`
	Participants  []Participant        `json:"participants,omitempty"`
	Suggested     []string             `json:"suggested,omitempty"` // addresses that were copied on a mail
}

// Participant is somebody who takes part in a ticket, or did.
type Participant struct {
	Number  uint16        `json:"number"`
	Address string        `json:"address"`
	Name    string        `json:"name,omitempty"`
	Role    helpdesk.Role `json:"role"`
	Joined  time.Time     `json:"joined"`
	Left    *time.Time    `json:"left,omitempty"`
	History bool          `json:"history,omitempty"` // reads what was written before
}

// Entry is one item of a ticket's history, or of one that was merged into it.
type Entry struct {
	From        int64                 `json:"from,omitempty"` // the merged ticket that it is an entry of; 0 for none
	Seq         int                   `json:"seq"`
	Kind        helpdesk.EntryKind    `json:"kind"`
	Author      string                `json:"author"` // address, or name where there is none
	AuthorName  string                `json:"authorName,omitempty"`
	AuthorRole  helpdesk.AuthorRole   `json:"authorRole"`
	Channel     helpdesk.Channel      `json:"channel"`
	At          time.Time             `json:"at"`
	Text        string                `json:"text"`
	Quoted      string                `json:"quoted,omitempty"`
	Attachments []helpdesk.Attachment `json:"attachments,omitempty"`
	Hidden      bool                  `json:"hidden,omitempty"`
	MovedTo     *helpdesk.EntryRef    `json:"movedTo,omitempty"` // where the message stands now
	MessageID   string                `json:"messageID,omitempty"`
	Raw         string                `json:"raw,omitempty"`
	Released    *helpdesk.Release     `json:"released,omitempty"`
	Recognised  *helpdesk.Recognition `json:"recognised,omitempty"`
}

// Place names the entry for people.
func (e Entry) Place() string {
	place := fmt.Sprintf("%d.", e.Seq)
	if e.From != 0 {
		place = fmt.Sprintf("#%d %s", e.From, place)
	}
	if e.MovedTo != nil {
		place += fmt.Sprintf(" (moved to #%d)", e.MovedTo.Number)
	}
	return place
}

// Delivery is one outbound copy.
type Delivery struct {
	From      int64                  `json:"from,omitempty"` // the merged ticket that it is about; 0 for none
	ID        helpdesk.ID            `json:"id"`
	To        string                 `json:"to"`
	Purpose   helpdesk.Purpose       `json:"purpose"`
	Entry     int                    `json:"entry"`
	State     helpdesk.DeliveryState `json:"state"`
	Attempts  int                    `json:"attempts"`
	Next      *time.Time             `json:"next,omitempty"`
	Last      *helpdesk.Attempt      `json:"last,omitempty"`
	MessageID string                 `json:"messageID"`
}

func viewTicket(account string, t *helpdesk.Ticket) Ticket {
	v := Ticket{
		Number: t.Number, ID: t.ID.String(), Account: account, Subject: t.Subject, Status: t.Status,
		Priority: t.Priority, Tags: t.Tags, Assignee: t.Assignee, Watchers: t.Watchers, Channel: t.Channel, Mailbox: t.Mailbox, HelpCenter: t.HelpCenter,
		Opened: t.Opened, Updated: t.Updated, Form: t.Form, EntryCount: t.Entries,
	}
	if r := t.Requester(); r != nil {
		v.Requester, v.RequesterName = r.Address.String(), r.Name
	}
	if t.Submitter != nil {
		v.Submitter = t.Submitter.Address.String()
	}
	if t.Follows != 0 {
		v.Follows = t.Follows.String()
	}
	if t.Merged != nil {
		v.MergedInto = t.Merged.Number
	}
	v.SplitFrom = t.SplitFrom
	return v
}

func viewDetail(account string, d *actions.Detail) Ticket {
	v := viewTicket(account, &d.Ticket)
	for _, item := range d.Thread() {
		e := viewEntry(item.Entry)
		if item.Ticket.ID != d.Ticket.ID {
			e.From = item.Ticket.Number
		}
		v.Entries = append(v.Entries, e)
	}
	v.Deliveries = viewDeliveries(0, d.Deliveries)
	for i := range d.Merged {
		v.Deliveries = append(v.Deliveries, viewDeliveries(d.Merged[i].Ticket.Number, d.Merged[i].Deliveries)...)
	}
	for _, p := range d.Ticket.Participants {
		v.Participants = append(v.Participants, Participant{
			Number: p.Number, Address: p.Address.String(), Name: p.Name, Role: p.Role, Joined: p.Joined, Left: p.Left, History: p.History,
		})
	}
	for _, s := range d.Ticket.Suggested {
		if d.Ticket.IsSuggested(s.Address) {
			v.Suggested = append(v.Suggested, s.Address.String())
		}
	}
	return v
}

func viewEntry(e *helpdesk.Entry) Entry {
	author := e.Author.DisplayName()
	if !e.Author.Address.IsZero() {
		author = e.Author.Address.String()
	}
	return Entry{
		Seq: e.Seq, Kind: e.Kind, Author: author, AuthorName: e.Author.Name, AuthorRole: e.Author.Role, Channel: e.Channel,
		At: e.At, Text: e.Text, Quoted: e.Quoted, Attachments: e.Attachments, Hidden: e.Hidden, MovedTo: e.MovedTo,
		MessageID: e.MessageID, Raw: e.Raw, Released: e.Released, Recognised: e.Recognised,
	}
}

func viewDeliveries(from int64, all []helpdesk.Delivery) []Delivery {
	var views []Delivery
	for _, x := range all {
		one := Delivery{
			From: from, ID: x.ID, To: x.To.String(), Purpose: x.Purpose, Entry: x.Entry, State: x.State,
			Attempts: x.Attempts, Last: x.Last, MessageID: x.MessageID,
		}
		if !x.State.Final() {
			one.Next = &x.Next
		}
		views = append(views, one)
	}
	return views
}
