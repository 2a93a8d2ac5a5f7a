package console

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"net/http"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// stepPage asks for what a sign-in still waits for: a code, or an app that makes codes.
type stepPage struct {
	SetUp   bool
	Picture template.URL // a QR code
	Secret  string       // in groups, as it is typed
	Next    string
	Error   string
	Trouble *web.Trouble
	Draft   draft
	Own     bool // it is for who is signed in already
}

// recoveryPage shows the codes of recovery, this once.
type recoveryPage struct {
	Codes []string
	Next  string
	Text  string // what was being written
}

// showStep shows the page again, as of who went back with their browser.
func (c *Handler) showStep(v *visit) error {
	return c.writeStep(v, http.StatusOK, web.Cookie(v.r, v.center, stepCookie), stepPage{Next: web.LocalPath(v.r.FormValue("next"), home)})
}

func (c *Handler) writeStep(v *visit, status int, cookie string, page stepPage) error {
	web.KeepSecret(v.w)
	setUp, err := c.desk.SetUpOf(v.context(), v.center, cookie)
	if err != nil {
		return c.stepEnded(v, err)
	}
	if page.SetUp = setUp.Step != helpdesk.StepCode; page.SetUp {
		if setUp.Secret == "" {
			return missing()
		}
		if page.Picture, err = picture(setUp.Link); err != nil {
			return err
		}
		page.Secret = grouped(setUp.Secret)
	}
	title := "Enter your code"
	if page.SetUp {
		title = "Set up codes"
	}
	f := frame{}
	if page.Own {
		f = c.frame(v, "me")
	}
	c.write(v, status, "second", title, f, page)
	return nil
}

// stepEnded leads to the beginning of a sign-in that took too long.
func (c *Handler) stepEnded(v *visit, err error) error {
	if helpdesk.KindOf(err) != helpdesk.SignIn {
		return err
	}
	c.writeSignIn(v, web.Status(err), signInPage{Next: home, Notice: "That took too long, or was done already. Sign in again.", Draft: carriedDraft(v.r.PostForm)})
	return nil
}

// pictureSize in pixels: each dot is a whole number of them.
const pictureSize = 240

func picture(text string) (template.URL, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("make picture of key: %w", err)
	}
	if code, err = barcode.Scale(code, pictureSize, pictureSize); err != nil {
		return "", fmt.Errorf("make picture of key: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, code); err != nil {
		return "", fmt.Errorf("make picture of key: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// grouped sets a secret out for who types it.
func grouped(secret string) string {
	var b bytes.Buffer
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// step takes the code of a sign-in.
func (c *Handler) step(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	post, cookie := v.r.PostForm, web.Cookie(v.r, v.center, stepCookie)
	page := stepPage{Next: web.LocalPath(post.Get("next"), home), Draft: carriedDraft(post)}
	if !c.tries.Allow(c.site.Client(v.r)) {
		page.Error = tooMany
		return c.writeStep(v, web.Status(web.ErrTooMany), cookie, page)
	}
	setUp, err := c.desk.SetUpOf(v.context(), v.center, cookie)
	if err != nil {
		return c.stepEnded(v, err)
	}
	if setUp.Step == helpdesk.StepSetUp {
		entered, codes, err := c.desk.FinishSecond(v.context(), v.center.Account, cookie, post.Get("code"))
		if err != nil {
			return c.stepAgain(v, cookie, page, err)
		}
		web.DropCookie(v.w, v.center, stepCookie)
		return c.writeRecovery(v, entered, codes, recoveryPage{Next: page.Next, Text: page.Draft.Text})
	}
	entered, err := c.desk.SignInCode(v.context(), v.center.Account, cookie, post.Get("code"))
	if err != nil {
		return c.stepAgain(v, cookie, page, err)
	}
	web.DropCookie(v.w, v.center, stepCookie)
	return c.enter(v, entered, page.Next, page.Draft)
}

func (c *Handler) stepAgain(v *visit, cookie string, page stepPage, err error) error {
	switch helpdesk.KindOf(err) {
	case helpdesk.SignIn:
		return c.stepEnded(v, err)
	case helpdesk.Invalid, helpdesk.Unavailable:
		page.Error = web.Sentence(helpdesk.Public(err))
		return c.writeStep(v, web.Status(err), cookie, page)
	}
	return err
}

// writeRecovery gives the browser its session, and shows the codes that nobody can show
// again.
func (c *Handler) writeRecovery(v *visit, entered *actions.AgentEntered, codes []string, page recoveryPage) error {
	web.KeepSecret(v.w)
	web.SetCookie(v.w, v.center, cookieName, entered.Cookie, entered.Expires)
	page.Codes = codes
	c.write(v, http.StatusOK, "recovery", "Codes for when your phone is gone", frame{}, page)
	return nil
}
