package portal

import (
	"errors"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// accountPage is who a customer is to us, their password, and where they are
// signed in.
type accountPage struct {
	slip
	Name       input
	Addresses  []helpdesk.ContactAddress
	Identities []identity
	// IdentityTrouble is why one of them could not be changed.
	IdentityTrouble string
	MayPassword     bool // passwords are a way in here
	HasPassword     bool
	Fields          []input
	Sessions        []session
	Others          bool
	Done            string
}

// session is one browser in which they are signed in.
type session struct {
	helpdesk.CustomerSession
	This bool
	With string // how, in words
}

// accountDone are the words for what was done.
var accountDone = map[string]string{
	"name":     "Your name is saved.",
	"password": "Your password is set. All other browsers are signed out.",
	"ended":    "That browser is signed out.",
	"others":   "All other browsers are signed out.",
	// Of signing in elsewhere.
	"connected":    "It is connected: you can sign in with it from now on.",
	"disconnected": "It is disconnected: it signs you in no more.",
}

func (p *Handler) account(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	return p.writeAccount(v, slip{Status: http.StatusOK}, tried{})
}

func needsCustomer() error { return helpdesk.Errorf(helpdesk.SignIn, "sign in first") }

// tried is what somebody wanted to change in vain, for the place where it is said.
type tried struct {
	old      bool   // the slip is about the old password
	identity string // why one could not be changed
	name     string // that was typed; the slip is about it
}

func (p *Handler) writeAccount(v *visit, s slip, t tried) error {
	sessions, err := p.desk.CustomerSessions(v.context(), v.customer)
	if err != nil {
		return err
	}
	c := v.customer.Contact
	page := accountPage{
		slip: s, Name: nameInput(v, c.Name, ""), Addresses: c.Addresses, Identities: identities(v, c.SignIn.Subjects), IdentityTrouble: t.identity,
		MayPassword: v.center.SignUp.Password, HasPassword: c.SignIn.Password != "", Others: len(sessions) > 1,
	}
	if words := accountDone[v.r.URL.Query().Get("done")]; words != "" && s.Error == "" && s.Trouble == nil {
		page.Done = v.say.T(words)
	}
	for _, each := range sessions {
		page.Sessions = append(page.Sessions, session{CustomerSession: each, This: each.ID == v.customer.Session.ID, With: howWords(v, each.How)})
	}
	ofOld, ofNew := "", s.Error
	switch {
	case t.old:
		ofOld, ofNew = s.Error, ""
	case t.name != "":
		page.Name, ofNew = nameInput(v, t.name, s.Error), ""
	}
	if page.HasPassword {
		page.Fields = append(page.Fields, input{
			Kind: line, Name: "old", Label: v.say.T("Your password now"), Type: "password", Autocomplete: "current-password", Error: ofOld, Focus: ofOld != "",
		})
	}
	page.Fields = append(page.Fields, newPasswordInput(v, ofNew))
	p.write(v, s.Status, "account", v.say.T("Your account"), p.frame(v), page)
	return nil
}

// howWords say how somebody signed in; what is none of ours is an issuer's name.
func howWords(v *visit, how string) string {
	switch how {
	case actions.ByPassword:
		return v.say.T("with your password")
	case actions.ByCode:
		return v.say.T("with a code by mail")
	}
	for _, o := range v.center.SignUp.OIDC {
		if o.Name == how {
			how = or(o.Label, how)
		}
	}
	return v.say.T("with %s", how)
}

func (p *Handler) changePassword(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	e, err := p.desk.ChangePassword(v.context(), v.center, v.customer, actions.NewPassword{
		Old: v.r.PostForm.Get("old"), New: v.r.PostForm.Get("password"), Browser: web.Browser(v.r.UserAgent()),
	})
	if err == nil {
		return p.entered(v, e, v.path("/account?done=password"))
	}
	aboutOld := errors.Is(err, actions.ErrOldPassword) || errors.Is(err, actions.ErrTooMany)
	s, err := p.slip(v, err)
	if err != nil {
		return err
	}
	return p.writeAccount(v, s, tried{old: aboutOld})
}

func (p *Handler) changeName(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	name := v.r.PostForm.Get("name")
	err := p.desk.ChangeName(v.context(), v.center, v.customer, name)
	if err == nil {
		http.Redirect(v.w, v.r, v.path("/account?done=name"), http.StatusSeeOther)
		return nil
	}
	s, err := p.slip(v, err)
	if err != nil {
		return err
	}
	return p.writeAccount(v, s, tried{name: name})
}

func (p *Handler) endSession(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	if err := p.desk.EndCustomerSession(v.context(), v.customer, v.r.PathValue("session")); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.path("/account?done=ended"), http.StatusSeeOther)
	return nil
}

func (p *Handler) endOthers(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	if err := p.desk.EndOtherSessions(v.context(), v.customer); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.path("/account?done=others"), http.StatusSeeOther)
	return nil
}
