package doctor

import (
	"slices"
	"strings"
	"testing"
)

// FuzzRecords feeds what strangers may publish to all that reads or repeats it.
func FuzzRecords(f *testing.F) {
	f.Add("v=spf1 mx -all")
	f.Add("v=spf1 redirect=_spf.acme.example")
	f.Add("v=DKIM1; k=rsa; p=MIIB\"\\ AQAB; p=")
	f.Add(strings.Repeat("\u00e9\n\x1b", 200))
	f.Fuzz(func(t *testing.T, record string) {
		words := strings.Fields(withMechanism(record, "include:a.example"))
		i := slices.Index(words, "include:a.example")
		if i < 0 || len(words) != len(strings.Fields(record))+1 {
			t.Errorf("%q became %q", record, words)
		}
		if !sameKey(record, record) {
			t.Errorf("%q is not the same key as itself", record)
		}
		line := tame(textLine("a.example", record))
		if strings.ContainsAny(line, "\n\r\x1b") || !strings.HasSuffix(line, `"`) {
			t.Errorf("the line would leave its place: %q", line)
		}
	})
}
