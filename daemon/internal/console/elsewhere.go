package console

import (
	"context"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Elsewhere is signing in at an issuer of OpenID Connect.
type Elsewhere interface {
	AgentLeave(ctx context.Context, h helpdesk.HelpCenter, issuer, next, cookie, password string) (*actions.Left, error)
	// AgentBack must change nothing, and answer Invalid for what was not begun in the
	// browser that has the cookie.
	AgentBack(h helpdesk.HelpCenter, issuer, cookie, state string) (*actions.Way, error)
	AgentArrive(ctx context.Context, h helpdesk.HelpCenter, issuer string, in actions.AgentArriving) (*actions.AgentArrived, error)
}

// awayCookie goes with an agent who signs in at an issuer.
const awayCookie = "postern_agent_away"

// maxReturn is far above what issuers put into the address of the way back.
const maxReturn = 4 << 10

// leavePage is what somebody sees for a moment on the way to an issuer, backPage when
// they are back, with the button that ends the sign-in: looking at it does nothing.
type (
	leavePage struct{ Label, Address string }
	backPage  struct{ Label, Action, Code, State, Issuer string }
)

func issuerButtons(v *visit) []issuerButton {
	var all []issuerButton
	for _, a := range v.center.Agents {
		all = append(all, issuerButton{a.Name, a.Label})
	}
	return all
}

// leave begins a sign-in at an issuer. The browser is led on by the page, not by the
// answer to the form, which the policy lets go to this site alone.
func (c *Handler) leave(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if !c.tries.Allow(c.site.Client(v.r)) {
		return web.ErrTooMany
	}
	next, cookie := web.LocalPath(v.r.PostForm.Get("next"), home), ""
	if v.r.PostForm.Has("add") {
		if next, cookie = "/agent/me", v.cookie(); cookie == "" {
			return c.askToSignIn(v)
		}
	}
	left, err := c.desk.AgentLeave(v.context(), v.center, v.r.PathValue("issuer"), next, cookie, v.r.PostForm.Get("password"))
	if helpdesk.KindOf(err) == helpdesk.SignIn {
		return c.askToSignIn(v)
	}
	if err != nil && cookie != "" { // it may be the password
		if v.by, _ = c.desk.SignedIn(v.context(), v.center.Account, cookie); v.by.Agent != nil {
			return c.meWrong(v, "issuer", err)
		}
	}
	if err != nil {
		return err
	}
	web.SetCookie(v.w, v.center, awayCookie, left.Cookie, left.Expires)
	web.KeepSecret(v.w)
	v.w.Header().Set("Refresh", "0; url="+left.Address)
	c.write(v, http.StatusOK, "leave", "On to "+left.Label, frame{}, leavePage{left.Label, left.Address})
	return nil
}

// showBack shows the button that ends the sign-in.
func (c *Handler) showBack(v *visit) error {
	web.KeepSecret(v.w)
	query, name := v.r.URL.Query(), v.r.PathValue("issuer")
	way, err := c.desk.AgentBack(v.center, name, web.Cookie(v.r, v.center, awayCookie), query.Get("state"))
	if err != nil {
		return c.notBack(v, err)
	}
	page := backPage{Label: way.Label, Action: "/agent/sign-in/back/" + name, Code: query.Get("code"), State: query.Get("state"), Issuer: query.Get("iss")}
	if query.Get("error") != "" || page.Code == "" || len(page.Code)+len(page.Issuer) > maxReturn {
		c.refuse(v, way.Label+" signed nobody in.")
		return nil
	}
	c.write(v, http.StatusOK, "back", "Back from "+way.Label, frame{}, page)
	return nil
}

// refuse shows the sign-in again, with why nobody came in.
func (c *Handler) refuse(v *visit, why string) {
	c.writeSignIn(v, http.StatusUnprocessableEntity, signInPage{Next: home, Notice: why})
}

// notBack says of what was not begun here that it has to be begun again.
func (c *Handler) notBack(v *visit, err error) error {
	if helpdesk.KindOf(err) != helpdesk.Invalid {
		return err
	}
	c.refuse(v, web.Sentence(helpdesk.Public(err)))
	return nil
}

// takeBack ends the sign-in.
func (c *Handler) takeBack(v *visit) error {
	web.KeepSecret(v.w)
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if !c.tries.Allow(c.site.Client(v.r)) {
		return web.ErrTooMany
	}
	post := v.r.PostForm
	got, err := c.desk.AgentArrive(v.context(), v.center, v.r.PathValue("issuer"), actions.AgentArriving{
		Cookie: web.Cookie(v.r, v.center, awayCookie), State: post.Get("state"), Returned: helpdesk.Returned{Code: post.Get("code"), Issuer: post.Get("iss")},
		Session: v.cookie(), Browser: web.Browser(v.r.UserAgent()),
	})
	if helpdesk.KindOf(err) == helpdesk.SignIn {
		c.refuse(v, "Your session has ended. Sign in to go on.")
		return nil
	}
	if err != nil {
		return c.notBack(v, err)
	}
	web.DropCookie(v.w, v.center, awayCookie) // it was for this once
	if got.Refused != "" {
		c.refuse(v, got.Refused)
		return nil
	}
	return c.enter(v, got.Entered, web.LocalPath(got.Next, home), draft{})
}
