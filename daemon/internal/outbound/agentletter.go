package outbound

import (
	"bytes"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// AgentMark is the line at the top of every mail to an agent. What an agent
// writes above it is new; from it on, everything is for agents only.
const AgentMark = "~~~ Write above this line to answer ~~~"

// agentLetter is what the templates of mail to agents know.
type agentLetter struct {
	Number  int64
	Side    int64 // of which the request is a side thread; 0 for none
	Center  string
	Mark    string
	Writer  string // with the address
	Message bool   // somebody wrote it; else something happened
	Text    string
	Proof   string // one sentence about who wrote
	Hidden  bool   // customers do not see it
	Form    []helpdesk.FormValue
	Files   string // names
	Status  helpdesk.Status
	For     string // whose work it is
	Why     string
	Console string // "" without a help center
	Note    string // address for notes; "" without room for one
	Kept    string // what was not posted
}

// Lang is the language of mail to agents.
func (agentLetter) Lang() string { return words.English }

// Title of the HTML.
func (l agentLetter) Title() string { return fmt.Sprintf("Request #%d", l.Number) }

// ConsoleLink is what leads to the console; nil without a help center.
func (l agentLetter) ConsoleLink() *anchor { return newAnchor("See the request", l.Console) }

// agentWording is a mail to an agent with its words.
func (c composer) agentWording(o occasion) (*eml.Outgoing, error) {
	var text, html bytes.Buffer
	mail, l := c.agentEnvelope(o), c.agentLetter(o)
	if err := texts.ExecuteTemplate(&text, string(o.delivery.Purpose)+".txt", l); err != nil {
		return nil, fmt.Errorf("compose text: %w", err)
	}
	if err := htmls.ExecuteTemplate(&html, string(o.delivery.Purpose)+".html", l); err != nil {
		return nil, fmt.Errorf("compose html: %w", err)
	}
	mail.Text, mail.HTML = text.String(), html.String()
	return mail, nil
}

func (c composer) agentLetter(o occasion) agentLetter {
	e := o.entry
	l := agentLetter{
		Number: o.ticket.Number, Center: o.senderName(), Mark: AgentMark, Writer: agentsWriter(e.Author), Message: e.Kind == helpdesk.Message,
		Text: e.Text, Hidden: e.Kind == helpdesk.Message && e.Hidden, Proof: proofOf(e), Status: o.ticket.Status, For: oneLine(o.assignee),
		Why: "you are mailed every request that nobody has taken",
	}
	if side := o.ticket.Side; side != nil {
		l.Side = side.Number
		l.Why = fmt.Sprintf("you follow request #%d", side.Number)
	}
	if o.agent != nil && o.agent.Follows(o.ticket) {
		l.Why = "you follow the request"
	}
	if e.Seq == 1 && o.ticket.Form != nil {
		for _, v := range o.ticket.Form.Values {
			l.Form = append(l.Form, helpdesk.FormValue{Label: oneLine(v.Label), Text: clip(oneLine(v.Text), quotedLine)})
		}
	}
	l.Files = fileNames(e.Attachments)
	if o.delivery.Purpose == helpdesk.CommandReceipt {
		l.Kept = e.Quoted
	}
	if o.center != nil && o.center.BaseURL != "" {
		l.Console = fmt.Sprintf("%s/agent/tickets/%d", o.center.BaseURL, o.ticket.Number)
	}
	if c.signer != nil {
		if note := c.agentAddress(o, c.signer.AgentNoteToken); !note.Same(o.box.Address) {
			l.Note = note.String()
		}
	}
	return l
}

// agentsWriter is who wrote, as agents read it: with the address.
func agentsWriter(a helpdesk.Author) string {
	name := oneLine(a.DisplayName())
	if a.Name == "" || a.Address.IsZero() {
		return name
	}
	return name + " <" + a.Address.String() + ">"
}

// proofOf says in a sentence what is known about who wrote.
func proofOf(e *helpdesk.Entry) string {
	switch {
	case e.Kind != helpdesk.Message || e.Author.Role != helpdesk.Customer:
		return ""
	case e.Recognised != nil && e.Recognised.Token == helpdesk.TokenForward:
		return "An agent passed it on; nothing proves who wrote it."
	case e.SignedIn:
		return "The writer was signed in."
	case e.Recognised == nil:
		return "The address was typed into a form; nothing proves it."
	case e.Recognised.Trust.Proof == helpdesk.ProofPass && len(e.Recognised.Trust.Reasons) > 0:
		return "The writer is proven. " + oneLine(e.Recognised.Trust.Reasons[0])
	case e.Recognised.Trust.Proof == helpdesk.ProofPass:
		return "The writer is proven."
	case e.Recognised.Trust.Proof == helpdesk.ProofFail:
		return "The writer is not proven, and the domain of the address disowns the mail."
	}
	return "Nothing proves who wrote it."
}

// agentEnvelope is a mail to an agent without its words. It bears no Message-ID
// of the customer's thread: what agents answer goes another way.
func (c composer) agentEnvelope(o occasion) *eml.Outgoing {
	answers := c.signer.AgentReplyToken
	if o.delivery.Purpose == helpdesk.MentionMail {
		answers = c.signer.AgentNoteToken // what answers a note is one
	}
	replyTo := eml.Mailbox{Name: o.senderName(), Address: c.agentAddress(o, answers)}
	root := agentThread(o)
	mail := &eml.Outgoing{
		From: eml.Mailbox{Name: o.senderName(), Address: o.box.Address}, To: eml.Mailbox{Name: o.agent.Name, Address: o.delivery.To},
		ReplyTo: &replyTo, Subject: fmt.Sprintf("[#%d] %s", o.ticket.Number, o.ticket.Subject), MessageID: o.delivery.MessageID,
		Date: o.delivery.Created, InReplyTo: root, References: []string{root},
	}
	kind := "auto-generated"
	if o.delivery.Purpose == helpdesk.CommandReceipt {
		kind = "auto-replied" // RFC 3834 section 5
		if o.entry.MessageID != "" {
			mail.InReplyTo, mail.References = o.entry.MessageID, append(mail.References, o.entry.MessageID)
		}
	}
	mail.Extra = []eml.HeaderField{{Name: "Auto-Submitted", Value: kind}, {Name: "X-Auto-Response-Suppress", Value: "All"}}
	return mail
}

// agentThread is the Message-ID that all mail to one agent about one ticket
// answers: no mail has it, and mail programs gather by it all the same. It is
// unsigned, so that it stays the same when keys change, and finds nothing.
func agentThread(o occasion) string {
	return fmt.Sprintf("<a1.%s.%d@%s>", o.ticket.ID, o.seat.Number, o.box.Address.Domain())
}

func (c composer) agentAddress(o occasion, sign agentToken) helpdesk.Address {
	return c.address(o.box, sign, seatLocator(o.ticket, o.seat))
}

// SaidToAgent is the text of the notices that told agents of an entry, without
// what is each agent's own. It is for recognising what comes back.
func SaidToAgent(ticket *helpdesk.Ticket, entry *helpdesk.Entry, box helpdesk.Mailbox) string {
	o := occasion{delivery: &helpdesk.Delivery{Purpose: helpdesk.AgentNotice}, ticket: ticket, entry: entry, box: box}
	var text bytes.Buffer
	if err := texts.ExecuteTemplate(&text, string(helpdesk.AgentNotice)+".txt", composer{}.agentLetter(o)); err != nil {
		return entry.Text // never: the templates are our own and tested
	}
	return text.String()
}
