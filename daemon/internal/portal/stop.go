package portal

import (
	"context"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Stopping lets collaborators leave a request by the link in a mail.
type Stopping interface {
	// Stoppable must change nothing; it and Stop answer NotFound whatever is wrong
	// with the link.
	Stoppable(ctx context.Context, h helpdesk.HelpCenter, token string) error
	Stop(ctx context.Context, h helpdesk.HelpCenter, token string) error
}

// stop asks whether somebody wants no more mail about a request. Looking at it says
// nothing: mail scanners open every link.
type stop struct {
	sure
	Done bool
}

func (p *Handler) showStop(v *visit) error {
	web.KeepSecret(v.w)
	return p.askStop(v, http.StatusOK, stop{})
}

func (p *Handler) askStop(v *visit, status int, page stop) error {
	if err := p.desk.Stoppable(v.context(), v.center, v.r.PathValue("token")); err != nil {
		return err
	}
	p.write(v, status, "stop", v.say.T("No more mail about this request"), p.frame(v), page)
	return nil
}

// stop takes the button of the page, and the one of a mail program, which posts
// "List-Unsubscribe=One-Click" by itself, without a cookie (RFC 8058 section 3.2).
func (p *Handler) stop(v *visit) error {
	web.KeepSecret(v.w)
	switch sure, err := isSure(v); {
	case err != nil:
		return err
	case !sure && v.r.PostForm.Get("List-Unsubscribe") != "One-Click":
		return p.askStop(v, unprocessable, stop{sure: sureMissing})
	}
	if err := p.desk.Stop(v.context(), v.center, v.r.PathValue("token")); err != nil {
		return err
	}
	p.write(v, http.StatusOK, "stop", v.say.T("You get no more mail about this request"), p.frame(v), stop{Done: true})
	return nil
}
