package console

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// about is what the page of a request shows that stands elsewhere.
type about struct {
	in       string // see [ticketPage]
	me       helpdesk.ID
	agents   []helpdesk.Agent
	teams    []helpdesk.Team
	settings *helpdesk.DeskSettings
	canned   []helpdesk.Canned
	writing  *helpdesk.Writing       // what the agent has begun here; nil for nothing
	contact  *actions.ContactDetail  // of the requester; nil if there is none
	tickets  *actions.ContactTickets // that they take part in; nil if that is not known
}

// about reads it. Who the requester is besides is left out when it can't be read:
// the request itself is what the page is for.
func (c *Handler) about(v *visit, detail *actions.Detail) (*about, error) {
	a := &about{in: inQuery(v.r), settings: &detail.Settings}
	err := c.readDesk(v, a)
	if err != nil {
		return nil, err
	}
	if a.canned, err = c.desk.CannedReplies(v.context(), v.by); err != nil {
		return nil, err
	}
	if a.writing, err = c.desk.Writing(v.context(), v.by, detail.Ticket.Number); err != nil {
		return nil, err
	}
	requester := detail.Ticket.Requester()
	if requester == nil || requester.Contact == "" {
		return a, nil
	}
	contact, err := c.desk.ContactDetail(v.context(), v.by, string(requester.Contact))
	if err != nil {
		return a, nil
	}
	a.contact = contact
	if tickets, err := c.desk.ContactTickets(v.context(), v.by, &contact.Contact, detail.Ticket.HelpCenter); err == nil {
		a.tickets = tickets
	}
	return a, nil
}

// readDesk reads who works here.
func (c *Handler) readDesk(v *visit, a *about) (err error) {
	if v.by.Agent != nil {
		a.me = v.by.Agent.ID
	}
	if a.agents, err = c.desk.Agents(v.context(), v.by); err != nil {
		return err
	}
	a.teams, err = c.desk.TeamList(v.context(), v.by)
	return err
}

// agent finds an agent by id; nil for one who is gone.
func (a *about) agent(id helpdesk.ID) *helpdesk.Agent {
	i := slices.IndexFunc(a.agents, func(one helpdesk.Agent) bool { return one.ID == id })
	if i < 0 {
		return nil
	}
	return &a.agents[i]
}

// card is who asked.
type card struct {
	Requester *helpdesk.Participant
	Contact   string // address of the page about them; "" if there is none
	Blocked   bool
	Deleted   bool
	Proven    bool // that the address is theirs
	Others    []other
	More      int // other requests of theirs that are not listed
}

// other is another request of the same person.
type other struct {
	Number  int64
	Subject string
	Status  helpdesk.Status
	Label   string // of the status, as the account calls it
}

// shownOthers are enough to see whether somebody asked the same before.
const shownOthers = 5

func newCard(t *helpdesk.Ticket, a *about) card {
	c := card{Requester: t.Requester()}
	if a.contact == nil {
		return c
	}
	c.Contact = "/agent/contacts/" + string(a.contact.ID)
	c.Blocked, c.Deleted = a.contact.Blocked != nil, a.contact.Deleted != nil
	c.Proven = c.Requester != nil && a.contact.Proves(c.Requester.Address)
	if a.tickets == nil {
		return c
	}
	seen := 0
	for i := range a.tickets.Newest {
		one := &a.tickets.Newest[i]
		if one.Number == t.Number {
			seen = 1
		} else if len(c.Others) < shownOthers {
			c.Others = append(c.Others, other{one.Number, or(one.Subject, "No subject"), one.Status, a.settings.StatusLabel(one.Status)})
		}
	}
	c.More = max(a.tickets.Here+a.tickets.Elsewhere-len(c.Others)-seen, 0)
	return c
}

// listName is what a list may be called in an address.
var listName = regexp.MustCompile(`^[a-z]{1,20}(:[A-Za-z0-9_-]{1,64})?$`)

// inQuery names the list that a request was opened from, as the query of addresses
// that lead back to it.
func inQuery(r *http.Request) string {
	if in := r.URL.Query().Get("in"); listName.MatchString(in) {
		return "?" + url.Values{"in": {in}}.Encode()
	}
	return ""
}
