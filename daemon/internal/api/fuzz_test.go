package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// FuzzBody: whatever is sent is read or refused as Invalid, and what is read has
// nothing in it that is not known.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"text":"x"}`, `{"numbers":[1],"change":{"status":"Open","snooze":"2026-03-04T12:00:00Z"}}`, `{"text":"x","files":[{"content":"AA=="}]}`, `[`, `null`, `{"text":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		_, one := decode[reply]([]byte(raw))
		_, two := decode[bulk]([]byte(raw))
		_, three := decode[newView]([]byte(raw))
		for _, err := range []error{one, two, three} {
			if err != nil && (helpdesk.KindOf(err) != helpdesk.Invalid || helpdesk.Public(err) == "") {
				t.Errorf("%q: %v", raw, err)
			}
		}
	})
}

// FuzzCursor: a cursor is what was made of a place, or refused.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "MTA", "%", strings.Repeat("A", 400)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		r := httptest.NewRequest("GET", "/", nil)
		q := r.URL.Query()
		q.Set("cursor", cursor)
		r.URL.RawQuery = q.Encode()
		place, err := (&call{r: r}).place()
		if err != nil && helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%q: %v", cursor, err)
		}
		if len(place) > 200 {
			t.Errorf("%q is a place of %d bytes", cursor, len(place))
		}
	})
}
