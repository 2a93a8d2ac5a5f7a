package mailauth

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var edKey = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

func rsaRecord() string { return keyRecord("rsa", &rsaKey().PublicKey) }

func edRecord() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edKey().Public().(ed25519.PublicKey))
}

func keyRecord(kind string, key any) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(der)
}

// signing is how a test signs: as example.com with RSA unless changed.
type signing struct {
	domain, selector string
	key              crypto.Signer
	signed           []string
	simple           bool
	expires          time.Time
	identifier       string
}

func sign(t testing.TB, raw string, change func(*signing)) string {
	t.Helper()
	s := signing{domain: "example.com", selector: "s1", key: rsaKey(), signed: []string{"From", "To", "Subject", "Date", "Message-ID"}}
	if change != nil {
		change(&s)
	}
	o := &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: s.signed, Expiration: s.expires, Identifier: s.identifier,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}
	if s.simple {
		o.HeaderCanonicalization, o.BodyCanonicalization = dkim.CanonicalizationSimple, dkim.CanonicalizationSimple
	}
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(raw), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// keys is a zone with the keys of example.com, and its DMARC record.
func keys(pairs ...string) *zone {
	return txts(append([]string{
		"s1._domainkey.example.com", rsaRecord(), "ed._domainkey.example.com", edRecord(), "_dmarc.example.com", published,
	}, pairs...)...)
}

func replace(old, by string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic("nothing to replace: " + old)
		}
		return strings.Replace(s, old, by, 1)
	}
}

// covers: M02
func TestDKIM(t *testing.T) {
	const good, bad, unproven = "pass dmarc=pass p=reject", "fail dmarc=fail p=reject", "none dmarc=pass p=reject"
	for _, c := range []struct {
		name   string
		mail   string // "" for the plain letter
		sign   func(*signing)
		change func(string) string // on the way
		dkim   string
		want   string
		why    string // part of the first reason
	}{
		{name: "good", dkim: "pass", want: good, why: "valid signature of example.com"},
		{name: "good, simple", sign: func(s *signing) { s.simple = true }, dkim: "pass", want: good},
		{name: "ed25519", sign: func(s *signing) { s.selector, s.key = "ed", edKey() }, dkim: "pass", want: good},
		{name: "subdomain signs", sign: func(s *signing) { s.domain = "mail.example.com" }, dkim: "pass", want: good},
		{name: "domain in capitals", sign: func(s *signing) { s.domain = "EXAMPLE.com" }, dkim: "pass", want: good},
		{name: "folded and cased anew", change: replace("Subject: Help", "SUBJECT:  Help"), dkim: "pass", want: good},
		{name: "case of a value", change: replace("Subject: Help", "Subject: help"), dkim: "fail", want: bad, why: "neither SPF nor DKIM"},
		{name: "another author", change: replace("ann@example.com", "bob@example.com"), dkim: "fail", want: bad},
		{name: "words added below, as lists do", change: func(s string) string { return s + "-- \r\nlist@lists.example\r\n" }, dkim: "fail", want: bad},
		{name: "subject tagged, as lists do", change: replace("Subject: ", "Subject: [list] "), dkim: "fail", want: bad},
		{name: "changed, and sealed by who knows whom", change: func(s string) string {
			return "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=evil.example; s=x; b=AAAA\r\nARC-Authentication-Results: i=1; mx.evil.example; dmarc=pass header.from=example.com\r\n" + s + "more\r\n"
		}, dkim: "fail", want: bad},
		{name: "forwarded unchanged", change: func(s string) string { return "Received: from a by b; now\r\n" + s }, dkim: "pass", want: good},
		{name: "empty lines at the end", change: func(s string) string { return s + "\r\n\r\n" }, dkim: "pass", want: good},
		{name: "length tag", change: replace(" c=", " l=5; c="), dkim: "fail", want: bad},
		{name: "sha1", change: replace("rsa-sha256", "rsa-sha1"), dkim: "permerror", want: bad},
		{name: "no key", sign: func(s *signing) { s.selector = "s9" }, dkim: "permerror", want: bad},
		{name: "tiny key", sign: func(s *signing) { s.selector = "tiny" }, dkim: "permerror", want: bad},
		{name: "huge key", sign: func(s *signing) { s.selector = "huge" }, dkim: "permerror", want: bad},
		{name: "two keys", sign: func(s *signing) { s.selector = "two" }, dkim: "permerror", want: bad},
		{name: "revoked key", sign: func(s *signing) { s.selector = "gone" }, dkim: "permerror", want: bad},
		{name: "key on trial", sign: func(s *signing) { s.selector = "trial" }, dkim: "policy", want: unproven, why: "only a test"},
		{name: "key for no subdomains", sign: func(s *signing) { s.selector, s.identifier = "own", "ann@sub.example.com" }, dkim: "policy", want: unproven, why: "subdomain"},
		{name: "key for no subdomains, used well", sign: func(s *signing) { s.selector, s.identifier = "own", "ann@example.com" }, dkim: "pass", want: good},
		{name: "third party", sign: func(s *signing) { s.domain = "host.example" }, dkim: "pass", want: bad, why: "neither"},
		{name: "subject not signed", sign: func(s *signing) { s.signed = []string{"From", "To", "Date"} }, dkim: "policy", want: unproven, why: "field Subject"},
		{name: "date not signed", sign: func(s *signing) { s.signed = []string{"From", "To", "Subject"} }, dkim: "policy", want: unproven, why: "field Date"},
		{name: "recipients not signed", sign: func(s *signing) { s.signed = []string{"From", "Date", "Subject"} }, dkim: "policy", want: unproven, why: "for an address of ours"},
		{name: "no subject at all", mail: strings.Replace(letter(), "Subject: Help\r\n", "", 1) + words, sign: func(s *signing) { s.signed = []string{"From", "To", "Date"} }, dkim: "pass", want: good},
		{name: "subject added later", mail: strings.Replace(letter(), "Subject: Help\r\n", "", 1) + words, sign: func(s *signing) { s.signed = []string{"From", "To", "Date"} },
			change: func(s string) string { return "Subject: Pay\r\n" + s }, dkim: "policy", want: unproven},
		{name: "mail for another, sent again", mail: strings.Replace(letter(), "support@acme.example", "bob@example.net", 1) + words, dkim: "policy", want: unproven, why: "copy"},
		{name: "mail for another, Cc added", mail: strings.Replace(letter(), "support@acme.example", "bob@example.net", 1) + words,
			change: func(s string) string { return "Cc: support@acme.example\r\n" + s }, dkim: "policy", want: unproven, why: "copy"},
		{name: "Cc to us", mail: strings.Replace(letter(), "support@acme.example", "bob@example.net", 1) + "Cc: Desk <Support@acme.example>\r\n" + words,
			sign: func(s *signing) { s.signed = append(s.signed, "Cc") }, dkim: "pass", want: good},
		{name: "in a group of recipients", mail: strings.Replace(letter(), "support@acme.example", "team: bob@example.net, support@acme.example;", 1) + words, dkim: "pass", want: good},
		{name: "expired", sign: func(s *signing) { s.expires = time.Now().Add(-time.Minute) }, dkim: "permerror", want: bad},
		{name: "malformed", mail: "DKIM-Signature: v=1; a=rsa-sha256; d=example.com\r\n" + letter() + words, sign: func(s *signing) { s.domain = "host.example" }, dkim: "pass", want: bad},
		{name: "too many empty lines", mail: letter() + words + strings.Repeat("\r\n", maxEmptyLines) + "end\r\n", dkim: "policy", want: bad},
		{name: "huge signature field", change: replace("DKIM-Signature: ", "DKIM-Signature: z="+strings.Repeat("x", maxSignature)+"; "), dkim: "policy", want: bad},
		{name: "too many names", change: replace(" h=", " h="+strings.Repeat("x:", maxSigned)), dkim: "policy", want: bad},
	} {
		t.Run(c.name, func(t *testing.T) {
			tiny := &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 768), big.NewInt(1)), E: 65537}
			huge := &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 16384), big.NewInt(1)), E: 65537}
			z := keys("s1._domainkey.mail.example.com", rsaRecord(), "s1._domainkey.host.example", rsaRecord(),
				"tiny._domainkey.example.com", keyRecord("rsa", tiny), "huge._domainkey.example.com", keyRecord("rsa", huge),
				"two._domainkey.example.com", rsaRecord(), "two._domainkey.example.com", edRecord(), "gone._domainkey.example.com", "v=DKIM1; p=",
				"trial._domainkey.example.com", rsaRecord()+"; t=s:y", "own._domainkey.example.com", rsaRecord()+"; t=s")
			raw := c.mail
			if raw == "" {
				raw = letter() + words
			}
			raw = sign(t, raw, c.sign)
			if c.change != nil {
				raw = c.change(raw)
			}
			v := mustCheck(t, z, direct(raw, badPeer, "bounce@host.example"))
			if len(v.DKIM) == 0 || v.DKIM[0].Result != c.dkim || outcome(v) != c.want || !contains(v.Trust.Reasons[0], c.why) {
				t.Errorf("dkim %+v, %s: %q; want %s, %s, %q", v.DKIM, outcome(v), v.Trust.Reasons, c.dkim, c.want, c.why)
			}
			if proven := v.Trust.Proof == helpdesk.ProofPass; proven != (len(v.Signatures) == 1) || proven != (v.Domain != "") {
				t.Errorf("signatures %v of %q", v.Signatures, v.Domain)
			}
		})
	}
}

// TestSignatureAge moves the clock of the checker, as signatures are made now.
//
// covers: M02
func TestSignatureAge(t *testing.T) {
	undated := sign(t, strings.Replace(letter(), "Date: ", "X-Date: ", 1)+words, func(s *signing) { s.signed = []string{"From", "To", "Subject"} })
	for _, c := range []struct {
		name string
		raw  string
		at   time.Duration // from now
		want string
	}{
		{"today", sign(t, letter()+words, nil), 0, "pass"},
		{"six days", sign(t, letter()+words, nil), 6 * 24 * time.Hour, "pass"},
		{"eight days", sign(t, letter()+words, nil), 8 * 24 * time.Hour, "none"},
		{"a clock that is late", sign(t, letter()+words, nil), -time.Hour, "pass"},
		{"from the future", sign(t, letter()+words, nil), -48 * time.Hour, "none"},
		{"expires in an hour, two later", sign(t, letter()+words, func(s *signing) { s.expires = time.Now().Add(time.Hour) }), 2 * time.Hour, "none"},
		{"without a Date, t= counts", undated, 6 * 24 * time.Hour, "pass"},
		{"without a Date, t= counts too", undated, 8 * 24 * time.Hour, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checker := New(Options{Resolver: keys(), Now: func() time.Time { return time.Now().Add(c.at) }})
			v, err := checker.Check(t.Context(), direct(c.raw, badPeer, ""))
			if err != nil || string(v.Trust.Proof) != c.want {
				t.Errorf("%+v, %v; want %s", v.Trust, err, c.want)
			}
		})
	}
}

// TestManySignatures: a few are verified, and each key is asked for once.
//
// covers: M02
func TestManySignatures(t *testing.T) {
	raw := letter() + words
	for i := range 50 {
		raw = sign(t, raw, func(s *signing) { s.domain = fmt.Sprintf("d%02d.example", i) })
	}
	z := keys()
	v := mustCheck(t, z, direct(raw, badPeer, ""))
	asked := 0
	for _, q := range z.questions() {
		if contains(q, "_domainkey") {
			asked++
		}
	}
	if asked != MaxSignatures || len(v.DKIM) != MaxSignatures+1 || v.Trust.Proof != helpdesk.ProofFail {
		t.Errorf("%d keys, %d results, %+v", asked, len(v.DKIM), v.Trust)
	}
}

// TestSignatureIdentity: a signature is known again whatever was done to blanks
// and unused bits, and two signatures are told apart.
//
// covers: M02
func TestSignatureIdentity(t *testing.T) {
	raw := sign(t, sign(t, letter()+words, func(s *signing) { s.selector, s.key = "ed", edKey() }), func(s *signing) {
		s.signed = []string{"From", "From", "To", "Subject", "Date"}
	})
	v := mustCheck(t, keys(), direct(raw, badPeer, ""))
	if len(v.Signatures) != 2 || v.Signatures[0] == v.Signatures[1] || !v.DKIM[0].Oversigned || v.DKIM[1].Oversigned {
		t.Fatalf("%+v", v)
	}
	i := strings.Index(raw, "==") // of the RSA signature, 256 bytes: four unused bits
	if i < 0 {
		t.Fatal("no padding")
	}
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(letters, raw[i-1])
	altered := raw[:i-1] + " " + letters[last|1:last|1+1] + raw[i:]
	again := mustCheck(t, keys(), direct(altered, badPeer, ""))
	if altered == raw || again.Trust.Proof != helpdesk.ProofPass || again.Signatures[0] != v.Signatures[0] {
		t.Errorf("%v is not known again as %v", again.Signatures, v.Signatures)
	}
}

// covers: M02
func TestKeyUnavailable(t *testing.T) {
	for _, c := range []struct {
		name   string
		domain string
		want   bool // an error
	}{
		{"of the author", "example.com", true},
		{"of a stranger", "host.example", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := keys()
			z.fail["s1._domainkey."+c.domain] = errServfail
			raw := sign(t, letter()+words, func(s *signing) { s.domain = c.domain })
			_, err := New(Options{Resolver: z}).Check(t.Context(), direct(raw, badPeer, ""))
			if (err != nil) != c.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestEpilogueIsVerified: what is handed to the verifier ends where the mail ends.
func TestEpilogueIsVerified(t *testing.T) {
	raw := sign(t, letter()+"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue\r\n", nil)
	if v := mustCheck(t, keys(), direct(raw, badPeer, "")); v.Trust.Proof != helpdesk.ProofPass {
		t.Errorf("%+v", v.DKIM)
	}
	if v := mustCheck(t, keys(), direct(raw+"more\r\n", badPeer, "")); v.Trust.Proof == helpdesk.ProofPass {
		t.Error("words after the end are not noticed")
	}
}

// verifiedFields reads a header as the verifier does, which refuses one without
// an end.
func verifiedFields(raw []byte) (fields []string, ok bool) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw)))
	for {
		line, err := r.ReadLine()
		if err != nil || line == "" {
			return fields, err == nil
		}
		if len(fields) > 0 && (line[0] == ' ' || line[0] == '\t') {
			fields[len(fields)-1] += line
			continue
		}
		fields = append(fields, line)
	}
}

// FuzzSameReading: where eml names an author, the verifier finds the same fields
// in the same order, so that what it verified is what is shown.
func FuzzSameReading(f *testing.F) {
	for _, s := range []string{
		letter() + words, "\r\n" + letter() + words, "From a b\r\n" + letter() + words, "\xef\xbb\xbf" + letter() + words,
		letter() + " \r\nFrom: x@y.example\r\n" + words, letter() + "\rFrom: x@y.example\r\n" + words, strings.ReplaceAll(letter()+words, "\r\n", "\n"),
		letter() + "Subject : x\r\n" + words, "\u017fubject: x\r\n" + letter() + words, letter() + "\r\r\nFrom: x@y.example\r\n\r\n", letter(),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		mail := eml.Read(raw)
		if _, ok := mail.OneFrom(); !ok {
			return
		}
		read, ok := verifiedFields(mail.Root.Raw())
		if !ok {
			return
		}
		if len(read) != len(mail.Header) {
			t.Fatalf("%d fields, shown are %d", len(read), len(mail.Header))
		}
		for i, line := range read {
			name, value, _ := strings.Cut(line, ":")
			shown := mail.Header[i]
			if !strings.EqualFold(strings.TrimSpace(name), shown.Name) || squeeze(value) != squeeze(string(shown.Raw)) {
				t.Fatalf("field %q is shown as %q: %q", line, shown.Name, shown.Raw)
			}
		}
	})
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
}
