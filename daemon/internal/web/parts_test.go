package web_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// zeros is a body of so many bytes behind a beginning.
func zeros(begin string, n int64) io.Reader {
	return io.MultiReader(strings.NewReader(begin), io.LimitReader(zero{}, n))
}

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func postParts(t *testing.T, body io.Reader, take func(name, mediaType string, content io.Reader)) (form url.Values, err error) {
	t.Helper()
	h := webtest.Site(io.Discard, acme).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err = web.ReadParts(w, r, take)
		form = r.PostForm
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://help.acme.example/", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	webtest.Do(t, h, r)
	return form, err
}

const (
	fieldPart = "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nwords"
	filePart  = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"%s\"\r\nContent-Type: text/plain\r\n\r\n"
)

// covers: P12
func TestReadParts(t *testing.T) {
	end := "\r\n--b--\r\n"
	for _, tt := range []struct {
		name, body string
		form       url.Values
		files      []string
		ok         bool
	}{
		{"fields and files", fieldPart + "\r\n" + fmt.Sprintf(filePart, "a%22b.txt") + "x" + end, url.Values{"text": {"words"}}, []string{`a"b.txt text/plain x`}, true},
		{"a file before a field", fmt.Sprintf(filePart, `../c.txt`) + "x\r\n" + fieldPart + end, url.Values{"text": {"words"}}, []string{"c.txt text/plain x"}, true},
		{"no file chosen", fmt.Sprintf(filePart, "") + end, url.Values{}, nil, true},
		{"cut in a field", fieldPart, url.Values{}, nil, false},
		{"cut in a file", fieldPart + "\r\n" + fmt.Sprintf(filePart, "a.txt") + "x", url.Values{"text": {"words"}}, []string{"a.txt text/plain x"}, false},
		{"no parts", "x", url.Values{}, nil, false},
		{"more parts than anybody sends", strings.Repeat(fieldPart+"\r\n", 400) + end, url.Values{"text": slicesOf("words", 300)}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var files []string
			form, err := postParts(t, strings.NewReader(tt.body), func(name, mediaType string, content io.Reader) {
				read, _ := io.ReadAll(content) // that it is cut is told by ReadParts too
				files = append(files, name+" "+mediaType+" "+string(read))
			})
			if (err == nil) != tt.ok || err != nil && helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Errorf("error %v, want none: %t", err, tt.ok)
			}
			if diff := cmp.Diff(tt.form, form); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.files, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func slicesOf(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// A large file goes through without being held, too much of all is refused, and
// what was written before it is there.
//
// covers: P12
func TestReadPartsOfLargeFiles(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var read int64
	form, err := postParts(t, zeros(fieldPart+"\r\n"+fmt.Sprintf(filePart, "a.bin"), web.MaxUpload), func(_, _ string, content io.Reader) {
		read, _ = io.Copy(io.Discard, content)
	})
	runtime.ReadMemStats(&after)
	if !errors.Is(err, helpdesk.ErrFile) || form.Get("text") != "words" || read < web.MaxUpload-1<<20 || read > web.MaxUpload {
		t.Errorf("read %d bytes, %v, form %v", read, err, form)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
		t.Errorf("reading %d bytes took %d of memory", read, took)
	}
	_, err = postParts(t, zeros("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n", 2*web.MaxBody), nil)
	if !errors.Is(err, helpdesk.ErrFile) {
		t.Errorf("a field without end: %v", err)
	}
}

// The names of fields and the heads of parts are not held either: whoever is not
// signed in can send them too.
//
// covers: P12
func TestReadPartsOfLargeHeads(t *testing.T) {
	var body strings.Builder
	for range 100 {
		fmt.Fprintf(&body, "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n\r\n", strings.Repeat("n", 1<<20))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	form, err := postParts(t, io.MultiReader(strings.NewReader(body.String()), strings.NewReader("--b--\r\n")), nil)
	runtime.ReadMemStats(&after)
	if helpdesk.KindOf(err) != helpdesk.Invalid || len(form) != 0 {
		t.Errorf("%d fields, %v", len(form), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("reading the heads of parts took %d of memory", took)
	}

	many := strings.Repeat(fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n\r\n", strings.Repeat("n", 15<<10)), 100)
	if _, err := postParts(t, strings.NewReader(many+"--b--\r\n"), nil); !errors.Is(err, helpdesk.ErrFile) {
		t.Errorf("names of fields over the room for fields: %v", err)
	}

	// A file that is not read by who is told of it is no head.
	unread := fmt.Sprintf(filePart, "a.bin") + strings.Repeat("x", 1<<20) + "\r\n" + fieldPart + "\r\n--b--\r\n"
	if form, err := postParts(t, strings.NewReader(unread), func(string, string, io.Reader) {}); err != nil || form.Get("text") != "words" {
		t.Errorf("behind a file that nobody read: %v, %v", form, err)
	}
}

// FuzzReadParts: whatever comes as a form, there is an end to what is held of it,
// and what is wrong with it is the sender's.
func FuzzReadParts(f *testing.F) {
	f.Add(fieldPart + "\r\n" + fmt.Sprintf(filePart, "a%22b.txt") + "x\r\n--b--\r\n")
	f.Add(fmt.Sprintf(filePart, "") + "\r\n--b--\r\n")
	f.Add("--b\r\nContent-Disposition: form-data; filename*=utf-8''x; name=\r\n\r\n\r\n--b--")
	f.Add("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n--b--")
	f.Fuzz(func(t *testing.T, body string) {
		files := 0
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		err := web.ReadParts(httptest.NewRecorder(), r, func(name, _ string, content io.Reader) {
			files++
			if name == "" {
				t.Error("a file without a name")
			}
			_, _ = io.Copy(io.Discard, content)
		})
		fields, held := 0, 0
		for name, values := range r.PostForm {
			for _, v := range values {
				fields, held = fields+1, held+len(name)+len(v)
			}
		}
		if err != nil && helpdesk.KindOf(err) != helpdesk.Invalid || files+fields > 300 || held > len(body) {
			t.Errorf("%d files, %d fields of %d bytes, %v", files, fields, held, err)
		}
	})
}
