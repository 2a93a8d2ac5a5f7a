package links

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vectors come from testdata/vectors.py, which shares nothing with this
// package but the documented layouts.
type vectors struct {
	Audiences []struct{ Account, Kind, Name, Audience string }
	Links     []struct {
		vectorKey
		Scope       uint8
		Expires     int64
		Gen         uint16
		Ticket      string
		Participant uint16
		Token       string
	}
	Tokens []struct {
		vectorKey
		vectorCopy
		Purpose, Token string
	}
	MessageIDs []struct {
		vectorKey
		vectorCopy
		Random, Domain, ID string
	}
}

type vectorKey struct {
	Master, Audience, Key string
	KID                   int
}

type vectorCopy struct {
	Ticket      string
	Participant uint16
	Gen         uint8
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Audiences) == 0 || len(v.Links) == 0 || len(v.Tokens) == 0 || len(v.MessageIDs) == 0 {
		t.Fatal("vectors.json lacks a section")
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (k vectorKey) open(t *testing.T) (*Signer, Audience) {
	t.Helper()
	return mustSigner(t, ringOf(t, k.KID, unhex(t, k.Master))), Audience(unhex(t, k.Audience))
}

func (k vectorKey) checkKey(t *testing.T, s *Signer, aud Audience, p purpose) {
	t.Helper()
	_, key := s.signing(aud, p)
	if got := hex.EncodeToString(key[:]); got != k.Key {
		t.Errorf("derived key for %s: %s, want %s", p.info, got, k.Key)
	}
}

func ticketOf(t *testing.T, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAudienceVectors(t *testing.T) {
	for _, v := range readVectors(t).Audiences {
		aud := AudienceOf(v.Account, v.Kind, v.Name)
		if got := hex.EncodeToString(aud[:]); got != v.Audience {
			t.Errorf("AudienceOf(%q, %q, %q) = %s, want %s", v.Account, v.Kind, v.Name, got, v.Audience)
		}
	}
}

// covers: S22
func TestLinkVectors(t *testing.T) {
	for _, v := range readVectors(t).Links {
		s, aud := v.open(t)
		v.checkKey(t, s, aud, forLink)
		want := Link{Scope: Scope(v.Scope), Expires: time.Unix(v.Expires, 0).UTC(), Gen: v.Gen,
			Ticket: ticketOf(t, v.Ticket), Participant: v.Participant}
		if got := s.Link(aud, want); got != v.Token {
			t.Errorf("Link(%+v) = %s, want %s", want, got, v.Token)
		}
		got, err := s.ParseLink(aud, v.Token, want.Expires)
		if err != nil {
			t.Errorf("ParseLink(%s): %v", v.Token, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("ParseLink(%s) (-want +got):\n%s", v.Token, d)
		}
	}
}

// covers: P02
func TestReplyVectors(t *testing.T) {
	for _, v := range readVectors(t).Tokens {
		s, aud := v.open(t)
		purposes := map[string]purpose{
			"reply": forReply, "bounce": forBounce, "agent-reply": forAnswer, "agent-note": forNote, "mid": forMessageID,
		}
		p, ok := purposes[v.Purpose]
		if !ok {
			t.Fatalf("unknown purpose %q", v.Purpose)
		}
		v.checkKey(t, s, aud, p)
		want := Reply{Ticket: ticketOf(t, v.Ticket), Participant: v.Participant, Gen: v.Gen}
		if got := s.pack(aud, p, want); got != v.Token {
			t.Errorf("%s token of %+v = %s, want %s", v.Purpose, want, got, v.Token)
		}
		got, err := s.unpack(aud, p, v.Token)
		if err != nil || got != want {
			t.Errorf("%s token %s: %+v, %v; want %+v", v.Purpose, v.Token, got, err, want)
		}
	}
}

// covers: P02
func TestMessageIDVectors(t *testing.T) {
	for _, v := range readVectors(t).MessageIDs {
		s, aud := v.open(t)
		want := Reply{Ticket: ticketOf(t, v.Ticket), Participant: v.Participant, Gen: v.Gen}
		if got := s.MessageID(aud, want, [8]byte(unhex(t, v.Random)), v.Domain); got != v.ID {
			t.Errorf("MessageID(%+v) = %s, want %s", want, got, v.ID)
		}
		got, err := s.ParseMessageID(aud, v.ID)
		if err != nil || got != want {
			t.Errorf("ParseMessageID(%s): %+v, %v; want %+v", v.ID, got, err, want)
		}
	}
}
