package devmail

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Directory knows what is declared now.
type Directory interface {
	HelpCenters() []helpdesk.HelpCenter
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
}

// Samples shows every mail to customers of each help center in each of its languages,
// with made-up people: templates are seen before anybody gets them. All fields must
// be set.
type Samples struct {
	Directory Directory
	Signer    *links.Signer
	Now       func() time.Time
}

// sampleTitles say when a mail is sent, by its purpose.
var sampleTitles = map[helpdesk.Purpose]string{
	helpdesk.Acknowledgement: "A mail opened a request",
	helpdesk.Confirmation:    "A form opened a request, for an unproven address",
	helpdesk.Opened:          "An agent opened a request for a customer",
	helpdesk.AgentReply:      "An agent's answer",
	helpdesk.Update:          "What another customer wrote",
	helpdesk.StatusChanged:   "An agent set another status",
	helpdesk.Joined:          "An agent added somebody: to them",
	helpdesk.Added:           "A customer added somebody unproven: to them",
	helpdesk.PeopleChanged:   "An agent added somebody: to the requester",
	helpdesk.NewLink:         "A new link",
	helpdesk.SignUpMail:      "Signing up",
	helpdesk.Invited:         "An invitation",
	helpdesk.ResetMail:       "A new password",
	helpdesk.CodeMail:        "A code to sign in",
	helpdesk.LinkMail:        "Another way to sign in",
	helpdesk.Known:           "Signing up with an address that has an account",
	helpdesk.PasswordChanged: "The password was changed",
	helpdesk.SignInAdded:     "An issuer was connected",
	helpdesk.SignInRemoved:   "An issuer was disconnected",
}

type samplePages struct {
	Samples
	site  *web.Site
	pages *web.Pages
}

// Pages serves /dev/mails and below. It belongs behind [web.Site.Handler].
func (s Samples) Pages(site *web.Site) http.Handler {
	p := &samplePages{Samples: s, site: site, pages: site.Pages(templates, "templates", "console.css", "devmail.css")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/mails", p.list)
	mux.HandleFunc("GET /dev/mails/{account}/{center}/{locale}/{purpose}", p.sample)
	mux.HandleFunc("GET /dev/mails/{account}/{center}/{locale}/{purpose}/{form}", p.form)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { site.Fail(w, r, noSample()) })
	return mux
}

func noSample() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such page") }

// sampleGroup is the mails of one help center in one language.
type sampleGroup struct {
	Name, Locale string
	Mails        []sampleRow
}

type sampleRow struct {
	Path, Title, Subject string
	Own                  bool // the help center's own words
}

func (p *samplePages) list(w http.ResponseWriter, r *http.Request) {
	var groups []sampleGroup
	for _, h := range p.Directory.HelpCenters() {
		for _, locale := range h.Locales {
			g, err := p.group(h.Speaking(locale))
			if err != nil {
				p.site.Fail(w, r, err)
				return
			}
			groups = append(groups, g)
		}
	}
	p.write(w, r, "samples", "All mails", groups)
}

func (p *samplePages) group(h helpdesk.HelpCenter) (sampleGroup, error) {
	g := sampleGroup{Name: h.DisplayName, Locale: h.Locale}
	box, ok := p.Directory.Mailbox(h.Account, h.Mailbox)
	if !ok {
		return g, nil // it sends none
	}
	for _, purpose := range outbound.Samples {
		raw, err := outbound.Sample(p.Signer, h, box, purpose, p.Now())
		if err != nil {
			return g, err
		}
		_, own := h.Mail[purpose]
		path := "/dev/mails/" + url.PathEscape(h.Account) + "/" + url.PathEscape(h.Name) + "/" + h.Locale + "/" + string(purpose)
		g.Mails = append(g.Mails, sampleRow{path, sampleTitles[purpose], eml.Read(raw).Subject(), own})
	}
	return g, nil
}

func (p *samplePages) write(w http.ResponseWriter, r *http.Request, name, title string, body any) {
	p.pages.Write(w, r, http.StatusOK, name, web.Page{Title: title, Brand: "All mails, made up", Home: "/dev/mails", Body: body})
}

// read makes the mail that the address names.
func (p *samplePages) read(r *http.Request) ([]byte, error) {
	h, ok := p.Directory.HelpCenter(r.PathValue("account"), r.PathValue("center"))
	locale, purpose := r.PathValue("locale"), helpdesk.Purpose(r.PathValue("purpose"))
	if !ok || !slices.Contains(h.Locales, locale) || !slices.Contains(outbound.Samples, purpose) {
		return nil, noSample()
	}
	box, ok := p.Directory.Mailbox(h.Account, h.Mailbox)
	if !ok {
		return nil, noSample()
	}
	return outbound.Sample(p.Signer, h.Speaking(locale), box, purpose, p.Now())
}

func (p *samplePages) sample(w http.ResponseWriter, r *http.Request) {
	raw, err := p.read(r)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	page := mailPage{Back: "/dev/mails", BackLabel: "All mails", Download: r.URL.Path + "/eml"}
	page.show(r.URL.Path, raw, r.URL.Query().Get("view"))
	web.AllowFrames(w)
	p.write(w, r, "mail", page.Mail.Subject, page)
}

// form is the HTML for the frame, or the source to save.
func (p *samplePages) form(w http.ResponseWriter, r *http.Request) {
	raw, err := p.read(r)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	switch r.PathValue("form") {
	case "html":
		writeFrame(w, raw)
	case "eml":
		w.Header().Set("Content-Type", "message/rfc822")
		w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("purpose")+`.eml"`)
		_, _ = w.Write(raw) // whoever asked has gone
	default:
		p.site.Fail(w, r, noSample())
	}
}
