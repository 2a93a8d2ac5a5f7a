package portal

import (
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// newLink offers another link, or tells that it is on its way.
type newLink struct {
	Action string
	Asked  bool
}

// lapsed is the page for a link that opens nothing, whatever is wrong with it.
func (p *Handler) lapsed(v *visit, token string) error {
	if !actions.IsLink(token) {
		return missing()
	}
	body := newLink{Action: "/new-link/" + token + "?lang=" + v.center.Locale}
	p.write(v, http.StatusNotFound, "newlink", v.say.T("This link is no longer valid"), p.frame(v), body)
	return nil
}

// mailNewLink mails another link to the address that the old one was sent to. The
// answer is the same in every case: it tells nobody whether there is a request.
func (p *Handler) mailNewLink(v *visit) error {
	web.KeepSecret(v.w)
	token := v.r.PathValue("token")
	if !v.center.PortalOn || !actions.IsLink(token) {
		return missing()
	}
	if !p.limits.asks.Allow(p.site.Client(v.r)) {
		return web.ErrTooMany
	}
	if err := p.desk.MailNewLink(v.context(), v.center, token); err != nil {
		return err
	}
	p.write(v, http.StatusOK, "newlink", v.say.T("Look into your mail"), p.frame(v), newLink{Asked: true})
	return nil
}
