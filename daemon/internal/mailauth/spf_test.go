package mailauth

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const published = "v=DMARC1; p=reject"

// covers: M02
func TestSPF(t *testing.T) {
	for _, c := range []struct {
		name    string
		peer    string
		from    string // envelope; "" is the null sender
		helo    string
		records []string
		spf     string
		want    string
	}{
		{"pass", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "pass", "pass dmarc=pass p=reject"},
		{"pass without DMARC", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ip4:192.0.2.1 -all"}, "pass", "pass dmarc=none"},
		{"pass in capitals", goodPeer, "ann@EXAMPLE.com", "x", []string{"example.com", "v=spf1 IP4:192.0.2.1 -all"}, "pass", "pass dmarc=none"},
		{"pass by include", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 include:_spf.host.example -all", "_spf.host.example", "v=spf1 ip4:192.0.2.0/24 ~all"}, "pass", "pass dmarc=none"},
		{"pass for the bounce domain", goodPeer, "b1@bounce.example.com", "x", []string{"bounce.example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "pass", "pass dmarc=pass p=reject"},
		{"bounce domain, strict", goodPeer, "b1@bounce.example.com", "x", []string{"bounce.example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published + "; aspf=s"}, "pass", "fail dmarc=fail p=reject"},
		{"pass for somebody else", goodPeer, "me@evil.example", "x", []string{"evil.example", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "pass", "fail dmarc=fail p=reject"},
		{"pass for somebody else, no DMARC", goodPeer, "me@evil.example", "x", []string{"evil.example", "v=spf1 ip4:192.0.2.1 -all"}, "pass", "none dmarc=none"},
		{"fail", badPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "fail", "fail dmarc=fail p=reject"},
		{"fail without DMARC", badPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ip4:192.0.2.1 -all"}, "fail", "none dmarc=none"},
		{"fail, policy none", badPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 -all", "_dmarc.example.com", "v=DMARC1; p=none"}, "fail", "fail dmarc=fail p=none"},
		{"softfail", badPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ~all", "_dmarc.example.com", published}, "softfail", "fail dmarc=fail p=reject"},
		{"neutral", badPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 ?all"}, "neutral", "none dmarc=none"},
		{"no record", badPeer, "ann@example.com", "x", nil, "none", "none dmarc=none"},
		{"two records", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 +all", "example.com", "v=spf1 -all"}, "permerror", "none dmarc=none"},
		{"loop", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 include:example.com -all", "_dmarc.example.com", published}, "permerror", "fail dmarc=fail p=reject"},
		{"too many names that are not there", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 a:a.example a:b.example a:c.example +all"}, "permerror", "none dmarc=none"},
		{"everybody may", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 +all"}, "policy", "none dmarc=none"},
		{"everybody may, by include and numbers", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 include:lax.example -all", "lax.example", "v=spf1 ip4:0.0.0.0/0", "_dmarc.example.com", published}, "policy", "none dmarc=pass p=reject"},
		{"everybody may, on the new internet", "2001:db8::7", "ann@example.com", "x", []string{"example.com", "v=spf1 ip6:2000::/3 -all"}, "policy", "none dmarc=none"},
		{"IPv6", "2001:db8::7", "ann@example.com", "x", []string{"example.com", "v=spf1 ip6:2001:db8::/64 -all"}, "pass", "pass dmarc=none"},
		{"IPv4 in IPv6", "::ffff:192.0.2.1", "ann@example.com", "x", []string{"example.com", "v=spf1 ip4:192.0.2.1 -all"}, "pass", "pass dmarc=none"},
		{"null sender, HELO passes", goodPeer, "", "mail.example.com", []string{"mail.example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "pass", "pass dmarc=pass p=reject"},
		{"null sender, HELO of another", goodPeer, "", "mail.evil.example", []string{"mail.evil.example", "v=spf1 ip4:192.0.2.1 -all"}, "pass", "none dmarc=none"},
		{"null sender, HELO is an address", goodPeer, "", "[192.0.2.1]", nil, "none", "none dmarc=none"},
		{"HELO passes, but there is a sender", goodPeer, "me@evil.example", "mail.example.com", []string{"mail.example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}, "none", "fail dmarc=fail p=reject"},
		{"huge record", goodPeer, "ann@example.com", "x", []string{"example.com", "v=spf1 +all " + string(make([]byte, maxAnswer))}, "none", "none dmarc=none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := direct(letter()+words, c.peer, c.from)
			m.Helo = c.helo
			v := mustCheck(t, txts(c.records...), m)
			if len(v.SPF) != 1 || v.SPF[0].Result != c.spf || outcome(v) != c.want {
				t.Errorf("spf %+v, %s: %q; want %s, %s", v.SPF, outcome(v), v.Trust.Reasons, c.spf, c.want)
			}
		})
	}
}

// TestPathUnknown: behind a relay, over LMTP or IMAP a missing proof is no
// failure, as SPF never had its chance.
//
// covers: M02
func TestPathUnknown(t *testing.T) {
	zone := []string{"example.com", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published}
	for _, c := range []struct {
		name   string
		change func(*Mail)
		want   string
	}{
		{"direct", func(*Mail) {}, "fail dmarc=fail p=reject"},
		{"relay", func(m *Mail) { m.SPF = false }, "none dmarc=none p=reject"},
		{"relay whose address would pass", func(m *Mail) { m.SPF, m.Peer = false, netip.MustParseAddr(goodPeer) }, "none dmarc=none p=reject"},
		{"no address", func(m *Mail) { m.Peer = netip.Addr{} }, "none dmarc=none p=reject"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := direct(letter()+words, badPeer, "ann@example.com")
			c.change(&m)
			if v := mustCheck(t, txts(zone...), m); outcome(v) != c.want {
				t.Errorf("%s: %q; want %s", outcome(v), v.Trust.Reasons, c.want)
			}
		})
	}
}

// TestTemporary: DNS that does not answer matters only where the outcome
// depends on the answer.
//
// covers: M02
func TestTemporary(t *testing.T) {
	spf := []string{"example.com", "v=spf1 ip4:192.0.2.1 -all", "evil.example", "v=spf1 ip4:192.0.2.1 -all"}
	for _, c := range []struct {
		name    string
		peer    string
		from    string
		records []string
		silent  string // a name that gets no answer
		err     error  // which one
		want    string // "" for an error
	}{
		{"SPF of the author", badPeer, "ann@example.com", nil, "example.com", errServfail, ""},
		{"SPF of a subdomain", badPeer, "b@bounce.example.com", []string{"_dmarc.example.com", published}, "bounce.example.com", errServfail, ""},
		{"SPF of a stranger", badPeer, "me@evil.example", nil, "evil.example", errServfail, "none dmarc=none"},
		{"SPF of a stranger under the same top", badPeer, "me@evil.com", []string{"_dmarc.example.com", published}, "evil.com", errServfail, "fail dmarc=fail p=reject"},
		{"record, nothing passes", badPeer, "ann@example.com", nil, "_dmarc.example.com", errServfail, ""},
		{"record, silent", badPeer, "ann@example.com", nil, "_dmarc.example.com", errSilent, ""},
		{"record, refused", badPeer, "ann@example.com", nil, "_dmarc.example.com", errRefused, ""},
		{"record, but the same domain passes", goodPeer, "ann@example.com", nil, "_dmarc.example.com", errServfail, "pass dmarc=none"},
		{"top, but the same domain passes", goodPeer, "ann@example.com", nil, "_dmarc.com", errSilent, "pass dmarc=none"},
		{"top, and the author's own record decides", badPeer, "ann@example.com", []string{"_dmarc.example.com", published}, "_dmarc.com", errServfail, "fail dmarc=fail p=reject"},
		{"top, and the organization is unknown", goodPeer, "b@sub.example.com", []string{"_dmarc.example.com", published, "sub.example.com", "v=spf1 ip4:192.0.2.1 -all"}, "_dmarc.com", errServfail, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := txts(append(spf, c.records...)...)
				z.fail[c.silent] = c.err
				v, err := New(Options{Resolver: z}).Check(t.Context(), direct(letter()+words, c.peer, c.from))
				if c.want == "" {
					if helpdesk.KindOf(err) != helpdesk.Unavailable || v.Trust.Proof != helpdesk.ProofNone || len(v.Trust.Reasons) == 0 {
						t.Errorf("error %v with %+v", err, v.Trust)
					}
				} else if err != nil || outcome(v) != c.want {
					t.Errorf("%s, error %v; want %s", outcome(v), err, c.want)
				}
			})
		})
	}
}

// TestRelayNeedsNoDNS: where neither answer would fail the mail, an open
// question about the record does not keep it waiting.
func TestRelayNeedsNoDNS(t *testing.T) {
	z := txts()
	z.fail["_dmarc.example.com"] = errServfail
	m := direct(letter()+words, badPeer, "ann@example.com")
	m.SPF = false
	if v := mustCheck(t, z, m); v.Trust.Proof != helpdesk.ProofNone {
		t.Errorf("%+v", v.Trust)
	}
}

// TestAuthor: without one author nothing is asked and nothing proven (A06).
//
// covers: M02
func TestAuthor(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         string // a word of the reason
	}{
		{"no From", "To: support@acme.example\r\n", "exactly one sender"},
		{"two From", "From: evil@evil.example\r\n" + letter(), "exactly one sender"},
		{"two authors", "From: ann@example.com, bob@example.com\r\n", "exactly one sender"},
		{"group", "From: us: ann@example.com;\r\n", "exactly one sender"},
		{"two Subjects", letter() + "subject: other\r\n", "Subject"},
		{"two To", letter() + "TO: other@example.com\r\n", "To"},
		{"two Cc", letter() + "Cc: a@example.com\r\nCc: b@example.com\r\n", "Cc"},
		{"two Dates", letter() + "Date: Mon, 1 Jan 2001 00:00:00 +0000\r\n", "Date"},
		{"two Message-IDs", letter() + "Message-Id: <1@example.com>\r\n", "Message-ID"},
		{"two Reply-To", letter() + "Reply-To: a@example.com\r\nReply-To: b@example.com\r\n", "Reply-To"},
		{"two Content-Types", letter() + "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "Content-Type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := txts("example.com", "v=spf1 ip4:192.0.2.1 -all", "evil.example", "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com", published)
			v := mustCheck(t, z, direct(c.header+words, goodPeer, "ann@example.com"))
			if v.Trust.Proof != helpdesk.ProofNone || len(v.Trust.Reasons) != 1 || !contains(v.Trust.Reasons[0], c.want) {
				t.Errorf("%+v; want a reason with %q", v.Trust, c.want)
			}
			if asked := z.questions(); len(asked) > 0 {
				t.Errorf("asked %v", asked)
			}
		})
	}
}
