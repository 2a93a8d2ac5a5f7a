package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// People is what the pages of this file ask of the desk.
type People interface {
	SigningIn
	Elsewhere
	Own

	SetAgent(ctx context.Context, by actions.Actor, idOrAddress string, in actions.AgentChange) (*helpdesk.Agent, error)
	InviteAgent(ctx context.Context, by actions.Actor, h helpdesk.HelpCenter, in actions.NewAgent) (*helpdesk.Agent, error)
	SendJoin(ctx context.Context, by actions.Actor, h helpdesk.HelpCenter, id helpdesk.ID) error
	ResetSecond(ctx context.Context, by actions.Actor, id helpdesk.ID) error

	Roles(ctx context.Context, by actions.Actor) ([]helpdesk.DeskRole, error)
	SaveRole(ctx context.Context, by actions.Actor, in helpdesk.DeskRole) (*helpdesk.DeskRole, error)
	RemoveRole(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
	SaveTeam(ctx context.Context, by actions.Actor, in helpdesk.Team) (*helpdesk.Team, error)
	RemoveTeam(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error

	AuditLog(ctx context.Context, by actions.Actor, q actions.AuditQuery) (*actions.AuditPage, error)
}

// peoplePages registers them.
func (c *Handler) peoplePages() {
	c.open("GET /agent/sign-in/second", c.showStep)
	c.open("POST /agent/sign-in/second", c.step)
	c.open("POST /agent/sign-in/with/{issuer}", c.leave)
	c.open("GET /agent/sign-in/back/{issuer}", c.showBack)
	c.open("POST /agent/sign-in/back/{issuer}", c.takeBack)
	c.open("GET /agent/join/{token}", c.showJoin)
	c.open("POST /agent/join/{token}", c.join)
	c.mePages()
	c.handle("GET /agent/people", c.showPeople)
	c.handle("GET /agent/people/agents/{agent}", func(v *visit) error { return c.writeAgent(v, http.StatusOK, nil) }) // "new" is a new one
	c.handle("POST /agent/people/agents/{agent}", c.saveAgent)
	c.handle("POST /agent/people/agents/{agent}/link", c.sendJoin)
	c.handle("POST /agent/people/agents/{agent}/second", c.resetSecond)
	c.handle("GET /agent/people/teams", c.showTeams)
	c.handle("GET /agent/people/teams/{team}", func(v *visit) error { return c.writeTeam(v, http.StatusOK, nil) })
	c.handle("POST /agent/people/teams/{team}", c.saveTeam)
	c.handle("POST /agent/people/teams/{team}/remove", c.removeTeam)
	c.handle("GET /agent/people/roles", c.showRoles)
	c.handle("GET /agent/people/roles/{role}", func(v *visit) error { return c.writeRole(v, http.StatusOK, nil) })
	c.handle("POST /agent/people/roles/{role}", c.saveRole)
	c.handle("POST /agent/people/roles/{role}/remove", c.removeRole)
	c.handle("GET /agent/people/audit", c.showAudit)
}

// newOne is the name of what is not there yet, in addresses.
const newOne = "new"

// peopleTabs are the pages about people that the agent may open.
func peopleTabs(v *visit, here string) []tab {
	var all []tab
	if v.by.May(helpdesk.ManagePeople) {
		all = append(all, tab{"/agent/people", "Agents", here == "agents"}, tab{"/agent/people/teams", "Teams", here == "teams"}, tab{"/agent/people/roles", "Roles", here == "roles"})
	}
	if v.by.May(helpdesk.ReadAudit) {
		all = append(all, tab{"/agent/people/audit", "Audit log", here == "audit"})
	}
	return all
}

// tab leads to a page beside the one that is shown.
type tab struct {
	Path, Label string
	Here        bool
}

func mayManage(v *visit) error {
	if !v.by.May(helpdesk.ManagePeople) {
		return helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")
	}
	return nil
}

// crew reads everything that the pages about people choose from.
func (c *Handler) crew(v *visit) (crew helpdesk.Crew, err error) {
	if err = mayManage(v); err != nil {
		return crew, err
	}
	if crew.Agents, err = c.desk.Agents(v.context(), v.by); err != nil {
		return crew, err
	}
	slices.SortFunc(crew.Agents, func(a, b helpdesk.Agent) int { return compareFold(a.Name, b.Name) })
	if crew.Roles, err = c.desk.Roles(v.context(), v.by); err != nil {
		return crew, err
	}
	crew.Teams, err = c.desk.TeamList(v.context(), v.by)
	return crew, err
}

// peoplePage lists agents.
type peoplePage struct {
	Tabs   []tab
	Done   string
	Agents []agentRow
}

type agentRow struct {
	helpdesk.Agent
	Role   string
	Teams  []string
	Path   string
	Second bool
}

var peopleDone = map[string]string{
	"invited": "They are an agent now, and get a mail with a link to set a password. It holds for three days.",
	"saved":   "Saved.",
	"link":    "A mail with a link to set a password is on its way. Links sent before open nothing any more.",
	"second":  "Their codes are off, and they are signed out everywhere.",
	"removed": "Removed.",
}

func done(v *visit) string { return peopleDone[v.r.URL.Query().Get("done")] }

func (c *Handler) showPeople(v *visit) error {
	if !v.by.May(helpdesk.ManagePeople) && v.by.May(helpdesk.ReadAudit) {
		http.Redirect(v.w, v.r, "/agent/people/audit", http.StatusSeeOther)
		return nil
	}
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	page := peoplePage{Tabs: peopleTabs(v, "agents"), Done: done(v)}
	for i := range crew.Agents {
		a := &crew.Agents[i]
		row := agentRow{Agent: *a, Role: crew.Role(a).Name, Path: "/agent/people/agents/" + string(a.ID), Second: a.Second != nil}
		for _, t := range crew.Teams {
			if slices.Contains(t.Members, a.ID) {
				row.Teams = append(row.Teams, t.Name)
			}
		}
		page.Agents = append(page.Agents, row)
	}
	c.write(v, http.StatusOK, "people", "People", c.frame(v, "people"), page)
	return nil
}

// agentPage shows one agent, or a new one.
type agentPage struct {
	Tabs   []tab
	Done   string
	Agent  helpdesk.Agent
	New    bool
	Self   bool
	Roles  []oneOf
	Teams  []oneOf
	Mails  []oneOf
	Action string
	Error  string
	Stuck  bool // their role is more than the own one, so nothing can be changed
}

// oneOf is one of several.
type oneOf struct {
	Value, Label, About string
	Chosen              bool
}

func (c *Handler) writeAgent(v *visit, status int, failure error) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	id := v.r.PathValue("agent")
	page := agentPage{
		Tabs: peopleTabs(v, "agents"), Done: done(v), New: id == newOne, Action: "/agent/people/agents/" + id, Self: v.by.Agent != nil && string(v.by.Agent.ID) == id,
	}
	if !page.New {
		i := slices.IndexFunc(crew.Agents, func(a helpdesk.Agent) bool { return string(a.ID) == id })
		if i < 0 {
			return missing()
		}
		page.Agent = crew.Agents[i]
	}
	role, teams, mail := crew.Role(&page.Agent).ID, crew.TeamsOf(&page.Agent), page.Agent.Mail
	if failure != nil { // what was typed stays
		post := v.r.PostForm
		page.Agent.Name, role, mail, teams = post.Get("name"), helpdesk.ID(post.Get("role")), helpdesk.AgentMail(post.Get("mail")), ids(post["team"])
		page.Error = web.Sentence(helpdesk.Public(failure))
		if page.New {
			page.Agent.Address, _ = helpdesk.ParseAddress(post.Get("address")) // it is typed again if it was none
		}
	}
	page.Stuck = !page.New && !v.by.IsAdmin() && (crew.Role(&page.Agent).ID == helpdesk.AdminRole || !v.by.Role.Covers(crew.Role(&page.Agent)))
	for _, r := range crew.Roles {
		if page.Stuck || v.by.IsAdmin() || r.ID != helpdesk.AdminRole && v.by.Role.Covers(&r) || r.ID == role {
			page.Roles = append(page.Roles, oneOf{string(r.ID), r.Name, roleWords(&r), r.ID == role})
		}
	}
	for _, t := range crew.Teams {
		page.Teams = append(page.Teams, oneOf{string(t.ID), t.Name, t.Description, slices.Contains(teams, t.ID)})
	}
	for _, m := range []struct {
		mail  helpdesk.AgentMail
		label string
	}{{helpdesk.MailMine, "Of their own requests"}, {helpdesk.MailAll, "Of their own, and of all that are nobody's"}, {helpdesk.MailNone, "None"}} {
		page.Mails = append(page.Mails, oneOf{string(m.mail), m.label, "", m.mail == mail || mail == "" && m.mail == helpdesk.MailMine})
	}
	title := page.Agent.Name
	if page.New {
		title = "Add an agent"
	}
	c.write(v, status, "agent", title, c.frame(v, "people"), page)
	return nil
}

func ids(from []string) []helpdesk.ID {
	all := []helpdesk.ID{}
	for _, s := range from {
		all = append(all, helpdesk.ID(s))
	}
	return all
}

// tellable reports what a page says instead of failing.
func tellable(err error) bool {
	switch helpdesk.KindOf(err) {
	case helpdesk.Invalid, helpdesk.Conflict, helpdesk.Forbidden:
		return true
	}
	return false
}

func (c *Handler) saveAgent(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	post, id := v.r.PostForm, v.r.PathValue("agent")
	name, role, teams := post.Get("name"), post.Get("role"), ids(post["team"])
	mail, err := helpdesk.ParseAgentMail(post.Get("mail"))
	if err != nil {
		return c.writeAgent(v, web.Status(err), err)
	}
	said := "saved"
	if id == newOne {
		said = "invited"
		_, err = c.desk.InviteAgent(v.context(), v.by, v.center, actions.NewAgent{Name: name, Address: post.Get("address"), Role: role, Mail: mail, Teams: teams})
	} else {
		disabled := post.Get("disabled") != ""
		rev, _ := strconv.ParseInt(post.Get("rev"), 10, 64) // 0 does not ask
		_, err = c.desk.SetAgent(v.context(), v.by, id, actions.AgentChange{Name: &name, Role: &role, Mail: &mail, Teams: &teams, Disabled: &disabled, Rev: rev})
	}
	if tellable(err) {
		return c.writeAgent(v, web.Status(err), err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/people?done="+said, http.StatusSeeOther)
	return nil
}

// onAgent does something to an agent and comes back to their page.
func (c *Handler) onAgent(v *visit, said string, act func(helpdesk.ID) error) error {
	id := v.r.PathValue("agent")
	err := act(helpdesk.ID(id))
	if tellable(err) {
		v.r.PostForm = nil
		return c.agentAgain(v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/people/agents/"+url.PathEscape(id)+"?done="+said, http.StatusSeeOther)
	return nil
}

// agentAgain shows the page of an agent as they are, with what went wrong.
func (c *Handler) agentAgain(v *visit, failure error) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(crew.Agents, func(a helpdesk.Agent) bool { return string(a.ID) == v.r.PathValue("agent") })
	if i < 0 {
		return missing()
	}
	a := &crew.Agents[i]
	v.r.PostForm = url.Values{"name": {a.Name}, "role": {string(crew.Role(a).ID)}, "mail": {string(a.Mail)}}
	for _, id := range crew.TeamsOf(a) {
		v.r.PostForm.Add("team", string(id))
	}
	return c.writeAgent(v, web.Status(failure), failure)
}

func (c *Handler) sendJoin(v *visit) error {
	return c.onAgent(v, "link", func(id helpdesk.ID) error { return c.desk.SendJoin(v.context(), v.by, v.center, id) })
}

func (c *Handler) resetSecond(v *visit) error {
	return c.onAgent(v, "second", func(id helpdesk.ID) error { return c.desk.ResetSecond(v.context(), v.by, id) })
}
