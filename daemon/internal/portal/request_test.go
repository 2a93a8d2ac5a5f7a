package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// office is a Desk with one request, #1042, of the customer who is signed in.
type office struct {
	people
	seen    *actions.Request
	done    []string
	err     error // of what changes something
	link    error // of LinkTarget
	target  actions.Target
	content string // of every file
	limits  helpdesk.FileLimits
	looked  int // for files that are named
}

func (o *office) did(format string, args ...any) error {
	if o.err == nil {
		o.done = append(o.done, fmt.Sprintf(format, args...))
	}
	return o.err
}

func (o *office) mine(by *actions.Customer, number int64) error {
	if by == nil || number != 1042 {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return nil
}

func (o *office) Request(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64, draft string) (*actions.Request, error) {
	if err := o.mine(by, number); err != nil {
		return nil, err
	}
	out := *o.seen
	if draft != "" {
		out.Draft = "draft " + draft
	}
	return &out, nil
}

type bytesOf struct{ *strings.Reader }

func (bytesOf) Close() error { return nil }

func (o *office) RequestFile(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64, seq, index int) (*actions.File, error) {
	if err := o.mine(by, number); err != nil || seq != 1 || index != 1 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no file")
	}
	return &actions.File{ReadSeekCloser: bytesOf{strings.NewReader(o.content)}, Name: "pot.svg", MediaType: "image/svg+xml"}, nil
}

func (o *office) AnswerLimits(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64) (helpdesk.FileLimits, error) {
	return o.limits, o.mine(by, number)
}

func (o *office) KeepAnswerFile(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, _ int64, name, mediaType string, r io.Reader) (actions.Upload, error) {
	b, err := io.ReadAll(r)
	f := actions.Upload{Attachment: helpdesk.Attachment{Name: name, MediaType: mediaType, Size: int64(len(b))}, Seal: "sealed " + name}
	if err == nil {
		err = o.limits.CheckSize(name, f.Size)
	}
	return f, err
}

func (o *office) KeptAnswerFile(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, _ int64, token string) (actions.Upload, error) {
	o.looked++
	var said actions.Upload
	if err := json.Unmarshal([]byte(token), &said); err != nil || said.Seal != "sealed "+said.Name {
		return said, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "choose it again", Err: helpdesk.ErrFile}
	}
	return said, nil
}

func (o *office) AnswerRequest(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64, in actions.Answer) (int64, error) {
	if err := o.mine(by, number); err != nil {
		return 0, err
	}
	var files []string
	for _, f := range in.Files {
		files = append(files, f.Name)
	}
	if in.Text == "" && len(files) == 0 {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "write something first")
	}
	err := o.did("answer %d %q %v %s %s", number, in.Text, files, in.Nonce, in.Draft)
	if in.Text == "closed" {
		return 1043, err
	}
	return number, err
}

func (o *office) CloseRequest(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64) error {
	if err := o.mine(by, number); err != nil {
		return err
	}
	return o.did("close %d", number)
}

func (o *office) AddPerson(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64, address, name string) error {
	if err := o.mine(by, number); err != nil {
		return err
	}
	return o.did("add %d %s %s", number, address, name)
}

func (o *office) RemovePerson(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64, participant uint16) error {
	if err := o.mine(by, number); err != nil {
		return err
	}
	return o.did("remove %d %d", number, participant)
}

func (o *office) LinkTarget(_ context.Context, _ helpdesk.HelpCenter, token string, by *actions.Customer) (actions.Target, error) {
	to := o.target
	to.TakesPart = to.TakesPart && by != nil
	return to, o.link
}

func (o *office) KeepDraft(_ context.Context, _ helpdesk.HelpCenter, token, text string) (actions.Drafted, error) {
	if token != goodLink {
		return actions.Drafted{}, helpdesk.Errorf(helpdesk.NotFound, "no such link")
	}
	return actions.Drafted{Number: 1042, Draft: "draftdraftdraft2"}, o.did("draft %q", text)
}

func (o *office) StrayDraft(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, _ int64, draft string) (string, error) {
	if draft != "d7" {
		return "", helpdesk.Errorf(helpdesk.NotFound, "no draft")
	}
	return "Stray <words>", nil
}

func (o *office) MailNewLink(_ context.Context, _ helpdesk.HelpCenter, token string) error {
	return o.did("new link %s", token)
}

func newOffice() *office {
	view := *seen
	view.Look = "77"
	view.People = []helpdesk.PublicPerson{
		{Number: 1, Name: "Alice", Address: "alice@customer.example", Requester: true, Mine: true}, {Number: 2, Name: "Bob <b>", Address: "bob@customer.example"},
	}
	return &office{
		people: people{desk{view: &view}}, seen: &actions.Request{View: view, MayClose: true, MayAdd: true, MayRemove: true, Files: helpdesk.FileLimits{Bytes: 5 << 20, Blocked: []string{"exe"}}},
		target: actions.Target{Number: 1042},
	}
}

const requestPath = "/en/requests/1042"

// covers: S04, S05, S06, S21
func TestRequest(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	page := webtest.Page(t, webtest.Get(t, h, base+requestPath, customersCookie))
	has(t, page, "#1042", "Waiting for your answer", `id="thread" data-look="77"`, `action="`+requestPath+`/reply"`, `enctype="multipart/form-data"`,
		"Who will read this: Acme Help, Bob &lt;b&gt;.", "My problem is solved", "Add somebody", `action="`+requestPath+`/people/2/remove"`,
		`src="?file=1.1&amp;show=1"`, `data-most="5242880"`, `data-refused="exe"`, "bob@customer.example")
	hasNot(t, page, "This link was sent", "<script>alert", "secret-hash", "Leave this request", `/people/1/remove`)

	o.seen.MayClose, o.seen.MayAdd, o.seen.MayRemove, o.seen.MayLeave = false, false, false, true
	page = webtest.Page(t, webtest.Get(t, h, base+requestPath, customersCookie))
	has(t, page, "Leave this request", `action="`+requestPath+`/people/1/remove"`)
	hasNot(t, page, "My problem is solved", "Add somebody", `/people/2/remove`)

	hasNot(t, page, "It follows")
	o.seen.View.Follows = 6
	page = webtest.Page(t, webtest.Get(t, h, base+requestPath, customersCookie))
	has(t, page, `<a href="/en/requests/6">It follows request #6.</a>`)

	o.seen.View.Merged, o.seen.View.ContinuedAs = true, 9
	page = webtest.Page(t, webtest.Get(t, h, base+requestPath, customersCookie))
	has(t, page, "goes on as #9", `href="/en/requests/9"`)
	hasNot(t, page, `/reply"`)
}

func offCenter() helpdesk.HelpCenter {
	off := spoken(plain)
	off.PortalOn = false
	return off
}

// covers: S21, S40a, S37
func TestWhereRequestsLead(t *testing.T) {
	closed := spoken(plain)
	closed.View = helpdesk.ViewSignedIn
	nobody := spoken(plain)
	nobody.SignUp = helpdesk.SignUp{}
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		change func(o *office)
		path   string
		cookie *http.Cookie
		status int
		to     string
	}{
		{"portal off", offCenter(), nil, requestPath, customersCookie, 404, ""},
		{"portal off, an agent", offCenter(), nil, requestPath, agentsCookie, 404, ""},
		{"nobody", spoken(plain), nil, "/en/requests/1042?draft=x", nil, 303, "/en/sign-in?next=%2Fen%2Frequests%2F1042%3Fdraft%3Dx"},
		{"nobody who could sign in", nobody, nil, requestPath, nil, 403, ""},
		{"an agent", spoken(plain), nil, requestPath, agentsCookie, 302, "/agent/tickets/1042"},
		{"somebody else's", spoken(plain), nil, "/en/requests/7", customersCookie, 404, ""},
		{"no number", spoken(plain), nil, "/en/requests/01042", customersCookie, 404, ""},
		{"a link", spoken(plain), nil, "/t/" + goodLink, nil, 200, ""},
		{"a link, where only who is signed in may see", closed, nil, "/t/" + goodLink, nil, 302, "/en/sign-in?next=%2Fen%2Frequests%2F1042"},
		{"the same for somebody else", closed, nil, "/t/" + goodLink, customersCookie, 404, ""},
		{"a file of that link", closed, nil, "/t/" + goodLink + "?file=1.1", nil, 303, "/en/sign-in"},
		{"the same file for somebody else", closed, nil, "/t/" + goodLink + "?file=1.1", customersCookie, 404, ""},
		{"the same for its own", closed, func(o *office) { o.target.TakesPart = true }, "/t/" + goodLink, customersCookie, 302, requestPath},
		{"a link of one's own", spoken(plain), func(o *office) { o.target.TakesPart = true }, "/t/" + goodLink, customersCookie, 302, requestPath},
		{"a link of somebody else", spoken(plain), nil, "/t/" + goodLink, customersCookie, 200, ""},
		{"a link, for an agent", spoken(plain), nil, "/t/" + goodLink, agentsCookie, 302, "/agent/tickets/1042"},
		{"a bad link, for an agent", spoken(plain), func(o *office) { o.link = helpdesk.Errorf(helpdesk.NotFound, "") }, "/t/pl1_x", agentsCookie, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice()
			if tt.change != nil {
				tt.change(o)
			}
			var cookies []*http.Cookie
			if tt.cookie != nil {
				cookies = append(cookies, tt.cookie)
			}
			r := webtest.Get(t, serveDesk(o, tt.center), base+tt.path, cookies...)
			if r.StatusCode != tt.status || r.Header.Get("Location") != tt.to {
				t.Errorf("status %d, Location %q, want %d, %q", r.StatusCode, r.Header.Get("Location"), tt.status, tt.to)
			}
			if len(o.done) > 0 || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("reading did %v and set %q", o.done, r.Header.Get("Set-Cookie"))
			}
		})
	}
}

// covers: S22, S23
func TestLinkPage(t *testing.T) {
	h := serveDesk(newOffice(), spoken(plain))
	page := webtest.Page(t, webtest.Get(t, h, base+"/t/"+goodLink))
	has(t, page, "This link was sent to <bdi>alice@customer.example</bdi>.", `action="/t/`+goodLink+`/reply?lang=en"`, "Go on to sign in", "add files then", `data-look="77"`)
	hasNot(t, page, `type="file"`, "My problem is solved", "bob@customer.example", "Add somebody")

	page = webtest.Page(t, webtest.Get(t, h, base+"/t/"+goodLink, customersCookie))
	has(t, page, "sent to <bdi>alice@customer.example</bdi>; you are signed in as <bdi>alice@customer.example</bdi>")
	hasNot(t, page, "<textarea", "bob@customer.example")

	nobody := spoken(plain)
	nobody.SignUp = helpdesk.SignUp{}
	page = webtest.Page(t, webtest.Get(t, serveDesk(newOffice(), nobody), base+"/t/"+goodLink))
	has(t, page, "reply to the mail you got")
	hasNot(t, page, "<textarea", "sign in")
}

// covers: S23, S10
func TestReplyByLink(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	address := base + "/t/" + goodLink + "/reply?lang=de"
	r := webtest.Post(t, h, address, url.Values{"text": {"Hello"}})
	if got, want := r.Header.Get("Location"), "/de/sign-in?next=%2Fde%2Frequests%2F1042%3Fdraft%3Ddraftdraftdraft2"; r.StatusCode != 303 || got != want {
		t.Errorf("status %d, Location %q, want %q", r.StatusCode, got, want)
	}
	r = webtest.Post(t, h, address, url.Values{"text": {"Hello"}}, customersCookie)
	if got, want := r.Header.Get("Location"), "/de/requests/1042?draft=draftdraftdraft2"; got != want {
		t.Errorf("signed in meanwhile: Location %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{`draft "Hello"`, `draft "Hello"`}, o.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	o.err = helpdesk.Errorf(helpdesk.TooLarge, "more than %d KiB can't be kept here: sign in first, or reply by mail", 16)
	r = webtest.Post(t, h, base+"/t/"+goodLink+"/reply", url.Values{"text": {"Long <text>"}})
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: status %d", r.StatusCode)
	}
	has(t, page, "Long &lt;text&gt;", "More than 16 KiB", "autofocus")
	forged := goodLink[:len(goodLink)-1] + "A"
	if r := webtest.Post(t, h, base+"/t/"+forged+"/reply", url.Values{"text": {"x"}}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a forged link: status %d", r.StatusCode)
	}
}

// One network can leave only so many drafts, and ask only so often for links.
// covers: S23
func TestLinksHaveLimits(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	for what, address := range map[string]string{"draft": "/t/" + goodLink + "/reply", "new link": "/new-link/" + goodLink} {
		o.done = nil
		last := 0
		for range 40 {
			last = webtest.Post(t, h, base+address, url.Values{"text": {"x"}}).StatusCode
		}
		if last != http.StatusTooManyRequests || len(o.done) == 0 || len(o.done) > 20 {
			t.Errorf("%s: status %d after %d", what, last, len(o.done))
		}
	}
}

// covers: S04, P12
func TestReplyOnAPage(t *testing.T) {
	text := func(name string, size int) webtest.Upload {
		return webtest.Upload{Name: name, MediaType: "text/plain", Content: strings.Repeat("x", size)}
	}
	o := newOffice()
	o.limits = helpdesk.FileLimits{Bytes: 10}
	h := serveDesk(o, spoken(plain))
	form := url.Values{"text": {"Hello"}, "nonce": {"n"}, "draft": {"d"}}
	r := webtest.PostFiles(t, h, base+requestPath+"/reply", form, []webtest.Upload{text("a.txt", 3), text("b.txt", 0)}, customersCookie)
	if got := r.Header.Get("Location"); r.StatusCode != 303 || got != requestPath+"?done=sent#done" {
		t.Errorf("status %d, Location %q", r.StatusCode, got)
	}
	r = webtest.Post(t, h, base+requestPath+"/reply", url.Values{"text": {"closed"}, "nonce": {"n"}}, customersCookie)
	if got := r.Header.Get("Location"); got != "/en/requests/1043?done=elsewhere#done" {
		t.Errorf("a closed one: Location %q", got)
	}
	if diff := cmp.Diff([]string{`answer 1042 "Hello" [a.txt b.txt] n d`, `answer 1042 "closed" [] n `}, o.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	has(t, webtest.Page(t, webtest.Get(t, h, base+requestPath+"?done=sent", customersCookie)), "Your message was sent.")

	// A file that can't be sent costs neither the words nor the other files.
	o.done = nil
	r = webtest.PostFiles(t, h, base+requestPath+"/reply", form, []webtest.Upload{text("a.txt", 3), text("large.txt", 11)}, customersCookie)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(o.done) > 0 {
		t.Errorf("status %d, done %v", r.StatusCode, o.done)
	}
	has(t, page, "“large.txt” is too large", "Hello</textarea>", `name="nonce" value="n"`, `name="draft" value="d"`, "a.txt")
	kept := regexp.MustCompile(`name="kept" value="([^"]*)"`).FindStringSubmatch(page)
	if kept == nil {
		t.Fatal("the page does not name the file that was kept")
	}
	again := url.Values{"text": {"Hello"}, "nonce": {"n"}, "kept": {html.UnescapeString(kept[1])}}
	webtest.PostFiles(t, h, base+requestPath+"/reply", again, []webtest.Upload{text("c.txt", 1)}, customersCookie)
	if diff := cmp.Diff([]string{`answer 1042 "Hello" [a.txt c.txt] n `}, o.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	again.Set("kept", strings.ReplaceAll(again.Get("kept"), "a.txt", "other.txt"))
	again["kept"] = append(again["kept"], `{"name":"x","blob":"b"}`)
	if r := webtest.PostFiles(t, h, base+requestPath+"/reply", again, nil, customersCookie); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a file that was never kept: status %d", r.StatusCode)
	}
}

// covers: S04
func TestReplyMistakes(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	page := webtest.Page(t, webtest.Post(t, h, base+requestPath+"/reply", url.Values{"nonce": {"n"}}, customersCookie))
	has(t, page, "Write something first.", `aria-invalid="true"`, "autofocus", `name="nonce" value="n"`)

	o.err = helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("etcd is away"))
	page = webtest.Page(t, webtest.Post(t, h, base+requestPath+"/reply", url.Values{"text": {"Hello"}}, customersCookie))
	has(t, page, "This does not work at the moment", "Hello</textarea>")
	hasNot(t, page, "etcd")

	// Who was signed out meanwhile gets their words back.
	page = webtest.Page(t, webtest.PostFiles(t, h, base+requestPath+"/reply", url.Values{"text": {"Hello <you>"}, "nonce": {"n"}}, nil))
	has(t, page, "Your message was not sent", "Hello &lt;you&gt;", `action="`+requestPath+`/reply"`, `name="nonce" value="n"`)
	hasNot(t, page, "#1042", "pot")
	for _, act := range []string{"/close", "/people", "/people/2/remove"} {
		if r := webtest.Post(t, h, base+requestPath+act, nil); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s of nobody: status %d", act, r.StatusCode)
		}
	}
}

// Each file that a page names is looked up, so no more are than can go with an answer.
// covers: S04
func TestNamedFilesAreBounded(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	form := url.Values{"text": {"Hello"}, "nonce": {"n"}}
	for range 20 * helpdesk.MaxFiles {
		form.Add("kept", "{}")
	}
	page := webtest.Page(t, webtest.Post(t, h, base+requestPath+"/reply", form, customersCookie))
	has(t, page, "Hello</textarea>")
	if o.looked > helpdesk.MaxFiles {
		t.Errorf("%d files were looked for, want %d at most", o.looked, helpdesk.MaxFiles)
	}
}

// covers: S06, S05
func TestPeopleAndClosing(t *testing.T) {
	o := newOffice()
	h := serveDesk(o, spoken(plain))
	for _, tt := range []struct {
		act  string
		form url.Values
		to   string
	}{
		{"/people", url.Values{"address": {"bob@x.example"}, "name": {"Bob"}}, requestPath + "?done=added#done"},
		{"/people/2/remove", nil, requestPath + "?done=removed#done"},
		{"/people/1/remove", url.Values{"leave": {"1"}}, "/en/requests"},
		{"/close", nil, requestPath + "?done=closed#done"},
	} {
		r := webtest.Post(t, h, base+requestPath+tt.act, tt.form, customersCookie)
		if got := r.Header.Get("Location"); r.StatusCode != 303 || got != tt.to {
			t.Errorf("%s: status %d, Location %q, want %q", tt.act, r.StatusCode, got, tt.to)
		}
	}
	if diff := cmp.Diff([]string{"add 1042 bob@x.example Bob", "remove 1042 2", "remove 1042 1", "close 1042"}, o.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/people/x/remove", "/people/-1/remove", "/people/70000/remove"} {
		if r := webtest.Post(t, h, base+requestPath+path, nil, customersCookie); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
	o.err = helpdesk.Errorf(helpdesk.Invalid, "enter a mail address such as name@example.com")
	page := webtest.Page(t, webtest.Post(t, h, base+requestPath+"/people", url.Values{"address": {"bo<b"}, "name": {"Bob"}}, customersCookie))
	has(t, page, "Enter a mail address", `value="bo&lt;b"`, `value="Bob"`, `class="sure add" open`, `aria-describedby="address-error"`)
}

// covers: S23
func TestDraftIsInTheComposer(t *testing.T) {
	page := webtest.Page(t, webtest.Get(t, serveDesk(newOffice(), spoken(plain)), base+requestPath+"?draft=d1", customersCookie))
	has(t, page, "draft d1</textarea>", "written before you signed in", `name="draft" value="d1"`)
}

// Who signs up with another address than the link's gets their words back.
// covers: S23
func TestStrayDraft(t *testing.T) {
	h := serveDesk(newOffice(), spoken(plain))
	r := webtest.Get(t, h, base+"/en/requests/7?draft=d7", customersCookie)
	page := webtest.Page(t, r)
	has(t, page, "Stray &lt;words&gt;", "signed in as <bdi>alice@customer.example</bdi>")
	hasNot(t, page, "pot", "#7")
	want := webtest.Page(t, webtest.Get(t, h, base+"/en/requests/7", customersCookie))
	got := webtest.Page(t, webtest.Get(t, h, base+"/en/requests/7?draft=d8", customersCookie))
	got = strings.ReplaceAll(got, "?draft=d8", "") // the same page in other languages
	if r.StatusCode != http.StatusNotFound || got != want {
		t.Errorf("status %d; a draft that is not there has a page of its own", r.StatusCode)
	}
}

// Whether there is a request, nobody learns from asking for a new link.
// covers: S22
func TestNewLink(t *testing.T) {
	o := newOffice()
	o.people.err = helpdesk.Errorf(helpdesk.NotFound, "over")
	h := serveDesk(o, spoken(plain))
	forged := goodLink[:len(goodLink)-1] + "A"
	r := webtest.Get(t, h, base+"/t/"+goodLink)
	page := webtest.Page(t, r)
	has(t, page, "no longer valid", `action="/new-link/`+goodLink+`?lang=en"`, "Mail me a new link")
	if other := webtest.Page(t, webtest.Get(t, h, base+"/t/"+forged)); r.StatusCode != http.StatusNotFound || strings.ReplaceAll(other, forged, goodLink) != page {
		t.Errorf("status %d; a forged link has another page than one that is over", r.StatusCode)
	}
	want := webtest.Page(t, webtest.Post(t, h, base+"/new-link/"+goodLink, nil))
	has(t, want, "Look into your mail")
	hasNot(t, want, "alice@")
	if got := webtest.Page(t, webtest.Post(t, h, base+"/new-link/"+forged, nil)); got != want {
		t.Error("the answer to a forged link differs")
	}
	if r := webtest.Post(t, h, base+"/new-link/1042", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("what is no link: status %d", r.StatusCode)
	}
	if len(o.done) != 2 {
		t.Errorf("done %v", o.done)
	}
}

// A file is shown only if its bytes are those of a picture, whatever its name and
// type say; else it is saved.
//
// covers: P12, S22
func TestPictures(t *testing.T) {
	for _, tt := range []struct{ name, content, mediaType string }{
		{"png", "\x89PNG\r\n\x1a\n and more", "image/png"},
		{"jpeg", "\xff\xd8\xff\xe0 and some more", "image/jpeg"},
		{"gif", "GIF89a and some more", "image/gif"},
		{"webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ""},
		{"html", "<!doctype html><script>alert(1)</script>", ""},
		{"wav", "RIFF\x10\x00\x00\x00WAVEfmt ", ""},
		{"short", "GIF89a", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice()
			o.content = tt.content
			h := serveDesk(o, spoken(plain))
			r := webtest.Get(t, h, base+requestPath+"?file=1.1&show=1", customersCookie)
			if tt.mediaType == "" {
				if r.StatusCode != http.StatusNotFound {
					t.Errorf("status %d", r.StatusCode)
				}
			} else if got := r.Header; got.Get("Content-Type") != tt.mediaType || got.Get("Content-Disposition") != "inline" || !strings.Contains(got.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("headers %v", got)
			}
			r = webtest.Get(t, h, base+requestPath+"?file=1.1", customersCookie)
			if got := r.Header; r.StatusCode != 200 || got.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Get("Content-Disposition"), "attachment") {
				t.Errorf("saving: status %d, headers %v", r.StatusCode, got)
			}
		})
	}
}
