// Package portal is the customers' pages of a help center: what it is, the form
// to submit a request, and the ticket that a link in a mail opens.
//
// It sets no cookie, and neither GET nor HEAD change anything: programs that
// look for viruses open every link of a mail before its reader does.
package portal

import (
	"context"
	"embed"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Desk is what visitors can do.
type Desk interface {
	// Submit answers with [actions.Rejected] what has to be mended.
	Submit(ctx context.Context, h helpdesk.HelpCenter, in actions.Submission) (actions.Submitted, error)
	// ViewByLink must change nothing, and answer NotFound whatever is wrong with
	// the link.
	ViewByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.CustomerView, *helpdesk.Participant, error)
	// FileByLink must change nothing, and answer NotFound for what the holder of the
	// link may not see as for what is not there.
	FileByLink(ctx context.Context, h helpdesk.HelpCenter, token string, seq, index int) (*actions.File, error)
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
}

// New makes the pages.
func New(desk Desk, directory Directory, site *web.Site) *Handler {
	p := &Handler{desk: desk, directory: directory, site: site, mux: http.NewServeMux()}
	p.pages = site.Pages(templates, "templates", "portal.css")
	p.handle("GET /{$}", p.home)
	p.handle("GET /submit", p.chooseForm)
	p.handle("GET /submit/{form}", p.showForm)
	p.handle("POST /submit/{form}", p.submit)
	p.handle("GET /t/{token}", p.ticket)
	p.handle("GET /not-me/{token}", p.showDisown)
	p.handle("POST /not-me/{token}", p.disown)
	p.handle("/", func(*visit) error { return missing() })
	return p
}

// ServeHTTP implements [http.Handler].
func (p *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// visit is one request to one help center.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	center  helpdesk.HelpCenter
	visitor helpdesk.Visitor
}

// handle registers a page. What it can't do itself becomes a page that says so.
func (p *Handler) handle(pattern string, page func(*visit) error) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		center, ok := p.site.Center(r)
		if !ok {
			p.site.Fail(w, r, web.ErrMisdirected)
			return
		}
		v := &visit{w: w, r: r, center: center, visitor: helpdesk.Anonymous}
		if err := page(v); err != nil {
			p.fail(v, err)
		}
	})
}

func missing() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such page") }

// frame is what stands around each page.
type frame struct {
	Submit string // label of the button; "" where submitting is hidden
	Here   bool   // the visitor is there already
}

func (p *Handler) frame(v *visit) frame {
	if len(v.center.FormsFor(v.visitor)) == 0 {
		return frame{}
	}
	return frame{Submit: or(v.center.ButtonLabel, "Submit a request")}
}

// write sends a page in the help center's look.
func (p *Handler) write(v *visit, status int, name, title string, f frame, body any) {
	p.pages.Write(v.w, v.r, status, name, web.Page{
		Title: title, Brand: v.center.DisplayName, Color: v.center.Color, Home: "/", Frame: f, Body: body,
	})
}

// needsSignIn is what a visitor reads where only those who are signed in may go on.
type needsSignIn struct {
	Ticket  bool // it was a ticket's link, so there is a mail to reply to
	Address string
}

func (p *Handler) fail(v *visit, err error) {
	if helpdesk.KindOf(err) != helpdesk.SignIn {
		p.site.Fail(v.w, v.r, err)
		return
	}
	body := needsSignIn{Ticket: v.r.PathValue("token") != "", Address: p.address(v)}
	p.write(v, web.Status(err), "signin", "Sign-in needed", p.frame(v), body)
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
