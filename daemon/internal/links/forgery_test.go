package links

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// refuse fails the test unless the token gets the one answer of all forgeries.
func refuse(t *testing.T, f form, s *Signer, aud Audience, token, why string) {
	t.Helper()
	if err := f.parse(s, aud, token); err != ErrInvalid { //nolint:errorlint // the identical value is the claim
		t.Errorf("%s: %q: got %v, want ErrInvalid itself", why, token, err)
	}
}

// covers: S22, P02
func TestForgeries(t *testing.T) {
	s, stranger := mustSigner(t, mustRing(t)), mustSigner(t, mustRing(t))
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			token := f.make(s, testAud)
			if err := f.parse(s, testAud, token); err != nil {
				t.Fatalf("the genuine one: %v", err)
			}
			refuse(t, f, s, otherAud, token, "other audience")
			refuse(t, f, stranger, testAud, token, "other secret, same kid")
			for n := range len(token) {
				refuse(t, f, s, testAud, token[:n], "truncated at the end")
				if n > 0 {
					refuse(t, f, s, testAud, token[n:], "truncated at the start")
				}
			}
			for c := range 256 {
				tail, head := token+string([]byte{byte(c)}), string([]byte{byte(c)})+token
				if f.name == "message id" && (c == ' ' || c == '\t') {
					continue // spaces around a Message-ID are allowed
				}
				refuse(t, f, s, testAud, tail, "extended")
				refuse(t, f, s, testAud, head, "extended in front")
			}
			for i := range len(token) + 1 {
				for _, br := range []string{"\r", "\n", lineBreaks, lineBreaks + " "} {
					refuse(t, f, s, testAud, token[:i]+br+token[i:], "line break")
				}
			}
		})
	}
}

// Every character of every token has exactly one accepted value, but for the
// ASCII case of base32.
//
// covers: S22, P02
func TestOneSpelling(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			token := f.make(s, testAud)
			checked := len(token)
			if f.name == "message id" {
				checked = strings.IndexByte(token, '@') + 1
			}
			random := strings.LastIndexByte(token[:checked], '.') // what follows in a Message-ID is not signed
			for i := range checked {
				for c := range 256 {
					b := []byte(token)
					if b[i] == byte(c) || !f.caseful && b[i]|0x20 == byte(c)|0x20 && isLetter(b[i]) {
						continue
					}
					if f.name == "message id" && i > random && b[i] != '@' && isBase32(byte(c)) {
						continue // another random part, which may be any
					}
					b[i] = byte(c)
					refuse(t, f, s, testAud, string(b), "character replaced")
				}
			}
		})
	}
}

func isBase32(c byte) bool {
	return strings.IndexByte(base32Alphabet+strings.ToUpper(base32Alphabet), c) >= 0
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// covers: S22, P02
func TestEveryBitCounts(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	link := s.Link(testAud, testLink)
	raw, err := base64.RawURLEncoding.DecodeString(link[len(linkPrefix):])
	if err != nil {
		t.Fatal(err)
	}
	eachBit(raw, func(b []byte) {
		refuse(t, forms()[0], s, testAud, linkPrefix+base64.RawURLEncoding.EncodeToString(b), "bit flipped")
	})
	for _, f := range forms()[1:5] {
		raw, err := lowerBase32.DecodeString(f.make(s, testAud))
		if err != nil {
			t.Fatal(err)
		}
		eachBit(raw, func(b []byte) {
			refuse(t, f, s, testAud, lowerBase32.EncodeToString(b), "bit flipped in "+f.name)
		})
	}
	// The two bits that 47 characters have over: same bytes, other spelling.
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, link[len(link)-1])
	for slack := 1; slack < 4; slack++ {
		refuse(t, forms()[0], s, testAud, link[:len(link)-1]+string(alphabet[last|slack]), "slack bits set")
	}
}

func eachBit(raw []byte, f func([]byte)) {
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		f(raw)
		raw[i/8] ^= 1 << (i % 8)
	}
}

// The 25-byte records differ in key and label alone, or in their type.
//
// covers: P02
func TestPurposesDoNotMix(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	tokens := map[string]string{
		"reply":       s.ReplyToken(testAud, testCopy),
		"bounce":      s.BounceToken(testAud, testCopy),
		"agent reply": s.AgentReplyToken(testAud, testCopy),
		"agent note":  s.AgentNoteToken(testAud, testCopy),
		"message id":  s.pack(testAud, forMessageID, testCopy),
	}
	parsers := map[string]purpose{
		"reply": forReply, "bounce": forBounce, "agent reply": forAnswer, "agent note": forNote, "message id": forMessageID,
	}
	for made, token := range tokens {
		for as, p := range parsers {
			_, err := s.unpack(testAud, p, token)
			if want := made == as; (err == nil) != want {
				t.Errorf("a %s token read as %s: %v", made, as, err)
			}
		}
	}
	// Not even with one and the same key: the label is part of what is signed.
	for a, p := range parsers {
		for b, q := range parsers {
			var key derivedKey
			if same := key.mac(p.label, []byte("x")) == key.mac(q.label, []byte("x")); same != (a == b) {
				t.Errorf("labels of %s and %s: same MAC is %v", a, b, same)
			}
		}
	}
}

// An authentic MAC does not save a record of another version or type.
//
// covers: S22, P02
func TestOtherVersionsAreRefused(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	token := s.Link(testAud, testLink)
	raw, err := base64.RawURLEncoding.DecodeString(token[len(linkPrefix):])
	if err != nil {
		t.Fatal(err)
	}
	_, key := s.signing(testAud, forLink)
	for version := range 256 {
		raw[0] = byte(version)
		mac := key.mac(forLink.label, raw[:linkBody])
		copy(raw[linkBody:], mac[:linkMAC])
		token := linkPrefix + base64.RawURLEncoding.EncodeToString(raw)
		if _, err := s.ParseLink(testAud, token, testNow); (err == nil) != (version == 1) {
			t.Errorf("link of version %d: %v", version, err)
		}
	}
	for _, p := range []purpose{forReply, forBounce, forAnswer, forNote, forMessageID} {
		_, key := s.signing(testAud, p)
		for kind := range byte(16) {
			raw := make([]byte, replyBytes)
			raw[0] = kind << 4
			mac := key.mac(p.label, raw[:replyBody])
			copy(raw[replyBody:], mac[:replyMAC])
			if _, err := s.unpack(testAud, p, lowerBase32.EncodeToString(raw)); (err == nil) != (kind == p.kind) {
				t.Errorf("%s, type %d: %v", p.info, kind, err)
			}
		}
	}
}

// What a retired key leaves in the ring is a secret of zeros, which everybody
// knows.
//
// covers: M03, S22, P02
func TestRetiredKeyIsNoKeyOfZeros(t *testing.T) {
	ring, kid, err := mustRing(t).Rotate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if ring, err = ring.Retire(kid); err != nil {
		t.Fatal(err)
	}
	s := mustSigner(t, ring)
	forger := mustSigner(t, Ring{keys: []key{{kid: kid, state: Sign}}})
	for _, f := range forms() {
		refuse(t, f, s, testAud, f.make(forger, testAud), "signed with zeros under a retired kid")
	}
}

func TestUnknownKeys(t *testing.T) {
	secret := make([]byte, secretSize)
	secret[0] = 1
	two, three := mustSigner(t, ringOf(t, 2, secret)), mustSigner(t, ringOf(t, 3, secret))
	for _, f := range forms() {
		refuse(t, f, three, testAud, f.make(two, testAud), "kid not in the ring")
	}
	if _, err := NewSigner(Ring{}, nil); !errors.Is(err, ErrRing) {
		t.Errorf("a signer of an empty ring: %v", err)
	}
}
