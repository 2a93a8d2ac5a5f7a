package mailauth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: M02
func TestResults(t *testing.T) {
	const id = "mx.host.example"
	for _, c := range []struct {
		name   string
		fields string // Authentication-Results, from the top
		to     string // "" for our address
		want   string
	}{
		{"none", "", "", "none dmarc=none p=reject"},
		{"dmarc", id + "; dmarc=pass (p=REJECT) header.from=example.com", "", "pass dmarc=pass p=reject"},
		{"as a large host writes it", id + ";\r\n dkim=pass header.i=@example.com header.s=s1 header.b=Ab/1+x=;\r\n spf=pass (host.example: domain of ann@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=ann@example.com;\r\n dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com", "", "pass dmarc=pass p=reject"},
		{"id in capitals", "MX.Host.Example; dmarc=pass header.from=Example.COM", "", "pass dmarc=pass p=reject"},
		{"with a version and a comment", "(c) " + id + " (x) 1 ; dmarc = pass header.from = example.com", "", "pass dmarc=pass p=reject"},
		{"dkim", id + "; dkim=pass header.d=mail.example.com", "", "pass dmarc=pass p=reject"},
		{"one of two signatures", id + "; dkim=fail header.d=example.com; dkim=pass header.d=example.com", "", "pass dmarc=pass p=reject"},
		{"spf", id + "; spf=pass smtp.mailfrom=bounce.example.com", "", "pass dmarc=pass p=reject"},
		{"spf of an address", id + `; spf=pass smtp.mailfrom=b1@example.com`, "", "pass dmarc=pass p=reject"},
		{"dmarc of another domain", id + "; dmarc=pass header.from=evil.example", "", "fail dmarc=fail p=reject"},
		{"dmarc of a subdomain", id + "; dmarc=pass header.from=a.example.com", "", "fail dmarc=fail p=reject"},
		{"dmarc without a domain", id + "; dmarc=pass", "", "fail dmarc=fail p=reject"},
		{"dkim of a stranger", id + "; dkim=pass header.d=evil.example", "", "none dmarc=none p=reject"},
		{"spf of a stranger", id + "; spf=pass smtp.mailfrom=me@evil.example", "", "fail dmarc=fail p=reject"},
		{"spf of HELO alone", id + "; spf=pass smtp.helo=example.com", "", "fail dmarc=fail p=reject"},
		{"failed", id + "; dmarc=fail header.from=example.com; spf=fail smtp.mailfrom=example.com", "", "fail dmarc=fail p=reject"},
		{"wrong id", "mx.evil.example; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"longer id", id + ".evil.example; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"id in a comment", "(" + id + "; ) mx.evil.example; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"quoted id", `"` + id + `"; dmarc=pass header.from=example.com`, "", "pass dmarc=pass p=reject"},
		{"no id", "dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"forged below", id + "; dmarc=fail header.from=example.com\n" + id + "; dmarc=pass header.from=example.com", "", "fail dmarc=fail p=reject"},
		{"forged below another server", "mx.other.example; dmarc=fail header.from=example.com\n" + id + "; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"another below ours", id + "; dmarc=pass header.from=example.com\nmx.other.example; dmarc=fail header.from=example.com", "", "pass dmarc=pass p=reject"},
		{"unreadable above", "(\n" + id + "; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"pass in a comment", id + "; dmarc=fail (dmarc=pass header.from=example.com) header.from=example.com", "", "fail dmarc=fail p=reject"},
		{"pass in a quoted reason", id + `; dmarc=fail reason="x; dmarc=pass header.from=example.com" header.from=example.com`, "", "fail dmarc=fail p=reject"},
		{"quote inside a comment", id + `; dmarc=fail (") header.from=example.com; dmarc=pass (")`, "", "fail dmarc=fail p=reject"},
		{"comment that is not closed", id + "; dmarc=pass header.from=example.com (x", "", "none dmarc=none p=reject"},
		{"escaped end of a comment", id + `; dmarc=fail (\) header.from=example.com; dmarc=pass header.from=example.com`, "", "none dmarc=none p=reject"},
		{"comment inside a comment", id + "; dmarc=pass (a (b) c) header.from=example.com", "", "pass dmarc=pass p=reject"},
		{"comment glued to the domain", id + "; dmarc=pass header.from=example.com(.evil.example)", "", "none dmarc=none p=reject"},
		{"mailfrom that the sender chose", id + `; spf=pass smtp.mailfrom="x@y ;dmarc=pass header.from=example.com"@evil.example`, "", "none dmarc=none p=reject"},
		{"mailfrom with two at", id + "; spf=pass smtp.mailfrom=x@example.com@evil.example", "", "fail dmarc=fail p=reject"},
		{"property twice", id + "; dmarc=pass header.from=evil.example header.from=example.com", "", "none dmarc=none p=reject"},
		{"result twice", id + "; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com", "", "fail dmarc=fail p=reject"},
		{"unknown version", id + " 2; dmarc=pass header.from=example.com", "", "none dmarc=none p=reject"},
		{"not pass but passed", id + "; dmarc=passed header.from=example.com", "", "fail dmarc=fail p=reject"},
		{"for another recipient", id + "; dmarc=pass header.from=example.com", "bob@example.net", "none dmarc=pass p=reject"},
		{"for another recipient, by SPF", id + "; dmarc=pass header.from=example.com; spf=pass smtp.mailfrom=example.com", "bob@example.net", "pass dmarc=pass p=reject"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := letter() + words
			if c.to != "" {
				raw = strings.Replace(raw, "support@acme.example", c.to, 1)
			}
			fields := ""
			for field := range strings.SplitSeq(c.fields, "\n") {
				if field = strings.TrimSuffix(field, "\r"); strings.HasPrefix(field, " ") {
					fields += field + "\r\n"
				} else if field != "" {
					fields += "Authentication-Results: " + field + "\r\n"
				}
			}
			m := direct(fields+raw, badPeer, "")
			m.SPF, m.Results = false, id
			v := mustCheck(t, keys(), m)
			if outcome(v) != c.want {
				t.Errorf("%s: %q; want %s", outcome(v), v.Trust.Reasons, c.want)
			}
			m.Results = ""
			if v := mustCheck(t, keys(), m); outcome(v) != "none dmarc=none p=reject" {
				t.Errorf("believed without being told to: %s", outcome(v))
			}
		})
	}
}

// TestResultsOfAReplay: where we see ourselves that a signature was sent again,
// nobody's word for that signature counts.
//
// covers: M02
func TestResultsOfAReplay(t *testing.T) {
	raw := sign(t, strings.Replace(letter(), "To: support", "To: bob@example.net\r\nCc: support", 1)+words, nil)
	m := direct("Authentication-Results: mx.host.example; dmarc=pass header.from=example.com; dkim=pass header.d=example.com\r\n"+raw, badPeer, "")
	m.SPF, m.Results = false, "mx.host.example"
	v := mustCheck(t, keys(), m)
	if outcome(v) != "none dmarc=pass p=reject" || !contains(v.Trust.Reasons[0], "copy") {
		t.Errorf("%s: %q", outcome(v), v.Trust.Reasons)
	}
}

// TestReasonsAreClean: what a stranger writes into a field does not reach a page
// with controls in it, nor at any length.
func TestReasonsAreClean(t *testing.T) {
	raw := "DKIM-Signature: v=1; a=rsa-sha256; d=e\u202evil\x1b[1m.example; s=" + strings.Repeat("s", 5000) + "; h=from; bh=; b=\r\n" + letter() + words
	v := mustCheck(t, keys(), direct(raw, badPeer, "me@evil.example"))
	for _, r := range append(v.DKIM, v.SPF...) {
		for _, s := range append(v.Trust.Reasons, r.Domain, r.Selector, r.Reason) {
			if strings.ContainsAny(s, "\x1b\u202e\r\n") || len([]rune(s)) > maxSentence+1 {
				t.Errorf("%q", s)
			}
		}
	}
}

func TestParseResults(t *testing.T) {
	type list = []methodResult
	for _, c := range []struct {
		name, value string
		wantID      string // "" for an error
		want        list
	}{
		{"nothing done", "mx.example 1; none", "mx.example", nil},
		{"several", `mx.example; spf=pass smtp.mailfrom=a@b.example; dkim=fail reason="bad key" header.d=b.example header.s=x`, "mx.example", list{
			{"spf", "pass", map[string]string{"smtp.mailfrom": "a@b.example"}},
			{"dkim", "fail", map[string]string{"reason": "bad key", "header.d": "b.example", "header.s": "x"}},
		}},
		{"method with a version, blanks everywhere", "mx.example ; dkim / 1 = pass header . d = b.example ;", "mx.example", list{{"dkim", "pass", map[string]string{"header.d": "b.example"}}}},
		{"escape in quotes", `mx.example; x=y a.b="c\"d"`, "mx.example", list{{"x", "y", map[string]string{"a.b": `c"d`}}}},
		{"empty", "", "", nil},
		{"only an id", "mx.example", "mx.example", nil},
		{"no result", "mx.example; spf", "", nil},
		{"no value", "mx.example; spf=pass smtp.mailfrom=", "", nil},
		{"words", "mx.example; spf=pass and more", "", nil},
		{"open quote", `mx.example; spf=pass reason="x`, "", nil},
		{"too many", "mx.example" + strings.Repeat("; a=b", maxResults+1), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, got, err := parseResults(c.value)
			if c.wantID == "" {
				if err == nil {
					t.Errorf("read as %q %v", id, got)
				}
				return
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(methodResult{})); diff != "" || err != nil || id != c.wantID {
				t.Errorf("id %q, error %v (-want +got):\n%s", id, err, diff)
			}
		})
	}
}

// Who named a server is told when it did not do its part.
//
// covers: M02
func TestAbsentResults(t *testing.T) {
	for _, c := range []struct {
		name, fields string
		want         string // "" for no word of it
	}{
		{"none", "", "It carries no results of the server mx.host.example."},
		{"another server's on top", "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.com\r\n", "The results on top of it are not of the server mx.host.example."},
		{"unreadable", "Authentication-Results: (\r\n", "The results on top of it are not of the server mx.host.example."},
		{"there, and nothing passed", "Authentication-Results: mx.host.example; none\r\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := direct(c.fields+letter()+words, badPeer, "")
			m.SPF, m.Results = false, "mx.host.example"
			told := strings.Join(mustCheck(t, keys(), m).Trust.Reasons, "\n")
			if !contains(told, c.want) || contains(told, "mx.host.example") != (c.want != "") {
				t.Errorf("told %q, want %q in it", told, c.want)
			}
		})
	}
}
