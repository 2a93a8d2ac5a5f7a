package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// passPage is what a link in a mail opens: to sign up, to follow an invitation, or
// to set another password. Looking at it does nothing, and neither does pressing
// its button: programs that look for viruses do both. What they do not do is type
// a password.
type passPage struct {
	waysIn
	slip
	Kind    helpdesk.PassKind
	Address string
	Fields  []input
}

func (p *Handler) showPass(v *visit) error {
	pass, err := p.desk.OpenPass(v.context(), v.center, v.r.PathValue("token"))
	if err != nil {
		return p.passGone(v, err)
	}
	v.speak(pass.Locale)
	if pass.Subject != nil {
		return p.showProof(v, pass)
	}
	p.askForPassword(v, pass, "", slip{Status: http.StatusOK}, "")
	return nil
}

// speak goes on in the language in which somebody asked for a mail, unless the
// address asks for another one.
func (v *visit) speak(locale string) {
	if slices.Contains(v.center.Locales, locale) && !v.r.URL.Query().Has("lang") {
		v.center = v.center.Speaking(locale)
		v.center.Locale, v.say, v.r = locale, words.For(locale), web.Speaking(v.r, locale)
	}
}

func (p *Handler) usePass(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	token, name := v.r.PathValue("token"), v.r.PostForm.Get("name")
	pass, err := p.desk.OpenPass(v.context(), v.center, token)
	if err != nil {
		return p.passGone(v, err)
	}
	v.speak(pass.Locale)
	if pass.Subject != nil {
		return p.useProof(v, pass)
	}
	e, err := p.tryPass(v, token, name)
	if err == nil {
		return p.entered(v, e, e.Next)
	}
	about := ""
	if errors.Is(err, actions.ErrName) {
		about = "name"
	}
	s, err := p.slip(v, err)
	if err != nil {
		return p.passGone(v, err)
	}
	p.askForPassword(v, pass, name, s, about)
	return nil
}

func (p *Handler) tryPass(v *visit, token, name string) (*actions.Entered, error) {
	if !p.limits.tries.Allow(p.site.Client(v.r)) {
		return nil, web.ErrTooMany
	}
	return p.desk.UsePass(v.context(), v.center, token, actions.Activation{
		Name: name, Password: v.r.PostForm.Get("password"), Browser: web.Browser(v.r.UserAgent()),
	})
}

// passGone tells how to go on from a link that does not hold any more.
func (p *Handler) passGone(v *visit, err error) error {
	if helpdesk.KindOf(err) != helpdesk.NotFound || !v.center.PortalOn {
		return err
	}
	p.write(v, web.Status(err), "pass-gone", v.say.T("This link no longer works"), p.frame(v), p.waysIn(v))
	return nil
}

func (p *Handler) askForPassword(v *visit, pass *helpdesk.Pass, name string, s slip, about string) {
	page := passPage{waysIn: p.waysIn(v), slip: s, Kind: pass.Kind, Address: pass.Address.String()}
	page.Pass = v.r.PathValue("token")
	ofName, ofPassword := "", s.Error
	if about == "name" {
		ofName, ofPassword = s.Error, ""
	}
	if pass.Kind != helpdesk.PassReset {
		page.Fields = append(page.Fields, nameInput(v, or(name, pass.Name), ofName))
	}
	page.Fields = append(page.Fields, newPasswordInput(v, ofPassword))
	title := map[helpdesk.PassKind]string{
		helpdesk.PassSignUp: "Sign up", helpdesk.PassInvitation: "Activate your account", helpdesk.PassReset: "Set a new password",
	}[pass.Kind]
	p.write(v, s.Status, "pass", v.say.T(title), p.frame(v), page)
}
