package gallery

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// picture is one page in one state.
type picture struct {
	name, group, title string
	main               bool // shown to who is new here
	status             int  // 0 is 200
	// center changes what is declared.
	center func(*helpdesk.HelpCenter)
	scene  scene
	path   string // without the language; one that begins with "!" has none
	post   url.Values
	from   string // Sec-Fetch-Site of a post; "" is this site
	host   string // "" is the help center's
	// agents is what the made-up desk answers an agent; nil: it is a page of customers.
	agents *agentScene
}

// locales are the languages that the page speaks.
func (p picture) locales() []string {
	if p.agents != nil {
		return []string{words.English}
	}
	return words.Locales()
}

// request is what a browser sends to see the picture.
func (p picture) request(locale string) *http.Request {
	address := "https://" + host
	if p.host != "" {
		address = "https://" + p.host
	}
	if bare, ok := strings.CutPrefix(p.path, "!"); ok {
		address += bare
	} else {
		address += web.Path(locale, p.path)
	}
	r := httptest.NewRequest(http.MethodGet, address, nil)
	if p.post != nil {
		r = httptest.NewRequest(http.MethodPost, address, strings.NewReader(p.post.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if p.from != "" {
			r.Header.Set("Sec-Fetch-Site", p.from)
		}
	}
	r.Header.Set("Accept-Language", locale)
	if p.agents != nil && !strings.HasSuffix(p.path, "/sign-in") {
		r.AddCookie(&http.Cookie{Name: "__Host-postern_agent", Value: "made-up"})
		if p.agents.compact {
			r.AddCookie(&http.Cookie{Name: "__Host-postern_rows", Value: "compact"})
		}
	}
	for _, name := range p.scene.cookies() {
		r.AddCookie(&http.Cookie{Name: "__Host-" + name, Value: "made-up"})
	}
	return r
}
