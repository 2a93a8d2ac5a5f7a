package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Merging is what makes one request of two, and two of one. Each can be undone.
type Merging interface {
	Merge(ctx context.Context, by actions.Actor, from, into int64) error
	Unmerge(ctx context.Context, by actions.Actor, number int64) error
	// SplitSubject answers Invalid if the message can't be split off.
	SplitSubject(ctx context.Context, by actions.Actor, number int64, seq int) (string, error)
	Split(ctx context.Context, by actions.Actor, number int64, seq int, subject string) (int64, error)
	Unsplit(ctx context.Context, by actions.Actor, number int64) (int64, error)
}

// The acts, as addresses and notices name them.
const (
	mergeAct   = "merge"
	unmergeAct = "unmerge"
	splitAct   = "split"
	unsplitAct = "unsplit"
)

func (c *Handler) mergePages() {
	c.handle("GET /agent/tickets/{number}/merge", c.showMerge)
	c.handle("POST /agent/tickets/{number}/merge", c.merge)
	c.handle("POST /agent/tickets/{number}/unmerge", c.unmerge)
	c.handle("GET /agent/tickets/{number}/entries/{entry}/split", c.showSplit)
	c.handle("POST /agent/tickets/{number}/entries/{entry}/split", c.split)
	c.handle("POST /agent/tickets/{number}/unsplit", c.unsplit)
}

// mergePage asks into which request, and then whether it is that one.
type mergePage struct {
	Number  int64
	Subject string
	Path    string
	Into    string                 // as typed
	Target  *helpdesk.Ticket       // nil until it was found
	Label   string                 // of its status, as the account calls it
	Joining []helpdesk.Participant // who takes part in it then, and did not
	Error   string
}

func (c *Handler) showMerge(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	return c.writeMerge(v, number, v.r.URL.Query().Get("into"), nil)
}

// joining are those whom a merge lets into another request: agents should see
// whom they let in.
func joining(from, into *helpdesk.Ticket) []helpdesk.Participant {
	var people []helpdesk.Participant
	for _, p := range from.Participants {
		if p.Active() && into.ParticipantByAddress(p.Address) == nil {
			people = append(people, p)
		}
	}
	return people
}

func (c *Handler) writeMerge(v *visit, number int64, typed string, failure error) error {
	detail, err := c.desk.Ticket(v.context(), v.by, number)
	if err != nil {
		return err
	}
	page := mergePage{Number: number, Subject: or(detail.Ticket.Subject, "No subject"), Path: draft{Number: number}.path(), Into: strings.TrimSpace(typed)}
	if failure == nil && page.Into != "" {
		page.Target, failure = c.target(v, number, page.Into)
	}
	if page.Target != nil {
		settings, err := c.desk.DeskSettings(v.context(), v.by)
		if err != nil {
			return err
		}
		page.Label, page.Joining = settings.StatusLabel(page.Target.Status), joining(&detail.Ticket, page.Target)
	}
	if failure != nil {
		page.Error = web.Sentence(or(helpdesk.Public(failure), "that can't be done"))
	}
	c.write(v, statusOf(failure), "merge", fmt.Sprintf("Merge #%d", number), c.frame(v, ""), page)
	return nil
}

// target finds the request that was typed. Errors are for who typed it.
func (c *Handler) target(v *visit, number int64, typed string) (*helpdesk.Ticket, error) {
	into, err := typedNumber(typed)
	if err != nil {
		return nil, err
	}
	if into == number {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "that is this request; name another one")
	}
	detail, err := c.desk.Ticket(v.context(), v.by, into)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "there is no request #%d", into)
	}
	if err != nil {
		return nil, err
	}
	if m := detail.Ticket.Merged; m != nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged itself and goes on as #%d", into, m.Number)
	}
	return &detail.Ticket, nil
}

func typedNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(s), "#"), 10, 64)
	if err != nil || n < 1 {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "enter the number of a request, such as 1042")
	}
	return n, nil
}

func (c *Handler) merge(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	typed := v.r.PostForm.Get("into")
	into, err := typedNumber(typed)
	if err == nil {
		err = c.desk.Merge(v.context(), v.by, number, into)
	}
	if asksAgain(err) {
		return c.writeMerge(v, number, typed, err)
	}
	return c.done(v, err, into, mergeAct, number)
}

func (c *Handler) unmerge(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := c.desk.Unmerge(v.context(), v.by, number); err != nil {
		return c.notUndone(v, number, err)
	}
	return c.done(v, nil, number, unmergeAct, 0)
}

// splitPage asks for the subject of a new request.
type splitPage struct {
	Number  int64
	Path    string
	Entry   *entry // nil if it can't be split off
	Subject string
	Error   string
}

func (c *Handler) showSplit(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	subject, err := c.desk.SplitSubject(v.context(), v.by, number, seq)
	return c.writeSplit(v, number, seq, subject, err)
}

func (c *Handler) writeSplit(v *visit, number int64, seq int, subject string, failure error) error {
	if failure != nil && !asksAgain(failure) {
		return failure
	}
	detail, err := c.desk.Ticket(v.context(), v.by, number)
	if err != nil {
		return err
	}
	page := splitPage{Number: number, Path: draft{Number: number}.path(), Subject: subject}
	for i := range detail.Entries {
		if e := &detail.Entries[i]; e.Seq == seq && e.FromCustomer() {
			shown := newEntry(page.Path, e)
			page.Entry = &shown
		}
	}
	if page.Entry == nil && failure == nil {
		return missing()
	}
	if failure != nil {
		page.Error = web.Sentence(or(helpdesk.Public(failure), "that can't be done"))
	}
	c.write(v, statusOf(failure), "split", fmt.Sprintf("Split #%d", number), c.frame(v, ""), page)
	return nil
}

func (c *Handler) split(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	subject := v.r.PostForm.Get("subject")
	made, err := c.desk.Split(v.context(), v.by, number, seq, subject)
	if asksAgain(err) {
		return c.writeSplit(v, number, seq, subject, err)
	}
	return c.done(v, err, made, splitAct, 0)
}

func (c *Handler) unsplit(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	back, err := c.desk.Unsplit(v.context(), v.by, number)
	if err != nil {
		return c.notUndone(v, number, err)
	}
	return c.done(v, nil, back, unsplitAct, number)
}

// asksAgain reports an error that whoever filled in the form can mend.
func asksAgain(err error) bool {
	kind := helpdesk.KindOf(err)
	return kind == helpdesk.Invalid || kind == helpdesk.NotFound && helpdesk.Public(err) != ""
}

// statusOf a page that asks again: what was typed is wrong, not the address.
func statusOf(err error) int {
	if asksAgain(err) {
		return http.StatusUnprocessableEntity
	}
	return web.Status(err)
}

// done goes to the request where the act shows; of is the other one of it.
func (c *Handler) done(v *visit, err error, number int64, act string, of int64) error {
	if err != nil {
		return err
	}
	to := draft{Number: number}.path() + "?done=" + act
	if of != 0 {
		to += "&of=" + strconv.FormatInt(of, 10)
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// notUndone tells on the request's page why an act could not be undone.
func (c *Handler) notUndone(v *visit, number int64, err error) error {
	if helpdesk.KindOf(err) != helpdesk.Invalid {
		return err
	}
	return c.writeTicket(v, draft{Number: number, Act: statusAct}, err)
}

// merged is what a request's page says of merges and splits.
type merged struct {
	Merge *helpdesk.Merge    // into another one
	Parts []part             // what was merged into this one
	Split *helpdesk.EntryRef // the entry that this one began as
	Undo  string             // address that undoes what was just done; "" if nothing
}

// part is a request that was merged into the one that is shown.
type part struct {
	Number  int64
	Subject string
	Path    string
}

func newMerged(detail *actions.Detail) merged {
	m := merged{Merge: detail.Ticket.Merged, Split: detail.Ticket.SplitFrom}
	for i := range detail.Merged {
		t := &detail.Merged[i].Ticket
		if t.Merged != nil && t.Merged.Into == detail.Ticket.ID {
			m.Parts = append(m.Parts, part{Number: t.Number, Subject: or(t.Subject, "No subject"), Path: draft{Number: t.Number}.path()})
		}
	}
	return m
}

// offerUndo finds how to undo the act that the address names. Only what the
// records say can be undone is offered.
func (m *merged) offerUndo(path, act, of string) {
	switch act {
	case mergeAct, unsplitAct:
		for _, p := range m.Parts {
			if strconv.FormatInt(p.Number, 10) == of {
				m.Undo = p.Path + "/" + unmergeAct
			}
		}
	case splitAct:
		if m.Split != nil && m.Merge == nil {
			m.Undo = path + "/" + unsplitAct
		}
	}
}

// mergedDeliveries are the copies that went out of what was merged.
func mergedDeliveries(detail *actions.Detail) []delivery {
	var out []delivery
	for i := range detail.Merged {
		for j := range detail.Merged[i].Deliveries {
			d := newDelivery(&detail.Merged[i].Deliveries[j])
			d.Anchor = anchor(detail.Merged[i].Ticket.Number, d.Entry)
			out = append(out, d)
		}
	}
	return out
}
