package outbound

import (
	"bytes"
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
)

//go:embed words
var wordFiles embed.FS

// Both forms of a mail say the same and are made from the same letter. A plain
// text template escapes nothing, and need not: nothing of it is markup.
var (
	texts = texttemplate.Must(texttemplate.ParseFS(wordFiles, "words/*.txt"))
	htmls = htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"lines": lines}).ParseFS(wordFiles, "words/*.html"))
)

func lines(s string) []string { return strings.Split(s, "\n") }

// occasion is what a delivery is about, as it is when the mail goes out.
type occasion struct {
	delivery *helpdesk.Delivery
	ticket   *helpdesk.Ticket
	entry    *helpdesk.Entry // with its whole text
	before   *helpdesk.Entry // what the entry answers, for a short quote; nil if nothing
	files    []eml.OutgoingAttachment
	to       *helpdesk.Participant
	agent    *helpdesk.Agent // who gets it instead
	seat     helpdesk.Seat   // of the agent
	assignee string          // whose work it is, in words; of mail to agents
	box      helpdesk.Mailbox
	center   *helpdesk.HelpCenter // nil if the ticket has none
	now      time.Time
}

// letter is what the templates know.
type letter struct {
	Purpose helpdesk.Purpose
	Name    string // of the recipient
	Mine    bool   // the recipient is who asked
	Center  string
	Support string
	Number  int64
	Link    string // "" while the portal is off (row S11)
	Disown  string // where an unproven address says "this was not me"; "" without a help center
	Writer  string // of the entry
	Text    string // of the entry
	Files   string // names of what came with it and does not go with the mail
	Quote   *quote
}

// quote is a short piece of what is being answered.
type quote struct {
	Writer string
	Day    string
	Lines  []string
	More   bool
}

// composer turns an occasion into a mail.
type composer struct {
	signer *links.Signer
	spools *Spools
	by     []dkim.Identity // who signs the mail; none leaves that to the relay
}

// compose makes one copy and its reverse-path. The parcel's mail must be closed.
func (c composer) compose(o occasion) (Parcel, error) {
	var text, html bytes.Buffer
	var mail *eml.Outgoing
	var words any
	if o.agent != nil {
		mail, words = c.agentEnvelope(o), c.agentLetter(o)
	} else {
		mail, words = c.envelope(o), c.letter(o)
	}
	if err := texts.ExecuteTemplate(&text, string(o.delivery.Purpose)+".txt", words); err != nil {
		return Parcel{}, fmt.Errorf("compose text: %w", err)
	}
	if err := htmls.ExecuteTemplate(&html, string(o.delivery.Purpose)+".html", words); err != nil {
		return Parcel{}, fmt.Errorf("compose html: %w", err)
	}
	mail.Text, mail.HTML, mail.Attachments = text.String(), html.String(), o.files
	mail.UTF8 = isWide(o.delivery.To)
	spool := c.spools.New()
	if err := writeSigned(spool, mail, c.by, o.now); err != nil {
		spool.Close()
		return Parcel{}, fmt.Errorf("write mail: %w", err)
	}
	return Parcel{Relay: o.box.Relay, From: c.returnPath(o), Box: o.box.Address, To: o.delivery.To, ID: o.delivery.ID, Mail: spool}, nil
}

// Said is the text of the mails that told of an entry, without what was each
// recipient's own: the name and the link. It is for recognising what comes back.
func Said(ticket *helpdesk.Ticket, entry *helpdesk.Entry, box helpdesk.Mailbox, center *helpdesk.HelpCenter) string {
	if center != nil {
		private := *center
		private.PortalOn = false
		center = &private
	}
	purpose := helpdesk.AgentReply
	if entry.Author.Role != helpdesk.AgentAs {
		purpose = helpdesk.Update
	}
	words := composer{}.letter(occasion{
		delivery: &helpdesk.Delivery{Purpose: purpose}, ticket: ticket, entry: entry, to: &helpdesk.Participant{}, box: box, center: center,
	})
	var text bytes.Buffer
	if err := texts.ExecuteTemplate(&text, string(purpose)+".txt", words); err != nil {
		return entry.Text // never: the templates are our own and tested
	}
	return text.String()
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
	if o.delivery.Purpose == helpdesk.Confirmation {
		// Whoever gets this may never have written to us: not one byte of it is
		// the writer's choice (row M04).
		mail.To.Name, mail.Subject = "", "We received your request"
		mail.InReplyTo, mail.References = "", nil
	}
	return mail
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

func (c composer) letter(o occasion) letter {
	l := letter{
		Purpose: o.delivery.Purpose, Name: oneLine(o.to.Name), Mine: o.to.Role != helpdesk.Collaborator, Center: o.senderName(), Support: o.box.Address.String(),
		Number: o.ticket.Number, Writer: o.writer(o.entry.Author), Text: o.entry.Text, Link: c.link(o),
	}
	if o.delivery.Purpose == helpdesk.Confirmation {
		l.Disown = c.disown(o)
	}
	if o.delivery.Purpose == helpdesk.Update {
		l.Files = filesTold(o.entry)
	}
	if o.before != nil {
		l.Quote = shortQuote(o.before, o.writer(o.before.Author))
	}
	return l
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

func (o *occasion) senderName() string {
	switch {
	case o.box.DisplayName != "":
		return o.box.DisplayName
	case o.center != nil:
		return o.center.DisplayName
	}
	return o.box.Address.String()
}

// writer is what the recipient reads for who wrote an entry. An agent's mail
// address is never told, nor a name that only a help center which is not there
// now could allow (row S30).
func (o *occasion) writer(a helpdesk.Author) string {
	switch {
	case a.Role == helpdesk.System:
		return o.senderName()
	case a.Role != helpdesk.AgentAs:
		return oneLine(a.DisplayName())
	case o.center != nil:
		return oneLine(o.center.AgentName(a))
	case o.ticket.HelpCenter == "" && a.Name != "":
		return oneLine(a.Name)
	}
	return o.senderName()
}

// oneLine keeps a name that came from outside in the line it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

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

func shortQuote(e *helpdesk.Entry, writer string) *quote {
	q := &quote{Writer: writer, Day: e.At.UTC().Format("2 January 2006")}
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
