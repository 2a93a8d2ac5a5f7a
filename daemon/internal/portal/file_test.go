package portal_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// content is what each file of the fake desk holds.
type content struct{ *strings.Reader }

func (content) Close() error { return nil }

func (d *desk) FileByLink(ctx context.Context, h helpdesk.HelpCenter, token string, seq, index int) (*actions.File, error) {
	view, _, err := d.ViewByLink(ctx, h, token)
	if err != nil {
		return nil, err
	}
	a := view.File(seq, index)
	if a == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such file")
	}
	return &actions.File{ReadSeekCloser: content{strings.NewReader("bytes")}, Name: a.Name, MediaType: a.MediaType}, nil
}

// A file is saved under its own name, whatever that is, and never shown.
//
// covers: P12, S22, M03
func TestFile(t *testing.T) {
	view := *seen
	view.Thread = []helpdesk.PublicMessage{{Seq: 1, Files: []helpdesk.PublicFile{
		{Attachment: helpdesk.Attachment{Name: "Rechnung \"März\"\r\nSet-Cookie: a=b.pdf", MediaType: "application/pdf"}, Index: 1},
		{Attachment: helpdesk.Attachment{Name: "../../\u202etxt.html", MediaType: "text/html"}, Index: 2},
		{Attachment: helpdesk.Attachment{MediaType: "text/plain"}, Index: 4},
	}}}
	h := serve(&desk{view: &view}, io.Discard, center(plain))
	for _, tt := range []struct {
		name, file       string
		disposition, typ string
	}{
		{"quotes and line ends", "1.1", `attachment; filename="Rechnung _M_rz_Set-Cookie_ a=b.pdf"; filename*=UTF-8''Rechnung%20_M%C3%A4rz_Set-Cookie_%20a%3Db.pdf`, "application/pdf"},
		{"path, direction and HTML", "1.2", `attachment; filename="_.._txt.html"`, "application/octet-stream"},
		{"no name", "1.4", `attachment; filename="file"`, "text/plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := webtest.Get(t, h, base+"/t/"+goodLink+"?file="+tt.file)
			got := map[string]string{}
			for _, name := range []string{"Content-Disposition", "Content-Type", "Referrer-Policy", "X-Robots-Tag", "Cache-Control", "Set-Cookie"} {
				got[name] = r.Header.Get(name)
			}
			want := map[string]string{
				"Content-Disposition": tt.disposition, "Content-Type": tt.typ, "Referrer-Policy": "no-referrer",
				"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Set-Cookie": "",
			}
			if diff := cmp.Diff(want, got); diff != "" || r.StatusCode != http.StatusOK || webtest.Body(t, r) != "bytes" {
				t.Errorf("status %d (-want +got):\n%s", r.StatusCode, diff)
			}
			if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
				t.Errorf("policy is %q", policy)
			}
		})
	}
	want := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
	for _, query := range []string{"", "1", "1.3", "1.0", "1.-1", "2.1", "0.1", "x.y", "1.1.1", "1.99999999999999999999", "secret-hash"} {
		r := webtest.Get(t, h, base+"/t/"+goodLink+"?file="+query)
		if r.StatusCode != http.StatusNotFound || webtest.Page(t, r) != want {
			t.Errorf("file %q: status %d, or another page than for what is not there", query, r.StatusCode)
		}
	}
	for _, link := range []string{goodLink + "x", "1042"} {
		if r := webtest.Get(t, h, base+"/t/"+link+"?file=1.1"); r.StatusCode != http.StatusNotFound {
			t.Errorf("with the link %q: status %d", link, r.StatusCode)
		}
	}
	off := center(plain)
	off.PortalOn = false
	if r := webtest.Get(t, serve(&desk{view: &view}, io.Discard, off), base+"/t/"+goodLink+"?file=1.1"); r.StatusCode != http.StatusNotFound {
		t.Errorf("with the portal off: status %d", r.StatusCode)
	}
}
