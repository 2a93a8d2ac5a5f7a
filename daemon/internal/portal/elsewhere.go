package portal

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// Elsewhere is signing in at an issuer of OpenID Connect.
type Elsewhere interface {
	Leave(ctx context.Context, h helpdesk.HelpCenter, issuer string, in actions.Leaving) (*actions.Left, error)
	// Back must change nothing, and answer Invalid for what was not begun in the
	// browser that has the cookie.
	Back(h helpdesk.HelpCenter, issuer, cookie, state string) (*actions.Way, error)
	Arrive(ctx context.Context, h helpdesk.HelpCenter, issuer string, in actions.Arriving) (*actions.Arrived, error)
	// LinkIdentity answers NotFound in another browser than that which has the secret.
	LinkIdentity(ctx context.Context, h helpdesk.HelpCenter, token, secret, browser string) (*actions.Entered, error)
	// DropIdentity answers Invalid for the last way in.
	DropIdentity(ctx context.Context, h helpdesk.HelpCenter, who *actions.Customer, issuer string) error
}

const (
	// awayCookie goes with somebody who signs in at an issuer.
	awayCookie = "postern_away"
	// proofCookie is in the browser in which a mail to prove an address was asked
	// for: its link can be used in no other.
	proofCookie = "postern_proof"
)

// maxReturn is far above what issuers put into the address of the way back.
const maxReturn = 4 << 10

// leavePage is what somebody sees for a moment on the way to an issuer.
type leavePage struct{ Label, Address string }

// leave begins a sign-in at an issuer. The browser is led on by the page, not by
// the answer to the form: a policy that lets forms be sent to this site alone ends
// in some browsers what was redirected from one, and no policy could name all
// sites to which an issuer may lead on.
func (p *Handler) leave(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	in := actions.Leaving{Next: web.LocalPath(v.r.PostForm.Get("next"), ""), Pass: v.r.PostForm.Get("pass")}
	if v.r.PostForm.Has("add") {
		if in.Add = v.customer; in.Add == nil {
			return needsCustomer()
		}
	}
	left, err := p.desk.Leave(v.context(), v.center, v.r.PathValue("issuer"), in)
	if err != nil {
		return err
	}
	web.SetCookie(v.w, v.center, awayCookie, left.Cookie, left.Expires)
	web.KeepSecret(v.w)
	v.w.Header().Set("Refresh", "0; url="+left.Address)
	p.write(v, http.StatusOK, "leave", v.say.T("On to %s", left.Label), p.frame(v), leavePage{left.Label, left.Address})
	return nil
}

// returnPage is where somebody comes back to.
type returnPage struct {
	waysIn
	What    actions.Arrival // "" where there is only a button to press
	Label   string
	Address string // to which a mail may be on its way
	Form    returnForm
	Account bool // it was for the account of who is signed in
}

// returnForm is what the issuer sent with the browser, to be sent again by the
// button: looking at the page does nothing.
type returnForm struct{ Action, Code, State, Issuer string }

// Ends of the way back that the issuer, or the browser, is the cause of.
const (
	returnedLost     actions.Arrival = "lost"     // begun in another browser, or too long ago
	returnedDeclined actions.Arrival = "declined" // they did not want to
	returnedFailed   actions.Arrival = "failed"   // the issuer could not
)

// showReturn shows the button that ends the sign-in. The page presses it itself
// where scripts run.
func (p *Handler) showReturn(v *visit) error {
	web.KeepSecret(v.w)
	query := v.r.URL.Query()
	way, err := p.wayBack(v, query.Get("state"))
	if helpdesk.KindOf(err) == helpdesk.Invalid && v.customer != nil { // they went back with their browser, after they came in
		http.Redirect(v.w, v.r, v.path("/requests"), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return p.returned(v, err)
	}
	page := returnPage{Label: way.Label}
	if fault := query.Get("error"); fault != "" { // RFC 6749 section 4.1.2.1
		what := returnedFailed
		if fault == "access_denied" {
			what = returnedDeclined
		}
		p.site.Log().InfoContext(v.context(), "issuer signed nobody in", "issuer", v.r.PathValue("issuer"), "error", clip(fault), "says", clip(query.Get("error_description")))
		return p.writeReturn(v, what, way, page)
	}
	page.Form = returnForm{
		Action: "/sign-in/back/" + v.r.PathValue("issuer"), Code: query.Get("code"), State: query.Get("state"), Issuer: query.Get("iss"),
	}
	if len(page.Form.Code)+len(page.Form.Issuer) > maxReturn || page.Form.Code == "" {
		return p.writeReturn(v, returnedFailed, way, page)
	}
	p.write(v, http.StatusOK, "back", v.say.T("Back from %s", way.Label), p.frame(v), page)
	return nil
}

// wayBack looks at what the browser brought, and goes on in the language in which
// it left.
func (p *Handler) wayBack(v *visit, state string) (*actions.Way, error) {
	way, err := p.desk.Back(v.center, v.r.PathValue("issuer"), web.Cookie(v.r, v.center, awayCookie), state)
	if err != nil {
		return nil, err
	}
	v.center = v.center.Speaking(way.Locale)
	v.say = words.For(v.center.Locale)
	return way, nil
}

// takeReturn ends the sign-in. Tries are counted: each asks the issuer something.
func (p *Handler) takeReturn(v *visit) error {
	web.KeepSecret(v.w)
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if !p.limits.tries.Allow(p.site.Client(v.r)) {
		return web.ErrTooMany
	}
	form := v.r.PostForm
	way, err := p.wayBack(v, form.Get("state"))
	if err != nil {
		return p.returned(v, err)
	}
	secret := rand.Text()
	got, err := p.desk.Arrive(v.context(), v.center, v.r.PathValue("issuer"), actions.Arriving{
		Cookie: web.Cookie(v.r, v.center, awayCookie), State: form.Get("state"), Returned: helpdesk.Returned{Code: form.Get("code"), Issuer: form.Get("iss")},
		Customer: v.customer, Secret: secret, Browser: web.Browser(v.r.UserAgent()),
	})
	if err != nil {
		return p.returned(v, err)
	}
	web.DropCookie(v.w, v.center, awayCookie) // it was for this once
	switch got.What {
	case actions.ArrivedIn:
		return p.entered(v, got.Entered, got.Next)
	case actions.ArrivedAdded:
		http.Redirect(v.w, v.r, v.path("/account?done=connected"), http.StatusSeeOther)
		return nil
	case actions.ArrivedMailed:
		web.SetCookie(v.w, v.center, proofCookie, secret, p.site.Now().Add(helpdesk.SignUpLifetime))
	}
	return p.writeReturn(v, got.What, way, returnPage{Label: got.Label, Address: got.Address.String(), Account: v.customer != nil})
}

// returned puts what went wrong on the way into a page that leads on.
func (p *Handler) returned(v *visit, err error) error {
	if helpdesk.KindOf(err) != helpdesk.Invalid {
		return err
	}
	return p.writeReturn(v, returnedLost, &actions.Way{}, returnPage{})
}

// returnStatus of what is no success.
var returnStatus = map[actions.Arrival]int{
	actions.ArrivedUnasked: http.StatusForbidden,
	actions.ArrivedTaken:   http.StatusConflict,
	actions.ArrivedMailed:  http.StatusOK,
}

func (p *Handler) writeReturn(v *visit, what actions.Arrival, way *actions.Way, page returnPage) error {
	page.waysIn = p.waysIn(v)
	page.Next, page.NextQuery = way.Next, nextQuery(way.Next)
	page.What = what
	status, ok := returnStatus[what]
	if !ok {
		status = http.StatusUnprocessableEntity
	}
	title := v.say.T("You are not signed in")
	if what == actions.ArrivedMailed {
		title = v.say.T("Look into your mail")
	}
	p.write(v, status, "returned", title, p.frame(v), page)
	return nil
}

// clip keeps what somebody else sent short in the log.
func clip(s string) string {
	const most = 100
	return s[:min(len(s), most)]
}

// proofPage asks whether somebody who came from an issuer is whose mail it is.
type proofPage struct {
	Label   string
	Address string
	New     bool // it is their first sign-in
	Here    bool // it was asked for in this browser
}

func (p *Handler) showProof(v *visit, pass *helpdesk.Pass) error {
	page := proofPage{
		Label: issuerLabel(v, pass.Subject.Name), Address: pass.Address.String(), New: pass.Kind == helpdesk.PassSignUp,
		Here: actions.IsFor(pass, web.Cookie(v.r, v.center, proofCookie)),
	}
	p.write(v, http.StatusOK, "proof", v.say.T("Was this you?"), p.frame(v), page)
	return nil
}

func (p *Handler) useProof(v *visit, pass *helpdesk.Pass) error {
	secret := web.Cookie(v.r, v.center, proofCookie)
	if !actions.IsFor(pass, secret) { // a program, or the right person in another browser
		return p.showProof(v, pass)
	}
	e, err := p.desk.LinkIdentity(v.context(), v.center, v.r.PathValue("token"), secret, web.Browser(v.r.UserAgent()))
	if err != nil {
		return p.passGone(v, err)
	}
	web.DropCookie(v.w, v.center, proofCookie)
	return p.entered(v, e, e.Next)
}

// issuerLabel is what an issuer is called.
func issuerLabel(v *visit, name string) string {
	if o := v.center.SignUp.Issuer(name); o != nil {
		return or(o.Label, name)
	}
	return name
}

// identity is an issuer at which a customer can sign in, or could.
type identity struct {
	Name, Label string
	Subject     *helpdesk.Subject // nil: it is not connected
}

// identities are those that are connected, then the issuers that could be.
func identities(v *visit, connected []helpdesk.Subject) []identity {
	var all []identity
	has := map[string]bool{}
	for i := range connected {
		s := &connected[i]
		has[s.Issuer] = true
		label := s.Name // of an issuer that is not declared any more
		for _, o := range v.center.SignUp.OIDC {
			if o.Issuer == s.Issuer {
				label = or(o.Label, o.Name)
			}
		}
		all = append(all, identity{Name: s.Name, Label: label, Subject: s})
	}
	for _, o := range v.center.SignUp.OIDC {
		if !has[o.Issuer] {
			all = append(all, identity{Name: o.Name, Label: or(o.Label, o.Name)})
		}
	}
	return all
}

// dropIdentity disconnects an issuer from the account.
func (p *Handler) dropIdentity(v *visit) error {
	if v.customer == nil {
		return needsCustomer()
	}
	err := p.desk.DropIdentity(v.context(), v.center, v.customer, v.r.PathValue("issuer"))
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		return p.writeAccount(v, slip{Status: web.Status(err)}, tried{identity: web.Sentence(helpdesk.PublicIn(err, v.say.T))})
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.path("/account?done=disconnected"), http.StatusSeeOther)
	return nil
}
