package console

import (
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// peopleAct changes who takes part in a ticket.
const peopleAct = "participants"

// people are who takes part in a request, and who might.
type people struct {
	Path      string
	Requester *helpdesk.Participant
	Channel   channel // by which they asked
	Opened    time.Time
	Others    others
	Suggested []helpdesk.Suggestion
	Adding    adding
	Error     string // about who was to be added
}

// others take part besides the requester.
type others []participant

// participant is one of them, and where they are taken off.
type participant struct {
	helpdesk.Participant
	Path string
}

// shownPeople stand in sight; a request may have many more.
const shownPeople = 6

// Shown are the first, or all where folding the rest would save nothing.
func (o others) Shown() others {
	if len(o) <= shownPeople+1 {
		return o
	}
	return o[:shownPeople]
}

// Rest are those who are folded.
func (o others) Rest() others { return o[len(o.Shown()):] }

// adding is somebody whom an agent wants to take part.
type adding struct {
	Address, Name string
	History       bool
}

func newPeople(t *helpdesk.Ticket, in adding) people {
	p := people{
		Path: draft{Number: t.Number}.path() + "/" + peopleAct, Requester: t.Requester(), Channel: channels[t.Channel], Opened: t.Opened, Adding: in,
	}
	for i := range t.Participants {
		if one := t.Participants[i]; one.Active() && one.Role != helpdesk.Requester {
			p.Others = append(p.Others, participant{one, p.Path})
		}
	}
	for _, s := range t.Suggested {
		if t.IsSuggested(s.Address) {
			p.Suggested = append(p.Suggested, s)
		}
	}
	return p
}

// changePeople adds, removes or dismisses somebody and goes back to the ticket.
func (c *Handler) changePeople(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	form := v.r.PostForm
	d := draft{Number: number, Act: peopleAct, Adding: adding{
		Address: form.Get("address"), Name: form.Get("name"), History: form.Get("history") != "",
	}}
	what := form.Get("do")
	switch what {
	case "add":
		err = c.desk.AddParticipant(v.context(), v.by, number, d.Adding.Address, d.Adding.Name, d.Adding.History)
	case "remove":
		err = c.removeParticipant(v, number, form.Get("participant"))
	case "dismiss":
		err = c.desk.DismissSuggestion(v.context(), v.by, number, d.Adding.Address)
	default:
		return missing()
	}
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		c.backTo(v, number, what)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeTicket(v, d, err)
}

func (c *Handler) removeParticipant(v *visit, number int64, participant string) error {
	n, err := strconv.ParseUint(participant, 10, 16)
	if err != nil {
		return missing()
	}
	return c.desk.RemoveParticipant(v.context(), v.by, number, uint16(n))
}
