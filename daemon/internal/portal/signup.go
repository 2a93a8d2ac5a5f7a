package portal

import (
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// askPage asks for an address to which a mail goes: to sign up, or to set another
// password.
type askPage struct {
	waysIn
	slip
	Fields []input
}

// askedPage is what everybody reads after that, whoever has the address.
type askedPage struct {
	waysIn
	Address string
}

// asks are the two pages that send a link.
type asks struct {
	kind              helpdesk.PassKind
	page, sent, title string
}

var (
	signingUp  = asks{helpdesk.PassSignUp, "signup", "signup-sent", "Sign up"}
	forgetting = asks{helpdesk.PassReset, "forgot", "forgot-sent", "Set a new password"}
)

func (p *Handler) showSignUp(v *visit) error {
	if !v.center.SignUp.Open {
		return p.closedSignUp(v)
	}
	if !v.center.SignUp.Password { // the other ways make a sign-in as they are used
		http.Redirect(v.w, v.r, p.signInPath(v), http.StatusSeeOther)
		return nil
	}
	p.askForMail(v, signingUp, p.waysIn(v), "", slip{Status: http.StatusOK})
	return nil
}

// closedSignUp tells how to get in where only those who are invited may (row S26).
func (p *Handler) closedSignUp(v *visit) error {
	p.write(v, web.Status(missing()), "signup-closed", v.say.T("Sign-up is by invitation"), p.frame(v), p.waysIn(v))
	return nil
}

func (p *Handler) signUp(v *visit) error {
	if !v.center.SignUp.Open {
		return p.closedSignUp(v)
	}
	return p.sendLink(v, signingUp)
}

func (p *Handler) showForgot(v *visit) error {
	if !v.center.SignUp.Password {
		return missing()
	}
	p.askForMail(v, forgetting, p.waysIn(v), "", slip{Status: http.StatusOK})
	return nil
}

func (p *Handler) forgot(v *visit) error { return p.sendLink(v, forgetting) }

// sendLink has a mail sent, or none: the page is the same.
func (p *Handler) sendLink(v *visit, a asks) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	ways, address := p.waysIn(v), v.r.PostForm.Get("address")
	_, err := p.askByMail(v, actions.Asking{Kind: a.kind, Address: address, Next: ways.Next})
	if err == nil {
		p.write(v, http.StatusOK, a.sent, v.say.T("Look into your mail"), p.frame(v), askedPage{waysIn: ways, Address: address})
		return nil
	}
	s, err := p.slip(v, err)
	if err != nil {
		return err
	}
	p.askForMail(v, a, ways, address, s)
	return nil
}

func (p *Handler) askByMail(v *visit, in actions.Asking) (helpdesk.ID, error) {
	if !p.limits.asks.Allow(p.site.Client(v.r)) {
		return "", web.ErrTooMany
	}
	return p.desk.AskByMail(v.context(), v.center, in)
}

func (p *Handler) askForMail(v *visit, a asks, ways waysIn, address string, s slip) {
	page := askPage{waysIn: ways, slip: s, Fields: []input{addressInput(v, address, s.Error)}}
	p.write(v, s.Status, a.page, v.say.T(a.title), p.frame(v), page)
}
