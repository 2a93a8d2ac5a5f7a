package console

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// newAct is in addresses where a request is begun, and newPath is where.
const (
	newAct  = "new"
	newPath = "/agent/new"
)

// newPage asks for a request that an agent begins.
type newPage struct {
	Path       string
	From       []choice // what it can be sent from
	Address    string   // of the requester
	Name       string
	Contact    string // address of the page about them; "" if they are new
	Subject    string
	Text       string
	Tags       string
	Assignees  []choice
	Teams      []choice // none where there are no teams
	Priorities []choice
	Statuses   []choice
	Fields     []field
	Attach     fileField
	Nonce      string
	Error      string
	Trouble    *web.Trouble
}

// senderChoice is the value of a choice for what a request is sent from.
const (
	fromCenter  = "center/"
	fromMailbox = "mailbox/"
)

func (c *Handler) showNew(v *visit) error {
	in := actions.NewTicket{HelpCenter: v.center.Name, Nonce: rand.Text()}
	in.Edit.Status = helpdesk.Pending
	if v.by.Agent != nil {
		in.Edit.Assignee = &v.by.Agent.ID
	}
	query := v.r.URL.Query()
	in.Address = query.Get("address")
	if id := query.Get("contact"); id != "" {
		contact, err := c.desk.ContactDetail(v.context(), v.by, id)
		if err != nil {
			return err
		}
		in.Address, in.Name = contact.MainAddress().String(), contact.Name
	}
	return c.writeNew(v, in, nil)
}

// writeNew shows the form with what was filled in, and why it was not taken.
func (c *Handler) writeNew(v *visit, in actions.NewTicket, failure error) error {
	senders, err := c.desk.Senders(v.context(), v.by)
	if err != nil {
		return err
	}
	a := &about{}
	if a.settings, err = c.desk.DeskSettings(v.context(), v.by); err != nil {
		return err
	}
	if err := c.readDesk(v, a); err != nil {
		return err
	}
	page := newPage{
		Path: newPath, From: senderChoices(senders, &in), Address: in.Address, Name: in.Name, Subject: in.Subject, Text: in.Text,
		Tags: strings.Join(in.Edit.AddTags, " "), Statuses: statusChoices(a.settings, in.Edit.Status), Nonce: in.Nonce,
		Fields: newFields(a.settings.TicketFields, nil, in.Edit.Fields),
	}
	shown := &helpdesk.Ticket{Priority: in.Edit.Priority}
	if in.Edit.Assignee != nil {
		shown.Assignee = *in.Edit.Assignee
	}
	if in.Edit.Team != nil {
		shown.Team = *in.Edit.Team
	}
	page.Assignees, page.Priorities = assigneePick(shown, a).Choices, priorityPick(shown).Choices
	if team := teamPick(shown, a); team != nil {
		page.Teams = team.Choices
	}
	page.Attach = newFileField(newAct, senderLimits(senders, &in), in.Files)
	switch {
	case errors.Is(failure, helpdesk.ErrFile):
		page.Attach.Error = web.Sentence(helpdesk.Public(failure))
	case asksAgain(failure):
		page.Error = web.Sentence(helpdesk.Public(failure))
	case failure != nil:
		trouble := c.site.Trouble(v.r, failure)
		page.Trouble = &trouble
	}
	c.write(v, statusOf(failure), "new", "New request", c.frame(v, "new"), page)
	return nil
}

// senderChoices are help centers, and the mailboxes that serve none of them.
func senderChoices(s *actions.Senders, in *actions.NewTicket) []choice {
	var all []choice
	taken := map[string]bool{}
	for i := range s.HelpCenters {
		h := &s.HelpCenters[i]
		taken[h.Mailbox] = true
		label := h.DisplayName
		if at := slices.IndexFunc(s.Mailboxes, func(b helpdesk.Mailbox) bool { return b.Name == h.Mailbox }); at >= 0 {
			label += ", " + s.Mailboxes[at].Address.String()
		}
		all = append(all, choice{Value: fromCenter + h.Name, Label: label, Now: h.Name == in.HelpCenter})
	}
	for i := range s.Mailboxes {
		if b := &s.Mailboxes[i]; !taken[b.Name] {
			all = append(all, choice{Value: fromMailbox + b.Name, Label: b.Address.String(), Now: b.Name == in.Mailbox})
		}
	}
	return all
}

// senderLimits are those of the mailbox that sends it.
func senderLimits(s *actions.Senders, in *actions.NewTicket) helpdesk.FileLimits {
	mailbox := in.Mailbox
	for i := range s.HelpCenters {
		if s.HelpCenters[i].Name == in.HelpCenter {
			mailbox = s.HelpCenters[i].Mailbox
		}
	}
	for i := range s.Mailboxes {
		if s.Mailboxes[i].Name == mailbox {
			return s.Mailboxes[i].Files
		}
	}
	return helpdesk.FileLimits{}
}

// openNew begins the request and goes to it.
func (c *Handler) openNew(v *visit) error {
	files, err := c.readSent(v, 0, func() (helpdesk.FileLimits, error) {
		senders, err := c.desk.Senders(v.context(), v.by)
		if err != nil {
			return helpdesk.FileLimits{}, err
		}
		in := readNew(v) // what it is sent from stands before the files
		return senderLimits(senders, &in), nil
	})
	in := readNew(v)
	in.Files = files
	var number int64
	if err == nil {
		number, err = c.desk.OpenTicket(v.context(), v.by, in)
	}
	switch {
	case err == nil:
		c.backTo(v, number, newAct)
		return nil
	case helpdesk.KindOf(err) == helpdesk.SignIn:
		return err
	}
	return c.writeNew(v, in, err)
}

func readNew(v *visit) actions.NewTicket {
	form := v.r.PostForm
	in := actions.NewTicket{
		Address: strings.TrimSpace(form.Get("address")), Name: form.Get("name"), Subject: form.Get("subject"), Text: form.Get("text"), Nonce: form.Get("nonce"),
	}
	sendFrom(&in, form.Get("from"))
	in.Edit = actions.Edit{
		Status: helpdesk.Status(form.Get("status")), Priority: form.Get("priority"), AddTags: splitTags(form.Get("tags")), Fields: typedFields(form, fieldPrefix),
	}
	if assignee := helpdesk.ID(form.Get("assignee")); assignee != "" {
		in.Edit.Assignee = &assignee
	}
	if team := helpdesk.ID(form.Get("team")); team != "" {
		in.Edit.Team = &team
	}
	return in
}

// sendFrom reads what was chosen of [senderChoices].
func sendFrom(in *actions.NewTicket, chosen string) {
	if name, ok := strings.CutPrefix(chosen, fromCenter); ok {
		in.HelpCenter = name
	}
	if name, ok := strings.CutPrefix(chosen, fromMailbox); ok {
		in.Mailbox = name
	}
}

// newTicket is what was written before the session ended. What it was to be filed
// under is chosen anew.
func (d draft) newTicket() actions.NewTicket {
	in := actions.NewTicket{Address: strings.TrimSpace(d.New.Address), Name: d.New.Name, Subject: d.New.Subject, Text: d.Text, Nonce: d.Nonce}
	if in.Edit.Status = d.Status; in.Edit.Status == "" {
		in.Edit.Status = helpdesk.Pending
	}
	sendFrom(&in, d.New.From)
	return in
}

// newPages registers them.
func (c *Handler) newPages() {
	c.handle("GET /agent/new", c.showNew)
	c.handle("POST /agent/new", c.openNew)
	c.handle("GET /agent/tickets/{number}/forward", c.showForward)
	c.handle("POST /agent/tickets/{number}/forward", c.forward)
}
