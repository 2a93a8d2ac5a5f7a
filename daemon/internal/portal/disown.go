package portal

import (
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/web"
)

// disown asks whether somebody wants to say "this was not me". Looking at it
// says nothing: mail scanners open every link.
type disown struct {
	sure
	Done bool
}

func (p *Handler) showDisown(v *visit) error {
	web.KeepSecret(v.w)
	return p.askDisown(v, http.StatusOK, disown{})
}

func (p *Handler) askDisown(v *visit, status int, page disown) error {
	if err := p.desk.Disownable(v.r.Context(), v.center, v.r.PathValue("token")); err != nil {
		return err
	}
	p.write(v, status, "disown", v.say.T("This was not me"), p.frame(v), page)
	return nil
}

func (p *Handler) disown(v *visit) error {
	web.KeepSecret(v.w)
	switch sure, err := isSure(v); {
	case err != nil:
		return err
	case !sure:
		return p.askDisown(v, unprocessable, disown{sure: sureMissing})
	}
	if err := p.desk.Disown(v.r.Context(), v.center, v.r.PathValue("token")); err != nil {
		return err
	}
	p.write(v, http.StatusOK, "disown", v.say.T("Thank you"), p.frame(v), disown{Done: true})
	return nil
}
