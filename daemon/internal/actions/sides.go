package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// NewSide is a talk with somebody outside about a request, of which the request's
// customers know nothing.
type NewSide struct {
	Address, Name string // of the outsider
	Subject, Text string
	// Quote names messages of the request that are quoted below the text, and
	// Forward files of its entries that go with it. Of all else the outsider gets
	// nothing.
	Quote   []int
	Forward []FileRef
	Files   []Upload // from [Desk.Attach] of the request
	// Nonce is as in [Reply].
	Nonce string
}

// FileRef names a file of an entry; Index counts from 1.
type FileRef struct{ Entry, Index int }

// OpenSide begins a side thread of a request: a request of its own, whose requester is
// somebody outside. They get what the agent wrote and chose, and nothing else of the
// request; its customers learn nothing of it. It returns the number.
func (d *Desk) OpenSide(ctx context.Context, by Actor, number int64, in NewSide) (int64, error) {
	if err := by.mayWork(); err != nil {
		return 0, err
	}
	t, err := d.unmerged(ctx, by, number)
	if err != nil {
		return 0, err
	}
	if t.Side != nil {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "request #%d is a side thread itself: begin another one at #%d", number, t.Side.Number)
	}
	box, err := d.mailbox(by.Account, t.Mailbox)
	if err != nil {
		return 0, err
	}
	quoted, forwarded, err := d.chosen(ctx, by.Account, t, in)
	if err != nil {
		return 0, err
	}
	o := &opening{
		desk: d, by: by, box: box, files: append(attachments(in.Files), forwarded...), uploads: in.Files, waiting: agentFiles(by, number, box.Files),
		now: d.now(), base: helpdesk.Ticket{
			Mailbox: t.Mailbox, HelpCenter: t.HelpCenter, Team: t.Team, Side: &helpdesk.Side{Ticket: t.ID, Number: t.Number},
		},
	}
	if strings.TrimSpace(in.Text) == "" {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "write something first")
	}
	if err := o.read(in.Address, in.Name, in.Subject, links.WithoutTokens(in.Text+quoted)); err != nil {
		return 0, err
	}
	if err := roomBeside(t, o.address); err != nil { // before a number is drawn
		return 0, err
	}
	o.base.Watchers = slices.Clone(t.Watchers) // the outsider's answers are told to them
	o.base.Watch(t.Assignee)
	if by.Agent != nil {
		o.base.Assignee = by.Agent.ID // they asked, and get the answer
	}
	o.also = func(ctx context.Context, side *helpdesk.Ticket, change *helpdesk.Change) error {
		return d.beside(ctx, by, number, side, change)
	}
	o.receipt = receiptKey("side", in.Nonce, by.author().ID, number, o.address.Key(), o.subject, o.text, blobs(o.files))
	made, err := o.commit(ctx)
	if err == nil {
		d.log.InfoContext(ctx, "side thread opened", "account", by.Account, "ticket", number, "side", made, "by", by.author().ID)
	}
	return made, err
}

// beside tells the request of its new side thread.
func (d *Desk) beside(ctx context.Context, by Actor, number int64, side *helpdesk.Ticket, change *helpdesk.Change) error {
	t, err := d.unmerged(ctx, by, number)
	if err != nil {
		return err
	}
	outsider := side.Requester().Address
	if err := roomBeside(t, outsider); err != nil {
		return err
	}
	t.Sides = append(t.Sides, side.ID)
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByConsole, At: d.now(), Author: by.author(),
		Text: fmt.Sprintf("Began side thread #%d with %s.", side.Number, outsider),
	}
	t.Append(&e)
	change.Also, change.Entries = t, append(change.Entries, e)
	return nil
}

// roomBeside is Invalid where the request can't have a side thread with somebody.
func roomBeside(t *helpdesk.Ticket, outsider helpdesk.Address) error {
	switch {
	case len(t.Sides) >= helpdesk.MaxSides:
		return helpdesk.Errorf(helpdesk.Invalid, "a request has at most %d side threads", helpdesk.MaxSides)
	case t.ParticipantByAddress(outsider) != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "%s takes part in the request: answer there", outsider)
	}
	return nil
}

// mostChosen is how many messages and files one outsider can be sent of a request: more
// than somebody chooses by hand.
const mostChosen = 200

// chosen is what of a request an agent lets an outsider have: messages, quoted, and
// files. Notes and events can't be chosen.
func (d *Desk) chosen(ctx context.Context, account string, t *helpdesk.Ticket, in NewSide) (string, []helpdesk.Attachment, error) {
	if len(in.Quote)+len(in.Forward) == 0 {
		return "", nil, nil
	}
	entries, err := d.entries(ctx, account, t.ID)
	if err != nil {
		return "", nil, err
	}
	if len(in.Quote)+len(in.Forward) > mostChosen {
		return "", nil, helpdesk.Errorf(helpdesk.Invalid, "at most %d messages and files can be passed on at once", mostChosen)
	}
	message := func(seq int) (*helpdesk.Entry, error) {
		i := slices.IndexFunc(entries, func(e helpdesk.Entry) bool { return e.Seq == seq && e.Kind == helpdesk.Message && e.MovedTo == nil })
		if i < 0 {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "entry %d of request #%d is no message that could be passed on", seq, t.Number)
		}
		return &entries[i], nil
	}
	quoted := ""
	for _, seq := range in.Quote {
		e, err := message(seq)
		if err != nil {
			return "", nil, err
		}
		if quoted += quote(e); len(quoted) > MaxText {
			return "", nil, helpdesk.Errorf(helpdesk.Invalid, "that is too long: the limit is %d KiB", MaxText>>10)
		}
	}
	var files []helpdesk.Attachment
	for _, f := range in.Forward {
		e, err := message(f.Entry)
		if err != nil {
			return "", nil, err
		}
		if f.Index < 1 || f.Index > len(e.Attachments) {
			return "", nil, helpdesk.Errorf(helpdesk.Invalid, "entry %d of request #%d has no file %d", f.Entry, t.Number, f.Index)
		}
		file := e.Attachments[f.Index-1]
		if file.HoldsMail() {
			return "", nil, helpdesk.Errorf(helpdesk.Invalid, "“%s” is a mail, which may hold somebody's link: quote it instead", file.Name)
		}
		files = append(files, file)
	}
	return quoted, files, nil
}

// quote is a message as it stands below an answer. Its writer is told by name alone.
func quote(e *helpdesk.Entry) string {
	name := oneLine(e.Author.Name)
	switch {
	case e.Author.Role == helpdesk.AgentAs, name == "" && e.Author.Role != helpdesk.Customer:
		name = "We"
	case name == "":
		name = "A customer"
	}
	return fmt.Sprintf("\n\nOn %s, %s wrote:\n> %s", e.At.UTC().Format("2 January 2006"), name, strings.ReplaceAll(e.Text, "\n", "\n> "))
}

// SideThread is one of the side threads of a request, or of what was merged into it.
type SideThread struct {
	Number  int64
	Subject string
	Status  helpdesk.Status
	With    string // who the outsider is
	Updated time.Time
	Last    *helpdesk.LastWords // of the outsider; nil before they answered
	Of      int64               // the request that it is about
}

// sidesOf reads the side threads of requests, and what goes on from those, in the
// order in which they were begun. Those that the actor may not know of are left out.
func (d *Desk) sidesOf(ctx context.Context, by Actor, of ...*helpdesk.Ticket) ([]SideThread, error) {
	var ids []helpdesk.TicketID
	for _, t := range of {
		ids = append(ids, t.Sides...)
	}
	var all []SideThread
	for len(ids) > 0 && len(all) < mostSides {
		t, err := d.store.Ticket(ctx, by.Account, ids[0])
		ids = ids[1:]
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.Side == nil || !by.sees(t) {
			continue
		}
		ids = append(ids, t.GoesOnAs...)
		s := SideThread{Number: t.Number, Subject: t.Subject, Status: t.Status, Updated: t.Updated, Last: t.Last, Of: t.Side.Number}
		if r := t.Requester(); r != nil {
			s.With = r.DisplayName()
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b SideThread) int { return int(a.Number - b.Number) })
	return all, nil
}

// mostSides bounds what one page reads: those of a request, and as many that go on.
const mostSides = 2 * helpdesk.MaxSides
