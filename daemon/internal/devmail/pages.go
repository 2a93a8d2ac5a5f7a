package devmail

import (
	"embed"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

//go:embed all:templates
var templates embed.FS

// brand stands over the pages: they are no help center's.
const brand = "Caught mail"

// framePolicy is for the HTML of a mail, in a frame of the page: no script, no
// form, nothing from elsewhere. A link opens in a window of its own.
const framePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
	"img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// pages show what was caught.
type pages struct {
	mails *Catcher
	site  *web.Site
	pages *web.Pages
}

// Pages serves /dev/mail and below, and /dev/mail.json. It belongs behind
// [web.Site.Handler].
func (c *Catcher) Pages(site *web.Site) http.Handler {
	p := &pages{mails: c, site: site, pages: site.Pages(templates, "templates", "console.css", "devmail.css")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/mail", p.list)
	mux.HandleFunc("GET /dev/mail.json", p.listJSON)
	mux.HandleFunc("GET /dev/mail/{id}", p.mail)
	mux.HandleFunc("GET /dev/mail/{id}/html", p.html)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		site.Fail(w, r, helpdesk.Errorf(helpdesk.NotFound, "there is no such page"))
	})
	return mux
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	p.write(w, r, "list", brand, p.mails.Mails())
}

func (p *pages) write(w http.ResponseWriter, r *http.Request, name, title string, body any) {
	p.pages.Write(w, r, http.StatusOK, name, web.Page{Title: title, Brand: brand, Home: "/dev/mail", Body: body})
}

func (p *pages) listJSON(w http.ResponseWriter, r *http.Request) {
	mails := p.mails.Mails()
	if mails == nil {
		mails = []Mail{} // an empty list, not null
	}
	out, err := json.Marshal(mails)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out) // whoever asked has gone
}

// view is one way to look at a mail.
type view struct {
	Name, Label, Path string
}

// mailPage is one mail.
type mailPage struct {
	Mail    Mail
	Path    string
	View    string
	Views   []view
	Headers []header
	Text    string // of the views text and source
	// Back leads to the list, and Download to the source.
	Back, BackLabel, Download string
	// Folded is all of the header; Headers are the fields that people ask for,
	// and its files.
	Folded []header
}

type header struct{ Name, Value string }

// asked are the fields that stand over a mail.
var asked = []string{"From", "To", "Reply-To", "Subject", "Date"}

func (p *pages) mail(w http.ResponseWriter, r *http.Request) {
	id, wantsSource := strings.CutSuffix(r.PathValue("id"), ".eml")
	raw, err := p.mails.Source(id)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	if wantsSource {
		w.Header().Set("Content-Type", "message/rfc822")
		w.Header().Set("Content-Disposition", `attachment; filename="`+id+`.eml"`)
		_, _ = w.Write(raw) // whoever asked has gone
		return
	}
	page := newMailPage(id, raw, r.URL.Query().Get("view"))
	web.AllowFrames(w)
	title := page.Mail.Subject
	if title == "" {
		title = "No subject"
	}
	p.write(w, r, "mail", title, page)
}

func newMailPage(id string, raw []byte, wanted string) mailPage {
	path := "/dev/mail/" + url.PathEscape(id)
	page := mailPage{Mail: Mail{ID: id}, Back: "/dev/mail", BackLabel: "All caught mail", Download: path + ".eml"}
	page.show(path, raw, wanted)
	return page
}

// show reads the mail that stands at path, in one of its views.
func (m *mailPage) show(path string, raw []byte, wanted string) {
	mail := eml.Read(raw)
	m.Path, m.Mail.Subject = path, mail.Subject()
	text, _ := mail.Text()
	if _, ok := mail.HTML(); ok {
		m.add("html", "HTML")
	}
	m.add("text", "Text")
	m.add("source", "Source")
	m.View = m.Views[0].Name
	for _, v := range m.Views {
		if v.Name == wanted {
			m.View = wanted
		}
	}
	switch m.View {
	case "text":
		m.Text = text
	case "source":
		m.Text = strings.ToValidUTF8(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\uFFFD")
	}
	for _, name := range asked {
		if value := mail.Header.Decoded(name); value != "" {
			m.Headers = append(m.Headers, header{name, value})
		}
	}
	for _, f := range mail.Attachments() {
		m.Headers = append(m.Headers, header{"File", f.Filename + ", " + helpdesk.SizeWords(int64(len(f.Part.Bytes())))})
	}
	for _, f := range mail.Header {
		m.Folded = append(m.Folded, header{f.Name, f.Value()})
	}
}

func (m *mailPage) add(name, label string) {
	m.Views = append(m.Views, view{name, label, m.Path + "?view=" + name})
}

// html serves the HTML of a mail for the frame.
func (p *pages) html(w http.ResponseWriter, r *http.Request) {
	raw, err := p.mails.Source(r.PathValue("id"))
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	writeFrame(w, raw)
}

// writeFrame answers with the HTML of a mail, for a frame of the page.
func writeFrame(w http.ResponseWriter, raw []byte) {
	body, _ := eml.Read(raw).HTML()
	w.Header().Set("Content-Security-Policy", framePolicy)
	w.Header().Del("Cross-Origin-Opener-Policy") // browsers show no sandboxed page that has one
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Our own pages can't be framed, so links must leave the frame. The mail's own
	// doctype, html and head tags are read as if this line was not there.
	_, _ = w.Write([]byte(`<!doctype html><base target="_blank">` + body)) // whoever asked has gone
}
