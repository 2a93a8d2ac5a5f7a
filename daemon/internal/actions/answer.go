package actions

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Answer is what a customer writes to a request on its page.
type Answer struct {
	Text  string
	Files []Upload // from [Desk.KeepAnswerFile] and [Desk.KeptAnswerFile]
	// Nonce came with the page. The same answer sent twice, by a second click or
	// after a lost answer, is one.
	Nonce string
	// Draft is the id of what this began as; it is forgotten with the sending.
	Draft string
}

// text takes what a customer wrote; with files it may be nothing.
func (in *Answer) text() (string, error) {
	if len(in.Files) > 0 && strings.TrimSpace(in.Text) == "" {
		return "", nil
	}
	text, err := checkText(in.Text)
	// Links and reply addresses stand in mails that people copy from. Whoever reads
	// them here could act as whom they were issued to (A30).
	return links.WithoutTokens(text), err
}

// AnswerRequest adds what a customer wrote to a request (row S04), as a mail of
// theirs would: it opens again what waited for them, agents are told, and the
// others who take part; what is closed goes on in a new request that follows it
// (row P03), and what was merged where it goes on. It returns the number of the
// request that has it.
func (d *Desk) AnswerRequest(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, in Answer) (int64, error) {
	var at int64
	err := helpdesk.Retry(ctx, func(int) (err error) {
		at, err = d.tryAnswer(ctx, h, by, number, in)
		return err
	})
	return at, err
}

func (d *Desk) tryAnswer(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, in Answer) (int64, error) {
	r, err := d.request(ctx, h, by, number)
	if err != nil {
		return 0, err
	}
	text, err := in.text()
	if err != nil {
		return 0, err
	}
	w := &answering{request: r, desk: d, text: text, files: attachments(in.Files), now: d.now()}
	receipt := receiptKey("answer", in.Nonce, r.self.Contact, number, text, blobs(w.files))
	found, err := d.store.Lookup(ctx, h.Account, store.Query{Receipt: receipt})
	if err != nil {
		return 0, err
	}
	if found.Receipt != nil {
		return found.Receipt.Outcome.Number, nil
	}
	draft, err := d.draft(ctx, r, in.Draft)
	if err != nil {
		return 0, err
	}
	change := &helpdesk.Change{Account: h.Account}
	if draft != nil {
		draft.Gone = true
		change.Drafts = append(change.Drafts, *draft)
	}
	if err := w.write(ctx, change); err != nil {
		return 0, err
	}
	t := change.Ticket
	change.Receipt = &helpdesk.Receipt{Key: receipt, At: w.now, Channel: helpdesk.ByPortal, Outcome: helpdesk.Outcome{
		Result: w.result, Account: h.Account, Mailbox: t.Mailbox, Ticket: t.ID, Number: t.Number, Entry: t.Entries,
	}}
	if err := d.commit(ctx, answerFiles(r), in.Files, change); err != nil {
		return 0, err
	}
	d.log.InfoContext(ctx, "answered on a page", "account", h.Account, "ticket", t.Number, "entry", t.Entries, "by", r.self.Contact)
	return t.Number, nil
}

// answering is an answer on its way to where it belongs.
type answering struct {
	*request
	desk   *Desk
	text   string
	files  []helpdesk.Attachment
	now    time.Time
	result helpdesk.Result
}

// write puts the answer into the change.
func (w *answering) write(ctx context.Context, change *helpdesk.Change) error {
	if w.ticket.Merged != nil {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	box, err := w.desk.mailbox(w.center.Account, w.ticket.Mailbox)
	if err != nil {
		return err
	}
	if err := box.Files.CheckAll(w.files); err != nil {
		return err
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByPortal, At: w.now, Author: w.author(), Attachments: w.files, SignedIn: true,
		Hidden: w.customer.Contact.Unheard(), // as a mail of theirs is held
	}
	if e.Text, e.TextBlob, err = w.desk.fit(ctx, w.center.Account, w.text); err != nil {
		return err
	}
	if w.ticket.Status == helpdesk.Closed {
		return w.open(ctx, change, box, &e)
	}
	w.result = helpdesk.Appended
	w.self.Unasked = false // they want it
	if w.customer.Contact.Blocked == nil {
		w.ticket.CustomerReplied()
	}
	w.ticket.Append(&e)
	change.Ticket, change.Entries = w.ticket, []helpdesk.Entry{e}
	if e.Hidden { // agents find it, and it wakes nobody
		return nil
	}
	if err := w.desk.mailOthers(ctx, change, box, w.ticket, &e, w.now); err != nil {
		return err
	}
	return w.desk.notify(ctx, change, outbound.Occasion{Mailbox: box, Ticket: w.ticket, Entry: e.Seq, Now: w.now})
}

// follow goes on to where the request was merged into, if the customer takes part
// there; their answer may come from a page that they opened before.
func (w *answering) follow(ctx context.Context) error {
	end, err := helpdesk.End(w.ticket, w.desk.reading(ctx, w.center.Account))
	if err != nil {
		return err
	}
	there, err := partIn(w.center, w.customer, end)
	if err != nil || end.Merged != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "this request goes on in another one that you take no part in")
	}
	w.request = there
	return nil
}

// open makes the answer to a closed request a new one of the writer alone.
func (w *answering) open(ctx context.Context, change *helpdesk.Change, box helpdesk.Mailbox, e *helpdesk.Entry) error {
	number, err := w.desk.store.NextNumber(ctx, w.center.Account)
	if err != nil {
		return err
	}
	w.result = helpdesk.Created
	author := w.author()
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: w.ticket.Subject, Status: helpdesk.Open, Channel: helpdesk.ByPortal,
		HelpCenter: w.center.Name, Mailbox: w.ticket.Mailbox, Locale: w.center.Locale, Opened: w.now,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: author.ID, Name: author.Name, Address: author.Address, Role: helpdesk.Requester, LinkGen: 1, Joined: w.now,
		}},
	}
	center := t.HelpCenter
	t.GoOnFrom(w.ticket)
	t.HelpCenter = center
	if by := w.customer.Contact.Blocked; by != nil {
		e.Hidden, t.Spam = false, &helpdesk.Called{By: by.By, At: w.now} // theirs alone, and in no queue but that of spam
	}
	t.Append(e)
	change.Ticket, change.Also, change.Entries = t, w.ticket, []helpdesk.Entry{*e}
	if e.Hidden || t.Spam != nil {
		return nil
	}
	o := outbound.Occasion{Mailbox: box, Ticket: t, Entry: e.Seq, Now: w.now}
	to := o
	to.To, to.Purpose = &t.Participants[0], helpdesk.Acknowledgement
	if err := w.desk.planner.Automatic(ctx, change, to); err != nil {
		return err
	}
	return w.desk.notify(ctx, change, o)
}

// answerFiles are where the files of a customer's answer wait.
func answerFiles(r *request) waiting {
	return waiting{
		account: r.center.Account, audience: links.Audience(r.center.Audience),
		purpose: []any{"answer", r.center.Name, r.self.Contact, r.ticket.Number},
	}
}

// answerWaiting finds the request, and where files for it wait.
func (d *Desk) answerWaiting(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64) (waiting, error) {
	r, err := d.request(ctx, h, by, number)
	if err != nil {
		return waiting{}, err
	}
	box, err := d.mailbox(h.Account, r.ticket.Mailbox)
	w := answerFiles(r)
	w.limits = box.Files
	return w, err
}

// AnswerLimits are those of the files of an answer.
func (d *Desk) AnswerLimits(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64) (helpdesk.FileLimits, error) {
	w, err := d.answerWaiting(ctx, h, by, number)
	return w.limits, err
}

// KeepAnswerFile keeps a file for an answer that is being written, reading it piece
// by piece. A file over the limits is Invalid, and marked with [helpdesk.ErrFile];
// other errors of content are passed on.
func (d *Desk) KeepAnswerFile(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, name, mediaType string, content io.Reader) (Upload, error) {
	w, err := d.answerWaiting(ctx, h, by, number)
	if err != nil {
		return Upload{}, err
	}
	return d.keep(ctx, w, "", name, mediaType, content)
}

// KeptAnswerFile finds again a file that KeepAnswerFile kept for the same customer
// and request, as the page names it; errors as those of [Desk.KeptUpload].
func (d *Desk) KeptAnswerFile(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, token string) (Upload, error) {
	w, err := d.answerWaiting(ctx, h, by, number)
	if err != nil {
		return Upload{}, err
	}
	return d.kept(ctx, w, token)
}
