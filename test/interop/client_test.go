package interop

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// bodyOf takes all that was answered.
func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// visitor asks for pages of the help center acme, without following redirects.
type visitor struct {
	desk   *peers.Desk
	cookie string
}

func (v *visitor) do(t *testing.T, method, path, contentType string, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+v.desk.HTTP+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "help.acme.example"
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", "https://help.acme.example")
	req.Header.Set("Cookie", v.cookie)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
	return resp
}

func (v *visitor) get(t *testing.T, path string) *http.Response {
	t.Helper()
	return v.do(t, http.MethodGet, path, "", nil)
}

// post sends a form that must be done.
func (v *visitor) post(t *testing.T, path string, form url.Values) {
	t.Helper()
	resp := v.do(t, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if body := bodyOf(t, resp); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("POST %s: %s\n%s", path, resp.Status, body)
	}
}

// upload is a file of a form.
type upload struct {
	name    string
	content []byte
}

// send sends a form with files.
func (v *visitor) send(t *testing.T, path string, form url.Values, files ...upload) *http.Response {
	t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name, values := range form {
		if err := parts.WriteField(name, values[0]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		w, err := parts.CreateFormFile("files", f.name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(f.content) // a buffer takes everything
	}
	_ = parts.Close()
	return v.do(t, http.MethodPost, path, parts.FormDataContentType(), &body)
}

// newAgent makes an agent and signs them in.
func newAgent(t *testing.T, desk *peers.Desk) *visitor {
	t.Helper()
	var made struct{ Password string }
	desk.JSON(t, &made, "agent", "add", "robin@acme.example", "--name", "Robin")
	agent := &visitor{desk: desk}
	agent.post(t, "/agent/sign-in", url.Values{"address": {"robin@acme.example"}, "password": {made.Password}})
	return agent
}

// signIn makes an agent and returns what posts their forms.
func signIn(t *testing.T, desk *peers.Desk) (post func(path string, form url.Values)) {
	t.Helper()
	agent := newAgent(t, desk)
	return func(path string, form url.Values) {
		t.Helper()
		agent.post(t, path, form)
	}
}
