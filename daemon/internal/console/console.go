// Package console is the agents' pages: the requests of the account, one request
// with its history, and the mail that was held back.
//
// The console answers at /agent on the host of each help center and shows that
// help center's account. Every page but the sign-in needs a session, which is
// looked up anew for each request.
package console

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Desk is what agents can do. Every act checks for itself who may.
type Desk interface {
	Tickets(ctx context.Context, by actions.Actor, before int64, limit int) ([]helpdesk.Ticket, error)
	Ticket(ctx context.Context, by actions.Actor, number int64) (*actions.Detail, error)
	MailHTML(ctx context.Context, by actions.Actor, number int64, seq int) (*actions.MailHTML, error)
	File(ctx context.Context, by actions.Actor, number int64, seq, index int) (*actions.File, error)
	Source(ctx context.Context, by actions.Actor, number int64, seq int) (*actions.File, error)
	Reply(ctx context.Context, by actions.Actor, number int64, in actions.Reply) error
	Note(ctx context.Context, by actions.Actor, number int64, in actions.Note) error
	Attaching

	Merging
	Sorting
	Queues
	Work
	ContactPages
	People
	Searching
	Live
	Settings
	Access

	// Held gives the newest; HeldCount tells how many there are.
	Held(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldCount(ctx context.Context, by actions.Actor) (int, error)
	HeldDecided(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldItem(ctx context.Context, by actions.Actor, id string) (*helpdesk.HeldItem, error)
	HeldFile(ctx context.Context, by actions.Actor, id string, index int) (*actions.File, error)
	HeldSource(ctx context.Context, by actions.Actor, id string) (*actions.File, error)
	DecideHeld(ctx context.Context, by actions.Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error)
	LiftSpam(ctx context.Context, by actions.Actor, address string) error
	Release(ctx context.Context, by actions.Actor, number int64, seq int) error

	// TryAgain has mail tried at once that waits or was given up.
	TryAgain(ctx context.Context, by actions.Actor, delivery string) error

	AddParticipant(ctx context.Context, by actions.Actor, number int64, address, name string, history bool) error
	RemoveParticipant(ctx context.Context, by actions.Actor, number int64, participant uint16) error
	DismissSuggestion(ctx context.Context, by actions.Actor, number int64, address string) error
}

//go:embed all:templates
var templates embed.FS

//go:embed paper.html
var paperHTML string

// cookieName of an agent's session.
const cookieName = "postern_agent"

// Tries to sign in, for one network: enough for a team behind one address in
// the morning, 14,400 guesses a day for everybody else.
const (
	signInBurst = 20
	signInEvery = 6 * time.Second
)

// Handler serves the pages. It belongs behind [web.Site.Handler], at /agent and
// below.
type Handler struct {
	desk  Desk
	site  *web.Site
	pages *web.Pages
	sheet *template.Template // around the HTML of a mail
	tries *web.Limiter
	mux   *http.ServeMux

	streams  *web.Streams
	patterns []string // of all pages
}

// New makes the pages.
func New(desk Desk, site *web.Site) *Handler {
	c := &Handler{desk: desk, site: site, mux: http.NewServeMux(), streams: web.NewStreams(mostStreams, mostStreamsOfNetwork)}
	c.pages = site.Pages(templates, "templates", "console.css", "ticket.css", "contacts.css", "settings.css", "search.css", "people.css",
		"console.js", "panes.js", "rows.js", "palette.js", "news.js", "files.js", "ticket.js", "composing.js", "contacts.js", "presence.js")
	c.sheet = template.Must(template.New("paper").Parse(paperHTML))
	c.tries = web.NewLimiter(signInBurst, signInEvery, site.Now)

	c.open("GET /agent/sign-in", c.showSignIn)
	c.open("POST /agent/sign-in", c.signIn)
	c.open("POST /agent/sign-out", c.signOut)
	c.handle("GET /agent/tickets/{number}", c.showTicket)
	c.handle("GET /agent/tickets/{number}/entries/{entry}/html", c.paper)
	c.handle("GET /agent/tickets/{number}/entries/{entry}/files/{file}", c.file)
	c.handle("GET /agent/tickets/{number}/entries/{entry}/source", c.source)
	c.handle("POST /agent/tickets/{number}/{act}", c.act) // see acts
	c.mergePages()
	c.handle("GET /agent/held", c.held)
	c.handle("GET /agent/held/{id}", c.heldItem)
	c.handle("POST /agent/held/{id}", c.decideHeld)
	c.handle("POST /agent/held/{id}/lift", c.liftSpam)
	c.handle("GET /agent/held/{id}/files/{file}", c.heldFile)
	c.handle("GET /agent/held/{id}/source", c.heldSource)
	c.handle("POST /agent/tickets/{number}/"+peopleAct, c.changePeople)
	c.handle("POST /agent/tickets/{number}/entries/{entry}/release", c.release)
	c.handle("POST /agent/tickets/{number}/deliveries/{delivery}/retry", c.tryAgain)
	c.queuesPages()
	c.workPages()
	c.contactsPages()
	c.peoplePages()
	c.searchPages()
	c.livePages()
	c.settingsPages()
	c.accessPages()
	c.open("/", func(*visit) error { return missing() })
	return c
}

// Patterns lists the routes for tests that walk through all of them.
func (c *Handler) Patterns() []string { return c.patterns }

// ServeHTTP implements [http.Handler].
func (c *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// visit is one request to the console of one account.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	center helpdesk.HelpCenter
	by     actions.Actor // zero on open pages
}

func (v *visit) context() context.Context { return v.r.Context() }

// open registers a page that needs no session.
func (c *Handler) open(pattern string, page func(*visit) error) {
	c.patterns = append(c.patterns, pattern)
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		center, ok := c.site.Center(r)
		if !ok {
			c.site.Fail(w, r, web.ErrMisdirected)
			return
		}
		if err := page(&visit{w: w, r: r, center: center}); err != nil {
			c.site.Fail(w, r, err)
		}
	})
}

// handle registers a page for agents who are signed in.
func (c *Handler) handle(pattern string, page func(*visit) error) {
	c.open(pattern, func(v *visit) error {
		cookie := web.Cookie(v.r, v.center, cookieName)
		if cookie == "" {
			return c.askToSignIn(v)
		}
		by, err := c.desk.SignedIn(v.context(), v.center.Account, cookie)
		if err == nil {
			v.by = by
			err = page(v)
		}
		if err != nil && helpdesk.KindOf(err) == helpdesk.SignIn {
			return c.askToSignIn(v)
		}
		return err
	})
}

func missing() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such page") }

// write sends a page in the help center's colour.
func (c *Handler) write(v *visit, status int, name, title string, f frame, body any) {
	web.AllowFrames(v.w) // a request that is loaded into any page shows the HTML of its mails
	page := web.Page{Title: title, Brand: v.center.DisplayName, Color: v.center.Color, Home: home, Frame: f, Body: body}
	if f.Alone {
		page.Skip = "list"
	}
	c.pages.Write(v.w, v.r, status, name, page)
}
