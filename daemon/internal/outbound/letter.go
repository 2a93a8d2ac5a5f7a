package outbound

import (
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// letter is a mail to a customer before it is laid out. Text and HTML are both made
// of it, so they cannot say different things.
type letter struct {
	purpose helpdesk.Purpose
	own     helpdesk.MailTemplate // the help center's words; nil for ours
	say     *words.Words
	locale  string // in which the words are
	title   string
	// facts are what its template knows. A fact that is no plain words, but somebody
	// else's text or an address, is a mark there and stands in pieces: it is put in
	// place when everything else is laid out, and never read for marks or markup.
	facts  map[string]string
	pieces map[string]piece
	why    string // why the recipient gets it
	leave  *anchor
}

// piece is what stands in a letter in the place of a mark; one field is set.
type piece struct {
	button *anchor
	said   string
	quote  *quote
	code   string
}

// anchor is an address with the words that lead there.
type anchor struct{ Label, URL string }

// Marks around the name of a piece. Nothing that comes from outside holds them: see
// oneLine.
const markBegin, markEnd = "\x02", "\x03"

func (l *letter) put(name string, p piece) {
	l.facts[name], l.pieces[name] = markBegin+name+markEnd, p
}

// button puts a link that the reader is to follow; none without an address.
func (l *letter) button(name, label, url string) {
	l.facts[name] = ""
	if url != "" {
		l.put(name, piece{button: &anchor{label, url}})
	}
}

// speak has the mail in the language of the ticket, or of the sign-in that it is
// about; where that is none of the help center's, in its default one.
func (o *occasion) speak() {
	locale := o.delivery.Locale
	if o.ticket != nil {
		locale = o.ticket.Locale
	}
	if o.center != nil {
		center := *o.center
		if locale != "" {
			center = center.Speaking(locale)
		}
		o.center, locale = &center, center.Locale
	}
	o.say = words.For(locale)
}

// newLetter has what every mail of the help center knows. None of it is a
// stranger's choice.
func (o *occasion) newLetter() *letter {
	l := &letter{
		purpose: o.delivery.Purpose, say: o.say, locale: o.say.Locale, pieces: map[string]piece{},
		facts: map[string]string{"Center": o.centerName(), "Support": o.box.Address.String()},
	}
	if o.center == nil {
		return l
	}
	if own, ok := o.center.Mail[l.purpose]; ok {
		l.own, l.locale = own, o.center.Locale
	}
	return l
}

// letter says what a mail about a ticket does.
func (c composer) letter(o occasion) *letter {
	l, say := o.newLetter(), o.say
	l.facts["Number"] = "#" + strconv.FormatInt(o.ticket.Number, 10)
	l.title = say.T("Request %s", l.facts["Number"])
	l.button("Link", say.T("See the request"), c.link(o))
	switch {
	case l.purpose == helpdesk.NewLink && o.center != nil:
		l.facts["Lasts"] = lasts(say, o.center.LinkLifetime)
	case !l.purpose.Fixed():
		c.personal(o, l)
	}
	c.footer(o, l)
	return l
}

// personal adds what is somebody's own: it must never come into a fixed mail.
func (c composer) personal(o occasion, l *letter) {
	l.facts["Name"], l.facts["Subject"] = oneLine(o.to.Name), oneLine(o.ticket.Subject)
	if o.plain {
		l.facts["Name"], l.facts["Subject"] = "", ""
	}
	l.facts["Hello"] = l.say.T("Hello,")
	if name := l.facts["Name"]; name != "" {
		l.facts["Hello"] = l.say.T("Hello %s,", name)
	}
	l.facts["Writer"] = o.writer(o.entry.Author)
	switch l.purpose {
	case helpdesk.AgentReply, helpdesk.Update, helpdesk.Opened:
		l.put("Text", piece{said: o.entry.Text})
		l.facts["Quote"], l.facts["Files"] = "", ""
		if o.before != nil {
			l.put("Quote", piece{quote: shortQuote(l.say, o.before, o.writer(o.before.Author))})
		}
		if files := filesTold(o.entry); files != "" && l.purpose == helpdesk.Update {
			l.facts["Files"] = files
		}
	case helpdesk.StatusChanged:
		l.facts["Status"] = statusLabel(l.say, o.center, o.ticket.Status)
	case helpdesk.PeopleChanged:
		l.facts["Person"] = o.newcomers()
	}
}

// statusLabel is what customers read for a status, in their language.
func statusLabel(say *words.Words, center *helpdesk.HelpCenter, s helpdesk.Status) string {
	if center == nil {
		center = &helpdesk.HelpCenter{}
	}
	return say.T(center.StatusLabel(s))
}

// footer says why the recipient gets the mail, and how they get no more. It is ours
// in all mails.
func (c composer) footer(o occasion, l *letter) {
	say, number, center := l.say, l.facts["Number"], l.facts["Center"]
	switch {
	case l.purpose == helpdesk.Confirmation:
		l.why = say.T("You get this mail because somebody gave us your address. We send it at most once a day.")
		l.leave = newAnchor(say.T("This was not me"), c.disown(o))
		return
	case l.purpose == helpdesk.Added:
		l.why = say.T("You get this mail because somebody gave us your address. We send it at most once a day.")
	case l.purpose == helpdesk.NewLink:
		l.why = say.T("You get this mail because somebody asked for a new link to request %s.", number)
		return
	case l.purpose == helpdesk.Acknowledgement:
		l.why = say.T("You get this mail because you wrote to %s.", l.facts["Support"])
	case l.purpose == helpdesk.Joined:
		l.why = say.T("You get this mail because you were added to request %s at %s.", number, center)
	case o.to.Role == helpdesk.Collaborator:
		l.why = say.T("You get this mail because you take part in request %s at %s. To answer, just reply.", number, center)
	case o.ticket.Side != nil: // they asked for nothing
		l.why = say.T("You get this mail because %s asks you something in request %s. To answer, just reply.", center, number)
	default:
		l.why = say.T("You get this mail because request %s at %s is yours. To answer, just reply.", number, center)
	}
	l.leave = newAnchor(say.T("Get no more mail about this request"), c.stop(o))
}

func newAnchor(label, url string) *anchor {
	if url == "" {
		return nil
	}
	return &anchor{label, url}
}

// lasts says how long something can be used.
func lasts(say *words.Words, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return say.N(int(d/(24*time.Hour)), "within a day", "within %d days")
	case d >= 2*time.Hour:
		return say.N(int(d/time.Hour), "within an hour", "within %d hours")
	}
	return say.N(int(d/time.Minute), "within a minute", "within %d minutes")
}

// day is a date as it is said in the language.
func day(say *words.Words, t time.Time) string {
	t = t.UTC()
	return say.T("%[1]d %[2]s %[3]d", t.Day(), say.T(t.Month().String()), t.Year())
}
