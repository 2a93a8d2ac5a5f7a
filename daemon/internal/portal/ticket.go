package portal

import (
	"net/http"
	"strconv"
	"strings"
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
	if v.r.URL.Query().Has(fileQuery) {
		return p.file(v)
	}
	seen, viewer, err := p.desk.ViewByLink(v.r.Context(), v.center, v.r.PathValue("token"))
	if err != nil {
		return err
	}
	body := ticket{
		Number: seen.Number, Subject: or(seen.Subject, v.say.T("Your request")), Status: seen.Status, Label: v.say.T(v.center.StatusLabel(seen.Status)),
		Opened: seen.Opened, Thread: seen.Thread, Form: seen.Form,
		SentTo: viewer.Address.String(), Closed: seen.Status == helpdesk.Closed, GoesOnAs: seen.ContinuedAs,
	}
	p.write(v, http.StatusOK, "ticket", body.Subject, p.frame(v), body)
	return nil
}

// fileQuery names a file of the page's ticket, as ENTRY.FILE. It is a query and no
// path, so that pages need not repeat the link that opened them.
const fileQuery = "file"

// file sends a file of a message to be saved.
func (p *Handler) file(v *visit) error {
	entry, index, ok := strings.Cut(v.r.URL.Query().Get(fileQuery), ".")
	seq, err := strconv.Atoi(entry)
	if err != nil || !ok {
		return missing()
	}
	n, err := strconv.Atoi(index)
	if err != nil {
		return missing()
	}
	f, err := p.desk.FileByLink(v.r.Context(), v.center, v.r.PathValue("token"), seq, n)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	web.Download(v.w, v.r, f.Name, f.MediaType, f)
	return nil
}
