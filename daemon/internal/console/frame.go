package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// frame is what stands around each page: the rail, and the list if there is one.
type frame struct {
	Agent   string
	Here    string // the name of the place in the rail that is shown
	Compact bool
	Groups  []group // of places
	New     bool    // there is a page to begin a request with
	Find    bool    // there is a search
	Own     bool    // there is a page of the agent's own
	List    *listPage
	Held    *heldList
	Alone   bool // the list is the page
}

// group is places that stand together in the rail.
type group struct {
	Name, Title string
	Places      []place
}

// place is one entry of the rail.
type place struct {
	Name, Label, Path, Icon string
	Count                   int  // 0 is not shown
	Waits                   bool // what is counted waits for a decision
}

// paneHeader is sent by the script that loads one pane: what stands around it is
// there already.
const paneHeader = "Postern-Pane"

// onlyList reports that the list alone is wanted: no counts, which are told by the
// stream.
func (v *visit) onlyList() bool { return v.r.Header.Get(paneHeader) == "list" }

// onePane reports that nothing but the main part of the page is wanted.
func (v *visit) onePane() bool { return v.r.Header.Get(paneHeader) == "main" }

// frame makes the rail. here is the name of a place in it, such as "mine", "view:ID",
// "held", "contacts" or "settings". A page is shown without numbers when they can't
// be read.
func (c *Handler) frame(v *visit, here string) frame {
	f := frame{Here: here, Compact: web.Cookie(v.r, v.center, densityCookie) == compactRows}
	if v.by.Agent != nil {
		f.Agent = v.by.Agent.Name
	}
	if v.onePane() || v.onlyList() {
		return f
	}
	f.New, f.Find, f.Own = c.leads("/agent/new"), c.leads("/agent/search"), c.leads("/agent/me")
	counts, err := c.desk.Counts(v.context(), v.by)
	if err != nil {
		counts = map[string]int{}
	}
	for _, g := range []group{{"queues", "", c.queues(v)}, {"views", "Views", c.views(v)}, {"mail", "Mail", c.mailPlaces(v)}, {"desk", "Desk", c.deskPlaces(v)}} {
		for i := range g.Places {
			g.Places[i].Count = counts[g.Places[i].Name]
		}
		if len(g.Places) > 0 || g.Name == "views" {
			f.Groups = append(f.Groups, g)
		}
	}
	return f
}

// queues are the lists that every agent has.
func (c *Handler) queues(v *visit) []place {
	var all []place
	for _, q := range actions.Queues {
		look := queueLooks[q]
		all = append(all, place{Name: string(q), Label: look.label, Path: queuePath(q), Icon: look.icon})
	}
	return all
}

func (c *Handler) mailPlaces(v *visit) []place {
	var all []place
	if v.by.May(helpdesk.DecideHeld) {
		all = append(all, place{Name: "held", Label: "Held", Path: "/agent/held", Icon: "shield", Waits: true})
	}
	return append(all, place{Name: "failed", Label: "Failed", Path: "/agent/failed", Icon: "returned", Waits: true})
}

// deskPlaces are the pages about the desk that the agent may use.
func (c *Handler) deskPlaces(v *visit) []place {
	all := []place{
		{Name: "contacts", Label: "Contacts", Path: "/agent/contacts", Icon: "person"},
		{Name: "people", Label: "People", Path: "/agent/people", Icon: "people"},
		{Name: "settings", Label: "Settings", Path: "/agent/settings", Icon: "gear"},
		{Name: "access", Label: "Access", Path: "/agent/access", Icon: "key"},
	}
	return slices.DeleteFunc(all, func(p place) bool {
		switch {
		case !c.leads(p.Path):
			return true
		case p.Name == "people":
			return !v.by.May(helpdesk.ManagePeople) && !v.by.May(helpdesk.ReadAudit)
		}
		return false
	})
}

// leads reports whether there is a page at a path.
func (c *Handler) leads(path string) bool { return slices.Contains(c.patterns, "GET "+path) }

// The cookie that remembers how close rows stand.
const (
	densityCookie = "postern_rows"
	compactRows   = "compact"
)

// setDensity remembers how close the rows of lists stand in this browser.
func (c *Handler) setDensity(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if v.r.PostForm.Get("rows") == compactRows {
		web.SetCookie(v.w, v.center, densityCookie, compactRows, c.site.Now().Add(5*365*24*time.Hour))
	} else {
		web.DropCookie(v.w, v.center, densityCookie)
	}
	http.Redirect(v.w, v.r, web.LocalPath(v.r.PostForm.Get("back"), home), http.StatusSeeOther)
	return nil
}
