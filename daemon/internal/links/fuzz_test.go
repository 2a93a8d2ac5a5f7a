package links

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Each target makes a genuine token of the fuzzed fields, puts it through a
// fuzzed change, and also reads the fuzzed text as it is. What is accepted must
// be, byte for byte, what would be made of the fields that were read.

func mutate(token string, at uint16, put string) string {
	i := int(at) % (len(token) + 1)
	end := min(i+len(put), len(token))
	return token[:i] + put + token[end:]
}

func FuzzParseLink(f *testing.F) {
	s := mustSigner(f, ringOf(f, 2, []byte(strings.Repeat("s", secretSize))))
	f.Add(s.Link(testAud, testLink), uint8(1), uint32(1_798_761_600), uint16(7), uint64(42), uint16(3), uint16(50), "-")
	f.Add("pl1_", uint8(255), uint32(0), uint16(0), uint64(0), uint16(0), uint16(4), "\r\n")
	f.Add("pl1_"+strings.Repeat("A", 47), uint8(0), uint32(1), uint16(1), uint64(1), uint16(1), uint16(0), "PL1_")
	f.Fuzz(func(t *testing.T, text string, scope uint8, exp uint32, gen uint16, ticket uint64, participant, at uint16, put string) {
		want := Link{Scope: Scope(scope), Expires: time.Unix(int64(exp), 0).UTC(), Gen: gen, Ticket: ticket, Participant: participant}
		token := s.Link(testAud, want)
		if got, err := s.ParseLink(testAud, token, want.Expires); err != nil || got != want {
			t.Fatalf("%s: %+v, %v; want %+v", token, got, err, want)
		}
		for _, tok := range []string{text, mutate(token, at, put)} {
			l, err := s.ParseLink(testAud, tok, testNow)
			if err == nil || errors.Is(err, ErrExpired) {
				if again := s.Link(testAud, l); again != tok {
					t.Fatalf("accepted %q, which is another spelling of %q", tok, again)
				}
			} else if l != (Link{}) {
				t.Fatalf("%q is refused yet read: %+v", tok, l)
			}
		}
	})
}

func FuzzParseReplyToken(f *testing.F) {
	s := mustSigner(f, ringOf(f, 2, []byte(strings.Repeat("s", secretSize))))
	f.Add(s.ReplyToken(testAud, testCopy), uint64(42), uint16(3), uint8(7), uint16(39), "A")
	f.Add(strings.ToUpper(s.BounceToken(testAud, testCopy)), uint64(0), uint16(0), uint8(0), uint16(0), "\n")
	f.Add(s.AgentReplyToken(testAud, testCopy), uint64(42), uint16(1001), uint8(1), uint16(0), "A")
	f.Add(s.AgentNoteToken(testAud, testCopy), uint64(42), uint16(1001), uint8(1), uint16(0), "m")
	f.Add(strings.Repeat("=", 40), uint64(1), uint16(1), uint8(1), uint16(8), "\u212a")
	f.Fuzz(func(t *testing.T, text string, ticket uint64, participant uint16, gen uint8, at uint16, put string) {
		want := Reply{Ticket: ticket, Participant: participant, Gen: gen}
		token := s.ReplyToken(testAud, want)
		if got, err := s.ParseReplyToken(testAud, token); err != nil || got != want {
			t.Fatalf("%s: %+v, %v; want %+v", token, got, err, want)
		}
		for _, tok := range []string{text, mutate(token, at, put)} {
			if r, err := s.ParseReplyToken(testAud, tok); err == nil {
				if again := s.ReplyToken(testAud, r); !sameASCIIFold(again, tok) {
					t.Fatalf("accepted %q, which is another spelling of %q", tok, again)
				}
			}
			if r, err := s.ParseBounceToken(testAud, tok); err == nil {
				if again := s.BounceToken(testAud, r); !sameASCIIFold(again, tok) {
					t.Fatalf("accepted %q, which is another spelling of %q", tok, again)
				}
			}
			if r, err := s.ParseAgentReplyToken(testAud, tok); err == nil {
				if again := s.AgentReplyToken(testAud, r); !sameASCIIFold(again, tok) {
					t.Fatalf("accepted %q, which is another spelling of %q", tok, again)
				}
			}
			if r, err := s.ParseAgentNoteToken(testAud, tok); err == nil {
				if again := s.AgentNoteToken(testAud, r); !sameASCIIFold(again, tok) {
					t.Fatalf("accepted %q, which is another spelling of %q", tok, again)
				}
			}
			SplitSubaddress(tok, ReplyDelimiters)
		}
	})
}

func FuzzParseMessageID(f *testing.F) {
	s := mustSigner(f, ringOf(f, 2, []byte(strings.Repeat("s", secretSize))))
	f.Add(s.MessageID(testAud, testCopy, testRand, "acme.example"), uint64(42), uint16(3), uint8(7), uint64(1), uint16(57), "@")
	f.Add("<r1.@>", uint64(0), uint16(0), uint8(0), uint64(0), uint16(0), " ")
	f.Add("<<r1.a.b@c>>", uint64(0), uint16(0), uint8(0), uint64(0), uint16(44), ".\r\n")
	f.Fuzz(func(t *testing.T, text string, ticket uint64, participant uint16, gen uint8, random uint64, at uint16, put string) {
		want := Reply{Ticket: ticket, Participant: participant, Gen: gen}
		var r [8]byte
		for i := range r {
			r[i] = byte(random >> (8 * i))
		}
		id := s.MessageID(testAud, want, r, "acme.example")
		if got, err := s.ParseMessageID(testAud, id); err != nil || got != want {
			t.Fatalf("%s: %+v, %v; want %+v", id, got, err, want)
		}
		for _, text := range []string{text, mutate(id, at, put)} {
			got, err := s.ParseMessageID(testAud, text)
			if err != nil {
				continue
			}
			left, _, _ := strings.Cut(strings.Trim(text, " \t<"), "@")
			b, err := lowerBase32.DecodeString(asciiLower(left[len(left)-midRandom:]))
			if err != nil {
				t.Fatalf("accepted %q: %v", text, err)
			}
			again, _, _ := strings.Cut(s.MessageID(testAud, got, [8]byte(b), "x"), "@")
			if !sameASCIIFold(again[1:], left) || strings.ContainsAny(text, "\r\n") {
				t.Fatalf("accepted %q, which is another spelling of %q", text, again)
			}
		}
	})
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func sameASCIIFold(a, b string) bool { return asciiLower(a) == asciiLower(b) }
