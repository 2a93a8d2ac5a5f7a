package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

type directory struct{}

func (directory) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return helpdesk.HelpCenter{Account: account, Name: name, BaseURL: "https://help.acme.example"}, name == "acme"
}

func (d directory) HelpCenters() []helpdesk.HelpCenter {
	h, _ := d.HelpCenter("a", "acme")
	return []helpdesk.HelpCenter{h}
}

// taken is a post as a program got it.
type taken struct {
	body      string
	signature string
	id, at    string
}

// bench is a Teller on a real store, and a program that is told.
type bench struct {
	*Teller
	t     *testing.T
	db    *store.Store
	vault store.Vault
	robot *httptest.Server

	mu     sync.Mutex
	clock  time.Time
	answer func(n int) int // the status of the nth post, from 1
	stops  []string        // names of hooks and why they were stopped
	posts  []taken
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	db, err := store.New(server.Client(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	b := &bench{t: t, db: db, vault: db.Vault([store.KeySize]byte{1}), clock: noon, answer: func(int) int { return 204 }}
	b.robot = httptest.NewServer(http.HandlerFunc(b.take))
	t.Cleanup(b.robot.Close)
	b.Teller = b.teller("127.0.0.0/8")
	return b
}

func (b *bench) teller(networks ...string) *Teller {
	o := Options{
		Store: b.db, Vault: b.vault, Directory: directory{}, Accounts: func() []string { return []string{"a"} }, Stopped: b.stopped,
		Log: slog.New(slog.DiscardHandler), Now: b.now,
	}
	for _, n := range networks {
		o.Networks = append(o.Networks, netip.MustParsePrefix(n))
	}
	return New(o)
}

// stopped adds a mail to the change, as who tells agents does.
func (b *bench) stopped(_ context.Context, change *helpdesk.Change, h *helpdesk.Hook) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stops = append(b.stops, h.Name+": "+h.Why)
	change.Deliveries = append(change.Deliveries, helpdesk.Delivery{
		ID: helpdesk.NewID(), Purpose: helpdesk.HookStopped, Hook: h.ID, To: helpdesk.MustAddress("ada@acme.example"), Mailbox: "support", MessageID: "<x@acme.example>", State: helpdesk.Queued,
	})
	return nil
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

func (b *bench) take(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body) // what is missing shows in the test
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts = append(b.posts, taken{string(raw), r.Header.Get("webhook-signature"), r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")})
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(b.answer(len(b.posts)))
}

func (b *bench) got() []taken {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]taken(nil), b.posts...)
}

// turn does all that is due and waits for it.
func (b *bench) turn() {
	b.t.Helper()
	b.Tick(b.t.Context())
	b.flights.Wait()
}

func (b *bench) commit(c *helpdesk.Change) {
	b.t.Helper()
	c.Account = "a"
	if err := b.db.Commit(b.t.Context(), c); err != nil {
		b.t.Fatal(err)
	}
}

// hook makes one with a secret that its number tells.
func (b *bench) hook(id helpdesk.ID, events ...helpdesk.EventType) {
	b.t.Helper()
	h := helpdesk.Hook{ID: id, Name: string(id), URL: b.robot.URL, Events: events, Secret: 1}
	b.seal(&h, 1)
	b.commit(&helpdesk.Change{Records: []helpdesk.Record{{Kind: helpdesk.HookRecord, ID: string(id), Value: h}}})
}

func (b *bench) seal(h *helpdesk.Hook, n int) {
	b.t.Helper()
	if err := b.vault.Seal(b.t.Context(), h.SecretName("a", n), fmt.Appendf(nil, "secret %d", n), 0); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(kind helpdesk.RecordKind, id string, into any) {
	b.t.Helper()
	if _, err := b.db.Record(b.t.Context(), "a", kind, id, into); err != nil {
		b.t.Fatal(err)
	}
}

// ticket makes one with an entry and tells its id.
func (b *bench) ticket(number int64) helpdesk.TicketID {
	b.t.Helper()
	t := &helpdesk.Ticket{ID: helpdesk.NewTicketID(), Number: number, Subject: "A secret lamp", Status: helpdesk.Open, HelpCenter: "acme"}
	e := helpdesk.Entry{Kind: helpdesk.Message, Text: "kaleidoscope", At: noon}
	t.Append(&e)
	b.commit(&helpdesk.Change{Ticket: t, Entries: []helpdesk.Entry{e}})
	return t.ID
}

// change writes a ticket anew, with a note.
func (b *bench) change(id helpdesk.TicketID, how func(*helpdesk.Ticket)) {
	b.t.Helper()
	t, err := b.db.Ticket(b.t.Context(), "a", id)
	if err != nil {
		b.t.Fatal(err)
	}
	how(t)
	e := helpdesk.Entry{Kind: helpdesk.Note, Text: "trombone", At: noon}
	t.Append(&e)
	b.commit(&helpdesk.Change{Ticket: t, Entries: []helpdesk.Entry{e}})
}

// told is what the program was told, as type and changed members.
func told(t *testing.T, posts []taken) (all []string) {
	t.Helper()
	for _, p := range posts {
		var b body
		if err := json.Unmarshal([]byte(p.body), &b); err != nil {
			t.Fatal(err)
		}
		line := string(b.Type)
		if b.Data.Ticket != nil {
			line += fmt.Sprintf(" #%d", b.Data.Ticket.Number)
		}
		if b.Data.Entry != 0 {
			line += fmt.Sprintf(" %s %d", b.Data.Kind, b.Data.Entry)
		}
		all = append(all, strings.TrimSpace(line+" "+strings.Join(b.Data.Changed, ",")))
	}
	return all
}

// TestWhatIsTold covers what hooks hear of changes, and that nobody's words are in it.
//
// covers: P10
func TestWhatIsTold(t *testing.T) {
	b := newBench(t)
	b.ticket(1) // before there is a hook
	b.hook("all", helpdesk.EventTypes...)
	id := b.ticket(2)
	b.turn()
	b.change(id, func(t *helpdesk.Ticket) { t.Status, t.Tags = helpdesk.Pending, []string{"x"} })
	b.turn()
	b.change(id, func(*helpdesk.Ticket) {})
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("a@customer.example")}}}
	b.commit(&helpdesk.Change{Contact: c})
	for range 8 {
		b.turn()
	}
	want := []string{
		"ticket.created #2", "entry.created #2 message 1", "ticket.updated #2 status,tags", "entry.created #2 note 2", "entry.created #2 note 3", "contact.created",
	}
	got := told(t, b.got())
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	for _, p := range b.got() {
		for _, words := range []string{"kaleidoscope", "trombone", "lamp", "customer.example"} {
			if strings.Contains(p.body, words) {
				t.Errorf("a post tells %q: %s", words, p.body)
			}
		}
		if want := Signature([]byte("secret 1"), p.id, p.at, []byte(p.body)); p.signature != want || !strings.HasPrefix(p.id, "msg_") {
			t.Errorf("signed %q, want %q", p.signature, want)
		}
	}
	if left, _, err := b.db.Records(t.Context(), "a", helpdesk.NewsRecord, "", "", 10); err != nil || len(left) != 0 {
		t.Errorf("news that are left: %v, %v", left, err)
	}
}

func sorted(all []string) map[string]int {
	counted := map[string]int{}
	for _, s := range all {
		counted[s]++
	}
	return counted
}

// TestOrder: what a ticket's posts tell comes in the order in which it happened, also
// when some are refused at first.
func TestOrder(t *testing.T) {
	b := newBench(t)
	b.hook("h", helpdesk.EntryCreated)
	id := b.ticket(1)
	for range 4 {
		b.change(id, func(*helpdesk.Ticket) {})
	}
	b.answer = func(n int) int {
		if n%2 == 1 {
			return 500
		}
		return 200
	}
	for range 12 {
		b.turn()
		b.wait(5 * time.Second)
	}
	var want []string
	for n := 1; n <= 5; n++ {
		kind := "note"
		if n == 1 {
			kind = "message"
		}
		line := fmt.Sprintf("entry.created #1 %s %d", kind, n)
		want = append(want, line, line)
	}
	if diff := cmp.Diff(want, told(t, b.got())); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestGivenUp: a hook that takes nothing for three days is stopped, and everything that
// waited is given up. Until then each post is tried again and again.
func TestGivenUp(t *testing.T) {
	b := newBench(t)
	b.hook("h", helpdesk.TicketCreated)
	b.answer = func(int) int { return 503 }
	b.ticket(1)
	b.turn()
	for range 80 {
		b.wait(time.Hour)
		b.turn()
	}
	var h helpdesk.Hook
	b.read(helpdesk.HookRecord, "h", &h)
	if h.Disabled.IsZero() || h.Why == "" || h.Disabled.Sub(h.Failing) < helpdesk.HookPatience {
		t.Errorf("the hook is %+v", h)
	}
	tries := len(b.got())
	if tries < 15 || tries > 30 {
		t.Errorf("it was tried %d times", tries)
	}
	b.ticket(2)
	b.turn()
	if n := len(b.got()); n != tries {
		t.Errorf("a hook that is stopped was told %d times more", n-tries)
	}
	audit, err := b.db.Audit(t.Context(), "a", 0, true, 1)
	if err != nil || len(audit) != 1 || audit[0].Act != "hook.stop" {
		t.Errorf("audit: %v, %v", audit, err)
	}
	b.stop(t.Context(), "a", "h", "another replica was faster")
	if diff := cmp.Diff([]string{"h: it has taken nothing for three days"}, b.stops); diff != "" {
		t.Errorf("agents were told (-want +got):\n%s", diff)
	}
	if mails, _, err := b.db.Outbox(t.Context(), "a", false, "", 10); err != nil || len(mails) != 1 || mails[0].Hook != "h" {
		t.Errorf("mails that wait: %+v, %v", mails, err)
	}
}

// TestNothingIsLost: who dies between what happened and telling it loses nothing.
func TestNothingIsLost(t *testing.T) {
	b := newBench(t)
	b.hook("h", helpdesk.TicketCreated)
	b.ticket(1)
	b.answer = func(int) int { return 500 }
	b.turn() // posts are made, and the first attempt fails
	b.ticket(2)
	b.Teller = b.teller("127.0.0.0/8") // another one takes over
	b.answer = func(int) int { return 200 }
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wait(time.Minute)
	b.turn()
	want := []string{"ticket.created #1", "ticket.created #1", "ticket.created #2"}
	if diff := cmp.Diff(sorted(want), sorted(told(t, b.got()))); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestAttempts covers single answers.
func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		name     string
		status   int
		networks []string
		state    helpdesk.PostState
		asked    int
		words    string
		stopped  bool
	}{
		{"taken", 200, []string{"127.0.0.0/8"}, helpdesk.PostTaken, 1, "", false},
		{"redirected", 302, []string{"127.0.0.0/8"}, helpdesk.PostWaits, 1, "", false},
		{"refused", 400, []string{"127.0.0.0/8"}, helpdesk.PostWaits, 1, "", false},
		{"gone", 410, []string{"127.0.0.0/8"}, helpdesk.PostWaits, 1, "", true},
		{"at an address that is not public", 200, nil, helpdesk.PostWaits, 0, "not a public address", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.Teller = b.teller(c.networks...)
			b.answer = func(int) int { return c.status }
			b.hook("h", helpdesk.TicketCreated)
			b.ticket(1)
			b.turn()
			posts, _, err := b.db.Records(t.Context(), "a", helpdesk.PostRecord, "h/", "", 10)
			if err != nil || len(posts) != 1 {
				t.Fatalf("posts: %v, %v", posts, err)
			}
			var p helpdesk.Post
			b.read(helpdesk.PostRecord, posts[0].ID, &p)
			if p.State != c.state || len(b.got()) != c.asked || p.Last == nil || !strings.Contains(p.Last.Words, c.words) {
				t.Errorf("post is %+v with %+v, asked %d times", p, p.Last, len(b.got()))
			}
			var h helpdesk.Hook
			b.read(helpdesk.HookRecord, "h", &h)
			if h.Disabled.IsZero() == c.stopped {
				t.Errorf("the hook is %+v", h)
			}
		})
	}
}

// TestOrders covers pings, posts that are sent again, and two secrets.
func TestOrders(t *testing.T) {
	b := newBench(t)
	b.hook("h", helpdesk.TicketCreated)
	b.ticket(1)
	b.turn()
	posts, _, err := b.db.Records(t.Context(), "a", helpdesk.PostRecord, "h/", "", 10)
	if err != nil || len(posts) != 1 {
		t.Fatalf("posts: %v, %v", posts, err)
	}
	order := func(id string, n helpdesk.News) {
		n.Until = noon.Add(time.Hour)
		b.commit(&helpdesk.Change{Records: []helpdesk.Record{{Kind: helpdesk.NewsRecord, ID: id, Value: n}}})
	}
	order("1", helpdesk.News{Hook: "h", Again: helpdesk.ID(strings.TrimPrefix(posts[0].ID, "h/"))})
	b.turn()
	var h helpdesk.Hook
	rev, err := b.db.Record(t.Context(), "a", helpdesk.HookRecord, "h", &h)
	if err != nil {
		t.Fatal(err)
	}
	h.Secret, h.Both = 2, noon.Add(time.Hour)
	b.seal(&h, 2)
	b.commit(&helpdesk.Change{Records: []helpdesk.Record{{Kind: helpdesk.HookRecord, ID: "h", Value: h, Rev: rev}}})
	order("2", helpdesk.News{Hook: "h"})
	b.turn()
	b.wait(2 * time.Hour)
	order("3", helpdesk.News{Hook: "h"})
	b.turn()
	got := b.got()
	if diff := cmp.Diff([]string{"ticket.created #1", "ticket.created #1", "ping", "ping"}, told(t, got)); diff != "" {
		t.Fatalf("told (-want +got):\n%s", diff)
	}
	if got[0].id != got[1].id {
		t.Errorf("sent again under another id: %s, %s", got[0].id, got[1].id)
	}
	sign := func(n int, p taken) string {
		return Signature(fmt.Appendf(nil, "secret %d", n), p.id, p.at, []byte(p.body))
	}
	if want := sign(2, got[2]) + " " + sign(1, got[2]); got[2].signature != want {
		t.Errorf("with two secrets: %q, want %q", got[2].signature, want)
	}
	if want := sign(2, got[3]); got[3].signature != want {
		t.Errorf("with the newer one: %q, want %q", got[3].signature, want)
	}
}
