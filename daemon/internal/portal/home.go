package portal

import (
	"net/http"
	"slices"

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
}

func (p *Handler) home(v *visit) error {
	f := p.frame(v)
	if f.Person == "" && f.Agent == "" {
		web.AllowCache(v.w)
	}
	body := home{
		Name: v.center.DisplayName, Person: f.Person, Submit: f.Submit, Account: allNeedSignIn(v),
		On: v.center.PortalOn, SignIn: f.SignIn, Address: p.address(v),
	}
	p.write(v, http.StatusOK, "home", v.center.DisplayName, f, body)
	return nil
}

// allNeedSignIn reports a visitor who can submit nothing without a sign-in.
func allNeedSignIn(v *visit) bool {
	return !slices.ContainsFunc(v.center.FormsFor(v.visitor), func(f helpdesk.Form) bool { return f.Access[v.visitor] == helpdesk.Granted })
}
