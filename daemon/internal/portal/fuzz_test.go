package portal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Whatever a program sends is read, or refused in words; it never panics.
func FuzzDecodeSubmission(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"a","fields":{"a":"b","c":["d",1,true,null],"e":1e9,"f":null},"files":[{"name":"x","content":"AQI="}]}`,
		`{"fields":{"a":[[]]}}`, `{"fields":{"a":{}}}`, `[]`, `{"x":1}`, `{} {}`, `{"fields":{"a":[`, "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in, err := decodeSubmission(strings.NewReader(body))
		if err != nil {
			if helpdesk.KindOf(err) != helpdesk.Invalid || helpdesk.Public(err) == "" {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		for name, answers := range in.Fields {
			for _, a := range answers {
				if !utf8.ValidString(a) || len(a) > 3*len(body) { // a byte that is no UTF-8 is read as three
					t.Errorf("%q: the answer to %q is %q", body, name, a)
				}
			}
		}
	})
}
