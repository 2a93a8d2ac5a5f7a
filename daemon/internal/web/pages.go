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
	"text/template/parse"

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
	sets    sync.Map          // locale → *set; as many as are declared
}

// set is all pages with the functions of a locale.
type set struct {
	common *template.Template
	funcs  template.FuncMap
	pages  map[string]*made
}

// made is a page that is put together when it is first asked for: nobody looks at all
// of them, and each holds all parts.
type made struct {
	once sync.Once
	page *template.Template
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
		p.sources[strings.TrimSuffix(base, ".html")] = mustParse(name, string(source))
	}
	return p
}

// mustParse panics on a page that is no template, so that nobody has to open it to find
// that out.
func mustParse(name, source string) string {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck // tests open every page
	if _, err := tree.Parse(source, "", "", map[string]*parse.Tree{}); err != nil {
		panic(fmt.Sprintf("parse template: %v", err))
	}
	return source
}

// set is made when its locale is first asked for. Templates bind functions by name, so
// each language has its own; running them then translates nothing twice.
func (p *Pages) set(locale string) *set {
	if known, ok := p.sets.Load(locale); ok {
		return known.(*set)
	}
	funcs := p.site.funcs(locale)
	s := &set{common: template.Must(p.common.Clone()).Funcs(funcs), funcs: funcs, pages: map[string]*made{}}
	for name := range p.sources {
		s.pages[name] = &made{}
	}
	known, _ := p.sets.LoadOrStore(locale, s)
	return known.(*set)
}

// page is one of them, by name; nil if there is none.
func (p *Pages) page(locale, name string) *template.Template {
	s := p.set(locale)
	m, ok := s.pages[name]
	if !ok {
		return nil
	}
	m.once.Do(func() {
		page := template.Must(template.Must(s.common.Clone()).Parse(p.sources[name]))
		fold(page, s.funcs)
		m.page = page
	})
	return m.page
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
	page := p.page(doc.Locale, name)
	if page == nil {
		return fmt.Errorf("there is no page %q", name)
	}
	if err := page.ExecuteTemplate(out, "document", doc); err != nil {
		return fmt.Errorf("execute template: %w", err)
	}
	return nil
}
