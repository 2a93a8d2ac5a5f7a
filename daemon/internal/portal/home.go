package portal

import (
	"net/http"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// home is the first page of a help center: one way to begin, and what else helps.
type home struct {
	Name    string
	Person  string // what to call who is signed in; "" for nobody
	Submit  string // label of the button; "" where submitting is hidden
	Account bool   // submitting takes a sign-in
	On      bool   // tickets can be looked at
	SignIn  string // where to sign in; "" for nowhere, or nobody who has to
	Address string
	Newest  []requestRow // of who is signed in
}

// newestAtHome is how many requests home shows: a glance, above what else is there.
const newestAtHome = 3

func (p *Handler) home(v *visit) error {
	f := p.frame(v)
	if f.Person == "" && f.Agent == "" {
		web.AllowCache(v.w)
	}
	body := home{
		Name: v.center.DisplayName, Person: f.Person, Submit: f.Submit, Account: allNeedSignIn(v),
		On: v.center.PortalOn, SignIn: f.SignIn, Address: p.address(v),
	}
	if v.customer != nil && v.center.PortalOn {
		body.Newest = p.newest(v)
	}
	p.write(v, http.StatusOK, "home", v.center.DisplayName, f, body)
	return nil
}

// newest are the newest requests of who is signed in. Home stands without them: what
// is wrong is told on the page that lists them all.
func (p *Handler) newest(v *visit) []requestRow {
	found, err := p.desk.Requests(v.context(), v.center, v.customer, actions.RequestsQuery{Most: newestAtHome})
	if err != nil {
		p.site.Log().WarnContext(v.context(), "home shows no requests", "error", err)
		return nil
	}
	var rows []requestRow
	for _, row := range found.Rows {
		rows = append(rows, newRow(v, row))
	}
	return rows
}

// allNeedSignIn reports a visitor who can submit nothing without a sign-in.
func allNeedSignIn(v *visit) bool {
	return !slices.ContainsFunc(v.center.FormsFor(v.visitor), func(f helpdesk.Form) bool { return f.Access[v.visitor] == helpdesk.Granted })
}
