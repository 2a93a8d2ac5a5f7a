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
	People     people
	Work       work
	Entries    []entry
	Deliveries []delivery // the newest
	Folded     []delivery // so that the panel has an end
	Statuses   []helpdesk.Status
	Send       string // words on the button: who gets the reply
	Recipients []helpdesk.Participant
	Draft      draft
	Error      string // about the words of the draft
	FileError  string // about its files
	Limits     helpdesk.FileLimits
	Focus      string // the act whose text goes on being written
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
	if err != nil {
		return c.keepDraft(v, d, err)
	}
	agents, err := c.desk.Agents(v.context(), v.by)
	if err != nil {
		return c.keepDraft(v, d, err)
	}
	page := newTicketPage(detail, d)
	page.Work = newWork(detail, agents, d)
	if v.r.Method == http.MethodGet {
		query := v.r.URL.Query()
		page.Done = doneWords[query.Get("done")]
		page.offerUndo(page.Path, query.Get("done"), query.Get("of"))
	}
	if d.Act == replyAct || d.Act == noteAct {
		page.Focus = d.Act
	}
	words := web.Sentence(or(helpdesk.Public(failure), "that can't be used"))
	switch invalid := helpdesk.KindOf(failure) == helpdesk.Invalid; {
	case page.Focus != "" && errors.Is(failure, helpdesk.ErrFile):
		page.FileError = words
	case invalid && page.Focus != "":
		page.Error = words
	case invalid && d.Act == peopleAct && d.Adding.Address != "":
		page.People.Error = words
	case invalid && d.Act == sortAct:
		page.Work.Error = words
	case failure != nil:
		trouble := c.site.Trouble(v.r, failure)
		page.Trouble = &trouble
	}
	title := fmt.Sprintf("#%d %s", page.Ticket.Number, page.Subject)
	c.write(v, web.Status(failure), "ticket", title, c.beside(v, page.Ticket.Number), page)
	return nil
}

func newTicketPage(detail *actions.Detail, d draft) ticketPage {
	t := &detail.Ticket
	page := ticketPage{
		Ticket: t, Subject: or(t.Subject, "No subject"), Path: draft{Number: t.Number}.path(),
		People: newPeople(t, d.Adding), Statuses: helpdesk.Statuses, Draft: d, Limits: detail.Files,
	}
	if _, err := helpdesk.ParseStatus(string(d.Status)); err != nil {
		page.Draft.Status = helpdesk.Pending // an answer was given; now it is the customer's turn
	}
	if page.Draft.Nonce == "" {
		page.Draft.Nonce = rand.Text()
	}
	for i := range t.Participants {
		if p := t.Participants[i]; p.Active() {
			page.Recipients = append(page.Recipients, p)
		}
	}
	page.Send = sendWords(page.Recipients)
	page.Entries, page.merged = thread(detail), newMerged(detail)
	page.Deliveries, page.Folded = foldDeliveries(newDeliveries(detail, page.Path))
	return page
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
