package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Reply is an agent's public answer.
type Reply struct {
	Text   string
	Files  []Upload        // from [Desk.Attach] or [Desk.Attached]
	Status helpdesk.Status // what the ticket becomes; "" leaves it
	// Nonce came with the page. The same reply sent twice, by a second click or
	// after a lost answer, is one. Without it each call is a reply of its own.
	Nonce string
	// Expect is how many entries the request had ([helpdesk.Ticket.Entries]) when the
	// reply was begun. What was said since makes it [Meanwhile]; 0 asks for none of that.
	Expect int
	Anyway bool // send it all the same
}

// Meanwhile says that somebody else answered, or a customer wrote, since a reply was
// begun. It is a Conflict; nothing was sent.
type Meanwhile struct {
	By       helpdesk.Author // of the newest
	At       time.Time
	Seq      int // its entry
	Customer bool
	Answers  int // how many public answers of others there are
	Messages int // how many messages of customers
	Entries  int // what to expect from now on
}

func (m *Meanwhile) Error() string { return helpdesk.Public(m.Unwrap()) }

// Unwrap gives it its kind and words.
func (m *Meanwhile) Unwrap() error {
	if m.Customer {
		return helpdesk.Errorf(helpdesk.Conflict, "%s wrote again while you were writing: read it first, or send your reply anyway", m.By.DisplayName())
	}
	return helpdesk.Errorf(helpdesk.Conflict, "%s answered while you were writing: read it first, or send your reply anyway", m.By.DisplayName())
}

// Reply answers the customer: an entry, and one mail for each participant. What the
// agent had begun to write is forgotten with it.
func (d *Desk) Reply(ctx context.Context, by Actor, number int64, in Reply) error {
	if in.Status != "" {
		if _, err := helpdesk.ParseStatus(string(in.Status)); err != nil {
			return err
		}
	}
	w := writing{kind: helpdesk.Message, text: in.Text, files: in.Files, nonce: in.Nonce}
	if in.Nonce != "" {
		w.receipt = receiptKey("reply", in.Nonce, by.author().ID, number, in.Text, blobs(attachments(in.Files)))
	}
	return d.write(ctx, by, number, w, func(t *helpdesk.Ticket, change *helpdesk.Change, seq int) error {
		if in.Expect > 0 && !in.Anyway {
			if err := d.meanwhile(ctx, by, t, in.Expect, seq); err != nil {
				return err
			}
		}
		if t.Spam != nil {
			return helpdesk.Errorf(helpdesk.Invalid, "request #%d was called spam: take that back before you answer it", t.Number)
		}
		if in.Status != "" {
			t.Status = in.Status
		}
		t.Snoozed = awake(t)
		box, err := d.mailbox(by.Account, t.Mailbox)
		if err != nil {
			return err
		}
		if err := box.Files.CheckAll(attachments(in.Files)); err != nil {
			return err
		}
		if err := d.planner.Answerable(ctx, by.Account, t); err != nil {
			return err
		}
		d.planner.Reply(change, outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, Purpose: helpdesk.AgentReply, Now: d.now()})
		return nil
	})
}

// awake leaves a snooze as it is while there is something to come back to.
func awake(t *helpdesk.Ticket) *helpdesk.Snooze {
	if t.Status == helpdesk.Resolved || t.Status == helpdesk.Closed {
		return nil
	}
	return t.Snoozed
}

// mostMeanwhile is how many of the newest entries are looked at for what was said
// meanwhile. Each is a read; whoever left a page open for longer learns enough.
const mostMeanwhile = 50

// meanwhile is stale with a [Meanwhile] if somebody else said something between the
// entries that were expected and that at seq.
func (d *Desk) meanwhile(ctx context.Context, by Actor, t *helpdesk.Ticket, expect, seq int) error {
	m := &Meanwhile{Entries: seq - 1}
	for at := seq - 1; at > expect && at >= seq-mostMeanwhile; at-- {
		e, err := d.store.Entry(ctx, by.Account, t.ID, at)
		if err != nil {
			return fmt.Errorf("read entry %d: %w", at, err)
		}
		self := by.Agent != nil && e.Author.Role == helpdesk.AgentAs && e.Author.ID == by.Agent.ID
		customer := e.FromCustomer()
		if e.Kind != helpdesk.Message || e.MovedTo != nil || self {
			continue
		}
		if m.Seq == 0 {
			m.By, m.At, m.Seq, m.Customer = e.Author, e.At, e.Seq, customer
		}
		if customer {
			m.Messages++
		} else {
			m.Answers++
		}
	}
	if m.Seq == 0 {
		return nil
	}
	return stale{m}
}

// Note is what agents write for each other.
type Note struct {
	Text  string
	Files []Upload // from [Desk.Attach]; only agents get them
	// Nonce is as in [Reply].
	Nonce string
	// Mentions are agents whom it calls besides those that its text names.
	Mentions []helpdesk.ID
}

// Note writes something that only agents see. Who is named in it, as
// [helpdesk.Mentions] reads it, is told.
func (d *Desk) Note(ctx context.Context, by Actor, number int64, in Note) error {
	if err := (helpdesk.FileLimits{}).CheckAll(attachments(in.Files)); err != nil {
		return err
	}
	w := writing{kind: helpdesk.Note, text: in.Text, files: in.Files, nonce: in.Nonce}
	if in.Nonce != "" {
		w.receipt = receiptKey("note", in.Nonce, by.author().ID, number, in.Text, blobs(attachments(in.Files)))
	}
	return d.write(ctx, by, number, w, func(t *helpdesk.Ticket, change *helpdesk.Change, seq int) error {
		return d.call(ctx, by, t, change, seq, in)
	})
}

// call tells the agents whom a note names. Who wrote it knows.
func (d *Desk) call(ctx context.Context, by Actor, t *helpdesk.Ticket, change *helpdesk.Change, seq int, in Note) error {
	if !strings.Contains(in.Text, "@") && len(in.Mentions) == 0 {
		return nil
	}
	agents, err := d.store.Agents(ctx, by.Account)
	if err != nil {
		return err
	}
	named := append(helpdesk.Mentions(in.Text, agents), in.Mentions...)
	called := slices.DeleteFunc(agents, func(a helpdesk.Agent) bool {
		return a.Disabled || !slices.Contains(named, a.ID) || by.Agent != nil && a.ID == by.Agent.ID
	})
	called = called[:min(len(called), helpdesk.MaxMentions)]
	box, ok := d.directory.Mailbox(by.Account, t.Mailbox)
	if !ok { // nowhere to tell them from: they find it in their list
		for i := range called {
			t.Call([]helpdesk.ID{called[i].ID})
			t.Watch(called[i].ID)
		}
		return nil
	}
	return d.planner.Mention(ctx, change, outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, Now: d.now()}, called)
}
