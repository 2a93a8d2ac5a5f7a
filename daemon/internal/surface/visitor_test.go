package surface

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"
)

// visitor is somebody with a browser of their own that follows nothing by itself.
type visitor struct {
	base   string // of the help center
	client *http.Client
}

var networks atomic.Uint32 // that visitors come from

// answer is what a visitor got.
type answer struct {
	status int
	header http.Header
	body   string
}

// location is where it leads, "" if nowhere.
func (a answer) location() string { return a.header.Get("Location") }

// visit makes somebody new at a help center.
func (d *desk) visit(t *testing.T, center string) *visitor {
	t.Helper()
	jar, _ := cookiejar.New(nil) // never fails
	base := d.base(t, center)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	// Everybody comes from a network of their own: what one may do in a minute is
	// counted.
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(networks.Add(1)), 1)}}
	transport := &http.Transport{
		DisableCompression: true,
		// Whatever its name: help centers of this desk are all on this machine.
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:"+u.Port())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{base: base, client: &http.Client{
		Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ask sends a request as the help center's own page does. An address that begins
// with a slash is one of the help center.
func (v *visitor) ask(t *testing.T, method, address, contentType string, body io.Reader) answer {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.base + address
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	resp, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		return answer{resp.StatusCode, resp.Header, ""} // it has no end
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

func (v *visitor) get(t *testing.T, address string) answer {
	t.Helper()
	return v.ask(t, http.MethodGet, address, "", nil)
}

// post sends a form.
func (v *visitor) post(t *testing.T, address string, form url.Values) answer {
	t.Helper()
	return v.ask(t, http.MethodPost, address, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// send sends a form the way forms with files are sent.
func (v *visitor) send(t *testing.T, address string, form url.Values) answer {
	t.Helper()
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	for name, values := range form {
		for _, value := range values {
			_ = parts.WriteField(name, value) // a buffer takes everything
		}
	}
	_ = parts.Close()
	return v.ask(t, http.MethodPost, address, parts.FormDataContentType(), &b)
}

// sheet is a form of a page.
type sheet struct {
	action, method string
	files          bool
	values         url.Values // what it would send untouched
	buttons        []string
}

func formsOf(t *testing.T, page string) []sheet {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all []sheet
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			all = append(all, readForm(n))
		}
	}
	return all
}

func readForm(form *html.Node) sheet {
	s := sheet{action: attribute(form, "action"), method: strings.ToLower(attribute(form, "method")), values: url.Values{}}
	s.files = attribute(form, "enctype") == "multipart/form-data"
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		name, value := attribute(n, "name"), attribute(n, "value")
		switch n.Data {
		case "input":
			switch attribute(n, "type") {
			case "checkbox", "radio":
				if has(n, "checked") {
					s.values.Add(name, value)
				}
			case "file", "submit":
			default:
				s.values.Add(name, value)
			}
		case "textarea":
			if n.FirstChild != nil {
				value = n.FirstChild.Data
			}
			s.values.Add(name, value)
		case "option":
			if has(n, "selected") && n.Parent != nil {
				s.values.Add(attribute(n.Parent, "name"), value)
			}
		case "button":
			s.buttons = append(s.buttons, name)
		}
	}
	return s
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
