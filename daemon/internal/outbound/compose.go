package outbound

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/posterndesk/postern/daemon/internal/dkim"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/words"
)

//go:embed words
var wordFiles embed.FS

// Mail to agents has a template for each form, and what customers get is laid out in
// one for all ([letter]). A plain text template escapes nothing, and need not: nothing
// of it is markup.
var (
	texts = texttemplate.Must(texttemplate.ParseFS(wordFiles, "words/*.txt"))
	htmls = htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"lines": lines}).ParseFS(wordFiles, "words/*.html"))
)

func lines(s string) []string { return strings.Split(s, "\n") }

// occasion is what a delivery is about, as it is when the mail goes out.
type occasion struct {
	delivery *helpdesk.Delivery
	ticket   *helpdesk.Ticket // nil of mail about a sign-in
	entry    *helpdesk.Entry  // with its whole text
	before   *helpdesk.Entry  // what the entry answers, for a short quote; nil if nothing
	files    []eml.OutgoingAttachment
	to       *helpdesk.Participant
	agent    *helpdesk.Agent // who gets it instead
	seat     helpdesk.Seat   // of the agent
	assignee string          // whose work it is, in words; of mail to agents
	box      helpdesk.Mailbox
	center   *helpdesk.HelpCenter // nil if the ticket has none
	say      *words.Words         // in the reader's language, as center is
	pass     *helpdesk.Pass       // that the mail brings, if any
	hook     *helpdesk.Hook       // that the mail tells of, if any
	// plain has nothing in the mail that stands in the ticket: its recipient has
	// proven nothing, and what stands there may be a stranger's who wrote their address.
	plain bool
	now   time.Time
}

// quote is a short piece of what is being answered.
type quote struct {
	Intro string // who wrote it, and when
	Lines []string
	More  bool
}

// composer turns an occasion into a mail.
type composer struct {
	signer *links.Signer
	spools *Spools
	by     []dkim.Identity // who signs the mail; none leaves that to the relay
}

// compose makes one copy and its reverse-path. The parcel's mail must be closed.
func (c composer) compose(o occasion) (Parcel, error) {
	o.speak()
	mail, err := c.wording(o)
	if err != nil {
		return Parcel{}, err
	}
	mail.Attachments = o.files
	mail.UTF8 = isWide(o.delivery.To)
	spool := c.spools.New()
	if err := writeSigned(spool, mail, c.by, o.now); err != nil {
		spool.Close()
		return Parcel{}, fmt.Errorf("write mail: %w", err)
	}
	return Parcel{Relay: o.box.Relay, From: c.returnPath(o), Box: o.box.Address, To: o.delivery.To, ID: o.delivery.ID, Mail: spool}, nil
}

// wording is the mail with its words.
func (c composer) wording(o occasion) (*eml.Outgoing, error) {
	if o.agent != nil {
		return c.agentWording(o)
	}
	mail, l := c.accountEnvelope, c.accountLetter
	if o.ticket != nil {
		mail, l = c.envelope, c.letter
	}
	paper, err := l(o).lay()
	if err != nil {
		return nil, err
	}
	out := mail(o)
	out.Text = paper.text()
	out.HTML, err = paper.html()
	return out, err
}

// Said is the text of the mails that told of an entry, without what was each
// recipient's own: the name and the link. It is for recognising what comes back.
func Said(ticket *helpdesk.Ticket, entry *helpdesk.Entry, box helpdesk.Mailbox, center *helpdesk.HelpCenter) string {
	purpose := helpdesk.AgentReply
	if entry.Author.Role != helpdesk.AgentAs {
		purpose = helpdesk.Update
	}
	o := occasion{
		delivery: &helpdesk.Delivery{Purpose: purpose}, ticket: ticket, entry: entry, to: &helpdesk.Participant{}, box: box, center: center,
	}
	o.speak()
	if o.center != nil {
		o.center.PortalOn = false // speak made it a copy; the link is the recipient's own
	}
	paper, err := composer{}.letter(o).lay()
	if err != nil {
		return entry.Text // of a help center's own words that fail with these
	}
	return paper.text()
}

// envelope is the mail without its words.
func (c composer) envelope(o occasion) *eml.Outgoing {
	replyTo := eml.Mailbox{Name: o.senderName(), Address: c.token(o, c.signer.ReplyToken)}
	mail := &eml.Outgoing{
		From:      eml.Mailbox{Name: o.senderName(), Address: o.box.Address},
		To:        eml.Mailbox{Name: o.to.Name, Address: o.delivery.To},
		ReplyTo:   &replyTo,
		Subject:   replySubject(o.ticket.Subject),
		MessageID: o.delivery.MessageID,
		Date:      o.delivery.Created, // not of the attempt: every attempt is the same mail
	}
	if ids := o.ticket.ThreadOf(o.to); len(ids) > 0 {
		mail.InReplyTo, mail.References = ids[len(ids)-1], ids
		if o.delivery.Purpose == helpdesk.Acknowledgement && o.entry.MessageID != "" {
			mail.InReplyTo = o.entry.MessageID
		}
	}
	if o.delivery.Purpose.Automatic() {
		kind := "auto-generated"
		if o.delivery.Purpose == helpdesk.Acknowledgement || o.delivery.Purpose == helpdesk.Confirmation {
			kind = "auto-replied" // RFC 3834 section 5
		}
		mail.Extra = []eml.HeaderField{{Name: "Auto-Submitted", Value: kind}, {Name: "X-Auto-Response-Suppress", Value: "All"}}
	}
	if o.delivery.Purpose == helpdesk.Opened || o.delivery.Purpose == helpdesk.AgentReply && o.entry.Seq == 1 {
		mail.Subject = o.ticket.Subject // it begins the thread
	}
	if o.delivery.Purpose.Fixed() {
		// Whoever gets this may never have written to us: not one byte of it is
		// the writer's choice (row M04).
		mail.To.Name, mail.Subject = "", fixedSubject(o)
		mail.InReplyTo, mail.References = "", nil
	} else if o.plain {
		mail.To.Name, mail.Subject = "", o.say.T("Your request %s", fmt.Sprintf("#%d", o.ticket.Number))
		mail.InReplyTo, mail.References = "", nil
	}
	if stop := c.stop(o); stop != "" && o.delivery.Purpose != helpdesk.NewLink {
		mail.Extra = append(mail.Extra, // RFC 8058 section 3.1
			eml.HeaderField{Name: "List-Unsubscribe", Value: "<" + stop + ">"}, eml.HeaderField{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"})
	}
	return mail
}

// fixedSubject of mail about a ticket: that of the ticket is the writer's.
func fixedSubject(o occasion) string {
	switch o.delivery.Purpose {
	case helpdesk.Added:
		return o.say.T("You were added to a request")
	case helpdesk.NewLink:
		return o.say.T("Your new link")
	}
	return o.say.T("We received your request")
}

// returnPath is where reports about the mail go. Automatic mail has none, so
// that no report about it can start a loop (RFC 3834 section 3.3).
func (c composer) returnPath(o occasion) helpdesk.Address {
	if o.delivery.Purpose.Automatic() {
		return helpdesk.Address{}
	}
	return c.token(o, c.signer.BounceToken)
}

// token is the mailbox's address with a signed token of the recipient. Where
// the local part leaves no room for one, the plain address has to do: the
// Message-ID finds the ticket too.
func (c composer) token(o occasion, sign func(links.Audience, links.Reply) string) helpdesk.Address {
	return c.address(o.box, sign, locator(o.ticket, o.to))
}

func (c composer) address(box helpdesk.Mailbox, sign func(links.Audience, links.Reply) string, r links.Reply) helpdesk.Address {
	local, err := links.JoinSubaddress(box.Address.Local(), '+', sign(links.Audience(box.Audience), r))
	if err != nil {
		return box.Address
	}
	address, err := helpdesk.ParseAddress(local + "@" + box.Address.Domain())
	if err != nil {
		return box.Address
	}
	return address
}

// link is the recipient's own signed link, if the help center has its portal on
// at this moment (rows S09, S11).
func (c composer) link(o occasion) string {
	if o.center == nil || !o.center.PortalOn {
		return ""
	}
	return Link(c.signer, *o.center, o.ticket, o.to, o.now)
}

// Link leads one participant to their ticket, as mails to them have it.
func Link(signer *links.Signer, center helpdesk.HelpCenter, ticket *helpdesk.Ticket, to *helpdesk.Participant, now time.Time) string {
	token := signer.Link(links.Audience(center.Audience), links.Link{
		Scope: links.View, Expires: now.Add(center.LinkLifetime), Gen: to.LinkGen,
		Ticket: uint64(ticket.ID), Participant: to.Number,
	})
	return center.BaseURL + "/t/" + token
}

// disownFor is how long somebody may take to say that they asked for nothing.
const disownFor = 90 * 24 * time.Hour

// disown is where the recipient says that they did not ask for anything. It is
// there with the portal off too: it shows nothing of a request.
func (c composer) disown(o occasion) string {
	if o.center == nil {
		return ""
	}
	token := c.signer.Link(links.Audience(o.center.Audience), links.Link{
		Scope: links.Disown, Expires: o.now.Add(disownFor), Gen: o.to.LinkGen,
		Ticket: uint64(o.ticket.ID), Participant: o.to.Number,
	})
	return o.center.BaseURL + "/not-me/" + token
}

// stopFor is how long the link works by which a collaborator gets no more mail. Mail
// programs offer it for as long as they show the mail; half a year is long enough
// for who still looks at it, and short enough for keys to change.
const stopFor = 180 * 24 * time.Hour

// stop is where a collaborator leaves the ticket (RFC 8058). It is there with the
// portal off too. Requesters have none: the ticket is theirs, and mail programs press
// this button by themselves.
func (c composer) stop(o occasion) string {
	if o.center == nil || c.signer == nil || o.to.Role != helpdesk.Collaborator {
		return ""
	}
	token := c.signer.Link(links.Audience(o.center.Audience), links.Link{
		Scope: links.Unsubscribe, Expires: o.now.Add(stopFor), Gen: o.to.LinkGen,
		Ticket: uint64(o.ticket.ID), Participant: o.to.Number,
	})
	return o.center.BaseURL + "/stop/" + token
}

func (o *occasion) senderName() string {
	switch {
	case o.box.DisplayName != "":
		return oneLine(o.box.DisplayName)
	case o.center != nil:
		return oneLine(o.center.DisplayName)
	}
	return o.box.Address.String()
}

// centerName is what customers know the help center as, of which several may send
// from one mailbox.
func (o *occasion) centerName() string {
	if o.center != nil {
		return oneLine(o.center.DisplayName)
	}
	return o.senderName()
}

// writer is what the recipient reads for who wrote an entry. An agent's mail
// address is never told, nor a name that only a help center which is not there
// now could allow (row S30).
func (o *occasion) writer(a helpdesk.Author) string {
	switch {
	case a.Role == helpdesk.System:
		return o.senderName()
	case a.Role != helpdesk.AgentAs:
		return o.customerName(a.Name, a.Address)
	case o.center != nil:
		return oneLine(o.center.AgentName(a))
	case o.ticket.HelpCenter == "" && a.Name != "":
		return oneLine(a.Name)
	}
	return o.senderName()
}

// customerName is what others read for a customer. A name that passes for an address
// or for us gives way to the address: names are what people write of themselves.
func (o *occasion) customerName(name string, a helpdesk.Address) string {
	name = oneLine(name)
	ours := strings.EqualFold(name, o.senderName()) || o.center != nil && strings.EqualFold(name, oneLine(o.center.DisplayName))
	if name == "" || ours || strings.Contains(name, "@") {
		return a.String()
	}
	return name
}

// newcomers are who joined with the entry, by name; "" if they have left again.
func (o *occasion) newcomers() string {
	var names []string
	for i := range o.ticket.Participants {
		if p := &o.ticket.Participants[i]; p.Active() && p.Role == helpdesk.Collaborator && p.Joined.Equal(o.entry.At) {
			names = append(names, o.customerName(p.Name, p.Address))
		}
	}
	return strings.Join(names, ", ")
}

// oneLine keeps a name that came from outside in the line it stands in, without
// anything that could pass for a mark of a [letter].
func oneLine(s string) string {
	return strings.Map(printable, strings.Join(strings.Fields(s), " "))
}

// replySubject keeps the customer's own subject.
func replySubject(s string) string {
	if len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		return s
	}
	return "Re: " + s
}

// A quote is enough to remember what it was about; the page has it all.
const (
	quotedLines = 8
	quotedLine  = 300 // runes
)

func shortQuote(say *words.Words, e *helpdesk.Entry, writer string) *quote {
	q := &quote{Intro: say.T("On %s, %s wrote:", day(say, e.At), writer)}
	for line := range strings.SplitSeq(strings.TrimSpace(e.Text), "\n") {
		if len(q.Lines) == quotedLines {
			q.More = true
			break
		}
		q.Lines = append(q.Lines, clip(strings.TrimSpace(line), quotedLine))
	}
	return q
}

// clip cuts s after most runes.
func clip(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
