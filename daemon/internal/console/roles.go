package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// permissionWords say what a permission lets somebody do.
var permissionWords = map[helpdesk.Permission]string{
	helpdesk.DecideHeld:     "Decide about held mail, and show hidden messages to customers",
	helpdesk.EditContacts:   "Change, block, merge, invite and import contacts",
	helpdesk.RemoveContacts: "Delete and erase contacts",
	helpdesk.ExportData:     "Take lists and contacts away as files",
	helpdesk.ShareThings:    "Make views and canned replies for everybody",
	helpdesk.ManagePeople:   "Manage agents, teams and roles",
	helpdesk.ManageDesk:     "Name statuses, and define fields",
	helpdesk.ManageAccess:   "Make tokens for programs, and webhooks",
	helpdesk.ReadAudit:      "Read the audit log",
}

// roleWords tell in short what a role allows.
func roleWords(r *helpdesk.DeskRole) string {
	words := []string{"sees all requests"}
	if r.Sees == helpdesk.SeesTeams {
		words = []string{"sees requests of own teams"}
	}
	switch n := len(r.Permissions); {
	case n == len(helpdesk.Permissions):
		words = append(words, "may do everything")
	case n == 0:
		words = append(words, "no permissions beside answering")
	case n == 1:
		words = append(words, "1 permission")
	default:
		words = append(words, strconv.Itoa(n)+" permissions")
	}
	if r.SecondFactor {
		words = append(words, "codes needed")
	}
	return strings.Join(words, ", ")
}

// rolesPage lists roles, teamsPage teams.
type rolesPage struct {
	Tabs  []tab
	Done  string
	Title string
	Rows  []groupRow
	New   string
	Empty string
}

// groupRow is a role or a team in a list.
type groupRow struct {
	Name, About, Path string
	Agents            int
}

func (c *Handler) showRoles(v *visit) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	page := rolesPage{Tabs: peopleTabs(v, "roles"), Done: done(v), Title: "Roles", New: "New role"}
	for i := range crew.Roles {
		r := &crew.Roles[i]
		row := groupRow{Name: r.Name, About: roleWords(r), Path: "/agent/people/roles/" + string(r.ID)}
		for j := range crew.Agents {
			if crew.Role(&crew.Agents[j]).ID == r.ID {
				row.Agents++
			}
		}
		page.Rows = append(page.Rows, row)
	}
	c.write(v, http.StatusOK, "groups", "Roles", c.frame(v, "people"), page)
	return nil
}

func (c *Handler) showTeams(v *visit) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	page := rolesPage{Tabs: peopleTabs(v, "teams"), Done: done(v), Title: "Teams", New: "New team", Empty: "Teams work on the same requests. A role can let its agents see the requests of their teams alone."}
	for _, t := range crew.Teams {
		page.Rows = append(page.Rows, groupRow{Name: t.Name, About: t.Description, Path: "/agent/people/teams/" + string(t.ID), Agents: len(t.Members)})
	}
	c.write(v, http.StatusOK, "groups", "Teams", c.frame(v, "people"), page)
	return nil
}

// rolePage shows a role, or a new one.
type rolePage struct {
	Tabs        []tab
	Role        helpdesk.DeskRole
	New         bool
	BuiltIn     bool
	Permissions []oneOf
	Teams       bool // its agents see requests of their teams alone
	Action      string
	Error       string
}

func (c *Handler) writeRole(v *visit, status int, failure error) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	id := v.r.PathValue("role")
	page := rolePage{Tabs: peopleTabs(v, "roles"), New: id == newOne, Action: "/agent/people/roles/" + id}
	if !page.New {
		i := slices.IndexFunc(crew.Roles, func(r helpdesk.DeskRole) bool { return string(r.ID) == id })
		if i < 0 {
			return missing()
		}
		page.Role = crew.Roles[i]
		page.BuiltIn = page.Role.IsBuiltIn()
	}
	if failure != nil {
		rev := page.Role.Rev
		page.Role, page.Error = roleTyped(v), web.Sentence(helpdesk.Public(failure))
		page.Role.Rev = rev
	}
	page.Teams = page.Role.Sees == helpdesk.SeesTeams
	for _, p := range helpdesk.Permissions {
		if page.Role.May(p) || v.by.May(p) { // what is not theirs they cannot give
			page.Permissions = append(page.Permissions, oneOf{string(p), permissionWords[p], "", page.Role.May(p)})
		}
	}
	title := page.Role.Name
	if page.New {
		title = "New role"
	}
	c.write(v, status, "role", title, c.frame(v, "people"), page)
	return nil
}

func roleTyped(v *visit) helpdesk.DeskRole {
	post := v.r.PostForm
	r := helpdesk.DeskRole{Name: post.Get("name"), SecondFactor: post.Get("second") != "", Sees: helpdesk.Sight(post.Get("sees"))}
	if id := v.r.PathValue("role"); id != newOne {
		r.ID = helpdesk.ID(id)
	}
	for _, p := range post["may"] {
		r.Permissions = append(r.Permissions, helpdesk.Permission(p))
	}
	r.Rev, _ = strconv.ParseInt(post.Get("rev"), 10, 64) // another one than the role's is told
	return r
}

func (c *Handler) saveRole(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	_, err := c.desk.SaveRole(v.context(), v.by, roleTyped(v))
	if tellable(err) {
		return c.writeRole(v, web.Status(err), err)
	}
	return c.leadOn(v, "/agent/people/roles?done=saved", err)
}

// leadOn leads on after something was done.
func (c *Handler) leadOn(v *visit, path string, err error) error {
	if err == nil {
		http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	}
	return err
}

func (c *Handler) removeRole(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(v.r.PostForm.Get("rev"), 10, 64)
	return c.leadOn(v, "/agent/people/roles?done=removed", c.desk.RemoveRole(v.context(), v.by, helpdesk.ID(v.r.PathValue("role")), rev))
}

// teamPage shows a team, or a new one.
type teamPage struct {
	Tabs   []tab
	Team   helpdesk.Team
	New    bool
	Agents []oneOf
	Action string
	Error  string
}

func (c *Handler) writeTeam(v *visit, status int, failure error) error {
	crew, err := c.crew(v)
	if err != nil {
		return err
	}
	id := v.r.PathValue("team")
	page := teamPage{Tabs: peopleTabs(v, "teams"), New: id == newOne, Action: "/agent/people/teams/" + id}
	if !page.New {
		i := slices.IndexFunc(crew.Teams, func(t helpdesk.Team) bool { return string(t.ID) == id })
		if i < 0 {
			return missing()
		}
		page.Team = crew.Teams[i]
	}
	if failure != nil {
		rev := page.Team.Rev
		page.Team, page.Error = teamTyped(v), web.Sentence(helpdesk.Public(failure))
		page.Team.Rev = rev
	}
	for _, a := range crew.Agents {
		in := slices.Contains(page.Team.Members, a.ID)
		if in || !a.Disabled {
			page.Agents = append(page.Agents, oneOf{string(a.ID), a.Name, a.Address.String(), in})
		}
	}
	title := page.Team.Name
	if page.New {
		title = "New team"
	}
	c.write(v, status, "team", title, c.frame(v, "people"), page)
	return nil
}

func teamTyped(v *visit) helpdesk.Team {
	post := v.r.PostForm
	t := helpdesk.Team{Name: post.Get("name"), Description: post.Get("description"), Members: ids(post["agent"])}
	if id := v.r.PathValue("team"); id != newOne {
		t.ID = helpdesk.ID(id)
	}
	t.Rev, _ = strconv.ParseInt(post.Get("rev"), 10, 64)
	return t
}

func (c *Handler) saveTeam(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	_, err := c.desk.SaveTeam(v.context(), v.by, teamTyped(v))
	if tellable(err) {
		return c.writeTeam(v, web.Status(err), err)
	}
	return c.leadOn(v, "/agent/people/teams?done=saved", err)
}

func (c *Handler) removeTeam(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(v.r.PostForm.Get("rev"), 10, 64)
	return c.leadOn(v, "/agent/people/teams?done=removed", c.desk.RemoveTeam(v.context(), v.by, helpdesk.ID(v.r.PathValue("team")), rev))
}

func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
