package live

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/posterndesk/postern/config/wire"
)

// largeAccount is what is told of an account with as many mailboxes of the longest
// names as fit a list, all of which are refused, and polled at a server that says
// a lot.
func largeAccount(mailboxes int, words string) wire.Loaded {
	l := wire.Loaded{Boot: "b", Account: hashOfNothing, Documents: map[wire.Ref]string{}, Refused: map[wire.Ref]wire.Refusal{}, Mail: map[string]wire.Poll{}}
	for i := range mailboxes {
		name := fmt.Sprintf("%063d", i)
		ref := wire.Ref{Kind: wire.Mailboxes, Name: name}
		l.Documents[ref] = hashOfNothing
		l.Refused[ref] = wire.Refusal{Hash: hashOfNothing, Error: cut(words, wire.MaxError)}
		l.Mail[name] = wire.Poll{State: wire.PollUnreachable, Message: cut(words, wire.MaxError)}
	}
	l.Refused = fewer(l.Refused, mostRefusals)
	return l
}

var hashOfNothing = "sha256:" + strings.Repeat("0", 64)

// Whatever documents and mail servers say, what is told fits, and tells all documents.
//
// covers: K02
func TestWhatIsToldFits(t *testing.T) {
	for _, words := range []string{strings.Repeat("<", 2000), strings.Repeat("\x01", 2000), strings.Repeat("\xff", 2000), `"` + strings.Repeat("\\", 2000)} {
		for _, mailboxes := range []int{1, 450, wire.MaxObjects} {
			raw, err := fit(largeAccount(mailboxes, words))
			if err != nil {
				t.Errorf("%d mailboxes with %.4q: %v", mailboxes, words, err)
				continue
			}
			l, err := wire.Decode[wire.Loaded](raw)
			if err != nil || len(l.Documents) != mailboxes || len(l.Refused) == 0 {
				t.Errorf("%d mailboxes with %.4q: told of %d, %d refused, %v", mailboxes, words, len(l.Documents), len(l.Refused), err)
			}
			if mailboxes <= 450 && (len(l.Mail) != mailboxes || l.Mail[fmt.Sprintf("%063d", 0)].State == "") {
				t.Errorf("%d mailboxes with %.4q: %d polls are told", mailboxes, words, len(l.Mail))
			}
		}
	}
	if l := largeAccount(wire.MaxObjects, "x"); len(l.Mail) != wire.MaxObjects {
		t.Error("leaving out has changed what is to be told")
	}
}

// An account that cannot be told at all keeps no other from being told.
//
// covers: K02
func TestOneAccountSilencesNoOther(t *testing.T) {
	r := newReplica(DeclaredOptions{Keys: testKeys, Opener: wire.OpenerOf([32]byte{1}), Replica: "r", Log: slog.New(slog.DiscardHandler)})
	r.serve("too-large", largeAccount(3*wire.MaxObjects, ""))
	r.serve("other", wire.Loaded{Boot: r.boot})
	want, _, err := r.wanted()
	if err != nil || len(want) != 2 || want[testKeys.Session("r")] == "" || want[testKeys.Loaded("r", "other")] == "" {
		t.Errorf("told are %d keys, %v", len(want), err)
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		words string
		most  int
		want  string
	}{
		{"", 10, ""}, {"0123456789", 10, "0123456789"}, {"0123456789x", 10, "0123456..."}, {"\x01\x01", 12, "\x01\x01"},
		{"\x01\x01\x01", 12, "\x01..."}, {"äääää", 10, "äääää"}, {"ääääää", 10, "äää..."}, {"a\xff", 10, "a\uFFFD"}, {`\\\\\\`, 10, `\\\...`},
	} {
		got := cut(tt.words, tt.most)
		raw, err := json.Marshal(got)
		if got != tt.want || err != nil || len(raw)-2 > tt.most || !utf8.ValidString(got) {
			t.Errorf("%q in %d is %q with %d bytes, want %q", tt.words, tt.most, got, len(raw)-2, tt.want)
		}
	}
}
