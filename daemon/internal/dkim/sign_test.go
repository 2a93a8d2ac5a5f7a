package dkim

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

var keys = sync.OnceValue(func() map[string]*Key {
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, goodRSA)
	if err != nil {
		panic(err)
	}
	return map[string]*Key{
		"small": {signer: small, algorithm: "ed25519", bits: 256},
		"large": {signer: large, algorithm: "rsa", bits: goodRSA},
	}
})

func identities() []Identity {
	return []Identity{{"acme.example", "small", keys()["small"]}, {"acme.example", "large", keys()["large"]}}
}

// signed is the mail with our signatures on top, written in two pieces.
func signed(raw string, cut int) (string, error) {
	s := NewSigner(identities())
	for _, piece := range []string{raw[:cut], raw[cut:]} {
		if _, err := s.Write([]byte(piece)); err != nil {
			return "", err
		}
	}
	fields, err := s.Fields(noon)
	return string(fields) + raw, err
}

// verify lets another library judge, with the records that we tell.
func verify(mail string) ([]*msgauth.Verification, error) {
	return msgauth.VerifyWithOptions(strings.NewReader(mail), &msgauth.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		for selector, k := range keys() {
			if name == RecordName(selector, "acme.example") {
				return []string{k.Record()}, nil
			}
		}
		return nil, fmt.Errorf("nobody asked for %s", name)
	}})
}

const sample = "From: Acme  Support <support@acme.example>\r\nTo: alice@customer.example\r\nSubject: Re: a\r\n\tlong  one \r\n" +
	"Message-ID: <1@acme.example>\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n\r\nHello  Alice, \t\r\n\r\nbye \r\n\r\n\r\n"

// covers: P11
func TestSignaturesVerify(t *testing.T) {
	for cut := range len(sample) {
		mail, err := signed(sample, cut)
		if err != nil {
			t.Fatal(err)
		}
		found, err := verify(mail)
		if err != nil || len(found) != 2 || found[0].Err != nil || found[1].Err != nil {
			t.Fatalf("cut at %d: %v, %+v", cut, err, found)
		}
		if !strings.HasPrefix(mail, "DKIM-Signature: v=1; a=rsa-sha256;") {
			t.Fatalf("the first signature is not the one of the RSA key:\n%s", mail)
		}
	}
}

// Whatever the body, its hash is the one that others find; lines stay short.
func TestAnyBodyVerifies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune(" \t a.=ü")))).Draw(t, "lines")
		raw := sample + strings.Join(lines, "\r\n")
		mail, err := signed(raw, rapid.IntRange(0, len(raw)).Draw(t, "cut"))
		if err != nil {
			t.Fatal(err)
		}
		found, err := verify(mail)
		if err != nil || len(found) != 2 || found[0].Err != nil || found[1].Err != nil {
			t.Fatalf("%v, %+v of\n%s", err, found, mail)
		}
		for line := range strings.SplitSeq(mail[:strings.Index(mail, "From:")], "\r\n") {
			if len(line) > 78 {
				t.Fatalf("a line of %d characters: %s", len(line), line)
			}
		}
	})
}

// What somebody adds or changes on the way breaks the signatures; what servers add
// and fold does not.
//
// covers: P11
func TestWhatASignatureGuards(t *testing.T) {
	mail, err := signed(sample, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, mail string
		want       bool
	}{
		{"untouched", mail, true},
		{"Received on top", "Received: from x by y; Wed, 4 Mar 2026 12:00:00 +0000\r\n" + mail, true},
		{"blanks at the end of lines", strings.Replace(mail, "bye \r\n", "bye\t\t\r\n", 1), true},
		{"folded again", strings.Replace(mail, "Acme  Support <", "Acme\r\n Support <", 1), true},
		{"another From", strings.Replace(mail, "From:", "From: mallory@attacker.example\r\nFrom:", 1), false},
		{"another Subject", strings.Replace(mail, "Subject:", "Subject: pay here\r\nSubject:", 1), false},
		{"a Reply-To", "Reply-To: mallory@attacker.example\r\n" + mail, false},
		{"a Cc", "Cc: mallory@attacker.example\r\n" + mail, false},
		{"another Content-Type", "Content-Type: text/html\r\n" + mail, false},
		{"marked as automatic", "Auto-Submitted: auto-replied\r\n" + mail, false},
		{"a longer body", mail + "pay here\r\n", false},
		{"another body", strings.Replace(mail, "Hello", "Hullo", 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := verify(tt.mail)
			if err != nil || len(found) != 2 {
				t.Fatalf("%v, %+v", err, found)
			}
			for _, f := range found {
				if (f.Err == nil) != tt.want {
					t.Errorf("verified: %v, want %v", f.Err, tt.want)
				}
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	for _, tt := range []struct{ name, mail string }{
		{"a lone LF in the body", sample + "x\ny\r\n"},
		{"a lone CR in the body", sample + "x\ry\r\n"},
		{"a CR at the end", sample + "x\r"},
		{"a lone LF in the header", strings.Replace(sample, "MIME-Version", "X: 1\nMIME-Version", 1)},
		{"a lone CR in the header", strings.Replace(sample, "MIME-Version", "X: 1\rMIME-Version", 1)},
		{"no end of the header", "From: a@b.example\r\n"},
		{"a line that is no field", "From: a@b.example\r\nwhat\r\n\r\n"},
		{"an endless header", "From: " + strings.Repeat("x", maxHeader) + "\r\n"},
		{"nothing", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := signed(tt.mail, len(tt.mail)/2); err == nil {
				t.Error("it was signed")
			}
		})
	}
}

// The hash of a body is the one of RFC 6376 section 3.4.4 and 3.4.5.
func TestRelaxedBody(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", "", ""},
		{"only empty lines", "\r\n\r\n", ""},
		{"only white space", " \t\r\n  \r\n", ""},
		{"RFC 6376 section 3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"},
		{"no line end", "a", "a\r\n"},
		{"empty lines before", "\r\n \r\na\r\n", "\r\n\r\na\r\n"},
		{"long", strings.Repeat("x", 5000) + "\r\n", strings.Repeat("x", 5000) + "\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := relaxedBody{hash: sha256.New()}
			if err := r.write([]byte(tt.body)); err != nil {
				t.Fatal(err)
			}
			got, err := r.sum()
			if want := sha256.Sum256([]byte(tt.want)); err != nil || !bytes.Equal(got, want[:]) {
				t.Errorf("got another hash than that of %q, %v", tt.want, err)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	raw := []byte(sample + strings.Repeat("a line of words that is as long as lines of mail usually are\r\n", 100))
	for name, k := range keys() {
		b.Run(k.algorithm, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				s := NewSigner([]Identity{{"acme.example", name, k}})
				_, _ = s.Write(raw)
				if _, err := s.Fields(noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Signing a mail with 25 MiB of files costs what hashing it costs.
func BenchmarkSignLarge(b *testing.B) {
	line := bytes.Repeat([]byte(strings.Repeat("A", 76)+"\r\n"), 1<<10)
	b.SetBytes(int64(len(line) * 440))
	for b.Loop() {
		s := NewSigner(identities()[:1])
		_, _ = s.Write([]byte(sample))
		for range 440 {
			_, _ = s.Write(line)
		}
		if _, err := s.Fields(noon); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever a mail is, signing it ends, and what is signed verifies.
func FuzzSign(f *testing.F) {
	f.Add([]byte(sample), 5)
	f.Add([]byte("From: a\r\n\r\n\r\n \r\n"), 0)
	f.Add([]byte("From:\r\n \r\n\r\n"), 3)
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		if cut < 0 || cut > len(raw) {
			cut = len(raw)
		}
		mail, err := signed(string(raw), cut)
		if err != nil || bytes.Count(bytes.ToLower(raw), []byte("dkim-signature")) > 0 {
			return
		}
		if !strings.HasPrefix(strings.ToLower(string(raw)), "from:") || !plainNames(raw) {
			return // the judge wants a From, and names fields otherwise than RFC 5322
		}
		found, err := verify(mail)
		if err != nil || len(found) != 2 || found[0].Err != nil || found[1].Err != nil {
			t.Fatalf("%v, %+v of %q", err, found, mail)
		}
	})
}

func plainNames(raw []byte) bool {
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(header, []byte("\r\n")) {
		for i, c := range line {
			if c == ':' && i > 0 {
				break
			}
			if (c <= ' ' || c > '~') && i == 0 {
				break // folded
			}
			if c <= ' ' || c > '~' {
				return false
			}
		}
		for _, c := range line {
			if c > '~' || c < ' ' && c != '\t' {
				return false
			}
		}
	}
	return true
}
