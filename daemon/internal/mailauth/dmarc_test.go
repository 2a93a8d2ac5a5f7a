package mailauth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWalkNames(t *testing.T) {
	for _, c := range []struct {
		name, domain string
		want         []string
	}{
		{"one label", "com", []string{"com"}},
		{"two", "example.com", []string{"example.com", "com"}},
		{"seven", "a.b.c.d.e.example.com", []string{"a.b.c.d.e.example.com", "b.c.d.e.example.com", "c.d.e.example.com", "d.e.example.com", "e.example.com", "example.com", "com"}},
		{"eight", "a.b.c.d.e.f.example.com", []string{"a.b.c.d.e.f.example.com", "b.c.d.e.f.example.com", "c.d.e.f.example.com", "d.e.f.example.com", "e.f.example.com", "f.example.com", "example.com", "com"}},
		{"of RFC 9989 section 4.10", "a.b.c.d.e.f.g.h.i.j.mail.example.com", []string{"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com", "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, walkNames(c.domain)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWalkIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,5}`), 1, 60).Draw(t, "labels")
		domain := strings.Join(labels, ".")
		names := walkNames(domain)
		if len(names) > 8 || names[0] != domain || strings.Contains(names[len(names)-1], ".") {
			t.Fatalf("%d names: %v", len(names), names)
		}
		for _, name := range names {
			if !within(domain, name) {
				t.Fatalf("%s is not above %s", name, domain)
			}
		}
	})
}

// covers: M02
func TestDiscover(t *testing.T) {
	const reject = "v=DMARC1; p=reject"
	for _, c := range []struct {
		name    string
		domain  string
		records []string
		org     string
		want    string // where the record is, and the policy
	}{
		{"no record", "a.mail.example.com", nil, "a.mail.example.com", ""},
		{"own record", "example.com", []string{"_dmarc.example.com", reject}, "example.com", "example.com reject"},
		{"RFC 9989 section 4.10.2, first example", "a.mail.example.com",
			[]string{"_dmarc.mail.example.com", reject, "_dmarc.example.com", "v=DMARC1; p=quarantine"}, "example.com", "example.com quarantine"},
		{"second example", "a.mail.example.com",
			[]string{"_dmarc.mail.example.com", reject + "; psd=n", "_dmarc.example.com", "v=DMARC1; p=none"}, "mail.example.com", "mail.example.com reject"},
		{"last example", "a.mail.example.com", []string{"_dmarc.com", reject + "; psd=y"}, "example.com", "com reject"},
		{"record of its own and above", "sub.example.com",
			[]string{"_dmarc.sub.example.com", "v=DMARC1; p=none", "_dmarc.example.com", reject}, "example.com", "sub.example.com none"},
		{"organization before public suffix", "a.example.com",
			[]string{"_dmarc.example.com", "v=DMARC1; p=none", "_dmarc.com", reject + "; psd=y"}, "example.com", "example.com none"},
		{"public suffix writes", "com", []string{"_dmarc.com", reject + "; psd=y; sp=none"}, "com", "com reject"},
		{"the start says psd=y and ends the walk", "bank.example",
			[]string{"_dmarc.bank.example", reject + "; psd=y", "_dmarc.example", "v=DMARC1; p=none"}, "bank.example", "bank.example reject"},
		{"private suffix", "mail.shop.suffix.example",
			[]string{"_dmarc.suffix.example", reject + "; psd=y", "_dmarc.example", "v=DMARC1; p=none; psd=y"}, "shop.suffix.example", "suffix.example reject"},
		{"suffix that does not say so", "mail.shop.co.uk", []string{"_dmarc.co.uk", reject}, "shop.co.uk", "co.uk reject"},
		{"top-level domain that does not say so", "mail.shop.com", []string{"_dmarc.com", reject + "; psd=u"}, "shop.com", "com reject"},
		{"top-level domain that is one organization", "mail.shop.com", []string{"_dmarc.com", reject + "; psd=n"}, "com", "com reject"},
		{"sp for a subdomain", "a.example.com", []string{"_dmarc.example.com", reject + "; sp=quarantine", "a.example.com", "here"}, "example.com", "example.com quarantine"},
		{"sp not for itself", "example.com", []string{"_dmarc.example.com", reject + "; sp=none"}, "example.com", "example.com reject"},
		{"np for what is not there", "a.example.com", []string{"_dmarc.example.com", "v=DMARC1; p=none; sp=quarantine; np=reject"}, "example.com", "example.com reject"},
		{"np not for what is there", "a.example.com", []string{"_dmarc.example.com", "v=DMARC1; p=none; sp=quarantine; np=reject", "a.example.com", "here"}, "example.com", "example.com quarantine"},
		{"without np, sp", "a.example.com", []string{"_dmarc.example.com", "v=DMARC1; p=none; sp=quarantine"}, "example.com", "example.com quarantine"},
		{"two records are none", "a.example.com", []string{"_dmarc.a.example.com", reject, "_dmarc.a.example.com", reject, "_dmarc.example.com", "v=DMARC1; p=none"}, "example.com", "example.com none"},
		{"a record among others", "example.com", []string{"_dmarc.example.com", "v=spf1 -all", "_dmarc.example.com", reject}, "example.com", "example.com reject"},
		{"more than eight labels", "a.b.c.d.e.f.g.h.i.j.mail.example.com",
			[]string{"_dmarc.f.g.h.i.j.mail.example.com", "v=DMARC1; p=none; psd=n", "_dmarc.mail.example.com", reject}, "mail.example.com", "mail.example.com reject"},
		{"unusable record", "example.com", []string{"_dmarc.example.com", "v=DMARC1"}, "example.com", "- none"},
		{"huge record", "example.com", []string{"_dmarc.example.com", reject + "; x=" + strings.Repeat("y", maxRecord)}, "example.com", ""},
		{"huge answer", "example.com", []string{"_dmarc.example.com", reject, "_dmarc.example.com", strings.Repeat("y", maxAnswer)}, "example.com", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := New(Options{Resolver: txts(c.records...)}).discover(t.Context(), c.domain)
			got := strings.TrimSpace(p.domain + " " + p.effective)
			if p.domain != "" && !p.applies {
				got = "- " + p.effective
			}
			if p.err != nil || p.organization != c.org || got != c.want {
				t.Errorf("organization %q, policy %q, error %v; want %q, %q", p.organization, got, p.err, c.org, c.want)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	none := record{policy: "none", psd: 'u'}
	for _, c := range []struct {
		name, txt string
		want      record
		wantOK    bool
	}{
		{"all", "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; t=y; psd=n",
			record{policy: "reject", subdomains: "quarantine", missing: "none", strictDKIM: true, strictSPF: true, test: true, psd: 'n'}, true},
		{"least", "v=DMARC1;p=none", none, true},
		{"blanks", "v = DMARC1 ;\tp = none ;", none, true},
		{"capitals", "V=DMARC1; P=None", none, true},
		{"any order", "v=DMARC1; rua=mailto:a@b.example; p=none", none, true},
		{"unknown tags, and those of old", "v=DMARC1; p=none; pct=5; rf=afrf; ri=1; x=y", none, true},
		{"the first of two counts", "v=DMARC1; p=none; p=reject", none, true},
		{"bad flags count as their defaults", "v=DMARC1; p=none; adkim=x; aspf=; t=maybe; psd=yes", none, true},
		{"garbage between", "v=DMARC1; ;; what; =; p=none", none, true},
		{"version in small letters", "v=dmarc1; p=none", record{}, false},
		{"version of tomorrow", "v=DMARC2; p=none", record{}, false},
		{"version not first", "p=none; v=DMARC1", record{}, false},
		{"version with a tail", "v=DMARC1 x; p=none", record{}, false},
		{"no version", "p=reject", record{}, false},
		{"empty", "", record{}, false},
		{"words", "hello", record{}, false},
		{"commas for semicolons", "v=DMARC1, p=none", record{}, false},
		{"no p, reports wanted", "v=DMARC1; rua=mailto:a@b.example", record{policy: "none", psd: 'u', replacedByNo: "p"}, true},
		{"no p, nobody to tell", "v=DMARC1; adkim=s", record{policy: "none", psd: 'u', strictDKIM: true, replacedByNo: "p", unprocessed: true}, true},
		{"bad p, bad address", "v=DMARC1; p=monitor; rua=a@b.example", record{policy: "none", psd: 'u', replacedByNo: "p", unprocessed: true}, true},
		{"bad sp spoils p", "v=DMARC1; p=reject; sp=bogus; rua=https://b.example/x", record{policy: "none", psd: 'u', replacedByNo: "sp"}, true},
		{"bad np spoils p", "v=DMARC1; p=reject; np=; rua=:,mailto:a@b.example", record{policy: "none", psd: 'u', replacedByNo: "np"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := parseRecord(c.txt)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(record{})); diff != "" || ok != c.wantOK {
				t.Errorf("ok %v (-want +got):\n%s", ok, diff)
			}
		})
	}
}

// covers: M02
func TestAlignment(t *testing.T) {
	zone := []string{
		"_dmarc.example.com", "v=DMARC1; p=reject",
		"_dmarc.dept.example.com", "v=DMARC1; p=reject; psd=n",
		"_dmarc.strict.example", "v=DMARC1; p=reject; adkim=s; aspf=s",
		"_dmarc.suffix.example", "v=DMARC1; p=reject; psd=y",
		"_dmarc.co.uk", "v=DMARC1; p=reject",
	}
	for _, c := range []struct {
		name, from, domain string
		want               bool
	}{
		{"same", "example.com", "example.com", true},
		{"same without a record", "other.example", "other.example", true},
		{"from below", "news.example.com", "example.com", true},
		{"domain below", "example.com", "bounce.mail.example.com", true},
		{"siblings", "a.example.com", "b.example.com", true},
		{"department of its own", "example.com", "dept.example.com", false},
		{"inside the department", "a.dept.example.com", "dept.example.com", true},
		{"strict, same", "strict.example", "strict.example", true},
		{"strict, below", "strict.example", "a.strict.example", false},
		{"below, but no record anywhere", "other.example", "a.other.example", false},
		{"looks alike", "example.com", "notexample.com", false},
		{"looks alike, with dots", "example.com", "example.com.evil.example", false},
		{"other customers of a suffix", "a.suffix.example", "b.suffix.example", false},
		{"the suffix itself", "a.suffix.example", "suffix.example", false},
		{"other customers of a suffix that does not say so", "a.co.uk", "b.co.uk", false},
		{"same customer", "x.a.co.uk", "y.a.co.uk", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			checker := New(Options{Resolver: txts(zone...)})
			p := checker.discover(t.Context(), c.from)
			got, err := checker.aligned(t.Context(), p, c.from, c.domain, p.strictDKIM)
			if err != nil || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
