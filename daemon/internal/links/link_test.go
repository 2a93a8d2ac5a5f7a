package links

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// covers: M03, S22
func TestLinkExpiry(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	exp := testNow.Add(time.Hour)
	token := s.Link(testAud, Link{Scope: View, Expires: exp, Ticket: 9, Participant: 1})
	for _, tt := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"at once", testNow, nil},
		{"at its expiry", exp, nil},
		{"within the skew", exp.Add(ExpirySkew), nil},
		{"a moment past the skew", exp.Add(ExpirySkew + 1), ErrExpired},
		{"long past", exp.AddDate(10, 0, 0), ErrExpired},
		{"before it was made", testNow.AddDate(-10, 0, 0), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := s.ParseLink(testAud, token, tt.now)
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			want := Link{Scope: View, Expires: exp, Ticket: 9, Participant: 1}
			if d := cmp.Diff(want, l); d != "" {
				t.Errorf("the link is returned either way (-want +got):\n%s", d)
			}
		})
	}
}

// A forged link must not learn that it "has expired".
func TestForgedLinkIsNotExpired(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	token := []byte(s.Link(testAud, Link{Expires: testNow.Add(-time.Hour * 1000)}))
	token[20] ^= 1
	l, err := s.ParseLink(testAud, string(token), testNow)
	if err != ErrInvalid || l != (Link{}) { //nolint:errorlint // the identical value is the claim
		t.Errorf("got %+v, %v", l, err)
	}
}

func TestLinkExpiryRange(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	for _, tt := range []struct {
		name    string
		expires time.Time
		want    int64
	}{
		{"no time at all is long ago", time.Time{}, 0},
		{"parts of a second are cut", time.Unix(1_900_000_000, 999_999_999), 1_900_000_000},
		{"the last second of four bytes", time.Unix(1<<32-1, 0), 1<<32 - 1},
		{"beyond it does not wrap to 1970", time.Unix(1<<32, 0), 1<<32 - 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := s.ParseLink(testAud, s.Link(testAud, Link{Expires: tt.expires}), time.Unix(0, 0))
			if err != nil || l.Expires.Unix() != tt.want {
				t.Errorf("got %d, %v; want %d", l.Expires.Unix(), err, tt.want)
			}
		})
	}
}

// Mail programs end a URL before "-" or "_" at the end of a line.
//
// covers: S09
func TestLinkTokenSurvivesLinkifiers(t *testing.T) {
	s := mustSigner(t, mustRing(t))
	for i := range 1000 {
		token := s.Link(testAud, Link{Ticket: uint64(i), Expires: testNow})
		if len(token) != LinkTokenLen || strings.ContainsAny(token[len(token)-1:], "-_") {
			t.Fatalf("token %q", token)
		}
	}
}

func TestScope(t *testing.T) {
	s := View | Unsubscribe
	for _, tt := range []struct {
		name string
		ask  Scope
		want bool
	}{
		{"one of its bits", View, true},
		{"all of its bits", View | Unsubscribe, true},
		{"another bit", ReplyTo, false},
		{"one of its bits and another", View | ManageParticipants, false},
	} {
		if got := s.Has(tt.ask); got != tt.want {
			t.Errorf("%s: Has(%b) = %v, want %v", tt.name, tt.ask, got, tt.want)
		}
	}
	// The bits are part of every link in customers' mailboxes.
	if d := cmp.Diff([]Scope{1, 2, 4, 8, 16, 32},
		[]Scope{View, ReplyTo, Attach, SetStatus, ManageParticipants, Unsubscribe}); d != "" {
		t.Error(d)
	}
}
