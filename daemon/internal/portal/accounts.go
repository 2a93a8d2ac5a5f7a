package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Accounts is how customers sign up and in, and what they do with their sign-in.
type Accounts interface {
	// AskByMail must answer the same whether anybody has the address or not.
	AskByMail(ctx context.Context, h helpdesk.HelpCenter, in actions.Asking) (helpdesk.ID, error)
	// SignInCustomer answers Invalid for whatever does not fit.
	SignInCustomer(ctx context.Context, h helpdesk.HelpCenter, in actions.Credentials) (*actions.Entered, error)
	SignInByCode(ctx context.Context, h helpdesk.HelpCenter, in actions.TypedCode) (*actions.Entered, error)
	SignOutCustomer(ctx context.Context, account, cookie string) error
	// OpenPass must change nothing, and answer NotFound whatever is wrong with the
	// link.
	OpenPass(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Pass, error)
	UsePass(ctx context.Context, h helpdesk.HelpCenter, token string, in actions.Activation) (*actions.Entered, error)
	ChangePassword(ctx context.Context, h helpdesk.HelpCenter, who *actions.Customer, in actions.NewPassword) (*actions.Entered, error)
	ChangeName(ctx context.Context, h helpdesk.HelpCenter, who *actions.Customer, name string) error
	CustomerSessions(ctx context.Context, who *actions.Customer) ([]helpdesk.CustomerSession, error)
	EndCustomerSession(ctx context.Context, who *actions.Customer, id string) error
	EndOtherSessions(ctx context.Context, who *actions.Customer) error
}

// Tries of one network: to sign in, enough for an office behind one address, and
// 14,400 guesses a day for everybody else; to have a mail sent, less, as each may
// become one.
const (
	tryBurst = 20
	tryEvery = 6 * time.Second
	askBurst = 10
	askEvery = time.Minute

	// Answers, with their files: more than an office sends together, and less than
	// fills a disk within a day. Drafts are those of strangers, and stay a week.
	answerBurst = 60
	answerEvery = 5 * time.Second
	draftBurst  = 20
	draftEvery  = time.Minute
)

// limits of what one network may do.
type limits struct{ tries, asks, answers, drafts *web.Limiter }

func newLimits(now func() time.Time) limits {
	return limits{
		tries: web.NewLimiter(tryBurst, tryEvery, now), asks: web.NewLimiter(askBurst, askEvery, now),
		answers: web.NewLimiter(answerBurst, answerEvery, now), drafts: web.NewLimiter(draftBurst, draftEvery, now),
	}
}

// waysIn are the ways to sign in that the pages offer.
type waysIn struct {
	Password, Code bool
	SignUp         bool // everybody may
	Issuers        []issuer
	Next           string
	NextQuery      string // the same, for a link
	Pass           string // token of what an issuer's identity is used for; "" for nothing
	Write          string // the address that mail reaches
	Leads          string // what signing in leads to, in words; "" for nothing in particular
}

// issuer is one that lets people sign in, on its button.
type issuer struct{ Name, Label string }

// None reports that nobody can sign in here.
func (w waysIn) None() bool { return !w.Password && !w.Code && len(w.Issuers) == 0 }

func (p *Handler) waysIn(v *visit) waysIn {
	up, next := v.center.SignUp, p.back(v)
	w := waysIn{
		Password: up.Password, Code: up.EmailCode, SignUp: up.Open && up.Any(),
		Next: next, NextQuery: nextQuery(next), Write: p.address(v), Leads: leads(v, next),
	}
	for _, o := range up.OIDC {
		w.Issuers = append(w.Issuers, issuer{Name: o.Name, Label: or(o.Label, o.Name)})
	}
	return w
}

// leads says what signing in leads to: who followed the link in a mail, or wrote an
// answer, did not ask for a sign-in.
func leads(v *visit, next string) string {
	to, err := url.Parse(next)
	if err != nil {
		return ""
	}
	_, path := web.SplitLocale(v.center, to.Path)
	switch {
	case strings.HasPrefix(path, "/requests/") && to.Query().Has("draft"):
		return v.say.T("What you wrote is kept. After signing in you can send it.")
	case strings.HasPrefix(path, "/requests/"):
		return v.say.T("After signing in you come to the request.")
	case strings.HasPrefix(path, "/submit"):
		return v.say.T("After signing in you come to the form.")
	}
	return ""
}

// needsPortal hides what belongs to a sign-in where there is nothing to sign in to.
func (p *Handler) needsPortal(page func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if !v.center.PortalOn {
			return missing()
		}
		return page(v)
	}
}

// entered gives the browser its new session, ends the one that it had, and leads on.
func (p *Handler) entered(v *visit, e *actions.Entered, next string) error {
	if old := web.Cookie(v.r, v.center, customerCookie); old != "" {
		if err := p.desk.SignOutCustomer(v.context(), v.center.Account, old); err != nil {
			return err
		}
	}
	web.SetCookie(v.w, v.center, customerCookie, e.Cookie, e.Expires)
	http.Redirect(v.w, v.r, web.LocalPath(next, v.path("/requests")), http.StatusSeeOther)
	return nil
}

// slip is why a form is shown again: words beside a field, or above it all.
type slip struct {
	Error   string // beside the field that it is about
	Trouble *web.Trouble
	Status  int
}

// slip puts an error of a form into words; the form's own answer to an error that
// is no slip is the error page.
func (p *Handler) slip(v *visit, err error) (slip, error) {
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		return slip{Status: http.StatusOK}, nil
	case errors.Is(err, web.ErrTooMany):
		return slip{Error: v.say.T("There were many tries from your network in a short time. Wait a minute and try again."), Status: web.Status(web.ErrTooMany)}, nil
	case errors.Is(err, actions.ErrTooMany):
		return slip{Error: web.Sentence(helpdesk.PublicIn(err, v.say.T)), Status: web.Status(web.ErrTooMany)}, nil
	case kind == helpdesk.Invalid:
		return slip{Error: web.Sentence(helpdesk.PublicIn(err, v.say.T)), Status: web.Status(err)}, nil
	case kind == helpdesk.NotFound || kind == helpdesk.SignIn:
		return slip{}, err
	}
	trouble := p.site.Trouble(v.r, err)
	return slip{Trouble: &trouble, Status: web.Status(err)}, nil
}

// inputs that several pages ask for.
func addressInput(v *visit, value, problem string) input {
	return input{Kind: line, Name: "address", Label: v.say.T("Your mail address"), Type: "email", Autocomplete: "username", Value: value, Error: problem, Focus: problem != ""}
}

func nameInput(v *visit, value, problem string) input {
	return input{
		Kind: line, Name: "name", Label: v.say.T("Your name"), Optional: true, Type: "text", Autocomplete: "name",
		Value: value, Error: problem, Focus: problem != "",
	}
}

func newPasswordInput(v *visit, problem string) input {
	return input{
		Kind: line, Name: "password", Label: v.say.T("New password"), Type: "password", Autocomplete: "new-password",
		Help: v.say.T("At least %d characters. A few words that you remember are good.", actions.MinPassword), Error: problem, Focus: problem != "",
	}
}
