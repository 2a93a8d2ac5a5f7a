// Package gallery shows every page that customers can meet, in every state, and the
// lists of agents, with made-up data: for looking at them, and for tests that look at all of them.
//
// The pages are the real ones. Each picture is a request to the portal's or the
// console's own handler, behind which stands a desk that makes up its answers. Nothing of it
// reaches a real desk: only [Handler] of dev serves it.
package gallery

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web"
)

//go:embed all:templates
var templates embed.FS

//go:embed gallery.yaml
var manifests []byte

// now is the time of all pictures, so that they are the same on each day. It lies
// behind everybody: the script of our pages does not touch what is that old.
var now = time.Date(2025, 3, 18, 10, 24, 0, 0, time.UTC)

const host = "help.acme.example"

// Gallery is safe for concurrent use.
type Gallery struct {
	live  *live.Live
	pages *web.Pages
	site  *web.Site
}

// New makes a gallery; site is the one whose pages lead to it. It panics on
// manifests that can't be loaded: they are part of the program.
func New(site *web.Site) *Gallery {
	l, err := live.Parse(manifests, live.Options{}, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(fmt.Sprintf("load what the gallery shows: %v", err))
	}
	return &Gallery{live: l, site: site, pages: site.Pages(templates, "templates", "portal.css", "gallery.css")}
}

// Handler serves /dev/pages and below, and /dev/pages.json. It belongs behind
// [web.Site.Handler].
func (g *Gallery) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/pages", g.list)
	mux.HandleFunc("GET /dev/pages.json", g.listJSON)
	mux.HandleFunc("GET /dev/pages/{locale}/{picture}", g.show)
	mux.HandleFunc("GET /dev/pages/{locale}/{picture}/widths", g.widths)
	mux.HandleFunc("GET /dev/pages/{locale}/{picture}/events", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent) // nothing ever happens, and the browser need not ask again
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		g.site.Fail(w, r, helpdesk.Errorf(helpdesk.NotFound, "there is no such page"))
	})
	return mux
}

// listed is a picture in the list.
type listed struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Title string `json:"title"`
	// Main ones are those that somebody who is new here is shown.
	Main  bool              `json:"main,omitempty"`
	Wide  bool              `json:"wide,omitempty"` // it takes all of a screen
	Paths map[string]string `json:"paths"`          // by language
}

type group struct {
	Title    string
	Pictures []listed
}

func all() []listed {
	var list []listed
	for _, p := range slices.Concat(pictures, consolePictures) {
		l := listed{Name: p.name, Group: p.group, Title: p.title, Main: p.main, Wide: p.agents != nil, Paths: map[string]string{}}
		for _, locale := range p.locales() {
			l.Paths[locale] = "/dev/pages/" + locale + "/" + p.name
		}
		list = append(list, l)
	}
	return list
}

func (g *Gallery) list(w http.ResponseWriter, r *http.Request) {
	var groups []group
	for _, l := range all() {
		if len(groups) == 0 || groups[len(groups)-1].Title != l.Group {
			groups = append(groups, group{Title: l.Group})
		}
		last := &groups[len(groups)-1]
		last.Pictures = append(last.Pictures, l)
	}
	g.write(w, r, "list", "Every page", groups)
}

func (g *Gallery) write(w http.ResponseWriter, r *http.Request, name, title string, body any) {
	g.pages.Write(w, r, http.StatusOK, name, web.Page{Title: title, Brand: "Every page", Home: "/dev/pages", Body: body})
}

func (g *Gallery) listJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(all()) // whoever asked has gone
}

// show answers with the page alone. Of its header only what governs the page
// counts: it may set no cookie here, nor say that it is not there.
func (g *Gallery) show(w http.ResponseWriter, r *http.Request) {
	p, ok := find(r.PathValue("picture"))
	if !ok || !slices.Contains(p.locales(), r.PathValue("locale")) {
		g.site.Fail(w, r, helpdesk.Errorf(helpdesk.NotFound, "there is no such page"))
		return
	}
	if r.URL.Query().Has("file") { // a page asks for what its request holds
		servePhoto(w)
		return
	}
	page := g.render(p, r.PathValue("locale"))
	for _, name := range []string{"Content-Type", "Content-Security-Policy"} {
		w.Header().Set(name, page.Header().Get(name))
	}
	policy := strings.Replace(page.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors 'self'", 1)
	w.Header().Set("Content-Security-Policy", policy)
	// A form that its page's script presses would lead away from the picture, and a
	// request that has a number would be told that somebody is in front of it.
	body := bytes.ReplaceAll(page.Body.Bytes(), []byte(" data-press"), nil)
	_, _ = w.Write(openNumber.ReplaceAll(body, []byte("$1"))) // whoever asked has gone
}

var openNumber = regexp.MustCompile(` data-number="\d+"( data-last=)`)

// widths shows a page on a telephone and on a tablet at once.
func (g *Gallery) widths(w http.ResponseWriter, r *http.Request) {
	p, ok := find(r.PathValue("picture"))
	if !ok {
		g.site.Fail(w, r, helpdesk.Errorf(helpdesk.NotFound, "there is no such page"))
		return
	}
	web.AllowFrames(w)
	g.write(w, r, "widths", p.title, struct{ Title, Path string }{p.title, strings.TrimSuffix(r.URL.Path, "/widths")})
}

func find(name string) (picture, bool) {
	for _, p := range slices.Concat(pictures, consolePictures) {
		if p.name == name {
			return p, true
		}
	}
	return picture{}, false
}

// render asks the portal, or the console, for a picture.
func (g *Gallery) render(p picture, locale string) *httptest.ResponseRecorder {
	center := g.center(p, locale)
	site := web.NewSite(directory{center}, web.Options{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Code: func() string { return "k7w2m5ep" }})
	w := httptest.NewRecorder()
	if p.agents != nil {
		site.Handler(console.New(&agentDesk{scene: *p.agents}, site)).ServeHTTP(w, p.request(locale))
		return w
	}
	d := &desk{scene: p.scene, locale: locale}
	site.Handler(portal.New(d, g.live, site)).ServeHTTP(w, p.request(locale))
	return w
}

// center is the help center of a picture, in all its languages.
func (g *Gallery) center(p picture, locale string) helpdesk.HelpCenter {
	declared, _ := g.live.HelpCenterByHost(host)
	in := func(locale string) helpdesk.HelpCenter {
		h := declared.Speaking(locale)
		h.Forms = slices.Clone(h.Forms)
		if p.center != nil {
			p.center(&h)
		}
		return h
	}
	h := in(locale)
	h.In = in
	return h
}

// directory is a site of one help center.
type directory struct{ center helpdesk.HelpCenter }

// HelpCenterByHost implements [web.Directory].
func (d directory) HelpCenterByHost(asked string) (helpdesk.HelpCenter, bool) {
	return d.center, asked == host
}
