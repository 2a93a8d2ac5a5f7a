package console

import (
	"context"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Own is what agents do to their own sign-in.
type Own interface {
	OwnSessions(ctx context.Context, by actions.Actor) ([]helpdesk.Session, error)
	EndOwnSessions(ctx context.Context, by actions.Actor, id, cookie string) error
	SignedInSession(ctx context.Context, account, cookie string) (*actions.AgentSession, error)
	ChangeAgentPassword(ctx context.Context, by actions.Actor, cookie string, in actions.NewPassword) (*actions.AgentEntered, error)
	BeginSecond(ctx context.Context, by actions.Actor, cookie, password string) error
	EndSecond(ctx context.Context, by actions.Actor, code, browser string) (*actions.AgentEntered, error)
	SetOwnMail(ctx context.Context, by actions.Actor, mail helpdesk.AgentMail) error
}

// mePage is the agent's own page.
type mePage struct {
	Agent    helpdesk.Agent
	Mail     helpdesk.AgentMail
	Role     helpdesk.DeskRole
	Sessions []helpdesk.Session
	This     helpdesk.ID
	Compact  bool
	Least    int
	Done     string
	Error    meError
	Issuers  []issuerButton // that could be connected
}

// meError stands at the form that it is about.
type meError struct{ Form, Words string }

var meDone = map[string]string{
	"password": "Your password is changed. All other browsers are signed out.",
	"codes":    "Codes are off. All other browsers are signed out.",
	"mail":     "Saved.",
	"sessions": "Signed out there.",
}

func (c *Handler) mePages() {
	c.handle("GET /agent/me", func(v *visit) error { return c.writeMe(v, http.StatusOK, meError{}) })
	c.handle("POST /agent/me/mail", c.ownMail)
	c.handle("POST /agent/me/password", c.ownPassword)
	c.handle("POST /agent/me/second/begin", c.beginSecond)
	c.handle("GET /agent/me/second", func(v *visit) error { return c.writeOwnStep(v, http.StatusOK, "") })
	c.handle("POST /agent/me/second", c.finishSecond)
	c.handle("POST /agent/me/second/end", c.endSecond)
	c.handle("POST /agent/me/sessions/{session}/end", func(v *visit) error { return c.endSessions(v, v.r.PathValue("session")) })
	c.handle("POST /agent/me/sessions/end", func(v *visit) error { return c.endSessions(v, "") })
}

func (v *visit) cookie() string { return web.Cookie(v.r, v.center, cookieName) }

func (c *Handler) writeMe(v *visit, status int, wrong meError) error {
	s, err := c.desk.SignedInSession(v.context(), v.center.Account, v.cookie())
	if err != nil {
		return err
	}
	page := mePage{
		Agent: *s.Actor.Agent, Mail: s.Actor.Agent.Mail, Role: s.Actor.Role, This: s.Session.ID, Least: actions.MinPassword, Error: wrong,
		Compact: web.Cookie(v.r, v.center, densityCookie) == compactRows, Done: meDone[v.r.URL.Query().Get("done")],
	}
	if page.Agent.Subject == nil {
		page.Issuers = issuerButtons(v)
	}
	if page.Mail == "" {
		page.Mail = helpdesk.MailMine
	}
	if page.Sessions, err = c.desk.OwnSessions(v.context(), v.by); err != nil {
		return err
	}
	c.write(v, status, "me", "Your account", c.frame(v, "me"), page)
	return nil
}

// meWrong shows the page with what was wrong in one of its forms.
func (c *Handler) meWrong(v *visit, form string, err error) error {
	if kind := helpdesk.KindOf(err); kind != helpdesk.Invalid && err != actions.ErrManyTries {
		return err
	}
	return c.writeMe(v, web.Status(err), meError{form, web.Sentence(helpdesk.Public(err))})
}

// renewed gives the browser the session that took the place of its own.
func (c *Handler) renewed(v *visit, entered *actions.AgentEntered, done string) error {
	web.SetCookie(v.w, v.center, cookieName, entered.Cookie, entered.Expires)
	http.Redirect(v.w, v.r, "/agent/me?done="+done, http.StatusSeeOther)
	return nil
}

func (c *Handler) ownMail(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	mail, err := helpdesk.ParseAgentMail(v.r.PostForm.Get("mail"))
	if err == nil {
		err = c.desk.SetOwnMail(v.context(), v.by, mail)
	}
	if err != nil {
		return c.meWrong(v, "mail", err)
	}
	http.Redirect(v.w, v.r, "/agent/me?done=mail", http.StatusSeeOther)
	return nil
}

func (c *Handler) ownPassword(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	entered, err := c.desk.ChangeAgentPassword(v.context(), v.by, v.cookie(), actions.NewPassword{
		Old: v.r.PostForm.Get("old"), New: v.r.PostForm.Get("password"), Browser: web.Browser(v.r.UserAgent()),
	})
	if err != nil {
		return c.meWrong(v, "password", err)
	}
	return c.renewed(v, entered, "password")
}

func (c *Handler) beginSecond(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if err := c.desk.BeginSecond(v.context(), v.by, v.cookie(), v.r.PostForm.Get("password")); err != nil {
		return c.meWrong(v, "second", err)
	}
	http.Redirect(v.w, v.r, "/agent/me/second", http.StatusSeeOther)
	return nil
}

func (c *Handler) writeOwnStep(v *visit, status int, wrong string) error {
	return c.writeStep(v, status, v.cookie(), stepPage{Own: true, Error: wrong})
}

func (c *Handler) finishSecond(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	entered, codes, err := c.desk.FinishSecond(v.context(), v.center.Account, v.cookie(), v.r.PostForm.Get("code"))
	if kind := helpdesk.KindOf(err); kind == helpdesk.Invalid || kind == helpdesk.Unavailable {
		return c.writeOwnStep(v, web.Status(err), web.Sentence(helpdesk.Public(err)))
	}
	if err != nil {
		return err
	}
	return c.writeRecovery(v, entered, codes, recoveryPage{Next: "/agent/me"})
}

func (c *Handler) endSecond(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	entered, err := c.desk.EndSecond(v.context(), v.by, v.r.PostForm.Get("code"), web.Browser(v.r.UserAgent()))
	if err != nil {
		return c.meWrong(v, "second", err)
	}
	return c.renewed(v, entered, "codes")
}

func (c *Handler) endSessions(v *visit, id string) error {
	if err := c.desk.EndOwnSessions(v.context(), v.by, id, v.cookie()); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/me?done=sessions", http.StatusSeeOther)
	return nil
}
