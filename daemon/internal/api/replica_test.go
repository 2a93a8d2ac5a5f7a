package api

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// TestOtherReplica takes away, on one replica, what programs and pages of another are
// let in by: the very next request there is refused.
//
// covers: P10
func TestOtherReplica(t *testing.T) {
	b := newBench(t)
	other := b.replica()
	ctx := t.Context()
	for _, c := range []struct {
		name string
		take func(t *testing.T, bob *helpdesk.Agent, token *helpdesk.AccessToken, role *helpdesk.DeskRole) error
		want int
		code string
		in   bool // the session of the pages still lets in
	}{
		{"the agent is disabled", func(_ *testing.T, bob *helpdesk.Agent, _ *helpdesk.AccessToken, _ *helpdesk.DeskRole) error {
			_, err := b.desk.SetAgent(ctx, b.ada, string(bob.ID), actions.AgentChange{Disabled: new(true)})
			return err
		}, 401, "token", false},
		{"the token is ended", func(_ *testing.T, _ *helpdesk.Agent, token *helpdesk.AccessToken, _ *helpdesk.DeskRole) error {
			return b.desk.EndToken(ctx, b.ada, token.ID)
		}, 401, "token", true},
		{"the role is removed", func(_ *testing.T, _ *helpdesk.Agent, _ *helpdesk.AccessToken, role *helpdesk.DeskRole) error {
			return b.desk.RemoveRole(ctx, b.ada, role.ID, role.Rev)
		}, 403, "forbidden", true},
		{"the role allows less", func(_ *testing.T, _ *helpdesk.Agent, _ *helpdesk.AccessToken, role *helpdesk.DeskRole) error {
			role.Permissions = nil
			_, err := b.desk.SaveRole(ctx, b.ada, *role)
			return err
		}, 403, "forbidden", true},
		{"the agent gets another role", func(_ *testing.T, bob *helpdesk.Agent, _ *helpdesk.AccessToken, _ *helpdesk.DeskRole) error {
			_, err := b.desk.SetAgent(ctx, b.ada, string(bob.ID), actions.AgentChange{Role: new(string(helpdesk.AgentRole))})
			return err
		}, 403, "forbidden", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := string(helpdesk.NewID())
			role, err := b.desk.SaveRole(ctx, b.ada, helpdesk.DeskRole{Name: name, Permissions: []helpdesk.Permission{helpdesk.ReadAudit}, Sees: helpdesk.SeesAll})
			if err != nil {
				t.Fatal(err)
			}
			bob := b.agent("Bob", name+"@acme.example", role.ID)
			token, secret, err := b.desk.AddToken(ctx, b.ada, actions.NewToken{Name: "robot", Agent: bob.Agent.ID, Scopes: []helpdesk.Scope{helpdesk.ScopeAudit}})
			if err != nil {
				t.Fatal(err)
			}
			entered, err := b.desk.SignIn(ctx, "support", actions.AgentTry{Address: name + "@acme.example", Password: "correct horse battery"})
			if err != nil {
				t.Fatal(err)
			}
			if got := other.ask(secret, "GET", Root+"/audit?limit=1", ""); got.StatusCode != 200 {
				t.Fatalf("before: %s %s", got.Status, got.body)
			}
			if by, err := other.desk.SignedIn(ctx, "support", entered.Cookie); err != nil || !by.May(helpdesk.ReadAudit) {
				t.Fatalf("before, on pages: %v", err)
			}
			if err := c.take(t, bob.Agent, token, role); err != nil {
				t.Fatal(err)
			}
			if got := other.ask(secret, "GET", Root+"/audit?limit=1", ""); got.StatusCode != c.want || got.code() != c.code {
				t.Errorf("after: %s %s, want %d %s", got.Status, got.body, c.want, c.code)
			}
			by, err := other.desk.SignedIn(ctx, "support", entered.Cookie)
			if (err == nil) != c.in || err == nil && c.want == 403 && by.May(helpdesk.ReadAudit) {
				t.Errorf("after, on pages: %v, may still %t, want in = %t", err, by.May(helpdesk.ReadAudit), c.in)
			}
		})
	}
}
