package mailauth

import (
	"strings"
	"testing"
	"unicode"
)

func FuzzRecord(f *testing.F) {
	for _, s := range []string{
		"v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; t=y; psd=n; rua=mailto:a@b.example",
		"v = DMARC1;p=none", "v=DMARC1", "v=DMARC1; p=x; rua=://", "v=DMARC1;;;=;p", "V=DMARC1;P=REJECT",
	} {
		f.Add(s)
	}
	policies := map[string]bool{"none": true, "quarantine": true, "reject": true}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := parseRecord(s)
		if !ok {
			if r != (record{}) {
				t.Fatalf("no record, but %+v", r)
			}
			return
		}
		if !policies[r.policy] || r.subdomains != "" && !policies[r.subdomains] || r.missing != "" && !policies[r.missing] {
			t.Fatalf("%+v", r)
		}
		if !strings.ContainsRune("ynu", rune(r.psd)) || r.unprocessed && r.replacedByNo == "" || r.replacedByNo != "" && r.policy != "none" {
			t.Fatalf("%+v", r)
		}
		if again, ok := parseRecord(s + "; unknown=1"); ok && again != r {
			t.Fatalf("an unknown tag changes %+v to %+v", r, again)
		}
	})
}

func FuzzResults(f *testing.F) {
	for _, s := range []string{
		`mx.example; spf=pass (a (b) "c) smtp.mailfrom=a@b.example; dkim=fail reason="bad \" key" header.d=b.example`,
		"mx.example 1; none", "(a) mx.example ; x / 1 = y ;", `"mx.example"; a=b c.d="e;f"`, "x; a=b (\\", "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dmarc=pass",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, list, err := parseResults(s)
		if err != nil {
			return
		}
		if id == "" || len(list) > maxResults {
			t.Fatalf("%q %v", id, list)
		}
		for _, r := range list {
			if r.method == "" || r.result == "" || lower(r.result) != r.result {
				t.Fatalf("%+v", r)
			}
		}
		// What stands in a comment says nothing.
		_, again, err := parseResults(s + " (; dmarc=pass header.from=example.com)")
		if err != nil || len(again) != len(list) {
			t.Fatalf("a comment made %v of %v: %v", again, list, err)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[1m\u202e\r\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if n := len([]rune(got)); n > maxSentence+1 {
			t.Fatalf("%d runes", n)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q in %q", r, got)
			}
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add("v=1; d=example.com; s=s1; b=AAAA BBBB=")
	f.Add("d=.;s=;b=?")
	f.Add("b=AA==; d")
	f.Fuzz(func(t *testing.T, s string) {
		id, domain := identify(s)
		if id == "" && domain != "" || id != "" && len(id) != 64 {
			t.Fatalf("%q of %q", id, domain)
		}
		// Folding the field makes no other signature of it.
		if again, _ := identify(strings.ReplaceAll(s, ";", " ;\r\n\t")); again != id && len(s) < maxSignature/4 {
			t.Fatalf("%q folded is %q", id, again)
		}
	})
}
