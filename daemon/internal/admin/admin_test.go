package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestHealth(t *testing.T) {
	m := NewMetrics()
	m.MailIn("created")
	m.MailRefused("unknown")
	m.MailOut("sent")
	m.OutboxLength(3)
	m.OutboxOldest(time.Time{})
	long := time.Now().Add(-1000 * time.Hour)
	m.Unfetched("support", "polled", long)
	m.Unfetched("support", "empty", long)
	m.Unfetched("support", "empty", time.Time{})
	m.Unfetched("support", "left", long)
	m.PollingEnded("support", "left")
	m.Mailboxes(func() []Waiting {
		return []Waiting{
			{Account: "support", Mailbox: "polled", Inbound: time.Now(), Held: 7, HeldSince: long, Counted: true},
			{Account: "support", Mailbox: "empty", HeldSince: time.Time{}, Counted: true},
			{Account: "support", Mailbox: "ahead", Inbound: time.Now().Add(time.Hour)},
			{Account: "support", Mailbox: "left"},
		}
	})
	m.Certificates(map[string]time.Time{"gone.example": time.Unix(5, 0)})
	m.Certificates(map[string]time.Time{"mx.acme.example": time.Unix(7, 0), "help.acme.example": {}})
	m.Declared(func() (time.Time, int) { return time.Unix(9, 0), 2 })
	var unloaded, broken error
	store := func(ctx context.Context) error {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("the probe has no deadline")
		}
		return broken
	}
	m.Store(store)
	h := Health(m, func() error { return unloaded }, store)
	for _, tt := range []struct {
		name, method, path string
		broken             error
		status             int
		want               []string // parts of the body
	}{
		{"live", "GET", "/livez", nil, 200, []string{"ok"}},
		{"live without etcd", "GET", "/livez", errors.New("no etcd"), 200, []string{"ok"}},
		{"ready", "GET", "/readyz", nil, 200, []string{"ok"}},
		{"ready without etcd", "GET", "/readyz", errors.New("no etcd"), 200, []string{"ok, but the store is away", "no etcd"}},
		{"metrics without etcd", "GET", "/metrics", errors.New("no etcd"), 200, []string{"postern_store_up 0"}},
		{"metrics", "GET", "/metrics", nil, 200, []string{
			`postern_mails_in_total{result="created"} 1`, `postern_mails_refused_total{reason="unknown"} 1`,
			`postern_mails_out_total{state="sent"} 1`, "postern_outbox_length 3", "postern_store_up 1", "postern_declared_refused 2", "postern_declared_loaded_timestamp_seconds 9", "go_goroutines", "process_",
			`postern_certificate_expiry_timestamp_seconds{name="help.acme.example"} 0
postern_certificate_expiry_timestamp_seconds{name="mx.acme.example"} 7
`,
		}},
		{"what waits", "GET", "/metrics", nil, 200, []string{
			"postern_outbox_oldest_seconds 0\n",
			`postern_inbound_oldest_seconds{account="support",mailbox="polled"} 3.6000`, // 1000 hours, and some time for the test
			`postern_inbound_oldest_seconds{account="support",mailbox="empty"} 0`,
			`postern_inbound_oldest_seconds{account="support",mailbox="ahead"} 0`,
			`postern_inbound_oldest_seconds{account="support",mailbox="left"} 0`,
			`postern_held_mails{account="support",mailbox="polled"} 7`,
			`postern_held_mails{account="support",mailbox="empty"} 0`,
			`postern_held_oldest_seconds{account="support",mailbox="polled"} 3.6000`,
			`postern_held_oldest_seconds{account="support",mailbox="empty"} 0`,
		}},
		{"nothing else", "GET", "/", nil, 404, nil},
		{"nothing is written", "POST", "/readyz", nil, 405, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			broken = tt.broken
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			for _, part := range tt.want {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("body lacks %q", part)
				}
			}
			if strings.Contains(w.Body.String(), `postern_held_mails{account="support",mailbox="ahead"}`) {
				t.Error("what was not counted is told")
			}
			if strings.Contains(w.Body.String(), "gone.example") {
				t.Error("a name that is served no more is still measured")
			}
		})
	}
	unloaded = errors.New("nothing is loaded yet")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != 503 || w.Body.String() != "not ready: nothing is loaded yet\n" {
		t.Errorf("before anything is loaded: %d, %s", w.Code, w.Body)
	}
}

// desk has one ticket, one held item, and whom it was given.
type desk struct{ added []string }

func (d *desk) Tickets(_ context.Context, by actions.Actor, before int64, limit int) ([]helpdesk.Ticket, error) {
	if !by.Operator || by.Account == "away" {
		return nil, helpdesk.Wrap(helpdesk.Unavailable, errors.New("etcd is away"))
	}
	if before == 12 || limit == 0 {
		return nil, nil
	}
	return []helpdesk.Ticket{ticket}, nil
}

var ticket = helpdesk.Ticket{
	ID: 1<<64 - 1, Number: 12, Subject: "Order", Follows: 5,
	Participants: []helpdesk.Participant{{Name: "Alice", Address: helpdesk.MustAddress("alice@customer.example"), Role: helpdesk.Requester}},
}

func (d *desk) Ticket(_ context.Context, _ actions.Actor, number int64) (*actions.Detail, error) {
	if number != 12 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no ticket #%d", number)
	}
	return &actions.Detail{
		Ticket:     ticket,
		Entries:    []helpdesk.Entry{{Seq: 1, Text: "hello", Author: helpdesk.Author{Name: "Alice", Address: helpdesk.MustAddress("alice@customer.example")}}, {Seq: 2, Author: helpdesk.Author{Name: "Mail system"}}},
		Deliveries: []helpdesk.Delivery{{ID: "d1", State: helpdesk.Queued}, {ID: "d2", State: helpdesk.Sent}},
	}, nil
}

func (d *desk) Held(context.Context, actions.Actor) ([]helpdesk.HeldItem, error) { return nil, nil }

func (d *desk) HeldItem(_ context.Context, _ actions.Actor, id string) (*helpdesk.HeldItem, error) {
	if _, err := helpdesk.ParseID(id); err != nil {
		return nil, err
	}
	return &helpdesk.HeldItem{ID: helpdesk.ID(id)}, nil
}

func (d *desk) Agents(context.Context, actions.Actor) ([]helpdesk.Agent, error) {
	return []helpdesk.Agent{{ID: "a", Name: "Ada", Address: helpdesk.MustAddress("ada@acme.example"), Password: "$argon2id$secret"}}, nil
}

func (d *desk) AddAgent(_ context.Context, by actions.Actor, in actions.NewAgent) (*helpdesk.Agent, string, error) {
	if in.Address == "taken@acme.example" {
		return nil, "", helpdesk.Errorf(helpdesk.Conflict, "there is an agent with that address already")
	}
	d.added = append(d.added, by.Account+" "+in.Name)
	password := in.Password
	if password == "" {
		password = "made up"
	}
	return &helpdesk.Agent{ID: "b", Name: in.Name, Address: helpdesk.MustAddress(in.Address), Role: "agent", Mail: in.Mail, Password: "$argon2id$secret"}, password, nil
}

func (d *desk) Roles(context.Context, actions.Actor) ([]helpdesk.DeskRole, error) {
	return helpdesk.BuiltIn, nil
}

func (d *desk) SetAgent(_ context.Context, _ actions.Actor, address string, in actions.AgentChange) (*helpdesk.Agent, error) {
	a := &helpdesk.Agent{ID: "b", Name: "Bob", Address: helpdesk.MustAddress(address), Password: "$argon2id$secret"}
	if in.Mail != nil {
		a.Mail = *in.Mail
	}
	a.Disabled = in.Disabled != nil && *in.Disabled
	return a, nil
}

func (d *desk) SearchState(context.Context, actions.Actor) (*actions.SearchState, error) {
	return &actions.SearchState{Tickets: 7, Left: 3, Bytes: 4096}, nil
}

func (d *desk) RebuildSearch(_ context.Context, by actions.Actor) error {
	d.added = append(d.added, "rebuilt "+by.Account)
	return nil
}

// serve answers on the socket in dir.
func serve(t *testing.T, dir string) *desk {
	t.Helper()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	server := &http.Server{Handler: Socket(Ways{
		Desk: d, Explain: explainNothing, Import: d.importMail, Relays: relaysInTrouble, Mailboxes: noMailboxes, Log: slog.New(slog.DiscardHandler),
		Accounts: func() []string { return []string{"support", "away"} },
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return d
}

// deep is a folder whose socket's name is too long for an address.
func deep(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat(strings.Repeat("d", 60)+"/", 4))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// explainNothing takes any mail for one that is not for us.
func explainNothing(context.Context, Mail) ([]helpdesk.Expectation, error) {
	return nil, helpdesk.Errorf(helpdesk.Invalid, "no recipient of the mail is an address of ours")
}

func TestSocket(t *testing.T) {
	for _, tt := range []struct {
		name string
		dir  string
	}{{"short", t.TempDir()}, {"deep", deep(t)}} {
		t.Run(tt.name, func(t *testing.T) {
			serve(t, tt.dir)
			if _, err := os.Stat(filepath.Join(tt.dir, SocketName)); err != nil {
				t.Errorf("the socket is not in its folder: %v", err)
			}
			c := NewClient(tt.dir)
			var accounts []string
			if err := c.Get(t.Context(), "/accounts", &accounts); err != nil || !slices.Equal(accounts, []string{"support", "away"}) {
				t.Errorf("accounts = %v, %v", accounts, err)
			}
			var one Ticket
			if err := c.Get(t.Context(), "/accounts/support/tickets/12", &one); err != nil {
				t.Fatal(err)
			}
			if one.ID != "ffffffffffffffff" || one.Requester != "alice@customer.example" || one.Follows != "0000000000000005" || one.Account != "support" ||
				one.Entries[0].Author != "alice@customer.example" || one.Entries[1].Author != "Mail system" ||
				one.Deliveries[0].Next == nil || one.Deliveries[1].Next != nil {
				t.Errorf("ticket = %+v", one)
			}
			var list []Ticket
			if err := c.Get(t.Context(), "/accounts/support/tickets", &list); err != nil || len(list) != 1 {
				t.Errorf("tickets = %+v, %v", list, err)
			}
			if err := c.Get(t.Context(), "/accounts/support/tickets?before=12&limit=5", &list); err != nil || len(list) != 0 {
				t.Errorf("older tickets = %+v, %v", list, err)
			}
		})
	}
}

func TestSocketProblems(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir)
	for _, tt := range []struct{ name, path, want string }{
		{"unknown number", "/accounts/support/tickets/99", "there is no ticket #99"},
		{"no number", "/accounts/support/tickets/x", `"x" is not a ticket number`},
		{"no id", "/accounts/support/held/x", "no such id"},
		{"store is away", "/accounts/away/tickets", "etcd is away"},
		{"no such command", "/accounts/support/nothing", "the daemon answered 404 Not Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out any
			if err := NewClient(dir).Get(t.Context(), tt.path, &out); err == nil || err.Error() != tt.want {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSocketAgents(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	var listed []Agent
	if err := c.Get(t.Context(), "/accounts/support/agents", &listed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Agent{{ID: "a", Name: "Ada", Address: "ada@acme.example", Mail: helpdesk.MailMine, Role: "Agent"}}, listed); diff != "" {
		t.Errorf("agents, without hashes (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name, account string
		in            Agent
		password      string
		want          string // error
	}{
		{"password made up", "support", Agent{Name: "Bob", Address: "bob@acme.example"}, "made up", ""},
		{"password given", "support", Agent{Name: "Eve", Address: "eve@acme.example", Password: "long enough"}, "", ""},
		{"mailed all", "support", Agent{Name: "Cid", Address: "cid@acme.example", Mail: "all"}, "made up", ""},
		{"mailed something", "support", Agent{Name: "Dan", Address: "dan@acme.example", Mail: "some"}, "", `"some" does not say which mail an agent gets; use all, mine or none`},
		{"taken", "support", Agent{Name: "Bob", Address: "taken@acme.example"}, "", "there is an agent with that address already"},
		{"account mistyped", "supprot", Agent{Name: "Bob", Address: "bob@acme.example"}, "", `nothing is declared for the account "supprot"`},
		{"endless", "support", Agent{Name: strings.Repeat("n", maxRequest)}, "", "the request can't be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var made Agent
			err := c.Post(t.Context(), "/accounts/"+tt.account+"/agents", tt.in, &made)
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want || made.Password != tt.password {
				t.Errorf("made %+v, %v, want password %q, error %q", made, err, tt.password, tt.want)
			}
		})
	}
	if diff := cmp.Diff([]string{"support Bob", "support Eve", "support Cid"}, d.added); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
}

// covers: P09
func TestSocketSetsAgents(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir)
	c := NewClient(dir)
	for _, tt := range []struct {
		name string
		in   AgentChange
		want Agent
		err  string
	}{
		{"mail", AgentChange{Mail: "NONE"}, Agent{ID: "b", Name: "Bob", Address: "bob@acme.example", Mail: helpdesk.MailNone, Role: "Agent"}, ""},
		{"disable", AgentChange{Disabled: new(true)}, Agent{ID: "b", Name: "Bob", Address: "bob@acme.example", Mail: helpdesk.MailMine, Role: "Agent", Disabled: true}, ""},
		{"mail unknown", AgentChange{Mail: "some"}, Agent{}, `"some" does not say which mail an agent gets; use all, mine or none`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got Agent
			err := c.Post(t.Context(), "/accounts/support/agents/bob@acme.example", tt.in, &got)
			if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("%v, agent (-want +got):\n%s", err, diff)
			}
		})
	}
}

// covers: P10
func TestSocketSearch(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	var state Search
	if err := c.Get(t.Context(), "/accounts/support/search", &state); err != nil || state != (Search{Tickets: 7, Left: 3, Bytes: 4096}) {
		t.Errorf("state %+v, %v", state, err)
	}
	for _, tt := range []struct{ account, want string }{{"support", ""}, {"supprot", `nothing is declared for the account "supprot"`}} {
		err := c.Post(t.Context(), "/accounts/"+tt.account+"/search/rebuild", struct{}{}, new(struct{}))
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s: %v, want %q", tt.account, err, tt.want)
		}
	}
	if diff := cmp.Diff([]string{"rebuilt support"}, d.added); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestNotRunning(t *testing.T) {
	dead := t.TempDir()
	l, err := Listen(dead)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := os.Stat(filepath.Join(dead, SocketName)); err != nil {
		t.Errorf("Close removed a file by a name that may be another's by now: %v", err)
	}
	for _, tt := range []struct{ name, dir string }{
		{"no socket", t.TempDir()}, {"dead socket", dead}, {"no folder", "/nonexistent"}, {"deep, no socket", deep(t)},
		{"deep, no folder", "/" + strings.Repeat("nonexistent/", 12)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := NewClient(tt.dir).Get(t.Context(), "/accounts", new(any))
			if err == nil || !strings.HasPrefix(err.Error(), "no postern runs on this folder") {
				t.Errorf("error = %v", err)
			}
		})
	}
	again, err := Listen(dead)
	if err != nil {
		t.Fatalf("a dead socket stands in the way: %v", err)
	}
	_ = again.Close()
}

func noMailboxes(context.Context, string) ([]Mailbox, error) { return nil, nil }

func (d *desk) AuditLog(context.Context, actions.Actor, actions.AuditQuery) (*actions.AuditPage, error) {
	return &actions.AuditPage{}, nil
}

func (d *desk) CheckAudit(context.Context, actions.Actor, helpdesk.AuditHead) (*actions.AuditCheck, error) {
	return &actions.AuditCheck{}, nil
}

func (d *desk) ResetSecond(context.Context, actions.Actor, helpdesk.ID) error { return nil }

func TestParseAuditHead(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	for _, tt := range []struct {
		text string
		want helpdesk.AuditHead
		ok   bool
	}{
		{"", helpdesk.AuditHead{}, true}, {"7:" + hash, helpdesk.AuditHead{Seq: 7, Hash: hash}, true},
		{"7", helpdesk.AuditHead{}, false}, {"0:" + hash, helpdesk.AuditHead{}, false}, {"x:" + hash, helpdesk.AuditHead{}, false},
		{"7:" + strings.ToUpper(hash), helpdesk.AuditHead{}, false}, {"7:" + hash + "0", helpdesk.AuditHead{}, false},
	} {
		if got, err := ParseAuditHead(tt.text); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q is %+v, %v", tt.text, got, err)
		}
	}
}
