package upgrade

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

const host = "help.acme.example"

// caller is a browser with its cookies, or a program with its token.
type caller struct {
	desk    *daemon
	cookies map[string]string
	token   string
}

func (d *daemon) browser(cookies map[string]string) *caller {
	if cookies == nil {
		cookies = map[string]string{}
	}
	return &caller{desk: d, cookies: cookies}
}

func (d *daemon) api(token string) *caller { return &caller{desk: d, token: token} }

// client follows nothing by itself.
var client = &http.Client{Timeout: peers.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends one request to the help center.
func (c *caller) ask(t *testing.T, method, path, kind, body string) (status int, answer string) {
	t.Helper()
	if u, err := url.Parse(path); err == nil && u.Host == host {
		path = u.RequestURI()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.desk.http+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if method == http.MethodPut {
		r.Header.Set("If-Match", `"0"`) // what it writes was never there
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range resp.Cookies() {
		if c.cookies != nil {
			c.cookies[cookie.Name] = cookie.Value
		}
	}
	return resp.StatusCode, string(raw)
}

// page opens one that must be there and have some words.
func (c *caller) page(t *testing.T, path string, words ...string) string {
	t.Helper()
	status, page := c.ask(t, http.MethodGet, path, "", "")
	if status != http.StatusOK {
		t.Errorf("%s answers %d\n%s", path, status, page)
	}
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("%s does not show %q", path, w)
		}
	}
	return page
}

// fill sends a form that must be taken.
func (c *caller) fill(t *testing.T, path string, form url.Values) string {
	t.Helper()
	status, page := c.ask(t, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
	if status != http.StatusOK && status != http.StatusSeeOther {
		t.Fatalf("POST %s answers %d\n%s", path, status, page)
	}
	return page
}

// do has the API do something and reads its answer into out, unless that is nil.
func (c *caller) do(t *testing.T, method, path string, in, out any) {
	t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			t.Fatal(err)
		}
	}
	status, answer := c.ask(t, method, "/api/v1"+path, "application/json", string(body))
	if status/100 != 2 {
		t.Fatalf("%s %s answers %d\n%s", method, path, status, answer)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(answer), out); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, answer)
		}
	}
}

// read is what the API tells of something.
func (c *caller) read(t *testing.T, path string) any {
	t.Helper()
	var answer any
	c.do(t, http.MethodGet, path, nil, &answer)
	return answer
}

// differs tells where got lacks something of want. Members that only got has are of
// another release; those of passing make no difference. A thread may go on.
func differs(where string, want, got any, passing map[string]bool) string {
	switch want := want.(type) {
	case map[string]any:
		has, _ := got.(map[string]any)
		for name, value := range want {
			if passing[name] {
				continue
			}
			if d := differs(where+"."+name, value, has[name], passing); d != "" {
				return d
			}
		}
		return ""
	case []any:
		has, _ := got.([]any)
		if len(has) < len(want) || len(has) > len(want) && !strings.HasSuffix(where, ".thread") {
			return fmt.Sprintf("%s has %d items, want %d", where, len(has), len(want))
		}
		for i, value := range want {
			if d := differs(fmt.Sprintf("%s[%d]", where, i), value, has[i], passing); d != "" {
				return d
			}
		}
		return ""
	}
	a, _ := json.Marshal(want) // both were read from JSON
	b, _ := json.Marshal(got)
	if !bytes.Equal(a, b) {
		return fmt.Sprintf("%s is %s, want %s", where, b, a)
	}
	return ""
}
