package portal

import (
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/web"
)

// home is the first page of a help center.
type home struct {
	Name    string
	Submit  string // label of the button; "" where submitting is hidden
	On      bool   // tickets can be looked at
	Address string
}

func (p *Handler) home(v *visit) error {
	web.AllowCache(v.w)
	f := p.frame(v)
	body := home{Name: v.center.DisplayName, Submit: f.Submit, On: v.center.PortalOn, Address: p.address(v)}
	p.write(v, http.StatusOK, "home", v.center.DisplayName, f, body)
	return nil
}
