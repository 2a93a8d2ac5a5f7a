package surface

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadingChangesNothing walks through every page there is, and through every
// link of every mail that was sent, as everybody, with GET and HEAD. No record has
// changed then, no file has come or gone, and nobody got a cookie.
//
// covers: M03, S22
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	d := fill(t)
	who := d.everybody(t)
	var addresses []string
	for _, r := range routes {
		for _, p := range r.probes {
			addresses = append(addresses, d.place(t, p.at))
		}
	}
	letters := d.Letters(t)
	for _, l := range letters {
		for _, link := range append(l.Links, l.UnsubscribeHeader...) {
			if strings.HasPrefix(link, "http") {
				addresses = append(addresses, link)
			}
		}
	}
	if len(letters) < 5 {
		t.Errorf("only %d mails were sent", len(letters))
	}
	revision, files := d.Settled(t), d.files(t)
	for _, at := range addresses {
		for name, v := range who {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				got := v.ask(t, method, at, "", nil)
				if got.status >= 500 {
					t.Errorf("%s %s as %s: %d", method, at, name, got.status)
				}
				if cookies := got.header.Values("Set-Cookie"); len(cookies) > 0 {
					t.Errorf("%s %s as %s sets %q", method, at, name, cookies)
				}
			}
		}
	}
	d.Settled(t)
	if changed := d.ChangedSince(t, revision); len(changed) > 0 {
		t.Errorf("reading has changed records: %q", changed)
	}
	if now := d.files(t); now != files {
		t.Errorf("reading has changed the files from\n%s\nto\n%s", files, now)
	}
}

// files lists what is kept outside the records.
func (d *desk) files(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(d.Dir, "blobs"), func(path string, e fs.DirEntry, err error) error {
		all.WriteString(path + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
