package links

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// Shared fixtures. The clock is fixed: what is not told otherwise happens then.
var (
	testNow  = time.Unix(1_798_000_000, 0).UTC()
	testAud  = AudienceOf("support", "HelpCenter", "acme")
	otherAud = AudienceOf("support", "HelpCenter", "other")
	testLink = Link{Scope: View | Unsubscribe, Expires: testNow.Add(30 * 24 * time.Hour), Gen: 7, Ticket: 0x0123456789abcdef, Participant: 3}
	testCopy = Reply{Ticket: 0x0123456789abcdef, Participant: 3, Gen: 7}
	testRand = [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
)

const lineBreaks = "\r\n"

func mustRing(t testing.TB) Ring {
	t.Helper()
	r, err := NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustSigner(t testing.TB, r Ring) *Signer {
	t.Helper()
	s, err := NewSigner(r, func() time.Time { return testNow })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ringOf is a ring of one signing key with a chosen secret, which goes the way
// of a stored ring.
func ringOf(t testing.TB, kid int, secret []byte) Ring {
	t.Helper()
	doc := fmt.Sprintf(`{"schema":1,"keys":[{"kid":%d,"state":"sign","secret":%q}]}`,
		kid, base64.StdEncoding.EncodeToString(secret))
	var r Ring
	if err := json.Unmarshal([]byte(doc), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A form is one kind of token, for the tests that hold for all of them.
type form struct {
	name    string
	caseful bool // a changed ASCII case makes it another token
	make    func(*Signer, Audience) string
	parse   func(*Signer, Audience, string) error
}

func forms() []form {
	return []form{
		{name: "link", caseful: true,
			make: func(s *Signer, a Audience) string { return s.Link(a, testLink) },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseLink(a, tok, testNow)
				return err
			}},
		{name: "reply",
			make: func(s *Signer, a Audience) string { return s.ReplyToken(a, testCopy) },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseReplyToken(a, tok)
				return err
			}},
		{name: "bounce",
			make: func(s *Signer, a Audience) string { return s.BounceToken(a, testCopy) },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseBounceToken(a, tok)
				return err
			}},
		{name: "agent reply",
			make: func(s *Signer, a Audience) string { return s.AgentReplyToken(a, testCopy) },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseAgentReplyToken(a, tok)
				return err
			}},
		{name: "agent note",
			make: func(s *Signer, a Audience) string { return s.AgentNoteToken(a, testCopy) },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseAgentNoteToken(a, tok)
				return err
			}},
		{name: "message id",
			make: func(s *Signer, a Audience) string { return s.MessageID(a, testCopy, testRand, "acme.example") },
			parse: func(s *Signer, a Audience, tok string) error {
				_, err := s.ParseMessageID(a, tok)
				return err
			}},
	}
}
