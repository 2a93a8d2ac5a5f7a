package actions

import (
	"fmt"
	"slices"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// with is somebody's program, whose token has these scopes.
func (a Actor) with(scopes ...helpdesk.Scope) Actor {
	a.Token = &helpdesk.AccessToken{ID: "t", Agent: a.Agent.ID, Scopes: scopes}
	return a
}

// A program that may manage people makes nobody more than its token lets itself be,
// whoever it acts for.
func TestProgramsGiveNoMoreThanTheirTokens(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin, ann := b.as("admin@acme.example", "admin"), b.as("ann@acme.example", "agent")
	people := admin.with(helpdesk.ScopePeople)
	desk := admin.with(helpdesk.ScopePeople, helpdesk.ReadTickets, helpdesk.WriteTickets, helpdesk.ReadContacts, helpdesk.WriteContacts, helpdesk.WriteHeld, helpdesk.ScopeExport)
	all := admin.with(helpdesk.Scopes...)
	for _, tt := range []struct {
		name string
		do   func(by Actor) error
		by   Actor
		want string
	}{
		{"make an admin", func(by Actor) error {
			_, err := b.SetAgent(ctx, by, "ann@acme.example", AgentChange{Role: new("admin")})
			return err
		}, people, "forbidden"},
		{"make an admin, with more scopes", func(by Actor) error {
			_, err := b.SetAgent(ctx, by, "ann@acme.example", AgentChange{Role: new("admin")})
			return err
		}, desk, "forbidden"},
		{"invite an admin", func(by Actor) error {
			_, err := b.InviteAgent(ctx, by, center(), NewAgent{Name: "Eve", Address: "eve@evil.example", Role: "admin"})
			return err
		}, people, "forbidden"},
		{"a role with more", func(by Actor) error {
			_, err := b.SaveRole(ctx, by, helpdesk.DeskRole{Name: "Mine", Sees: helpdesk.SeesAll, Permissions: []helpdesk.Permission{helpdesk.ManageAccess}})
			return err
		}, desk, "forbidden"},
		{"a role within the scopes", func(by Actor) error {
			_, err := b.SaveRole(ctx, by, helpdesk.DeskRole{Name: "Held", Sees: helpdesk.SeesAll, Permissions: []helpdesk.Permission{helpdesk.DecideHeld}})
			return err
		}, desk, "ok"},
		{"make an admin with all scopes", func(by Actor) error {
			_, err := b.SetAgent(ctx, by, string(ann.Agent.ID), AgentChange{Role: new("admin")})
			return err
		}, all, "ok"},
	} {
		if err := tt.do(tt.by); kindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// A token for somebody else does nothing that its maker may not, also when that agent
// is more one day.
func TestTokensForOthers(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin := b.as("admin@acme.example", "admin")
	b.role("Keeper", helpdesk.SeesAll, helpdesk.ManageAccess, helpdesk.ManagePeople)
	b.role("Everything", helpdesk.SeesAll, helpdesk.Permissions...)
	b.role("Corner", helpdesk.SeesTeams, helpdesk.ManageAccess)
	keeper, full, corner := b.as("keeper@acme.example", "Keeper"), b.as("full@acme.example", "Everything"), b.as("corner@acme.example", "Corner")
	ann := b.as("ann@acme.example", "agent")
	work := []helpdesk.Scope{helpdesk.ReadTickets, helpdesk.WriteTickets}
	for _, tt := range []struct {
		name   string
		by     Actor
		agent  helpdesk.ID
		scopes []helpdesk.Scope
		want   string
	}{
		{"people as an admin", keeper, admin.Agent.ID, []helpdesk.Scope{helpdesk.ScopePeople}, "forbidden"},
		{"people as an admin, by who may everything else", full, admin.Agent.ID, helpdesk.Scopes, "forbidden"},
		{"people as an agent, who may become an admin", full, ann.Agent.ID, helpdesk.Scopes, "forbidden"},
		{"what an agent may not yet, nor the maker", keeper, ann.Agent.ID, []helpdesk.Scope{helpdesk.ScopeAudit}, "forbidden"},
		{"who sees teams, for another", corner, ann.Agent.ID, work, "forbidden"},
		{"without the permission", ann, keeper.Agent.ID, work, "forbidden"},
		{"a token with fewer scopes", keeper.with(helpdesk.ScopeAccess), keeper.Agent.ID, work, "forbidden"},
		{"within their own", keeper, ann.Agent.ID, append(slices.Clone(work), helpdesk.ScopeAccess), "ok"},
		{"one's own, with anything", ann, ann.Agent.ID, helpdesk.Scopes, "ok"},
		{"who sees teams, for themselves", corner, corner.Agent.ID, work, "ok"},
		{"an admin", admin, ann.Agent.ID, helpdesk.Scopes, "ok"},
	} {
		if _, _, err := b.AddToken(ctx, tt.by, NewToken{Name: "x", Agent: tt.agent, Scopes: tt.scopes}); kindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// One agent can't use up the tokens that all have in common.
func TestTokensOfOneAgent(t *testing.T) {
	b := newBench(t)
	ann, boris := b.as("ann@acme.example", "agent"), b.as("boris@acme.example", "agent")
	var first *helpdesk.AccessToken
	for i := range helpdesk.MaxTokensOfAgent {
		token, _, err := b.AddToken(t.Context(), ann, NewToken{Name: "x", Scopes: []helpdesk.Scope{helpdesk.ReadTickets}})
		must(t, err)
		if i == 0 {
			first = token
		}
	}
	one := NewToken{Name: "x", Scopes: []helpdesk.Scope{helpdesk.ReadTickets}}
	if _, _, err := b.AddToken(t.Context(), ann, one); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("one too many: %v", err)
	}
	_, _, err := b.AddToken(t.Context(), boris, one)
	must(t, err)
	must(t, b.EndToken(t.Context(), ann, first.ID))
	_, _, err = b.AddToken(t.Context(), ann, one)
	must(t, err)
}

// Who may start a stopped hook again is told, each once, and nobody else: what hooks are
// told is of all requests. Without a mailbox the stop goes on untold.
func TestHookStoppedIsToldToItsKeepers(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.role("Keeper", helpdesk.SeesAll, helpdesk.ManageAccess)
	b.role("Corner", helpdesk.SeesTeams, helpdesk.ManageAccess)
	for address, role := range map[string]string{"admin": "admin", "gone": "admin", "keeper": "Keeper", "corner": "Corner", "ann": "agent"} {
		b.as(address+"@acme.example", role)
	}
	gone, err := b.db.AgentByAddress(ctx, "support", helpdesk.MustAddress("gone@acme.example"))
	must(t, err)
	gone.Disabled = true
	must(t, b.db.Commit(ctx, &helpdesk.Change{Account: "support", Agent: gone}))
	hook := &helpdesk.Hook{ID: "h", Name: "Billing robot"}

	change := &helpdesk.Change{Account: "support"}
	must(t, b.TellHookStopped(ctx, change, hook)) // no help center is declared here
	if len(change.Deliveries) != 0 {
		t.Errorf("without a mailbox: %+v", change.Deliveries)
	}
	b.directory = open{center: closed}
	must(t, b.TellHookStopped(ctx, change, hook))
	var told []string
	for _, d := range change.Deliveries {
		if d.Purpose != helpdesk.HookStopped || d.Hook != "h" || d.Ticket != 0 {
			t.Errorf("a mail is %+v", d)
		}
		told = append(told, d.To.Local())
	}
	slices.Sort(told)
	if want := []string{"admin", "keeper"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	must(t, b.db.Commit(ctx, change))

	for i := range MostToldOfHook { // each takes two operations of the transaction
		b.as(fmt.Sprintf("more%d@acme.example", i), "admin")
	}
	change = &helpdesk.Change{Account: "support"}
	must(t, b.TellHookStopped(ctx, change, hook))
	if len(change.Deliveries) != MostToldOfHook {
		t.Errorf("%d were told, want %d", len(change.Deliveries), MostToldOfHook)
	}
	must(t, b.db.Commit(ctx, change))
}

// A link by which an agent sets a password ends with what makes it moot.
func TestJoinLinksEnd(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.as("admin@acme.example", "admin")
	ann := b.as("ann@acme.example", "agent")
	send := func() {
		t.Helper()
		agent := b.again(ann.Agent).Agent
		agent.Joining = helpdesk.NewID()
		if err := b.db.Commit(ctx, &helpdesk.Change{Account: "support", Agent: agent}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	here := b.signIn("ann@acme.example")
	if _, err := b.ChangeAgentPassword(ctx, b.again(ann.Agent), here.Cookie, NewPassword{Old: password, New: "a wholly new password"}); err != nil {
		t.Fatal(err)
	}
	if b.again(ann.Agent).Agent.Joining != "" {
		t.Error("it outlives another password")
	}
	send()
	for _, off := range []bool{true, false} {
		if _, err := b.SetAgent(ctx, operator, "ann@acme.example", AgentChange{Disabled: &off}); err != nil {
			t.Fatal(err)
		}
	}
	if b.again(ann.Agent).Agent.Joining != "" {
		t.Error("it comes back with an agent who is enabled again")
	}
}
