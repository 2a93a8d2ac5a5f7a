package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/words"
)

//go:embed all:templates
var templates embed.FS

// Pages are the templates of one edge, parsed once.
type Pages struct {
	site    *Site
	styles  []string
	scripts []string
	common  *template.Template
	sources map[string]string // of each page
	sets    sync.Map          // locale → map[string]*template.Template; as many as are declared
}

// Page is what every page has. Frame is for the edge's own frame around its
// pages, Body for the page.
type Page struct {
	Locale string // of its words; "" is English
	Title  string
	Brand  string // the help center's name; "" if there is none to name
	Color  string // #rrggbb of the help center
	Home   string // where the brand leads
	Skip   string // id of what the first link of the page skips to; "" is "main"
	// Others are the addresses of this page in the help center's languages, this
	// one included, for search engines; none where the address is a secret.
	Others []Alternate
	Frame  any
	Body   any
}

// Alternate is the address of a page in one language; "x-default" is the one that
// answers in the reader's.
type Alternate struct{ Locale, URL string }

// Pages reads the templates in a folder of files. Names that begin with "_" are
// parts that all pages share, among them "frame", which stands around the
// "main" of each page; every other file is a page, named without ".html".
// Assets are names of stylesheets and scripts that come after the common ones.
//
// It panics on a template that can't be parsed: they are part of the program.
func (s *Site) Pages(files fs.FS, folder string, assets ...string) *Pages {
	common := template.New("").Funcs(s.funcs(words.English))
	template.Must(common.ParseFS(templates, "templates/document.html"))
	names, err := fs.Glob(files, path.Join(folder, "*.html"))
	if err != nil {
		panic(fmt.Sprintf("list templates: %v", err))
	}
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			template.Must(common.ParseFS(files, name))
		}
	}
	p := &Pages{site: s, common: common, sources: map[string]string{}}
	for _, name := range assets {
		if path.Ext(name) == ".js" {
			p.scripts = append(p.scripts, name)
		} else {
			p.styles = append(p.styles, name)
		}
	}
	for _, name := range names {
		base := path.Base(name)
		if strings.HasPrefix(base, "_") || base == "document.html" {
			continue
		}
		source, err := fs.ReadFile(files, name)
		if err != nil {
			panic(fmt.Sprintf("read template: %v", err))
		}
		p.sources[strings.TrimSuffix(base, ".html")] = string(source)
	}
	p.set(words.English)
	return p
}

// set is all pages with the functions of a locale. They are made when they are
// first asked for, and parsed for each language as templates bind functions by
// name; running them then translates nothing twice.
func (p *Pages) set(locale string) map[string]*template.Template {
	if known, ok := p.sets.Load(locale); ok {
		return known.(map[string]*template.Template)
	}
	funcs := p.site.funcs(locale)
	common := template.Must(p.common.Clone()).Funcs(funcs)
	pages := map[string]*template.Template{}
	for name, source := range p.sources {
		page := template.Must(template.Must(common.Clone()).Parse(source))
		fold(page, funcs)
		pages[name] = page
	}
	known, _ := p.sets.LoadOrStore(locale, pages)
	return known.(map[string]*template.Template)
}

// document is what the outermost template reads.
type document struct {
	Page
	Name    string
	Styles  []string
	Scripts []string
	Icon    string
	Lang    string // of the words, which is English where the locale has none
	RTL     bool
}

// Write renders a page and sends it. Nothing is sent of a page that can't be
// rendered to its end.
func (p *Pages) Write(w http.ResponseWriter, r *http.Request, status int, name string, page Page) {
	if page.Locale == "" {
		page.Locale = words.English
	}
	doc := document{Page: page, Name: name, Lang: spoken(page.Locale), RTL: words.For(page.Locale).RTL(), Scripts: []string{p.site.assets.path("app.js")}, Icon: p.site.assets.path("icon.svg")}
	doc.Styles = []string{p.site.assets.path("base.css"), p.site.assets.accentPath(page.Color)}
	for _, style := range p.styles {
		doc.Styles = append(doc.Styles, p.site.assets.path(style))
	}
	for _, script := range p.scripts {
		doc.Scripts = append(doc.Scripts, p.site.assets.path(script))
	}
	out := buffers.Get().(*bytes.Buffer)
	defer keep(out)
	if err := p.render(out, name, doc); err != nil {
		p.site.log.ErrorContext(r.Context(), "render page", "page", name, "error", err)
		http.Error(w, "This page can't be shown at the moment. Try again in a minute.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // whoever asked has gone
}

// buffers that pages were rendered into; large ones are not kept.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const largestKept = 256 << 10

func keep(b *bytes.Buffer) {
	if b.Cap() <= largestKept {
		b.Reset()
		buffers.Put(b)
	}
}

// spoken is the language that a page in the locale speaks: that of Austria is said
// with the words of German, and what has no words is said in English.
func spoken(locale string) string {
	if said := words.For(locale).Locale; !strings.HasPrefix(locale, said) {
		return said
	}
	return locale
}

func (p *Pages) render(out *bytes.Buffer, name string, doc document) error {
	page, ok := p.set(doc.Locale)[name]
	if !ok {
		return fmt.Errorf("there is no page %q", name)
	}
	if err := page.ExecuteTemplate(out, "document", doc); err != nil {
		return fmt.Errorf("execute template: %w", err)
	}
	return nil
}
