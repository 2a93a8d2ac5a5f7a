package console

import (
	"io"
	"net/http"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const home = "/agent"

// signInPage asks for address and password.
type signInPage struct {
	Address string
	Next    string
	Notice  string
	Error   string
	Trouble *web.Trouble
	// Draft is what was being written when the session ended. It goes through the
	// sign-in and comes back.
	Draft draft
}

// notices that a sign-in page may begin with.
var signInNotices = map[string]string{"out": "You are signed out."}

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

// askToSignIn leads to the sign-in and back. What was being written comes along.
func (c *Handler) askToSignIn(v *visit) error {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		http.Redirect(v.w, v.r, "/agent/sign-in?next="+url.QueryEscape(v.r.URL.RequestURI()), http.StatusSeeOther)
		return nil
	}
	lost := false // nobody is signed in, so no file is kept
	if v.r.PostForm == nil {
		if err := web.ReadParts(v.w, v.r, func(string, string, io.Reader) { lost = true }); err != nil {
			return err
		}
	}
	page := signInPage{Next: home, Notice: "Your session has ended. Sign in to go on.", Draft: readDraft(v)}
	if page.Draft.Number != 0 {
		page.Next = page.Draft.path()
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

func (c *Handler) signIn(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	post := v.r.PostForm
	page := signInPage{Address: post.Get("address"), Next: web.LocalPath(post.Get("next"), home), Draft: carriedDraft(post)}
	if !c.tries.Allow(c.site.Client(v.r)) {
		page.Error = "There were many tries from your network in a short time. Wait a minute and try again."
		c.writeSignIn(v, web.Status(web.ErrTooMany), page)
		return nil
	}
	cookie, expires, err := c.desk.SignIn(v.context(), v.center.Account, page.Address, post.Get("password"))
	if err != nil {
		return c.signInAgain(v, page, err)
	}
	web.SetCookie(v.w, v.center, cookieName, cookie, expires)
	if !page.Draft.carried() {
		http.Redirect(v.w, v.r, page.Next, http.StatusSeeOther)
		return nil
	}
	if v.by, err = c.desk.SignedIn(v.context(), v.center.Account, cookie); err != nil {
		return err
	}
	return c.writeTicket(v, page.Draft, nil)
}

func (c *Handler) signInAgain(v *visit, page signInPage, err error) error {
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		page.Error = web.Sentence(helpdesk.Public(err))
	} else {
		trouble := c.site.Trouble(v.r, err)
		page.Trouble = &trouble
	}
	c.writeSignIn(v, web.Status(err), page)
	return nil
}

func (c *Handler) writeSignIn(v *visit, status int, page signInPage) {
	c.write(v, status, "signin", "Agent sign-in", frame{}, page)
}

// signOut ends the session even if the cookie is all that is left of it.
func (c *Handler) signOut(v *visit) error {
	if cookie := web.Cookie(v.r, v.center, cookieName); cookie != "" {
		if err := c.desk.SignOut(v.context(), v.center.Account, cookie); err != nil {
			return err
		}
	}
	web.DropCookie(v.w, v.center, cookieName)
	http.Redirect(v.w, v.r, "/agent/sign-in?done=out", http.StatusSeeOther)
	return nil
}
