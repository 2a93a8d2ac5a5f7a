package actions

import (
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// staff is a bench of a help center whose agents sign in with issuers.
func staff(t *testing.T) *elsewhere {
	e := newElsewhere(t)
	e.center.Agents = []helpdesk.AgentIssuer{{
		OIDC:    helpdesk.OIDC{Name: "id", Issuer: "https://id.example", Label: "Acme ID", ClientID: "console", Groups: "groups"},
		Allowed: []helpdesk.GroupRole{{Group: "leads", Role: "Admin"}, {Group: "support", Role: "Agent"}, {Group: "night", Role: "Night"}},
	}, {
		OIDC:    helpdesk.OIDC{Name: "other", Issuer: "https://other.example", Label: "Other", ClientID: "console", Groups: "groups"},
		Allowed: []helpdesk.GroupRole{{Group: "leads", Role: "Admin"}},
	}}
	return e
}

func (e *elsewhere) inGroups(subject, address string, verified bool, groups ...string) {
	e.issuers.vouch(subject, address, verified)
	e.issuers.who.Groups = groups
}

// arrive goes all the way; cookie is of who is signed in and connects.
func (e *elsewhere) arrive(name, cookie string) (*AgentArrived, error) {
	e.t.Helper()
	left, err := e.AgentLeave(e.t.Context(), e.center, name, "/agent/held", cookie, password)
	if err != nil {
		e.t.Fatal(err)
	}
	u, err := url.Parse(left.Address)
	if err != nil {
		e.t.Fatal(err)
	}
	state := u.Query().Get("state")
	return e.AgentArrive(e.t.Context(), e.center, name, AgentArriving{Cookie: left.Cookie, State: state, Returned: helpdesk.Returned{Code: "code of " + state}, Session: cookie})
}

// Who is in a group becomes an agent with its role, and is one as long as they are in
// one: nobody's word but the issuer's counts, and that for issuer and subject alone.
func TestAgentsByGroups(t *testing.T) {
	e := staff(t)
	e.bench.as("ada@acme.example", "admin")
	for _, tt := range []struct {
		name string
		who  func()
		at   string
		want string // the role of who is in, or a part of the refusal
	}{
		{"in no group", func() { e.inGroups("x", "x@acme.example", true) }, "id", "none of the groups"},
		{"in another group", func() { e.inGroups("x", "x@acme.example", true, "Support", "sup") }, "id", "none of the groups"},
		{"an address that is not shown to be theirs", func() { e.inGroups("x", "x@acme.example", false, "support") }, "id", "does not say that a mail address"},
		{"no address", func() { e.inGroups("x", "", true, "support") }, "id", "does not say that a mail address"},
		{"the address of an agent", func() { e.inGroups("x", "ADA@acme.example", true, "leads") }, "id", "already"},
		{"our own address", func() { e.inGroups("x", "support@acme.example", true, "leads") }, "id", "one of ours"},
		{"a role that is not there", func() { e.inGroups("x", "x@acme.example", true, "night") }, "id", "role Night"},
		{"a new one", func() { e.inGroups("robin", "robin@acme.example", true, "all", "support") }, "id", "Agent"},
		{"again, with another address", func() { e.inGroups("robin", "other@acme.example", false, "support") }, "id", "Agent"},
		{"promoted", func() { e.inGroups("robin", "robin@acme.example", true, "support", "leads") }, "id", "Admin"},
		{"demoted", func() { e.inGroups("robin", "robin@acme.example", true, "support") }, "id", "Agent"},
		{"the same subject of another issuer", func() { e.inGroups("robin", "robin@acme.example", true, "leads") }, "other", "already"},
		{"left the group", func() { e.inGroups("robin", "robin@acme.example", true) }, "id", "none of the groups"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.who()
			got, err := e.arrive(tt.at, "")
			if err != nil {
				t.Fatal(err)
			}
			if got.Entered == nil {
				if !strings.Contains(got.Refused, tt.want) {
					t.Errorf("refused: %q, want %q", got.Refused, tt.want)
				}
				return
			}
			by, err := e.SignedIn(t.Context(), "support", got.Entered.Cookie)
			if err != nil || by.Role.Name != tt.want || by.Agent.Address.String() != "robin@acme.example" || by.Agent.Password != "" || got.Next != "/agent/held" {
				t.Errorf("in as %+v with role %q, %v; want %q", by.Agent, by.Role.Name, err, tt.want)
			}
		})
	}
	if _, err := e.SignIn(t.Context(), "support", AgentTry{Address: "robin@acme.example"}); kindOf(err) != "invalid" {
		t.Errorf("without a password: %v", err)
	}
	e.inGroups("robin", "robin@acme.example", true, "support")
	yes := true
	if _, err := e.SetAgent(t.Context(), operator, "robin@acme.example", AgentChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if got, err := e.arrive("id", ""); err != nil || got.Entered != nil || !strings.Contains(got.Refused, "disabled") {
		t.Errorf("disabled: %+v, %v", got, err)
	}
}

// A sign-in of agents is no sign-in of customers, and what one browser began ends in no
// other.
func TestSignInsAreNotMixedUp(t *testing.T) {
	e := staff(t)
	ctx := t.Context()
	e.inGroups("robin", "robin@acme.example", true, "leads")
	of := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("state")
	}
	left, err := e.AgentLeave(ctx, e.center, "id", "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.AgentLeave(ctx, e.center, "id", "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	customers, state := e.leave("id", Leaving{})
	for _, tt := range []struct {
		name, at, cookie, state string
	}{
		{"a customer's", "id", customers, state},
		{"no cookie", "id", "", of(left.Address)},
		{"of another sign-in", "id", again.Cookie, of(left.Address)},
		{"at another issuer", "other", left.Cookie, of(left.Address)},
		{"made up", "id", "e30", "x"},
	} {
		if _, err := e.AgentArrive(ctx, e.center, tt.at, AgentArriving{Cookie: tt.cookie, State: tt.state, Returned: helpdesk.Returned{Code: "code of " + tt.state}}); kindOf(err) != "invalid" {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := e.Back(e.center, "id", left.Cookie, of(left.Address)); kindOf(err) != "invalid" {
		t.Errorf("an agent's, as a customer: %v", err)
	}
	if _, err := e.AgentLeave(ctx, e.center, "google", "", "", ""); kindOf(err) != "not found" {
		t.Errorf("an issuer of customers: %v", err)
	}
	e.wait(AwayLifetime + 1)
	if _, err := e.AgentBack(e.center, "id", left.Cookie, of(left.Address)); kindOf(err) != "invalid" {
		t.Errorf("too late: %v", err)
	}
}

// Who is signed in connects an issuer, in the browser where they are signed in, and
// keeps the role that they have here.
func TestConnectingAnIssuer(t *testing.T) {
	e := staff(t)
	ada := e.bench.as("ada@acme.example", "agent")
	here := e.signIn("ada@acme.example")
	for _, typed := range []string{"", "not it"} { // somebody found the browser open
		if left, err := e.AgentLeave(t.Context(), e.center, "id", "", here.Cookie, typed); kindOf(err) != "invalid" || left != nil {
			t.Errorf("with the password %q: %+v, %v", typed, left, err)
		}
	}
	e.inGroups("ada-at-id", "somebody@elsewhere.example", false)
	if got, err := e.arrive("id", here.Cookie); err != nil || got.Entered != nil {
		t.Errorf("in no group: %+v, %v", got, err)
	}
	e.inGroups("ada-at-id", "somebody@elsewhere.example", false, "leads")
	got, err := e.arrive("id", here.Cookie)
	if err != nil || got.Entered == nil || e.isIn(here.Cookie) || !e.isIn(got.Entered.Cookie) {
		t.Fatalf("%+v, %v", got, err)
	}
	in, err := e.arrive("id", "")
	if err != nil || in.Entered == nil {
		t.Fatalf("%+v, %v", in, err)
	}
	if by, err := e.SignedIn(t.Context(), "support", in.Entered.Cookie); err != nil || by.Agent.ID != ada.Agent.ID || by.Role.ID != helpdesk.AgentRole {
		t.Errorf("in as %+v, %v", by, err)
	}
	e.bench.as("bob@acme.example", "agent")
	if got, err := e.arrive("id", e.signIn("bob@acme.example").Cookie); err != nil || got.Entered != nil || !strings.Contains(got.Refused, "Another agent") {
		t.Errorf("somebody else's identity: %+v, %v", got, err)
	}
}
