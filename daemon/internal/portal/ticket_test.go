package portal_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

var seen = &helpdesk.CustomerView{
	Number: 1042, Subject: "My <b>pot</b>", Status: helpdesk.Pending, Opened: webtest.Now.Add(-48 * time.Hour),
	Form: []helpdesk.FormValue{{Label: "Order <number>", Text: "ORD-1<i>"}},
	Thread: []helpdesk.PublicMessage{
		{Seq: 1, Mine: true, Name: "Alice", At: webtest.Now.Add(-48 * time.Hour), Text: "It broke.\n<script>alert(1)</script>", Files: []helpdesk.PublicFile{
			{Attachment: helpdesk.Attachment{Name: "pot<1>.jpg", MediaType: "image/jpeg", Size: 1_843_200, Blob: "secret-hash"}, Index: 1},
			{Attachment: helpdesk.Attachment{MediaType: "text/plain", Size: 5}, Index: 3},
		}},
		{Seq: 2, FromAgent: true, Name: "Robin", At: webtest.Now.Add(-time.Hour), Text: "See https://track.example/1?a=b&c=d", Quoted: "> It broke."},
		{Seq: 3, Name: "Bob", At: webtest.Now.Add(-time.Minute), Text: "Me too."},
	},
}

// covers: S22, S05, S09
func TestTicket(t *testing.T) {
	own := center(plain)
	own.StatusLabels = map[helpdesk.Status]string{helpdesk.Pending: "Your turn"}
	h := serve(&desk{view: seen}, io.Discard, own)
	r := webtest.Get(t, h, base+"/t/"+goodLink)
	page := webtest.Page(t, r)
	for header, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": "",
	} {
		if got := r.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	has(t, page, "#1042", "My &lt;b&gt;pot&lt;/b&gt;", "Your turn", "Order &lt;number&gt;", "ORD-1&lt;i&gt;",
		"&lt;script&gt;alert(1)&lt;/script&gt;", "pot&lt;1&gt;.jpg", "image/jpeg, 1.8 MB", "Unnamed file", `href="?file=1.1" download`, `href="?file=1.3" download`, ">You<", ">Robin<", ">Bob<",
		`<a href="https://track.example/1?a=b&amp;c=d" rel="noopener noreferrer nofollow"`, `<details class="quoted">`,
		"alice@customer.example", "reply to the mail you got", `<time datetime="2026-11-20T12:00:00Z"`)
	hasNot(t, page, "<script>alert", "secret-hash", "<form", goodLink)

	page = webtest.Page(t, webtest.Get(t, serve(&desk{view: &helpdesk.CustomerView{Number: 7, Status: helpdesk.Closed}}, io.Discard, center()), base+"/t/"+goodLink))
	has(t, page, "#7", "Your request", "Closed", "There are no messages yet.", "opens a new one")
	hasNot(t, page, "/en/submit", "goes on")

	page = webtest.Page(t, webtest.Get(t, serve(&desk{view: &helpdesk.CustomerView{Number: 7, Status: helpdesk.Closed, ContinuedAs: 9}}, io.Discard, center()), base+"/t/"+goodLink))
	has(t, page, "This request goes on as #9.", "your reply joins that one")
	hasNot(t, page, "opens a new one")

	page = webtest.Page(t, webtest.Get(t, serve(&desk{view: &helpdesk.CustomerView{Number: 7, Status: helpdesk.Open, Follows: 6}}, io.Discard, center()), base+"/t/"+goodLink))
	has(t, page, "It follows request #6.")
	hasNot(t, page, "/requests/6")
}

// Whatever is wrong with a link, the answer is the same page.
// covers: S22
func TestBadLinks(t *testing.T) {
	h := serve(&desk{view: seen}, io.Discard, center(plain))
	want := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
	for _, path := range []string{"/t/1042", "/t/pl1_x", "/t/" + goodLink + "x", "/t/" + goodLink + "/more", "/t/", "/t", "/t/%00", "/t/%2e%2e%2fsubmit"} {
		r := webtest.Get(t, h, base+path)
		if page := webtest.Page(t, r); r.StatusCode != http.StatusNotFound || page != want {
			t.Errorf("%s: status %d, same page: %t", path, r.StatusCode, page == want)
		}
	}
	off := center(plain)
	off.PortalOn = false
	if r := webtest.Get(t, serve(&desk{view: seen}, io.Discard, off), base+"/t/"+goodLink); r.StatusCode != http.StatusNotFound {
		t.Errorf("portal off: status %d", r.StatusCode)
	}
}

// covers: S21
func TestTicketNeedsSignIn(t *testing.T) {
	closed := center(plain)
	closed.View = helpdesk.ViewSignedIn
	r := webtest.Get(t, serve(&desk{view: seen}, io.Discard, closed), base+"/t/"+goodLink)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", r.StatusCode)
	}
	has(t, page, "This needs a sign-in", "reply to the mail")
	hasNot(t, page, "#1042", "pot")
}
