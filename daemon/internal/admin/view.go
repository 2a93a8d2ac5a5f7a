package admin

import (
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
	Form          *helpdesk.FormAnswer `json:"form,omitempty"`
	EntryCount    int                  `json:"entryCount"`
	Entries       []Entry              `json:"entries,omitempty"`
	Deliveries    []Delivery           `json:"deliveries,omitempty"`
}

// Entry is one item of a ticket's history.
type Entry struct {
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
	MessageID   string                `json:"messageID,omitempty"`
	Raw         string                `json:"raw,omitempty"`
	Recognised  *helpdesk.Recognition `json:"recognised,omitempty"`
}

// Delivery is one outbound copy.
type Delivery struct {
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
	return v
}

func viewDetail(account string, d *actions.Detail) Ticket {
	v := viewTicket(account, &d.Ticket)
	for _, e := range d.Entries {
		author := e.Author.DisplayName()
		if !e.Author.Address.IsZero() {
			author = e.Author.Address.String()
		}
		v.Entries = append(v.Entries, Entry{
			Seq: e.Seq, Kind: e.Kind, Author: author, AuthorName: e.Author.Name, AuthorRole: e.Author.Role, Channel: e.Channel,
			At: e.At, Text: e.Text, Quoted: e.Quoted, Attachments: e.Attachments, Hidden: e.Hidden,
			MessageID: e.MessageID, Raw: e.Raw, Recognised: e.Recognised,
		})
	}
	for _, x := range d.Deliveries {
		one := Delivery{
			ID: x.ID, To: x.To.String(), Purpose: x.Purpose, Entry: x.Entry, State: x.State,
			Attempts: x.Attempts, Last: x.Last, MessageID: x.MessageID,
		}
		if !x.State.Final() {
			one.Next = &x.Next
		}
		v.Deliveries = append(v.Deliveries, one)
	}
	return v
}
