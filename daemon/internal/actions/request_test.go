package actions

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// shared is the help center with collaborators and a way to sign in.
func shared() helpdesk.HelpCenter {
	h := center()
	h.Locale, h.Collaborators, h.LinkLifetime = "en", true, 30*24*time.Hour
	h.SignUp = helpdesk.SignUp{Open: true, Password: true}
	return h
}

// proven signs the owner of an address in, who has proven it.
func (b *bench) proven(address string) *Customer {
	b.t.Helper()
	a := helpdesk.MustAddress(address)
	c, err := b.contactByAddress(b.t.Context(), "support", a)
	if err != nil {
		b.t.Fatal(err)
	}
	if c == nil {
		c = newContact("", a, b.time())
	}
	if c.Prove(a, "mail", b.time()); c.SignIn == nil {
		c.SignIn = &helpdesk.PortalSignIn{Since: b.time()}
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	c, err = b.db.Contact(b.t.Context(), "support", c.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return &Customer{Account: "support", Contact: c}
}

// forged is a link with one character of its own.
func forged(link string) string {
	at := len(link) - 20
	other := "x"
	if link[at] == 'x' {
		other = "y"
	}
	return link[:at] + other + link[at+1:]
}

func kindOf(err error) string {
	if err == nil {
		return "ok"
	}
	return helpdesk.KindOf(err).String()
}

// Who may do what on whose request. Whatever is not allowed looks as if there were
// no such request.
//
// covers: S04, S06, S21
func TestAuthorityOfCustomers(t *testing.T) {
	const missing = "not found"
	for _, tt := range []struct {
		name                                  string
		who                                   func(b *bench, number int64) (helpdesk.HelpCenter, *Customer)
		see, answer, solve, add, remove, self string
	}{
		{"the requester", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("alice@customer.example")
		}, "ok", "ok", "ok", "ok", "ok", missing},
		{"a collaborator", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("bob@customer.example")
		}, "ok", "ok", missing, missing, missing, "ok"},
		{"a collaborator who has proven nothing", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), &Customer{Account: "support", Contact: b.contact(helpdesk.MustAddress("bob@customer.example"))}
		}, missing, missing, missing, missing, missing, missing},
		{"who was removed", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			if err := b.RemoveParticipant(b.t.Context(), operator, number, 2); err != nil {
				b.t.Fatal(err)
			}
			return shared(), b.proven("bob@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"another customer", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("eve@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"a contact who took the address over", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			b.change(number, func(t *helpdesk.Ticket) { t.Participants[0].Contact = "somebodyelseabcd" })
			return shared(), b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"the contact, by an address of theirs that is not the participant's", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			b.change(number, func(t *helpdesk.Ticket) { t.Participants[0].Address = helpdesk.MustAddress("other@customer.example") })
			return shared(), b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"another account", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			c := b.proven("alice@customer.example")
			c.Account = "other"
			return shared(), c
		}, missing, missing, missing, missing, missing, missing},
		{"another help center", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.Name = "second"
			return h, b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"portal off", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.PortalOn = false
			return h, b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"no collaborators here", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.Collaborators = false
			return h, b.proven("alice@customer.example")
		}, "ok", "ok", "ok", missing, "ok", missing},
		{"nobody", func(*bench, int64) (helpdesk.HelpCenter, *Customer) { return shared(), nil }, "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			ctx, number := t.Context(), b.ticket("n1")
			for _, address := range []string{"bob@customer.example", "carol@customer.example"} {
				if err := b.AddParticipant(ctx, operator, number, address, "", false); err != nil {
					t.Fatal(err)
				}
			}
			h, who := tt.who(b, number)
			check := func(what, want string, err error) {
				t.Helper()
				if got := kindOf(err); got != want {
					t.Errorf("%s: %s (%v), want %s", what, got, err, want)
				}
			}
			before := b.revision()
			_, err := b.Request(ctx, h, who, number, "")
			check("see", tt.see, err)
			_, err = b.RequestFile(ctx, h, who, number, 1, 1)
			if tt.see == "ok" {
				check("a file that is not there", missing, err)
			} else {
				check("a file", tt.see, err)
			}
			_, err = b.AnswerLimits(ctx, h, who, number)
			check("limits", tt.see, err)
			if b.revision() != before {
				t.Error("looking changed the store")
			}
			_, err = b.KeepAnswerFile(ctx, h, who, number, "a.txt", "text/plain", strings.NewReader("x"))
			check("keep a file", tt.answer, err)
			_, err = b.AnswerRequest(ctx, h, who, number, Answer{Text: "Hello", Nonce: "x"})
			check("answer", tt.answer, err)
			check("say that it is solved", tt.solve, b.CloseRequest(ctx, h, who, number))
			check("add", tt.add, b.AddPerson(ctx, h, who, number, "dan@elsewhere.example", ""))
			check("remove another", tt.remove, b.RemovePerson(ctx, h, who, number, 3))
			if tt.name == "the requester" || tt.name == "no collaborators here" {
				check("remove themselves", tt.self, b.RemovePerson(ctx, h, who, number, 1))
			} else {
				check("leave", tt.self, b.RemovePerson(ctx, h, who, number, 2))
			}
		})
	}
}

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

// covers: S05, S07, P03
func TestCloseRequest(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	ada := b.agent("ada@acme.example")
	if err := errors.Join(b.AddParticipant(ctx, ada, number, "bob@customer.example", "", false), b.Assign(ctx, ada, number, ada.Agent.ID)); err != nil {
		t.Fatal(err)
	}
	alice, h := b.proven("alice@customer.example"), shared()
	for range 2 {
		if err := b.CloseRequest(ctx, h, alice, number); err != nil {
			t.Fatal(err)
		}
	}
	d := b.detail(number)
	if d.Ticket.Status != helpdesk.Resolved {
		t.Errorf("status = %s", d.Ticket.Status)
	}
	said := 0
	for _, e := range d.Entries {
		if e.Text == "Alice says that it is solved." && e.Kind == helpdesk.Event && e.Channel == helpdesk.ByPortal {
			said++
		}
	}
	if said != 1 || len(sentTo(d, helpdesk.AgentNotice)) == 0 {
		t.Errorf("said %d times, agents told %v", said, sentTo(d, helpdesk.AgentNotice))
	}
	if diff := cmp.Diff([]string{"bob@customer.example"}, sentTo(d, helpdesk.StatusChanged)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Text: "No", Nonce: "x"}); err != nil || b.detail(number).Ticket.Status != helpdesk.Open {
		t.Errorf("after an answer: %s, %v", b.detail(number).Ticket.Status, err)
	}
}

// What was written before signing in is found by who takes part, and by nobody else.
//
// covers: S23, S10
func TestDraft(t *testing.T) {
	b := newBench(t)
	ctx, number, other, h := t.Context(), b.ticket("n1"), b.ticket("n2"), shared()
	link := b.linkOf(number, 1)
	alice, eve := b.proven("alice@customer.example"), b.proven("eve@customer.example")
	kept, err := b.KeepDraft(ctx, h, link, " Half \r\nwritten ")
	if err != nil || kept.Number != number {
		t.Fatalf("kept = %+v, %v", kept, err)
	}
	draft := string(kept.Draft)
	before := b.revision()
	shows := func(number int64, draft string) string {
		seen, err := b.Request(ctx, h, alice, number, draft)
		if err != nil {
			t.Fatal(err)
		}
		return seen.Draft
	}
	for _, tt := range []struct{ name, got, want string }{
		{"hers", shows(number, draft), "Half \nwritten"},
		{"on another request", shows(other, draft), ""},
		{"none", shows(number, ""), ""},
		{"a key of the store", shows(number, "../../ticket"), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if _, err := b.Request(ctx, h, eve, number, draft); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("somebody else: %v", err)
	}
	second := shared()
	second.Name = "second"
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		by     *Customer
		number int64
		draft  string
		want   string
	}{
		{"who wrote it as somebody else", h, eve, number, draft, "Half \nwritten"},
		{"nobody", h, nil, number, draft, ""},
		{"another number", h, eve, other, draft, ""},
		{"another help center", second, eve, number, draft, ""},
		{"another draft", h, eve, number, "aaaaaaaaaaaaaaaa", ""},
	} {
		if got, err := b.StrayDraft(ctx, tt.center, tt.by, tt.number, tt.draft); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	if b.revision() != before {
		t.Error("looking changed the store")
	}
	if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Text: "Whole", Nonce: "x", Draft: draft}); err != nil {
		t.Fatal(err)
	}
	if got := shows(number, draft); got != "" {
		t.Errorf("after sending: %q", got)
	}
}

// covers: S23
func TestDraftRefused(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	link := b.linkOf(number, 1)
	closed, off := shared(), shared()
	closed.SignUp, off.PortalOn = helpdesk.SignUp{}, false
	for _, tt := range []struct {
		name, token, text string
		center            helpdesk.HelpCenter
		want              helpdesk.Kind
	}{
		{"nothing written", link, " \n", shared(), helpdesk.Invalid},
		{"too much", link, strings.Repeat("x", MaxDraft+1), shared(), helpdesk.TooLarge},
		{"no link", forged(link), "x", shared(), helpdesk.NotFound},
		{"nobody can sign in", link, "x", closed, helpdesk.Invalid},
		{"portal off", link, "x", off, helpdesk.NotFound},
	} {
		before := b.revision()
		if _, err := b.KeepDraft(ctx, tt.center, tt.token, tt.text); helpdesk.KindOf(err) != tt.want || err == nil || b.revision() != before {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for i := range draftsADay + 1 {
		_, err := b.KeepDraft(ctx, shared(), link, "x")
		if (err == nil) != (i < draftsADay) {
			t.Fatalf("draft %d: %v", i+1, err)
		}
	}
	b.wait(25 * time.Hour)
	if _, err := b.KeepDraft(ctx, shared(), b.linkOf(number, 1), "x"); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// covers: S21, S22, S40a
func TestLinkTarget(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	alice, eve := b.proven("alice@customer.example"), b.proven("eve@customer.example")
	link := b.linkOf(number, 1)
	second := h
	second.Name, second.Audience = "second", links.AudienceOf("support", "HelpCenter", "second")
	check := func(name, token string, h helpdesk.HelpCenter, by *Customer, want Target, kind string) {
		t.Helper()
		got, err := b.LinkTarget(ctx, h, token, by)
		if got != want || kindOf(err) != kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	check("nobody", link, h, nil, Target{Number: number}, "ok")
	check("hers", link, h, alice, Target{Number: number, TakesPart: true}, "ok")
	check("somebody else's", link, h, eve, Target{Number: number}, "ok")
	check("another help center", link, second, alice, Target{}, "not found")
	check("nonsense", "pl1_x", h, alice, Target{}, "not found")
	b.wait(2 * time.Hour)
	check("expired", link, h, alice, Target{Number: number, TakesPart: true}, "ok")
	if got := b.opened(link); got != nil {
		t.Errorf("an expired link shows %q", got)
	}
}

// covers: S09, S22, M03
func TestMailNewLink(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	if err := b.AddParticipant(ctx, operator, number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	mine, bobs := b.linkOf(number, 1), b.linkOf(number, 2)
	b.wait(2 * time.Hour) // they are over
	ask := func(h helpdesk.HelpCenter, token string) []string {
		t.Helper()
		if err := b.MailNewLink(ctx, h, token); err != nil {
			t.Errorf("the answer differs: %v", err)
		}
		return sentTo(b.detail(number), helpdesk.NewLink)
	}
	off := shared()
	off.PortalOn = false
	if got := ask(h, forged(mine)); len(got) != 0 {
		t.Errorf("a forged one: %q", got)
	}
	if got := ask(off, mine); len(got) != 0 {
		t.Errorf("portal off: %q", got)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, ask(h, mine)); diff != "" {
		t.Errorf("hers (-want +got):\n%s", diff)
	}
	if err := b.RemoveParticipant(ctx, operator, number, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, ask(h, bobs)); diff != "" {
		t.Errorf("of who was removed (-want +got):\n%s", diff)
	}
	for range 20 {
		ask(h, mine)
		b.wait(11 * time.Minute)
	}
	if got := len(ask(h, mine)); got < 2 || got > 5 {
		t.Errorf("%d mails, want a few a day", got)
	}
}

// covers: S06, M04
func TestAddPerson(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	b.agent("ada@acme.example")
	alice, known := b.proven("alice@customer.example"), b.proven("known@elsewhere.example")
	b.wait(time.Hour)
	for _, tt := range []struct{ name, address, display, want string }{
		{"no address", "bob", "", "invalid"},
		{"an agent", "ada@acme.example", "", "invalid"},
		{"our mailbox", "support@acme.example", "", "invalid"},
		{"our mailbox with something behind", "billing+x@acme.example", "", "invalid"},
		{"a name that is too long", "x@elsewhere.example", strings.Repeat("x", MaxName+1), "invalid"},
		{"herself", "alice@customer.example", "", "invalid"},
		{"a stranger", " bob@elsewhere.example ", "Bob\r\nBcc: x", "ok"},
		{"the same again", "BOB@elsewhere.example", "", "ok"},
		{"a customer", "known@elsewhere.example", "", "ok"},
	} {
		if err := b.AddPerson(ctx, h, alice, number, tt.address, tt.display); kindOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	d := b.detail(number)
	bob, other := d.Ticket.Participant(2), d.Ticket.Participant(3)
	if bob == nil || other == nil || len(d.Ticket.Participants) != 3 {
		t.Fatalf("participants = %+v", d.Ticket.Participants)
	}
	if !bob.Unasked || bob.Name != "Bob Bcc: x" || other.Unasked || other.Contact != known.Contact.ID || !bob.Joined.Equal(b.time()) || bob.History {
		t.Errorf("participants = %+v", d.Ticket.Participants)
	}
	if diff := cmp.Diff([]string{"bob@elsewhere.example"}, sentTo(d, helpdesk.Added)); diff != "" {
		t.Errorf("fixed words (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"known@elsewhere.example"}, sentTo(d, helpdesk.Joined)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if got := sentTo(d, helpdesk.PeopleChanged); len(got) != 0 {
		t.Errorf("she is told what she did herself: %q", got)
	}
	seen, err := b.Request(ctx, h, known, number, "")
	if err != nil || len(seen.View.Thread) != 0 {
		t.Errorf("who joined sees %+v, %v", seen, err)
	}
}

// covers: S06, M04
func TestAddingPeopleHasLimits(t *testing.T) {
	b := newBench(t)
	ctx, h := t.Context(), shared()
	alice := b.proven("alice@customer.example")
	first, second := b.ticket("n1"), b.ticket("n2")
	for i := range peopleADay + 1 {
		number := first
		if i%2 == 1 {
			number = second
		}
		err := b.AddPerson(ctx, h, alice, number, fmt.Sprintf("p%d@elsewhere.example", i), "")
		if (err == nil) != (i < peopleADay) {
			t.Fatalf("person %d: %v", i+1, err)
		}
	}
	b.wait(25 * time.Hour)
	if err := b.AddPerson(ctx, h, alice, first, "late@elsewhere.example", ""); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// covers: S07
func TestRequesterIsToldOfPeople(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	if err := b.AddParticipant(t.Context(), b.agent("ada@acme.example"), number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, sentTo(b.detail(number), helpdesk.PeopleChanged)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// covers: S06
func TestRemovePersonEndsLinks(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	alice := b.proven("alice@customer.example")
	if err := b.AddPerson(ctx, h, alice, number, "bob@elsewhere.example", ""); err != nil {
		t.Fatal(err)
	}
	link := b.linkOf(number, 2)
	if b.opened(link) == nil {
		t.Fatal("the link is dead from the start")
	}
	for range 2 {
		if err := b.RemovePerson(ctx, h, alice, number, 2); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.opened(link); got != nil {
		t.Errorf("the link still shows %q", got)
	}
	if err := b.RemovePerson(ctx, h, alice, number, 9); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("nobody: %v", err)
	}
	if err := b.AddPerson(ctx, h, alice, number, "bob@elsewhere.example", ""); err != nil || b.opened(link) != nil {
		t.Errorf("added again: %v, the old link shows %q", err, b.opened(link))
	}
}

// An agent who adds somebody whom a customer had named vouches for them.
//
// covers: M04
func TestAgentVouches(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	if err := b.AddPerson(ctx, shared(), b.proven("alice@customer.example"), number, "bob@elsewhere.example", ""); err != nil {
		t.Fatal(err)
	}
	if err := b.AddParticipant(ctx, b.agent("ada@acme.example"), number, "bob@elsewhere.example", "", false); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	if d.Ticket.Participant(2).Unasked || len(sentTo(d, helpdesk.Joined)) != 1 {
		t.Errorf("participant = %+v, told %v", d.Ticket.Participant(2), sentTo(d, helpdesk.Joined))
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
