package portal

import (
	"errors"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// signInPage asks for address and password, and names the other ways.
type signInPage struct {
	waysIn
	slip
	Fields []input
	// KeptAt is where the sign-in is kept, if that is not everywhere.
	KeptAt string
}

func (p *Handler) showSignIn(v *visit) error {
	ways := p.waysIn(v)
	if v.customer != nil {
		http.Redirect(v.w, v.r, web.LocalPath(ways.Next, v.path("/requests")), http.StatusSeeOther)
		return nil
	}
	p.askToSignIn(v, ways, "", slip{Status: http.StatusOK}, false)
	return nil
}

func (p *Handler) signIn(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	ways, address := p.waysIn(v), v.r.PostForm.Get("address")
	e, err := p.trySignIn(v, address)
	if err == nil {
		return p.entered(v, e, ways.Next)
	}
	noAddress := errors.Is(err, helpdesk.ErrAddress)
	s, err := p.slip(v, err)
	if err != nil {
		return err
	}
	p.askToSignIn(v, ways, address, s, noAddress)
	return nil
}

func (p *Handler) trySignIn(v *visit, address string) (*actions.Entered, error) {
	if !p.limits.tries.Allow(p.site.Client(v.r)) {
		return nil, web.ErrTooMany
	}
	return p.desk.SignInCustomer(v.context(), v.center, actions.Credentials{
		Address: address, Password: v.r.PostForm.Get("password"), Browser: web.Browser(v.r.UserAgent()),
	})
}

// askToSignIn shows the page. What is wrong stands with the password, whichever of
// the two it was, but for what is no address at all.
func (p *Handler) askToSignIn(v *visit, ways waysIn, address string, s slip, noAddress bool) {
	page := signInPage{waysIn: ways, slip: s, KeptAt: web.KeptAt(v.center, v.path("/sign-in")+ways.NextQuery)}
	ofAddress, ofPassword := "", s.Error
	if noAddress {
		ofAddress, ofPassword = s.Error, ""
	}
	page.Fields = []input{
		addressInput(v, address, ofAddress),
		{Kind: line, Name: "password", Label: v.say.T("Password"), Type: "password", Autocomplete: "current-password", Error: ofPassword, Focus: ofPassword != ""},
	}
	p.write(v, s.Status, "signin", v.say.T("Sign in"), p.frame(v), page)
}

// signOut ends the session even if the cookie is all that is left of it.
func (p *Handler) signOut(v *visit) error {
	if cookie := web.Cookie(v.r, v.center, customerCookie); cookie != "" {
		if err := p.desk.SignOutCustomer(v.context(), v.center.Account, cookie); err != nil {
			return err
		}
	}
	web.DropCookie(v.w, v.center, customerCookie)
	http.Redirect(v.w, v.r, v.path("/"), http.StatusSeeOther)
	return nil
}
