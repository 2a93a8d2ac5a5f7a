package actions

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: S04, S07, P03
func TestAnswerRequest(t *testing.T) {
	for _, tt := range []struct {
		status, want helpdesk.Status
		follows      bool
	}{
		{helpdesk.Open, helpdesk.Open, false},
		{helpdesk.Pending, helpdesk.Open, false},
		{helpdesk.Resolved, helpdesk.Open, false},
		{helpdesk.Closed, helpdesk.Closed, true},
	} {
		t.Run(string(tt.status), func(t *testing.T) {
			b := newBench(t)
			ctx, number := t.Context(), b.ticket("n1")
			ada := b.agent("ada@acme.example")
			if err := b.AddParticipant(ctx, ada, number, "bob@customer.example", "", false); err != nil {
				t.Fatal(err)
			}
			if err := b.Assign(ctx, ada, number, ada.Agent.ID); err != nil {
				t.Fatal(err)
			}
			b.change(number, func(t *helpdesk.Ticket) { t.Status = tt.status })
			alice := b.proven("alice@customer.example")
			link := b.linkOf(number, 1)
			at, err := b.AnswerRequest(ctx, shared(), alice, number, Answer{Text: "See https://help.acme.example/t/" + link + "\r\nthanks", Nonce: "x"})
			if err != nil {
				t.Fatal(err)
			}
			d := b.detail(at)
			e := d.Entries[len(d.Entries)-1]
			if (at != number) != tt.follows || b.detail(number).Ticket.Status != tt.want {
				t.Errorf("it stands in #%d, #%d is %s, want %s", at, number, b.detail(number).Ticket.Status, tt.want)
			}
			if e.Text != "See https://help.acme.example/t/pl1_…\nthanks" || e.Author.ID != alice.Contact.ID || e.Author.Name != "Alice" || !e.SignedIn || e.Channel != helpdesk.ByPortal || !e.Public() {
				t.Errorf("entry = %+v", e)
			}
			if tt.follows {
				if d.Follows != number || d.Ticket.Status != helpdesk.Open || d.Ticket.Subject != "Order" || len(d.Ticket.Participants) != 1 || d.Ticket.HelpCenter != "acme" {
					t.Errorf("new ticket = %+v", d.Ticket)
				}
				if diff := cmp.Diff([]string{"alice@customer.example"}, sentTo(d, helpdesk.Acknowledgement)); diff != "" {
					t.Errorf("acknowledged (-want +got):\n%s", diff)
				}
				bob, carol := b.proven("bob@customer.example"), b.proven("carol@customer.example")
				for _, who := range []string{"bob@customer.example", "carol@customer.example"} {
					if err := b.AddPerson(ctx, shared(), alice, at, who, ""); err != nil {
						t.Fatal(err)
					}
				}
				for name, tt := range map[string]struct {
					by   *Customer
					want int64
				}{"alice": {alice, number}, "bob, who took part in both": {bob, number}, "carol, who did not": {carol, 0}} {
					if seen, err := b.Request(ctx, shared(), tt.by, at, ""); err != nil || seen.View.Follows != tt.want {
						t.Errorf("%s reads that it follows %+v, want #%d; %v", name, seen, tt.want, err)
					}
				}
				return
			}
			if diff := cmp.Diff([]string{"bob@customer.example"}, sentTo(d, helpdesk.Update)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if got := len(sentTo(d, helpdesk.AgentNotice)); got == 0 {
				t.Error("no agent was told")
			}
		})
	}
}

// A double click, and fifty of them at once, are one answer.
//
// covers: S04, P05
func TestAnswerOnce(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed %t", closed), func(t *testing.T) {
			b := newBench(t)
			number := b.ticket("n1")
			if closed {
				b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed })
			}
			alice := b.proven("alice@customer.example")
			var group sync.WaitGroup
			var mu sync.Mutex
			places := map[int64]int{}
			for range 50 {
				group.Go(func() {
					at, err := b.AnswerRequest(t.Context(), shared(), alice, number, Answer{Text: "Once", Nonce: "same"})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					places[at]++
				})
			}
			group.Wait()
			if len(places) != 1 {
				t.Fatalf("it stands in %v", places)
			}
			for at := range places {
				said := 0
				for _, e := range b.detail(at).Entries {
					if e.Text == "Once" {
						said++
					}
				}
				if said != 1 || (at == number) == closed {
					t.Errorf("it stands in #%d %d times", at, said)
				}
			}
		})
	}
}

// covers: P12, S04
func TestAnswerWithFiles(t *testing.T) {
	b := newBench(t)
	ctx, number, other := t.Context(), b.ticket("n1"), b.ticket("n2")
	if err := b.AddParticipant(ctx, operator, number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	alice, bob, h := b.proven("alice@customer.example"), b.proven("bob@customer.example"), shared()
	f, err := b.KeepAnswerFile(ctx, h, alice, number, "../a b.png", "image/png", strings.NewReader("PNG"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.KeptAnswerFile(ctx, h, alice, number, f.Token()); err != nil || again != f {
		t.Errorf("kept = %+v, %v", again, err)
	}
	renamed := f
	renamed.Name = "b.exe"
	for _, tt := range []struct {
		name   string
		who    *Customer
		number int64
		file   Upload
	}{
		{"somebody else's", bob, number, f},
		{"of another request", alice, other, f},
		{"renamed", alice, number, renamed},
		{"without a seal", alice, number, Upload{Attachment: f.Attachment}},
	} {
		_, err := b.KeptAnswerFile(ctx, h, tt.who, tt.number, tt.file.Token())
		if helpdesk.KindOf(err) != helpdesk.Invalid || !errors.Is(err, helpdesk.ErrFile) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := b.AnswerRequest(ctx, h, tt.who, tt.number, Answer{Text: "x", Files: []Upload{tt.file}, Nonce: tt.name}); !errors.Is(err, helpdesk.ErrFile) {
			t.Errorf("sent %s: %v", tt.name, err)
		}
	}
	if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Text: "  ", Nonce: "x"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("nothing at all: %v", err)
	}
	if n := b.files("support"); n != 0 {
		t.Errorf("%d files of the account before anything was sent", n)
	}
	for range 2 { // a second click
		if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Files: []Upload{f}, Nonce: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := b.Request(ctx, h, bob, number, "")
	if err != nil {
		t.Fatal(err)
	}
	last := seen.View.Thread[len(seen.View.Thread)-1]
	if last.Text != "" || len(last.Files) != 1 || last.Files[0].Name != "a b.png" && !strings.HasSuffix(last.Files[0].Name, "a b.png") {
		t.Errorf("message = %+v", last)
	}
	got, err := b.RequestFile(ctx, h, bob, number, last.Seq, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if content, _ := io.ReadAll(got); string(content) != "PNG" {
		t.Errorf("content = %q", content)
	}
}

// covers: S04, S06
func TestAnswerMerged(t *testing.T) {
	b := newBench(t)
	ctx, from, into := t.Context(), b.ticket("n1"), b.ticket("n2")
	alice, h := b.proven("alice@customer.example"), shared()
	if err := b.Merge(ctx, operator, from, into); err != nil {
		t.Fatal(err)
	}
	seen, err := b.Request(ctx, h, alice, from, "")
	if err != nil || seen.View.ContinuedAs != into || seen.MayClose {
		t.Errorf("seen = %+v, %v", seen, err)
	}
	if at, err := b.AnswerRequest(ctx, h, alice, from, Answer{Text: "Late", Nonce: "x"}); err != nil || at != into {
		t.Errorf("it stands in #%d, %v", at, err)
	}
	if err := b.CloseRequest(ctx, h, alice, from); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), fmt.Sprint("#", into)) {
		t.Errorf("close: %v", err)
	}
	b.change(into, func(t *helpdesk.Ticket) { t.Participants[0].Leave(noon) })
	if _, err := b.AnswerRequest(ctx, h, alice, from, Answer{Text: "Later", Nonce: "y"}); helpdesk.KindOf(err) != helpdesk.Invalid || strings.Contains(err.Error(), "#") {
		t.Errorf("answer where they take no part: %v", err)
	}
}

// Who was called spam is not heard on pages either, until an agent shows it.
//
// covers: S04
func TestSpamIsNotHeard(t *testing.T) {
	for _, status := range []helpdesk.Status{helpdesk.Open, helpdesk.Closed} {
		t.Run(string(status), func(t *testing.T) {
			b := newBench(t)
			ctx, number := t.Context(), b.ticket("n1")
			if err := b.AddParticipant(ctx, b.agent("ada@acme.example"), number, "bob@customer.example", "", false); err != nil {
				t.Fatal(err)
			}
			b.change(number, func(t *helpdesk.Ticket) { t.Status = status })
			alice := b.proven("alice@customer.example")
			alice.Contact.Spam = &noon
			before := len(b.detail(number).Deliveries)
			at, err := b.AnswerRequest(ctx, shared(), alice, number, Answer{Text: "CANARY", Nonce: "x"})
			if err != nil {
				t.Fatal(err)
			}
			d := b.detail(at)
			if e := d.Entries[len(d.Entries)-1]; e.Text != "CANARY" || e.Public() {
				t.Errorf("entry = %+v", e)
			}
			if at == number {
				before -= len(d.Deliveries)
			} else {
				before = -len(d.Deliveries)
			}
			if before != 0 {
				t.Errorf("%d mails were sent", -before)
			}
			if err := b.AddPerson(ctx, shared(), alice, number, "dan@elsewhere.example", ""); helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Errorf("adding somebody: %v", err)
			}
		})
	}
}
