package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const password = "correct horse battery"

func TestAddAgent(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	for _, tt := range []struct {
		name                      string
		by                        Actor
		called, address, password string
		want                      helpdesk.Kind
	}{
		{"by nobody", Actor{Account: "support"}, "Eve", "eve@acme.example", password, helpdesk.NotFound},
		{"by an agent", ada, "Eve", "eve@acme.example", password, helpdesk.NotFound},
		{"no address", operator, "Eve", "eve", password, helpdesk.Invalid},
		{"no name", operator, " \r\n", "eve@acme.example", password, helpdesk.Invalid},
		{"long name", operator, strings.Repeat("e", MaxName+1), "eve@acme.example", password, helpdesk.Invalid},
		{"short password", operator, "Eve", "eve@acme.example", strings.Repeat("p", MinPassword-1), helpdesk.Invalid},
		{"guessed first", operator, "Eve", "eve@acme.example", "Password2024!", helpdesk.Invalid},
		{"long password", operator, "Eve", "eve@acme.example", strings.Repeat("p", MaxPassword+1), helpdesk.Invalid},
		{"address is taken", operator, "Eve", "ADA@acme.example", password, helpdesk.Conflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, _, err := b.AddAgent(t.Context(), tt.by, NewAgent{Name: tt.called, Address: tt.address, Password: tt.password}); a != nil || err == nil || helpdesk.KindOf(err) != tt.want {
				t.Errorf("agent = %+v, %v, want %v", a, err, tt.want)
			}
		})
	}
	a, made, err := b.AddAgent(t.Context(), operator, NewAgent{Name: "Bob", Address: "bob@acme.example"})
	if err != nil || len(made) < MinPassword || strings.Contains(a.Password, made) {
		t.Fatalf("agent = %+v, password %q, %v", a, made, err)
	}
	if _, err := b.SignIn(t.Context(), "support", AgentTry{Address: "bob@acme.example", Password: made}); err != nil {
		t.Errorf("signing in with the password that was made up: %v", err)
	}
	if all, err := b.Agents(t.Context(), operator); err != nil || len(all) != 2 {
		t.Errorf("%d agents, %v, want 2", len(all), err)
	}
}

func TestSignIn(t *testing.T) {
	b := newBench(t)
	b.agent("ada@acme.example")
	b.disable(b.agent("old@acme.example").Agent.ID)
	before := b.revision()
	for _, tt := range []struct{ name, account, address, password string }{
		{"unknown address", "support", "eve@acme.example", password},
		{"no address", "support", "eve", password},
		{"wrong password", "support", "ada@acme.example", password + "!"},
		{"no password", "support", "ada@acme.example", ""},
		{"disabled", "support", "old@acme.example", password},
		{"agent of another account", "other", "ada@acme.example", password},
		{"endless password", "support", "ada@acme.example", strings.Repeat("p", 1<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.SignIn(t.Context(), tt.account, AgentTry{Address: tt.address, Password: tt.password})
			if got != nil || err == nil || helpdesk.KindOf(err) != helpdesk.Invalid || err.Error() != "this address and password do not belong together" {
				t.Errorf("%+v, %v, want one answer for all", got, err)
			}
		})
	}
	log, err := b.AuditLog(t.Context(), operator, AuditQuery{Act: "agent.signin.refused", Limit: 100})
	if err != nil || len(log.Records) != 4 || b.revision() != before+4 {
		t.Errorf("%d refusals of agents that there are in the audit log, %v, revision %d, was %d; want 4, and nothing else written", len(log.Records), err, b.revision(), before)
	}
	for range 2 * triesBurst {
		_, err = b.SignIn(t.Context(), "support", AgentTry{Address: "ada@acme.example", Password: "wrong"})
	}
	if err != ErrManyTries {
		t.Errorf("many tries: %v", err)
	}
	if _, err := b.SignIn(t.Context(), "support", AgentTry{Address: "ada@acme.example", Password: password}); err != ErrManyTries {
		t.Errorf("with the right password after many tries: %v", err)
	}
	if got := b.revision(); got > before+12 {
		t.Errorf("guesses fill the store: revision %d, was %d", got, before)
	}
	b.wait(triesEvery)
	if _, err := b.SignIn(t.Context(), "support", AgentTry{Address: "ada@acme.example", Password: password}); err != nil {
		t.Errorf("a while later: %v", err)
	}
}

func TestSession(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	signIn := func() string {
		got, err := b.SignIn(t.Context(), "support", AgentTry{Address: "ADA@acme.example", Password: password})
		if err != nil || !got.Expires.Equal(b.time().Add(SessionLifetime)) || len(got.Cookie) < 40 || got.Step != helpdesk.StepNone {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Cookie
	}
	first, second := signIn(), signIn()
	if by, err := b.SignedIn(t.Context(), "support", first); err != nil || by.Agent.ID != ada.Agent.ID || by.Operator || by.Account != "support" {
		t.Fatalf("signed in as %+v, %v", by, err)
	}
	dead := func(name, account, cookie string) {
		t.Helper()
		if by, err := b.SignedIn(t.Context(), account, cookie); err == nil || helpdesk.KindOf(err) != helpdesk.SignIn || by.Agent != nil {
			t.Errorf("%s: %+v, %v, want SignIn", name, by, err)
		}
	}
	dead("no cookie", "support", "")
	dead("made up", "support", first+"x")
	dead("in another account", "other", first)
	dead("what the store holds", "support", sessionHash(first))

	if err := b.SignOut(t.Context(), "support", first); err != nil {
		t.Fatal(err)
	}
	dead("signed out", "support", first)
	if _, err := b.SignedIn(t.Context(), "support", second); err != nil {
		t.Errorf("the other session ended too: %v", err)
	}
	b.wait(SessionLifetime - time.Second)
	if _, err := b.SignedIn(t.Context(), "support", second); err != nil {
		t.Errorf("it ended early: %v", err)
	}
	b.wait(2 * time.Second)
	dead("expired", "support", second)

	third := signIn()
	b.disable(ada.Agent.ID)
	dead("disabled", "support", third)
}
