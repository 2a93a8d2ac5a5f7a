// Package portal is the customers' pages of a help center: its first page, forms to
// submit a request, signing up and in, the requests of who is signed in, and what
// the links in mails open. routes.go is the table of all pages.
//
// Pages stand below their language (/de/submit); what a mail leads to has none in
// its address and answers in the reader's. Neither GET nor HEAD change anything or
// set a cookie: programs that look for viruses open every link of a mail before
// its reader does.
package portal

import (
	"context"
	"embed"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Desk is what visitors can do. Each part stands beside the pages that use it.
type Desk interface {
	Recognising
	Requesting
	Stopping
	Keeping
	Listing
	Following
	Accounts
	Elsewhere
	// Submit answers with [actions.Rejected] what has to be mended.
	Submit(ctx context.Context, h helpdesk.HelpCenter, in actions.Submission) (actions.Submitted, error)
	// Disownable must change nothing; it and Disown answer NotFound whatever is
	// wrong with the link.
	Disownable(ctx context.Context, h helpdesk.HelpCenter, token string) error
	Disown(ctx context.Context, h helpdesk.HelpCenter, token string) error
}

// Directory knows which mailbox answers for a help center.
type Directory interface {
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
}

//go:embed all:templates
var templates embed.FS

// Handler serves the pages. It belongs behind [web.Site.Handler].
type Handler struct {
	desk      Desk
	directory Directory
	site      *web.Site
	pages     *web.Pages
	mux       *http.ServeMux
	streams   *web.Streams
	limits    limits
	quotas    *quotas
}

// New makes the pages.
func New(desk Desk, directory Directory, site *web.Site) *Handler {
	p := &Handler{desk: desk, directory: directory, site: site, mux: http.NewServeMux(), limits: newLimits(site.Now), quotas: newQuotas(site.Now)}
	p.pages = site.Pages(templates, "templates", "portal.css", "files.js", "forms.js", "live.js")
	p.streams = web.NewStreams(MostStreams, MostStreamsOfNetwork)
	for _, r := range p.routes() {
		p.handle(r)
	}
	return p
}

// write sends a page in the help center's look.
func (p *Handler) write(v *visit, status int, name, title string, f frame, body any) {
	p.pages.Write(v.w, v.r, status, name, web.Page{
		Locale: v.center.Locale, Title: title, Brand: v.center.DisplayName, Color: v.center.Color,
		Home: v.path("/"), Others: p.alternates(v, f), Frame: f, Body: body,
	})
}

// needsSignIn is what a visitor reads where only those who are signed in may go on.
type needsSignIn struct {
	Ticket  bool // it was a ticket's link, so there is a mail to reply to
	Address string
	SignIn  string // where to do it; "" where nobody can
}

// fail answers for an error. Who has to sign in first is led there and back; where
// nobody can, and for what was sent and not only looked at, a page says so.
func (p *Handler) fail(v *visit, err error) {
	if helpdesk.KindOf(err) != helpdesk.SignIn {
		status, trouble := p.site.Failed(v.w, v.r, err)
		p.write(v, status, "error", trouble.Title, p.frame(v), trouble)
		return
	}
	canSignIn := v.center.PortalOn && v.center.SignUp.Any()
	if canSignIn && v.customer == nil && (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead) {
		http.Redirect(v.w, v.r, p.signInPath(v), http.StatusSeeOther)
		return
	}
	v.turnedAway = true
	body := needsSignIn{Ticket: v.r.PathValue("token") != "", Address: p.address(v)}
	if canSignIn && v.customer == nil {
		body.SignIn = p.signInPath(v)
	}
	p.write(v, web.Status(err), "needs-signin", v.say.T("Sign-in needed"), p.frame(v), body)
}

// address is where mail reaches the help center; "" if nothing is declared.
func (p *Handler) address(v *visit) string {
	box, ok := p.directory.Mailbox(v.center.Account, v.center.Mailbox)
	if !ok {
		return ""
	}
	return box.Address.String()
}

func or(words, otherwise string) string {
	if words != "" {
		return words
	}
	return otherwise
}
