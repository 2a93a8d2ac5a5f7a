package console_test

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

func text(name, content string) webtest.Upload {
	return webtest.Upload{Name: name, MediaType: "text/plain", Content: content}
}

// covers: P12, P10
func TestAttach(t *testing.T) {
	for _, tt := range []struct {
		name  string
		act   string
		form  url.Values
		files []webtest.Upload
		want  string
	}{
		{"one", "reply", url.Values{"text": {"Here"}, "status": {"Pending"}}, []webtest.Upload{text("a.txt", "x")}, `reply 7 Pending "Here" a.txt`},
		{"two of one name", "reply", url.Values{"text": {"Here"}}, []webtest.Upload{text("a.txt", "x"), text("a.txt", "y")}, `reply 7  "Here" a.txt a.txt`},
		{"empty", "reply", url.Values{"text": {"Here"}}, []webtest.Upload{text("a.txt", "")}, `reply 7  "Here" a.txt`},
		{"none chosen", "reply", url.Values{"text": {"Here"}}, []webtest.Upload{{MediaType: "application/octet-stream"}}, `reply 7  "Here"`},
		{"of a note", "note", url.Values{"text": {"Look"}}, []webtest.Upload{text("a.txt", "x")}, `note 7 "Look" a.txt`},
		{"a name that breaks headers", "reply", url.Values{"text": {"Here"}}, []webtest.Upload{text("a\"\r\nb.txt", "x")}, "reply 7  \"Here\" a\"\r\nb.txt"},
		{"kept before, then new", "reply", url.Values{"text": {"Here"}, "kept": {`{"name":"k.txt","seal":"s"}`}}, []webtest.Upload{text("a.txt", "x")}, `reply 7  "Here" k.txt a.txt`},
		{"where no file belongs", "status", url.Values{"status": {"Closed"}}, []webtest.Upload{text("a.txt", "x")}, `status 7 Closed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{detail: full()}
			r := webtest.PostFiles(t, serve(d), base+"/agent/tickets/7/"+tt.act, tt.form, tt.files, session)
			if diff := cmp.Diff([]string{tt.want}, d.changes); diff != "" || r.StatusCode != http.StatusSeeOther {
				t.Errorf("status %d (-want +got):\n%s", r.StatusCode, diff)
			}
		})
	}
}

var keptFiles = regexp.MustCompile(`name="kept" value="([^"]*)"`)

// A file that can't be sent costs neither the words nor the other files.
//
// covers: P12
func TestAttachRefused(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name  string
		act   string
		text  string
		files []webtest.Upload
		write error
		want  int
		kept  int
		has   []string
	}{
		{"blocked", "reply", "My words", []webtest.Upload{text("a.txt", "x"), text("setup.EXE", "x"), text("b.txt", "x")}, nil, 422, 2,
			[]string{`id="reply-files-error"`, "“setup.EXE” can’t be sent", "My words</textarea>"}},
		{"too large", "note", "My words", []webtest.Upload{text("a.txt", large+"x")}, nil, 422, 0,
			[]string{`id="note-files-error"`, "“a.txt” is too large: a file may have 1 MiB here.", "My words</textarea>", `id="as-note" checked`}},
		{"together too much", "reply", "My words", []webtest.Upload{text("a.txt", large), text("b.txt", large), text("c.txt", "x")}, nil, 422, 1,
			[]string{`id="reply-files-error"`, "Together these files have 2.0 MiB", "My words</textarea>"}},
		{"two faults", "reply", "My words", []webtest.Upload{text("a.exe", "x"), text("b.exe", "x")}, nil, 422, 0,
			[]string{"“a.exe”", "“b.exe”", "My words</textarea>"}},
		{"no words", "reply", "", []webtest.Upload{text("a.txt", "x")}, helpdesk.Errorf(helpdesk.Invalid, "write something first"), 422, 1,
			[]string{`id="reply-error"`}},
		{"blocked, and no words", "reply", "", []webtest.Upload{text("a.txt", "x"), text("b.exe", "x")}, nil, 422, 1,
			[]string{`id="reply-files-error"`, "“b.exe” can’t be sent"}},
		{"store away", "reply", "My words", []webtest.Upload{text("a.txt", "x")}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("x")), 503, 1,
			[]string{"My words</textarea>", "does not work at the moment"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{detail: full(), writeErr: tt.write}
			h := serve(d)
			form := url.Values{"text": {tt.text}, "status": {"Pending"}, "nonce": {"n1"}}
			r := webtest.PostFiles(t, h, base+"/agent/tickets/7/"+tt.act, form, tt.files, session)
			page := webtest.Page(t, r)
			kept := keptFiles.FindAllStringSubmatch(page, -1)
			if r.StatusCode != tt.want || len(kept) != tt.kept {
				t.Errorf("status %d with %d files kept, want %d and %d", r.StatusCode, len(kept), tt.want, tt.kept)
			}
			has(t, strings.ReplaceAll(page, "can&#39;t", "can’t"), tt.has...)
			if tt.write == nil && len(d.changes) > 0 {
				t.Errorf("something was written: %q", d.changes)
			}
			d.writeErr, d.changes = nil, nil // mended, and sent again
			form["text"], form["kept"] = []string{"Mended"}, nil
			for _, k := range kept {
				form.Add("kept", html.UnescapeString(k[1]))
			}
			r = webtest.PostFiles(t, h, base+"/agent/tickets/7/"+tt.act, form, nil, session)
			if r.StatusCode != http.StatusSeeOther || len(d.changes) != 1 || strings.Count(d.changes[0], ".txt") != tt.kept {
				t.Errorf("then status %d, %q, want %d files", r.StatusCode, d.changes, tt.kept)
			}
		})
	}
}

// Too much at once costs nothing of what was here before.
func TestAttachTooMuchBesideWhatWasKept(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	d := &desk{detail: full()}
	form := url.Values{"text": {"My words"}, "kept": {`{"name":"k.txt","seal":"s"}`}}
	r := webtest.PostFiles(t, serve(d), base+"/agent/tickets/7/reply", form, []webtest.Upload{text("a.txt", large), text("b.txt", large)}, session)
	page := webtest.Page(t, r)
	has(t, page, "Together these files have", "k.txt", "a.txt")
	if n := len(keptFiles.FindAllString(page, -1)); n != 2 || r.StatusCode != http.StatusUnprocessableEntity || len(d.changes) > 0 {
		t.Errorf("status %d with %d files kept, changes %v", r.StatusCode, n, d.changes)
	}
}

// A page can't name what was not kept for it.
func TestAttachForged(t *testing.T) {
	for _, token := range []string{"x", `{"name":"k.txt","blob":"` + strings.Repeat("a", 64) + `"}`} {
		d := &desk{detail: full()}
		r := webtest.Post(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"My words"}, "kept": {token}}, session)
		has(t, webtest.Page(t, r), "A file is gone.", "My words</textarea>")
		if r.StatusCode != http.StatusUnprocessableEntity || len(d.changes) > 0 {
			t.Errorf("%s: status %d, changes %v", token, r.StatusCode, d.changes)
		}
	}
}

func TestAttachDiskFull(t *testing.T) {
	d := &desk{detail: full(), attachErr: helpdesk.Wrap(helpdesk.Full, errors.New("no room"))}
	r := webtest.PostFiles(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"My words"}}, []webtest.Upload{text("a.txt", "x")}, session)
	page := webtest.Page(t, r)
	has(t, page, "My words</textarea>", "no space left")
	if r.StatusCode != http.StatusServiceUnavailable || len(d.changes) > 0 {
		t.Errorf("status %d, %q", r.StatusCode, d.changes)
	}
}

// A session that ends costs the files, as nobody is there to keep them for, and
// not the words.
func TestAttachWithoutSession(t *testing.T) {
	d := &desk{detail: full()}
	files := []webtest.Upload{text("a.txt", strings.Repeat("x", 3<<20))}
	page := webtest.Page(t, webtest.PostFiles(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"My words"}}, files))
	has(t, page, "My words</textarea>", "Files have to be chosen again.", `name="draft-ticket" value="7"`)
	if len(d.uploads) > 0 || len(d.changes) > 0 {
		t.Errorf("who is not signed in left %q, %q", d.uploads, d.changes)
	}
}

func TestAttachSaysLimits(t *testing.T) {
	detail := full()
	detail.Files = helpdesk.FileLimits{Bytes: 25 << 20, Blocked: []string{"exe", "js", "vbs", "bat", "cmd", "scr", "com"}}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: detail}), base+"/agent/tickets/7", session))
	has(t, page, "They go with the mail; 25 MiB each at most, no .exe, .js, .vbs, .bat, .cmd, .scr and some others.", "Only agents get them;",
		`data-most="26214400" data-refused="exe js vbs bat cmd scr com"`, `enctype="multipart/form-data"`)
}
