package devmail

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const base = "http://localhost:8080"

const (
	textID = "20261122-110000-000000001"
	htmlID = "20261122-120000-000000001"
)

const textMail = "From: a@acme.example\r\nTo: b@customer.example\r\nSubject: =?utf-8?q?=3Cb=3EPl=C3=A4ne?=\r\n\r\n<i>Text</i> https://x.example/1\r\n"

const htmlMail = "From: Acme <a@acme.example>\r\nTo: Alice <alice@customer.example>\r\nSubject: Hello\r\nX-Odd: \"<u>\"\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nPlain words\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
	"<!doctype html><p>Hello <a href=\"http://localhost:8080/t/pl1_x\">link</a><script>alert(1)</script>\r\n--b--\r\n"

const fileMail = "From: a@acme.example\r\nTo: b@customer.example\r\nSubject: Label\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nPrint it.\r\n" +
	"--b\r\nContent-Type: text/csv; name=\"<i>.csv\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCg==\r\n--b--\r\n"

// caught serves a folder with the mails.
func caught(t *testing.T, mails map[string]string) http.Handler {
	t.Helper()
	dir := t.TempDir()
	for id, raw := range mails {
		if err := os.WriteFile(filepath.Join(dir, id+".eml"), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, id+".eml"), webtest.Now, webtest.Now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(dir, func() time.Time { return webtest.Now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	site := webtest.Site(io.Discard, helpdesk.HelpCenter{DisplayName: "Dev", BaseURL: base})
	return site.Handler(c.Pages(site))
}

func both(t *testing.T) http.Handler {
	return caught(t, map[string]string{textID: textMail, htmlID: htmlMail})
}

func has(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("page does not have %q", w)
		}
	}
}

func TestList(t *testing.T) {
	page := webtest.Page(t, webtest.Get(t, both(t), base+"/dev/mail"))
	has(t, page, "alice@customer.example", "Hello", "&lt;b&gt;Pläne", "1 hour ago", `href="/dev/mail/`+htmlID+`"`)
	if strings.Index(page, htmlID) > strings.Index(page, textID) {
		t.Error("the newest mail does not come first")
	}
	has(t, webtest.Page(t, webtest.Get(t, caught(t, nil), base+"/dev/mail")), "No mail yet")
}

// Who tries out an answer with a file sees that it went along.
func TestFilesOfAMail(t *testing.T) {
	const id = "20261122-130000-000000001"
	page := webtest.Page(t, webtest.Get(t, caught(t, map[string]string{id: fileMail}), base+"/dev/mail/"+id))
	has(t, page, "<dt>File</dt><dd><bdi>&lt;i&gt;.csv, 4 bytes</bdi></dd>")
}

func TestListJSON(t *testing.T) {
	r := webtest.Get(t, both(t), base+"/dev/mail.json")
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	var got []map[string]string
	if err := json.Unmarshal([]byte(webtest.Body(t, r)), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"id": htmlID, "from": "a@acme.example", "to": "alice@customer.example", "subject": "Hello", "at": "2026-11-22T11:00:00Z"},
		{"id": textID, "from": "a@acme.example", "to": "b@customer.example", "subject": "<b>Pläne", "at": "2026-11-22T11:00:00Z"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if got := webtest.Body(t, webtest.Get(t, caught(t, nil), base+"/dev/mail.json")); got != "[]" {
		t.Errorf("nothing is %q", got)
	}
}

func TestMail(t *testing.T) {
	h := both(t)
	frame := `<iframe class="paper" src="/dev/mail/` + htmlID + `/html"`
	for _, test := range []struct {
		name   string
		path   string
		has    []string
		hasNot []string
	}{
		{"HTML first", htmlID, []string{frame, `sandbox="allow-popups allow-popups-to-escape-sandbox"`, "Acme &lt;a@acme.example&gt;", "&#34;&lt;u&gt;&#34;", "Text</a>", "Source</a>"}, []string{"Plain words"}},
		{"text", htmlID + "?view=text", []string{"Plain words"}, []string{"<iframe"}},
		{"source", htmlID + "?view=source", []string{"X-Odd: &#34;&lt;u&gt;&#34;", "&lt;script&gt;alert(1)&lt;/script&gt;"}, []string{"<iframe"}},
		{"unknown view", htmlID + "?view=x", []string{frame}, nil},
		{"without HTML", textID, []string{"&lt;i&gt;Text&lt;/i&gt;", `<a href="https://x.example/1" rel="noopener noreferrer nofollow"`, "&lt;b&gt;Pläne"}, []string{"<iframe", "view=html"}},
		{"HTML that is not there", textID + "?view=html", []string{"&lt;i&gt;Text&lt;/i&gt;"}, []string{"<iframe"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, h, base+"/dev/mail/"+test.path)
			page := webtest.Page(t, r)
			if !strings.HasSuffix(r.Header.Get("Content-Security-Policy"), "; frame-src 'self'") {
				t.Errorf("policy is %q", r.Header.Get("Content-Security-Policy"))
			}
			has(t, page, test.has...)
			for _, w := range append(test.hasNot, "<script>alert", "<u>", "<i>") {
				if strings.Contains(page, w) {
					t.Errorf("page has %q", w)
				}
			}
		})
	}
}

// The HTML of a mail can do nothing but be looked at and lead on.
func TestHTMLFrame(t *testing.T) {
	r := webtest.Get(t, both(t), base+"/dev/mail/"+htmlID+"/html")
	policy := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{"sandbox allow-popups allow-popups-to-escape-sandbox;", "default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"} {
		has(t, policy, want)
	}
	for _, never := range []string{"allow-scripts", "allow-same-origin", "script-src", "allow-forms", "http:", "https:"} {
		if strings.Contains(policy, never) {
			t.Errorf("policy has %s", never)
		}
	}
	has(t, webtest.Body(t, r), `<!doctype html><base target="_blank">`, `<a href="http://localhost:8080/t/pl1_x">link</a>`)
	if got := webtest.Body(t, webtest.Get(t, both(t), base+"/dev/mail/"+textID+"/html")); strings.Contains(got, "Text") {
		t.Errorf("a mail without HTML gives %q", got)
	}
}

func TestSource(t *testing.T) {
	r := webtest.Get(t, both(t), base+"/dev/mail/"+htmlID+".eml")
	if got := r.Header.Get("Content-Type"); got != "message/rfc822" {
		t.Errorf("Content-Type is %q", got)
	}
	if diff := cmp.Diff(htmlMail, webtest.Body(t, r)); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	h := both(t)
	for _, path := range []string{"/dev/mail/1", "/dev/mail/1.eml", "/dev/mail/1/html", "/dev/mail/..%2f..%2fsecret", "/dev/mail/x.eml.eml", "/dev/none"} {
		r := webtest.Get(t, h, base+path)
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
		webtest.Page(t, r)
	}
}

// A mail can be any bytes.
func TestMailOfAnyBytes(t *testing.T) {
	mails := map[string]string{}
	for i, raw := range []string{"", "\x00\xff\xfe", strings.Repeat("Subject: x\n", 1000), "Subject: \u202eevil\r\n\r\n\x1b[2J", "Content-Type: text/html\n\n<base href=//evil>"} {
		mails[fmt.Sprintf("20261122-110000-%09d", i)] = raw
	}
	h := caught(t, mails)
	webtest.Page(t, webtest.Get(t, h, base+"/dev/mail"))
	for id := range mails {
		for _, view := range []string{"html", "text", "source"} {
			if r := webtest.Get(t, h, base+"/dev/mail/"+id+"?view="+view); r.StatusCode != http.StatusOK {
				t.Errorf("%s as %s: status %d", id, view, r.StatusCode)
			} else {
				webtest.Page(t, r)
			}
		}
	}
}
