package links

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// covers: P02
func TestReplyTokenInAnyCase(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	token := s.ReplyToken(testAud, testCopy)
	mixed := []byte(token)
	for i := range mixed {
		if i%2 == 0 {
			mixed[i] = strings.ToUpper(token[i : i+1])[0]
		}
	}
	for _, spelling := range []string{token, strings.ToUpper(token), string(mixed)} {
		if got, err := s.ParseReplyToken(testAud, spelling); err != nil || got != testCopy {
			t.Errorf("%s: %+v, %v", spelling, got, err)
		}
	}
	// Unicode folds these to k and s; we must not.
	for _, letter := range []string{"\u212a", "\u017f"} {
		bad := strings.Repeat("a", ReplyTokenLen-len(letter)) + letter
		if _, err := s.ParseReplyToken(testAud, bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// covers: P02
func TestSubaddress(t *testing.T) {
	const tok = "ciasgrlhrgv433yaamd6dnvuwcfagxgudbv57net"
	for _, tt := range []struct {
		name       string
		local      string
		delimiters string
		base       string
		want       bool
	}{
		{"plus", "support+" + tok, "+", "support", true},
		{"upper-cased on the way", strings.ToUpper("support+" + tok), "+", "SUPPORT", true},
		{"minus among several", "support-" + tok, "+-=", "support", true},
		{"delimiters in the base", "help-desk+eu+" + tok, "+-", "help-desk+eu", true},
		{"dot on a reply domain", "r." + tok, ".", "r", true},
		{"another delimiter than ours", "support-" + tok, "+", "", false},
		{"no base", "+" + tok, "+", "", false},
		{"no delimiter", tok, "+", "", false},
		{"something after the token", "support+" + tok + "+x", "+", "", false},
		{"token too short", "support+" + tok[1:], "+", "", false},
		{"token too long", "support+a" + tok, "+", "", false},
		{"1 is not in base32", "support+" + tok[:39] + "1", "+", "", false},
		{"a word of somebody's own", "support+invoices", "+", "", false},
		{"delimiter inside the 40", "support+" + tok[:20] + "+" + tok[:19], "+", "", false},
		{"no delimiters set", "support+" + tok, "", "", false},
		{"empty", "", "+", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, token, ok := SplitSubaddress(tt.local, tt.delimiters)
			if ok != tt.want || base != tt.base || ok && token != tok || !ok && token != "" {
				t.Errorf("got %q, %q, %v; want base %q, %v", base, token, ok, tt.base, tt.want)
			}
		})
	}
}

func TestJoinSubaddress(t *testing.T) {
	const tok = "ciasgrlhrgv433yaamd6dnvuwcfagxgudbv57net"
	for _, tt := range []struct {
		name      string
		base      string
		delimiter byte
		token     string
		want      string // empty: ErrSubaddress
	}{
		{"plus", "support", '+', tok, "support+" + tok},
		{"longest base", strings.Repeat("b", MaxReplyBase), '-', tok, strings.Repeat("b", 23) + "-" + tok},
		{"base too long", strings.Repeat("b", MaxReplyBase+1), '+', tok, ""},
		{"no base", "", '+', tok, ""},
		{"base that needs quotes", "a b", '+', tok, ""},
		{"base with a line break", "a\r\nb", '+', tok, ""},
		{"base outside ASCII", "hülfe", '+', tok, ""},
		{"letter for a delimiter", "support", 'x', tok, ""},
		{"line break for a delimiter", "support", '\n', tok, ""},
		{"short token", "support", '+', tok[1:], ""},
		{"token in upper case", "support", '+', strings.ToUpper(tok), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := JoinSubaddress(tt.base, tt.delimiter, tt.token)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("got %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && !errors.Is(err, ErrSubaddress) {
				t.Errorf("error %v is not ErrSubaddress", err)
			}
			if len(got) > maxLocalPart {
				t.Errorf("%d octets", len(got))
			}
		})
	}
}

// covers: P02
func TestSubaddressRoundTrip(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.StringMatching(`[A-Za-z0-9!#$%&'*+\-/=?^_{|}~.]{1,23}`).Draw(t, "base")
		delimiter := rapid.SampledFrom([]byte(ReplyDelimiters)).Draw(t, "delimiter")
		want := Reply{
			Ticket:      rapid.Uint64().Draw(t, "ticket"),
			Participant: rapid.Uint16().Draw(t, "participant"),
			Gen:         rapid.Uint8().Draw(t, "gen"),
		}
		local, err := JoinSubaddress(base, delimiter, s.ReplyToken(testAud, want))
		if err != nil {
			t.Fatal(err)
		}
		gotBase, token, ok := SplitSubaddress(local, ReplyDelimiters)
		if !ok || gotBase != base {
			t.Fatalf("split %q: %q, %v", local, gotBase, ok)
		}
		if got, err := s.ParseReplyToken(testAud, token); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

// covers: P02
func TestParseMessageID(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	id := s.MessageID(testAud, testCopy, testRand, "acme.example")
	bare := strings.Trim(id, "<>")
	left, _, _ := strings.Cut(bare, "@")
	for _, tt := range []struct {
		name string
		id   string
		want bool
	}{
		{"as made", id, true},
		{"without brackets", bare, true},
		{"spaces and tabs around", " \t" + id + "\t ", true},
		{"upper-cased", strings.ToUpper(id), true},
		{"another domain", "<" + left + "@relay.example>", true},
		{"one bracket missing", id[:len(id)-1], false},
		{"the other one missing", id[1:], false},
		{"spaces inside the brackets", "< " + bare + " >", false},
		{"no domain", "<" + left + "@>", false},
		{"no at sign", "<" + left + ">", false},
		{"two at signs", "<" + left + "@a@b>", false},
		{"two ids", id + id, false},
		{"line break in the domain", "<" + left + "@a\r\nb>", false},
		{"domain beyond all limits", "<" + left + "@" + strings.Repeat("a", maxMIDDomain+1) + ">", false},
		{"other prefix", strings.Replace(id, "r1.", "r2.", 1), false},
		{"no random part", "<" + left[:len(left)-midRandom-1] + "@acme.example>", false},
		{"random part with the bit over set", "<" + left[:len(left)-1] + string(base32Alphabet[strings.IndexByte(base32Alphabet, left[len(left)-1])|1]) + "@acme.example>", false},
		{"random part shorter, token longer", "<r1." + strings.Replace(left[3:], ".", "a", 1) + "@acme.example>", false},
		{"a reply token in its place", "<r1." + s.ReplyToken(testAud, testCopy) + "." + left[len(left)-midRandom:] + "@acme.example>", false},
		{"somebody else's", "<CAF=x1@mail.example>", false},
		{"empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.ParseMessageID(testAud, tt.id)
			if (err == nil) != tt.want || tt.want && got != testCopy {
				t.Errorf("%q: %+v, %v; want accepted: %v", tt.id, got, err, tt.want)
			}
		})
	}
}
