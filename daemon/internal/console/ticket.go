package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// ticketPage is one request with its history.
type ticketPage struct {
	Ticket     *helpdesk.Ticket
	Subject    string
	Path       string
	In         string // the list that it was opened from, as the query of addresses; "" for none
	Marks      marks
	Card       card
	People     people
	Work       work
	Earlier    []stretch // of the history; folded
	History    []stretch
	LastEntry  int        // up to which the page shows the history
	Look       string     // as the stream tells of it
	Deliveries []delivery // the newest
	Folded     []delivery // so that the panel has an end
	Statuses   []choice
	Send       string // words on the button: who gets the reply
	Recipients []helpdesk.Participant
	Draft      draft
	Error      string // about the words of the draft
	FileError  string // about its files
	Limits     helpdesk.FileLimits
	Focus      string // the act whose text goes on being written
	AboutOpen  bool   // something beside the history asks to be read
	Meanwhile  *meanwhile
	Canned     []helpdesk.Canned
	Agents     []helpdesk.Agent // who can be named in a note
	Trouble    *web.Trouble
	Done       string
	merged
}

func (c *Handler) showTicket(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	return c.writeTicket(v, draft{Number: number}, nil)
}

// ticketNumber is the number in the address.
func ticketNumber(v *visit) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, missing()
	}
	return n, nil
}

// writeTicket shows a request, with what was being written and why it could not
// be saved.
func (c *Handler) writeTicket(v *visit, d draft, failure error) error {
	detail, err := c.desk.Ticket(v.context(), v.by, d.Number)
	if errors.Is(err, actions.ErrErased) && d.Text == "" {
		title := fmt.Sprintf("#%d was erased", d.Number)
		c.write(v, web.Status(err), "erased", title, c.frame(v, ""), erasedPage{Title: title, Words: web.Sentence(helpdesk.Public(err))})
		return nil
	}
	if err != nil {
		return c.keepDraft(v, d, err)
	}
	about, err := c.about(v, detail)
	if err != nil {
		return c.keepDraft(v, d, err)
	}
	page := newTicketPage(detail, about, d)
	if v.r.Method == http.MethodGet {
		query := v.r.URL.Query()
		page.Done = doneWords[query.Get("done")]
		page.offerUndo(page.Path, query.Get("done"), query.Get("of"))
	}
	page.tell(failure, func() web.Trouble { return c.site.Trouble(v.r, failure) })
	title := fmt.Sprintf("#%d %s", page.Ticket.Number, page.Subject)
	c.write(v, web.Status(failure), "ticket", title, c.beside(v, page.Ticket.Number), page)
	return nil
}

// erasedPage stands where a request was.
type erasedPage struct{ Title, Words string }

// tell puts what went wrong beside what it is about.
func (p *ticketPage) tell(failure error, trouble func() web.Trouble) {
	if m, ok := errors.AsType[*actions.Meanwhile](failure); ok {
		p.meanwhile(m)
		return
	}
	words := web.Sentence(or(helpdesk.Public(failure), "that can't be used"))
	asked := helpdesk.KindOf(failure) == helpdesk.Conflict && p.Draft.Act == fieldsAct && helpdesk.Public(failure) != ""
	switch invalid := helpdesk.KindOf(failure) == helpdesk.Invalid || asked; {
	case p.Focus != "" && errors.Is(failure, helpdesk.ErrFile):
		p.FileError = words
	case invalid && p.Focus != "":
		p.Error = words
	case invalid && p.Draft.Act == peopleAct && p.Draft.Adding.Address != "":
		p.People.Error, p.AboutOpen = words, true
	case invalid && p.Draft.Act == tagsAct:
		p.Marks.Error = words
	case invalid && p.Draft.Act == fieldsAct:
		p.Work.FieldsBad, p.AboutOpen = words, true
	case failure != nil:
		t := trouble()
		p.Trouble = &t
	}
}

func newTicketPage(detail *actions.Detail, about *about, d draft) ticketPage {
	t := &detail.Ticket
	page := ticketPage{
		Ticket: t, Subject: or(t.Subject, "No subject"), Path: draft{Number: t.Number}.path(),
		People: newPeople(t, d.Adding), Draft: d, Limits: detail.Files, LastEntry: t.Entries, Look: detail.Look, In: about.in,
	}
	if d.Act == replyAct || d.Act == noteAct {
		page.Focus = d.Act
	}
	page.restore(about.writing)
	if _, err := helpdesk.ParseStatus(string(page.Draft.Status)); err != nil {
		page.Draft.Status = helpdesk.Pending // an answer was given; now it is the customer's turn
	}
	if page.Draft.Nonce == "" {
		page.Draft.Nonce = rand.Text()
	}
	if page.Draft.Expect == 0 {
		page.Draft.Expect = t.Entries
	}
	for i := range t.Participants {
		if p := t.Participants[i]; p.Active() {
			page.Recipients = append(page.Recipients, p)
		}
	}
	page.Send = sendWords(page.Recipients)
	page.Statuses = statusChoices(about.settings, page.Draft.Status)
	page.Marks, page.Card, page.Work = newMarks(t, about, d), newCard(t, about), newWork(detail, about, d)
	page.merged, page.Canned = newMerged(detail), about.canned
	for i := range about.agents {
		if one := &about.agents[i]; !one.Disabled && one.ID != about.me {
			page.Agents = append(page.Agents, *one)
		}
	}
	page.Earlier, page.History = foldEarlier(foldEvents(thread(detail, page.Path)))
	page.Deliveries, page.Folded = foldDeliveries(newDeliveries(detail, page.Path))
	return page
}

// namedRecipients stand beside the reply; who else gets it is folded.
const namedRecipients = 4

// ToFirst are the first who get a reply, or all where folding saves nothing.
func (p ticketPage) ToFirst() []helpdesk.Participant {
	if len(p.Recipients) <= namedRecipients+1 {
		return p.Recipients
	}
	return p.Recipients[:namedRecipients]
}

// ToRest are the others.
func (p ticketPage) ToRest() []helpdesk.Participant { return p.Recipients[len(p.ToFirst()):] }

// restore shows what the agent had begun to write in this request, unless the page is
// about something else that they wrote.
func (p *ticketPage) restore(w *helpdesk.Writing) {
	if w == nil {
		return
	}
	if p.Focus != "" { // what was sent and refused is newer
		if p.Draft.Kept == 0 {
			p.Draft.Kept = w.Rev
		}
		return
	}
	p.Draft.Text, p.Draft.Status, p.Draft.Kept, p.Draft.Since = w.Text, w.Status, w.Rev, w.At
	p.Draft.Act = replyAct
	if w.Kind == helpdesk.Note {
		p.Draft.Act = noteAct
	}
}

// meanwhile tells of what was said since a reply was begun.
type meanwhile struct {
	*actions.Meanwhile
	Words  string
	Anchor string
}

// meanwhile asks whether to send the reply all the same. Sent from this page it is
// stopped only by what nobody has told of yet.
func (p *ticketPage) meanwhile(m *actions.Meanwhile) {
	did := "answered"
	if m.Customer {
		did = "wrote again"
	}
	p.Meanwhile = &meanwhile{Meanwhile: m, Words: m.By.DisplayName() + " " + did, Anchor: anchor(0, m.Seq)}
	p.Draft.Expect = m.Entries
}

// sendWords name who gets the reply.
func sendWords(to []helpdesk.Participant) string {
	switch len(to) {
	case 0:
		return "Save reply"
	case 1:
		return "Send to " + to[0].DisplayName()
	case 2:
		return "Send to " + to[0].DisplayName() + " and 1 other"
	}
	return fmt.Sprintf("Send to %s and %d others", to[0].DisplayName(), len(to)-1)
}

func or(words, otherwise string) string {
	if words != "" {
		return words
	}
	return otherwise
}
