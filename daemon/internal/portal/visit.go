package portal

import (
	"context"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// Recognising tells who a browser belongs to.
type Recognising interface {
	// CustomerSignedIn answers SignIn if the cookie signs nobody in.
	CustomerSignedIn(ctx context.Context, account, cookie string) (*actions.Customer, error)
	// SignedIn is the same for an agent's cookie (row S37).
	SignedIn(ctx context.Context, account, cookie string) (actions.Actor, error)
}

// Cookies of who is signed in. An agent's is that of their own pages.
const (
	customerCookie = "postern_customer"
	agentCookie    = "postern_agent"
)

// visit is one request to one help center.
type visit struct {
	w        http.ResponseWriter
	r        *http.Request // its path is without the language
	center   helpdesk.HelpCenter
	say      *words.Words // in the visitor's language
	prefixed bool         // the address names the language
	// turnedAway is a visitor who is asked to sign in.
	turnedAway bool

	visitor  helpdesk.Visitor
	customer *actions.Customer // who is signed in; nil for nobody
	agent    *actions.Actor    // the same of an agent
}

type visitKey struct{}

func newVisit(center helpdesk.HelpCenter, prefixed bool) *visit {
	return &visit{center: center, say: words.For(center.Locale), prefixed: prefixed, visitor: helpdesk.Anonymous}
}

func withVisit(ctx context.Context, v *visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

func (v *visit) context() context.Context { return v.r.Context() }

// path is the address of a page in the visitor's language.
func (v *visit) path(p string) string { return web.Path(v.center.Locale, p) }

// recognise finds out whose browser it is. An agent is one first (row S37), also
// where they are signed in as a customer too.
func (p *Handler) recognise(v *visit) error {
	account := v.center.Account
	if cookie := web.Cookie(v.r, v.center, agentCookie); cookie != "" {
		by, err := p.desk.SignedIn(v.context(), account, cookie)
		if err == nil {
			v.agent, v.visitor = &by, helpdesk.AgentVisitor
		} else if helpdesk.KindOf(err) != helpdesk.SignIn {
			return err
		}
	}
	if cookie := web.Cookie(v.r, v.center, customerCookie); cookie != "" {
		who, err := p.desk.CustomerSignedIn(v.context(), account, cookie)
		switch {
		case helpdesk.KindOf(err) == helpdesk.SignIn:
		case err != nil:
			return err
		default:
			v.customer = who
			if v.agent == nil {
				v.visitor = helpdesk.SignedIn
			}
		}
	}
	return nil
}
