package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) importMail(_ context.Context, a helpdesk.Archived) (helpdesk.Outcome, error) {
	if a.Mailbox != "support" {
		return helpdesk.Outcome{}, helpdesk.Errorf(helpdesk.NotFound, "no such mailbox")
	}
	first := make([]byte, 8)
	n, err := io.ReadFull(a.Raw, first)
	switch word := strings.TrimSpace(string(first[:n])); word {
	case "refused":
		return helpdesk.Outcome{}, helpdesk.Errorf(helpdesk.Refused, "it has no sender")
	case "large":
		return helpdesk.Outcome{}, fmt.Errorf("keep: %w", helpdesk.Errorf(helpdesk.TooLarge, "it is too large"))
	case "loop":
		return helpdesk.Outcome{}, helpdesk.Errorf(helpdesk.Loop, "it went round")
	case "away":
		return helpdesk.Outcome{}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("etcd is away"))
	}
	if n == 0 {
		return helpdesk.Outcome{}, err
	}
	h := a.History
	d.added = append(d.added, fmt.Sprint(a.Account, " ", a.Look, " ", h.Status, " ", h.At.Format(time.RFC3339), " ", h.Ours, " ", h.Sent, h.OwnFile))
	return helpdesk.Outcome{Result: helpdesk.Created, Number: 12}, nil
}

// covers: P01
func TestSocketImports(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	at := time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)
	long := strings.Repeat("and much more that nobody reads\n", 100_000)
	for _, tt := range []struct {
		name, box, raw string
		history        helpdesk.History
		look           bool
		did            string
		refused        string
		err            string
		temporary      bool
	}{
		{"taken", "support", "a mail", helpdesk.History{Status: helpdesk.Closed, At: at}, false, "support false Closed 2019-05-06T07:08:09Z [] false false", "", "", false},
		{"all that can be said", "support", "a mail" + long, helpdesk.History{Status: helpdesk.Open, At: at, Sent: true, OwnFile: true, Ours: []helpdesk.Address{helpdesk.MustAddress("a@b.example"), helpdesk.MustAddress("c@b.example")}}, true,
			"support true Open 2019-05-06T07:08:09Z [a@b.example c@b.example] true true", "", "", false},
		{"refused", "support", "refused\n" + long, helpdesk.History{Status: helpdesk.Closed, At: at}, false, "", "it has no sender", "", false},
		{"too large", "support", "large  \n" + long, helpdesk.History{Status: helpdesk.Closed, At: at}, false, "", "it is too large", "", false},
		{"a loop", "support", "loop", helpdesk.History{Status: helpdesk.Closed, At: at}, false, "", "it went round", "", false},
		{"no such mailbox", "other", "a mail", helpdesk.History{Status: helpdesk.Closed, At: at}, false, "", "", "no such mailbox", false},
		{"no such status", "support", "a mail", helpdesk.History{Status: "Done", At: at}, false, "", "", `"Done" is not a status; use Open, Pending, Resolved or Closed`, false},
		{"something is away", "support", "away", helpdesk.History{Status: helpdesk.Closed, At: at}, false, "", "", "etcd is away", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.added = nil
			got, err := c.Import(t.Context(), helpdesk.Archived{Account: "support", Mailbox: tt.box, History: tt.history, Look: tt.look, Raw: strings.NewReader(tt.raw)})
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err || IsTemporary(err) != tt.temporary || got.Refused != tt.refused {
				t.Errorf("%+v, %v, want refused %q, error %q", got, err, tt.refused, tt.err)
			}
			if did := strings.Join(d.added, ""); did != tt.did || tt.did != "" && got.Outcome.Number != 12 {
				t.Errorf("did %q, outcome %+v, want %q", did, got.Outcome, tt.did)
			}
		})
	}
	if _, err := NewClient(t.TempDir()).Import(t.Context(), helpdesk.Archived{Raw: strings.NewReader("")}); !errors.Is(err, ErrNotRunning) || !IsTemporary(err) {
		t.Errorf("nobody listens: %v", err)
	}
	if IsTemporary(nil) {
		t.Error("no error is none that passes")
	}
}

// However many commands run, no more mails than that are taken in at once.
func TestImportsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, begun := make(chan struct{}), 0
		var mu sync.Mutex
		slow := func(context.Context, helpdesk.Archived) (helpdesk.Outcome, error) {
			mu.Lock()
			begun++
			mu.Unlock()
			<-release
			return helpdesk.Outcome{}, nil
		}
		s := Socket(Ways{Desk: &desk{}, Explain: explainNothing, Import: slow, Log: slog.New(slog.DiscardHandler)})
		var asking sync.WaitGroup
		for range 3 * ImportsAtOnce {
			asking.Go(func() { askImport(t.Context(), s) })
		}
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		left := make(chan struct{})
		go func() { askImport(gone, s); close(left) }()
		synctest.Wait()
		leave() // who goes away while they wait is let go
		<-left
		mu.Lock()
		if begun != ImportsAtOnce {
			t.Errorf("%d at once, want %d", begun, ImportsAtOnce)
		}
		mu.Unlock()
		close(release)
		asking.Wait()
		if begun != 3*ImportsAtOnce {
			t.Errorf("%d in all, want %d", begun, 3*ImportsAtOnce)
		}
	})
}

func askImport(ctx context.Context, s http.Handler) {
	r := httptest.NewRequestWithContext(ctx, "POST", "/accounts/a/mailboxes/b/archive?status=Closed&at=2019-05-06T07:08:09Z", strings.NewReader("x"))
	s.ServeHTTP(httptest.NewRecorder(), r)
}
