package portal

import (
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// ticket is a request as the holder of a link sees it (row S22).
type ticket struct {
	Number  int64
	Subject string
	Status  helpdesk.Status // chooses the colour; Label says it
	Label   string
	Opened  time.Time
	Thread  []helpdesk.PublicMessage
	Form    []helpdesk.FormValue
	SentTo  string
	Closed  bool
	// GoesOnAs is the request that this one was merged into; 0 for none, or none
	// of theirs.
	GoesOnAs int64
}

func (p *Handler) ticket(v *visit) error {
	web.KeepSecret(v.w)
	if !v.center.PortalOn {
		return missing()
	}
	seen, viewer, err := p.desk.ViewByLink(v.r.Context(), v.center, v.r.PathValue("token"))
	if err != nil {
		return err
	}
	body := ticket{
		Number: seen.Number, Subject: or(seen.Subject, "Your request"), Status: seen.Status, Label: v.center.StatusLabel(seen.Status),
		Opened: seen.Opened, Thread: seen.Thread, Form: seen.Form,
		SentTo: viewer.Address.String(), Closed: seen.Status == helpdesk.Closed, GoesOnAs: seen.ContinuedAs,
	}
	p.write(v, http.StatusOK, "ticket", body.Subject, p.frame(v), body)
	return nil
}
