package api

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/roster"
	"github.com/posterndesk/postern/daemon/internal/search"
	"github.com/posterndesk/postern/daemon/internal/store"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const host = "help.acme.example"

// directory is what is declared: a help center with a mailbox, and one of another account.
type directory struct{}

func (directory) centers() []helpdesk.HelpCenter {
	var all []helpdesk.HelpCenter
	for account, host := range map[string]string{"support": host, "rival": "help.rival.example"} {
		all = append(all, helpdesk.HelpCenter{
			Account: account, Name: "acme", DisplayName: "Acme", BaseURL: "https://" + host, Mailbox: "support", PortalOn: true, View: helpdesk.ViewWithLink,
			Audience: links.AudienceOf(account, "HelpCenter", "acme"), Locale: "en", Locales: []string{"en"}, SignUp: helpdesk.SignUp{Open: true, Password: true},
			Forms: []helpdesk.Form{{Name: "contact", Revision: "r1", Checker: anything{}, Access: map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.Granted}}},
		})
	}
	return all
}

func (d directory) HelpCenters() []helpdesk.HelpCenter { return d.centers() }

func (d directory) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	for _, h := range d.centers() {
		if h.Account == account && h.Name == name {
			return h, true
		}
	}
	return helpdesk.HelpCenter{}, false
}

func (d directory) HelpCenterByHost(host string) (helpdesk.HelpCenter, bool) {
	for _, h := range d.centers() {
		if h.BaseURL == "https://"+host {
			return h, true
		}
	}
	return helpdesk.HelpCenter{}, false
}

func (directory) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	if name != "support" {
		return helpdesk.Mailbox{}, false
	}
	return helpdesk.Mailbox{Account: account, Name: name, Address: helpdesk.MustAddress("support@" + account + ".example"), HelpCenter: "acme",
		Relay: helpdesk.Relay{Host: "relay.example", Port: 465}, Files: helpdesk.FileLimits{Bytes: 1 << 20, Blocked: []string{"exe"}}}, true
}

func (d directory) Mailboxes() []helpdesk.Mailbox {
	support, _ := d.Mailbox("support", "support")
	rival, _ := d.Mailbox("rival", "support")
	return []helpdesk.Mailbox{support, rival}
}

func (d directory) MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool) {
	account := strings.TrimSuffix(a.Domain(), ".example")
	if a.Local() != "support" || account != "support" && account != "rival" {
		return helpdesk.Mailbox{}, false
	}
	return d.Mailbox(account, "support")
}

type anything struct{}

func (anything) States(map[string][]string) []helpdesk.FieldState { return nil }

func (anything) Check(map[string][]string) helpdesk.FormResult { return helpdesk.FormResult{} }

// bench is the API on a real desk and a real store, with a clock that tests move.
type bench struct {
	t       *testing.T
	db      *store.Store
	desk    *actions.Desk
	handler http.Handler
	api     *Handler
	ada     actions.Actor // an admin
	mu      sync.Mutex
	clock   time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	b := &bench{t: t, clock: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	if b.db, err = store.New(server.Client(), "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.db.Close)
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := links.NewSigner(ring, b.now)
	if err != nil {
		t.Fatal(err)
	}
	b.desk = actions.New(actions.Options{
		Store: b.db, Blobs: blobs, Directory: directory{}, Signer: signer, Planner: &outbound.Planner{Budgets: b.db, Contacts: b.db, Signer: signer},
		Lists: b.lists(), Words: b.words(), Roster: b.roster(), Vault: b.db.Vault([store.KeySize]byte{1}), Log: slog.New(slog.DiscardHandler), Now: b.now,
	})
	site := web.NewSite(directory{}, web.Options{Log: slog.New(slog.DiscardHandler), Now: b.now})
	b.api = New(b.desk, site)
	b.handler = site.Handler(b.api)
	b.ada = b.agent("Ada", "ada@acme.example", helpdesk.AdminRole)
	return b
}

func (b *bench) lists() *index.Index {
	x := index.New(index.Options{Source: b.db, Accounts: func() []string { return []string{"support", "rival"} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	running := make(chan struct{})
	go func() { defer close(running); x.Run(b.t.Context()) }()
	b.t.Cleanup(func() { <-running })
	return x
}

func (b *bench) roster() *roster.Roster {
	x := roster.New(b.db, func() []string { return []string{"support"} }, slog.New(slog.DiscardHandler))
	running := make(chan struct{})
	go func() { defer close(running); x.Run(b.t.Context()) }()
	b.t.Cleanup(func() { <-running })
	return x
}

func (b *bench) words() *search.Index {
	x := search.New(search.Options{Source: b.db, Dir: b.t.TempDir(), Accounts: func() []string { return []string{"support"} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	running := make(chan struct{})
	go func() { defer close(running); x.Run(b.t.Context()) }()
	b.t.Cleanup(func() { <-running })
	return x
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

var operator = actions.Actor{Account: "support", Operator: true}

// agent makes an agent with a role.
func (b *bench) agent(name, address string, role helpdesk.ID) actions.Actor {
	b.t.Helper()
	a, _, err := b.desk.AddAgent(b.t.Context(), operator, actions.NewAgent{Name: name, Address: address, Password: "correct horse battery"})
	if err != nil {
		b.t.Fatal(err)
	}
	if a, err = b.db.Agent(b.t.Context(), "support", a.ID); err != nil {
		b.t.Fatal(err)
	}
	a.Role = role
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Agent: a}); err != nil {
		b.t.Fatal(err)
	}
	by := actions.Actor{Account: "support", Agent: a}
	for _, r := range helpdesk.BuiltIn {
		if r.ID == role {
			by.Role = r
		}
	}
	return by
}

// token of an agent, with scopes.
func (b *bench) token(by actions.Actor, scopes ...helpdesk.Scope) string {
	b.t.Helper()
	_, secret, err := b.desk.AddToken(b.t.Context(), by, actions.NewToken{Name: "test", Scopes: scopes})
	if err != nil {
		b.t.Fatal(err)
	}
	return secret
}

// request submits a form and returns its number.
func (b *bench) request(address, subject string) int64 {
	b.t.Helper()
	center, _ := directory{}.HelpCenter("support", "acme")
	done, err := b.desk.Submit(b.t.Context(), center, actions.Submission{Form: "contact", Name: "Alice", Address: address, Subject: subject, Message: "Where is it?"})
	if err != nil {
		b.t.Fatal(err)
	}
	return done.Number
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

// into reads the body into something.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%s: %v\n%s", a.Status, err, a.body)
	}
}

// code of a problem.
func (a answer) code() string {
	var p Problem
	_ = json.Unmarshal(a.body, &p) // what is none has no code
	return p.Code
}

// ask sends a request with a token; more are names and values of headers.
func (b *bench) ask(token, method, path, body string, more ...string) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "https://"+host+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	return b.do(r)
}

func (b *bench) do(r *http.Request) answer {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	resp := w.Result()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, bytes.TrimSpace(raw)}
}
