package actions

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// directory is what is declared: two mailboxes.
type directory struct{}

func (directory) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	if account != "support" || name != "support" && name != "billing" {
		return helpdesk.Mailbox{}, false
	}
	return helpdesk.Mailbox{Account: account, Name: name, Address: helpdesk.MustAddress(name + "@acme.example"), HelpCenter: "acme",
		Relay: helpdesk.Relay{Host: name + ".relay.example", Port: 465}}, true
}

func (d directory) MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool) {
	if a.Domain() != "acme.example" {
		return helpdesk.Mailbox{}, false
	}
	return d.Mailbox("support", a.Local())
}

func (directory) HelpCenters() []helpdesk.HelpCenter { return nil }

func (d directory) Mailboxes() []helpdesk.Mailbox {
	support, _ := d.Mailbox("support", "support")
	billing, _ := d.Mailbox("support", "billing")
	return []helpdesk.Mailbox{support, billing}
}

func (directory) HelpCenter(_, name string) (helpdesk.HelpCenter, bool) {
	switch name {
	case "second":
		return helpdesk.HelpCenter{Name: name, DisplayName: "Second", BaseURL: "https://second.example", PortalOn: true}, true
	case "hidden":
		return helpdesk.HelpCenter{Name: name, DisplayName: "Hidden"}, true
	}
	return helpdesk.HelpCenter{}, false
}

func (checker) States(map[string][]string) []helpdesk.FieldState { return nil }

// checker wants a topic; "bill" goes to another mailbox.
type checker struct{}

func (checker) Check(raw map[string][]string) helpdesk.FormResult {
	if len(raw["topic"]) == 0 {
		return helpdesk.FormResult{Problems: []helpdesk.FieldProblem{{Field: "topic", Message: "Please choose."}}}
	}
	r := helpdesk.FormResult{
		Values: []helpdesk.FormValue{{Name: "topic", Label: "Topic", Text: raw["topic"][0]}}, Raw: map[string]any{"topic": raw["topic"][0]},
		Priority: "High", Tags: []string{"form"},
	}
	switch raw["topic"][0] {
	case "bill":
		r.Mailbox = "billing"
	case "gone":
		r.Mailbox = "gone"
	}
	return r
}

func center() helpdesk.HelpCenter {
	open := map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.Granted}
	return helpdesk.HelpCenter{
		Account: "support", Name: "acme", DisplayName: "Acme", Mailbox: "support", PortalOn: true, View: helpdesk.ViewWithLink,
		Audience: links.AudienceOf("support", "HelpCenter", "acme"), Locale: "en", Locales: []string{"en"},
		SignUp: helpdesk.SignUp{Open: true, Password: true, EmailCode: true},
		Forms: []helpdesk.Form{
			{Name: "contact", Revision: "r1", Checker: checker{}, Access: open},
			{Name: "fixed", Subject: "Broken", Checker: checker{}, Access: open},
			{Name: "members", Checker: checker{}, Access: map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.NeedsSignIn}},
			{Name: "agents", Checker: checker{}, Access: map[helpdesk.Visitor]helpdesk.Access{helpdesk.AgentVisitor: helpdesk.Granted}},
		},
	}
}

// bench is a Desk on a real store, with a clock that tests move.
type bench struct {
	*Desk
	t     *testing.T
	db    *store.Store
	etcd  *clientv3.Client
	mu    sync.Mutex
	clock time.Time
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
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, db: db, etcd: server.Client(), clock: noon}
	signer, err := links.NewSigner(ring, b.time)
	if err != nil {
		t.Fatal(err)
	}
	b.Desk = New(Options{
		Store: db, Blobs: blobs, Directory: directory{}, Signer: signer, Planner: &outbound.Planner{Budgets: db, Contacts: db, Signer: signer},
		Sealer: store.NewSealer([store.KeySize]byte{1}), Lists: lists(t, db), Roster: rosterOf(t, db), Log: slog.New(slog.DiscardHandler), Now: b.time,
	})
	return b
}

func (b *bench) time() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

// revision of the whole store: it moves with every write.
func (b *bench) revision() int64 {
	b.t.Helper()
	resp, err := b.etcd.Get(b.t.Context(), "x")
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.Header.Revision
}

func (b *bench) detail(number int64) *Detail {
	b.t.Helper()
	d, err := b.Ticket(b.t.Context(), operator, number)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

var operator = Actor{Account: "support", Operator: true}

// agent makes an agent and acts for it.
func (b *bench) agent(address string) Actor {
	b.t.Helper()
	a, _, err := b.AddAgent(b.t.Context(), operator, NewAgent{Name: "Ada Lovelace", Address: address, Password: "correct horse battery", Role: "agent"})
	if err != nil {
		b.t.Fatal(err)
	}
	by, err := b.ActFor(b.t.Context(), "support", a)
	if err != nil {
		b.t.Fatal(err)
	}
	return by
}

// submission is complete; change makes it another one.
func filled(change func(*Submission)) Submission {
	in := Submission{
		Form: "contact", Nonce: "n1", Name: "Alice", Address: "alice@customer.example",
		Subject: "Order", Message: "Where is it?", Fields: map[string][]string{"topic": {"order"}},
	}
	if change != nil {
		change(&in)
	}
	return in
}

// ticket submits a form and returns its number.
func (b *bench) ticket(nonce string) int64 {
	b.t.Helper()
	got, err := b.Submit(b.t.Context(), center(), filled(func(in *Submission) { in.Nonce = nonce }))
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Number
}

// change writes a ticket anew.
func (b *bench) change(number int64, how func(t *helpdesk.Ticket)) {
	b.t.Helper()
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	how(t)
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: t}); err != nil {
		b.t.Fatal(err)
	}
}

// disable takes the agent's rights away.
func (b *bench) disable(id helpdesk.ID) {
	b.t.Helper()
	a, err := b.db.Agent(b.t.Context(), "support", id)
	if err != nil {
		b.t.Fatal(err)
	}
	a.Disabled = true
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Agent: a}); err != nil {
		b.t.Fatal(err)
	}
}

// atOnce lets n callers start together.
func atOnce(n int, act func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; act(i) })
	}
	close(start)
	wg.Wait()
}
