package console

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// SigningIn is how agents come in.
type SigningIn interface {
	// SignIn answers Invalid for an address and a password that do not belong together.
	SignIn(ctx context.Context, account string, in actions.AgentTry) (*actions.AgentEntered, error)
	// SignInCode and FinishSecond end what a cookie of SignIn still waits for.
	SignInCode(ctx context.Context, account, cookie, code string) (*actions.AgentEntered, error)
	FinishSecond(ctx context.Context, account, cookie, code string) (*actions.AgentEntered, []string, error)
	// SetUpOf must change nothing.
	SetUpOf(ctx context.Context, h helpdesk.HelpCenter, cookie string) (*actions.SecondSetUp, error)
	// SignedIn answers SignIn if the cookie signs nobody in.
	SignedIn(ctx context.Context, account, cookie string) (actions.Actor, error)
	SignOut(ctx context.Context, account, cookie string) error
	// Joining must change nothing. Both answer NotFound for a link that opens nothing.
	Joining(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Agent, error)
	Join(ctx context.Context, h helpdesk.HelpCenter, token, password string) (*helpdesk.Agent, error)
}

const home = "/agent"

// stepCookie is of a sign-in that is not done yet: it opens nothing but its own end.
const stepCookie = "postern_agent_step"

// signInPage asks for address and password.
type signInPage struct {
	Address string
	Next    string
	Notice  string
	Error   string
	Trouble *web.Trouble
	Issuers []issuerButton
	// KeptAt is where the sign-in is kept, if that is not everywhere.
	KeptAt string
	// Draft is what was being written when the session ended. It goes through the
	// sign-in and comes back.
	Draft draft
}

// issuerButton is a way in without a password.
type issuerButton struct{ Name, Label string }

// notices that a sign-in page may begin with.
var signInNotices = map[string]string{
	"out":    "You are signed out.",
	"joined": "Your password is set. Sign in with it.",
}

func (c *Handler) showSignIn(v *visit) error {
	page := signInPage{Next: web.LocalPath(v.r.FormValue("next"), home), Notice: signInNotices[v.r.FormValue("done")]}
	if cookie := web.Cookie(v.r, v.center, cookieName); cookie != "" {
		if _, err := c.desk.SignedIn(v.context(), v.center.Account, cookie); err == nil {
			http.Redirect(v.w, v.r, page.Next, http.StatusSeeOther)
			return nil
		}
	}
	c.writeSignIn(v, http.StatusOK, page)
	return nil
}

// signInPath is that of the page which leads on to another one.
func signInPath(next string) string { return "/agent/sign-in?next=" + url.QueryEscape(next) }

// askToSignIn leads to the sign-in and back. What was being written comes along.
func (c *Handler) askToSignIn(v *visit) error {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		http.Redirect(v.w, v.r, signInPath(v.r.URL.RequestURI()), http.StatusSeeOther)
		return nil
	}
	lost := false // nobody is signed in, so no file is kept
	if v.r.PostForm == nil {
		if err := web.ReadParts(v.w, v.r, func(string, string, io.Reader) { lost = true }); err != nil {
			return err
		}
	}
	page := signInPage{Next: home, Notice: "Your session has ended. Sign in to go on.", Draft: readDraft(v)}
	switch {
	case page.Draft.Number != 0:
		page.Next = page.Draft.path()
	case page.Draft.Act == newAct:
		page.Next = newPath
	}
	if page.Draft.carried() {
		page.Notice = "Your session has ended before this was saved. What you wrote comes back when you have signed in."
		if lost {
			page.Notice += " Files have to be chosen again."
		}
	}
	c.writeSignIn(v, web.Status(helpdesk.Errorf(helpdesk.SignIn, "")), page)
	return nil
}

// tooMany is what a network reads that tries too much.
const tooMany = "There were many tries from your network in a short time. Wait a minute and try again."

func (c *Handler) signIn(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	post := v.r.PostForm
	page := signInPage{Address: post.Get("address"), Next: web.LocalPath(post.Get("next"), home), Draft: carriedDraft(post)}
	if !c.tries.Allow(c.site.Client(v.r)) {
		page.Error = tooMany
		c.writeSignIn(v, web.Status(web.ErrTooMany), page)
		return nil
	}
	entered, err := c.desk.SignIn(v.context(), v.center.Account, actions.AgentTry{
		Address: page.Address, Password: post.Get("password"), Browser: web.Browser(v.r.UserAgent()),
	})
	if err != nil {
		return c.signInAgain(v, page, err)
	}
	if entered.Step != helpdesk.StepNone {
		web.SetCookie(v.w, v.center, stepCookie, entered.Cookie, entered.Expires)
		return c.writeStep(v, http.StatusOK, entered.Cookie, stepPage{Next: page.Next, Draft: page.Draft})
	}
	return c.enter(v, entered, page.Next, page.Draft)
}

// enter gives the browser its session and leads on, to what was being written if there
// is something.
func (c *Handler) enter(v *visit, entered *actions.AgentEntered, next string, d draft) error {
	web.SetCookie(v.w, v.center, cookieName, entered.Cookie, entered.Expires)
	if !d.carried() {
		http.Redirect(v.w, v.r, next, http.StatusSeeOther)
		return nil
	}
	by, err := c.desk.SignedIn(v.context(), v.center.Account, entered.Cookie)
	if err != nil {
		return err
	}
	v.by = by
	if d.Act == newAct {
		return c.writeNew(v, d.newTicket(), nil)
	}
	return c.writeTicket(v, d, nil)
}

func (c *Handler) signInAgain(v *visit, page signInPage, err error) error {
	if kind := helpdesk.KindOf(err); kind == helpdesk.Invalid || err == actions.ErrManyTries {
		page.Error = web.Sentence(helpdesk.Public(err))
	} else {
		trouble := c.site.Trouble(v.r, err)
		page.Trouble = &trouble
	}
	c.writeSignIn(v, web.Status(err), page)
	return nil
}

func (c *Handler) writeSignIn(v *visit, status int, page signInPage) {
	page.Issuers, page.KeptAt = issuerButtons(v), web.KeptAt(v.center, signInPath(page.Next))
	c.write(v, status, "signin", "Agent sign-in", frame{}, page)
}

// signOut ends the session even if the cookie is all that is left of it.
func (c *Handler) signOut(v *visit) error {
	for _, name := range []string{cookieName, stepCookie} {
		if cookie := web.Cookie(v.r, v.center, name); cookie != "" {
			if err := c.desk.SignOut(v.context(), v.center.Account, cookie); err != nil {
				return err
			}
			web.DropCookie(v.w, v.center, name)
		}
	}
	http.Redirect(v.w, v.r, "/agent/sign-in?done=out", http.StatusSeeOther)
	return nil
}
