package portal

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// codeCookie names what was asked for, and holds a secret: a code is good only in
// the browser that has it, so nobody can be talked into reading one out.
const codeCookie = "postern_code"

// codePage asks for an address, and then for the code that was sent to it.
type codePage struct {
	waysIn
	slip
	Address string // to which the code went
	Fields  []input
}

func (p *Handler) showCode(v *visit) error {
	if !v.center.SignUp.EmailCode {
		return missing()
	}
	p.askForCode(v, "code-ask", codePage{waysIn: p.waysIn(v), slip: slip{Status: http.StatusOK}})
	return nil
}

// code has a code sent, or takes in the one that was typed.
func (p *Handler) code(v *visit) error {
	if !v.center.SignUp.EmailCode {
		return missing()
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	page := codePage{waysIn: p.waysIn(v), Address: v.r.PostForm.Get("address")}
	name, act := "code-ask", p.sendCode
	if v.r.PostForm.Has("code") {
		name, act = "code", p.typeCode
	}
	done, err := act(v, page)
	if done || err == nil {
		return err
	}
	if page.slip, err = p.slip(v, err); err != nil {
		return err
	}
	p.askForCode(v, name, page)
	return nil
}

func (p *Handler) sendCode(v *visit, page codePage) (done bool, err error) {
	secret := rand.Text()
	id, err := p.askByMail(v, actions.Asking{Kind: helpdesk.PassCode, Address: page.Address, Next: page.Next, Browser: secret})
	if err != nil {
		return false, err
	}
	web.SetCookie(v.w, v.center, codeCookie, string(id)+"."+secret, p.site.Now().Add(helpdesk.CodeLifetime))
	page.Status = http.StatusOK
	p.askForCode(v, "code", page)
	return true, nil
}

func (p *Handler) typeCode(v *visit, page codePage) (done bool, err error) {
	if !p.limits.tries.Allow(p.site.Client(v.r)) {
		return false, web.ErrTooMany
	}
	id, secret, _ := strings.Cut(web.Cookie(v.r, v.center, codeCookie), ".")
	e, err := p.desk.SignInByCode(v.context(), v.center, actions.TypedCode{
		Pass: helpdesk.ID(id), Secret: secret, Code: v.r.PostForm.Get("code"), Browser: web.Browser(v.r.UserAgent()),
	})
	if err != nil {
		return false, err
	}
	web.DropCookie(v.w, v.center, codeCookie)
	return true, p.entered(v, e, or(e.Next, page.Next))
}

func (p *Handler) askForCode(v *visit, name string, page codePage) {
	title := v.say.T("Sign in with a code")
	if name == "code" {
		page.Fields = []input{{
			Kind: line, Name: "code", Label: v.say.T("Code"), Type: "text", Mode: "numeric", Autocomplete: "one-time-code", Short: true,
			Help: v.say.T("Eight digits. They hold for ten minutes, in this browser."), Error: page.Error, Focus: true,
		}}
	} else {
		page.Fields = []input{addressInput(v, page.Address, page.Error)}
	}
	p.write(v, page.Status, name, title, p.frame(v), page)
}
