package interop

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// agentsIssuer lets agents in by an issuer, who tells no groups: the name of somebody
// stands for one.
const agentsIssuer = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
  agents:
    oidc:
    - {name: id, issuer: "%s", displayName: Acme ID, clientID: web, clientSecretRef: {name: id}, groupsClaim: preferred_username, groups: [{group: %s, role: %s}]}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
`

const agentsSignIn = "https://help.acme.example/agent/sign-in"

// worksAs is the agent's own page, "" for who is not signed in.
func (p *person) worksAs() string {
	p.t.Helper()
	if me := p.open("https://help.acme.example/agent/me"); me.address.Path == "/agent/me" {
		return me.source
	}
	return ""
}

// in goes all the way as somebody the issuer knows.
func (p *person) in(name string) *view {
	p.t.Helper()
	return p.send(p.atIssuer(p.open(agentsSignIn), name, name+"'s"), "/agent/sign-in/back/id", nil)
}

// Agents sign in at a real issuer as long as they are in a group that works here, in
// the browser where they began, and as what the group says now.
//
// covers: P10
func TestAgentsSignInAtAnIssuer(t *testing.T) {
	t.Parallel()
	issuer := peers.StartIssuer(t, issuerUsers, "https://help.acme.example/agent/sign-in/back/id")
	declare := func(group, role string) string { return fmt.Sprintf(agentsIssuer, issuer.URL, group, role) }
	desk := peers.StartDesk(t, declare("alice", "Agent"), "--issuer-network", "127.0.0.0/8", "--issuer-network", "::1")
	desk.Secret(t, "support", "id", "client-secret", "secret")
	desk.Command(t, "agent", "add", "ada@acme.example", "--name", "Ada", "--account", "support")

	alice, mallory := newPerson(t, desk), newPerson(t, desk)
	back := alice.atIssuer(alice.open(agentsSignIn), "alice", "alice's")
	if back.address.Path != "/agent/sign-in/back/id" || back.status != http.StatusOK || alice.worksAs() != "" {
		t.Fatalf("back at %s, %d\n%s", back.address, back.status, back.source)
	}
	if stolen := mallory.open(back.address.String()); stolen.status != http.StatusUnprocessableEntity || strings.Contains(stolen.source, "data-press") {
		t.Errorf("in another agent's browser: %d\n%s", stolen.status, stolen.source)
	}
	if pressed := mallory.send(back, "/agent/sign-in/back/id", nil); pressed.status != http.StatusUnprocessableEntity || mallory.worksAs() != "" {
		t.Errorf("pressed in another agent's browser: %d", pressed.status)
	}
	if in := alice.send(back, "/agent/sign-in/back/id", nil); in.status != http.StatusOK {
		t.Fatalf("signed in: %s %d\n%s", in.address, in.status, in.source)
	}
	if me := alice.worksAs(); !strings.Contains(me, "alice@customer.example</bdi>, Agent") || !strings.Contains(me, "Alice Morgan") {
		t.Fatalf("she works as:\n%s", me)
	}
	if people := alice.open("https://help.acme.example/agent/people"); people.status != http.StatusForbidden {
		t.Errorf("an agent manages people: %d", people.status)
	}
	if again := alice.send(back, "/agent/sign-in/back/id", nil); again.status != http.StatusUnprocessableEntity {
		t.Errorf("sent a second time: %d", again.status)
	}

	// Bob is in no group, and the issuer does not say that his address is his.
	bob := newPerson(t, desk)
	if in := bob.in("bob"); in.status != http.StatusUnprocessableEntity || !strings.Contains(in.source, "none of the groups at Acme ID") || bob.worksAs() != "" {
		t.Errorf("in no group: %d\n%s", in.status, in.source)
	}

	change := func(group, role string) {
		t.Helper()
		desk.Kill()
		desk.Declare(t, declare(group, role))
		desk.Restart(t)
	}
	change("alice", "Admin")
	promoted := newPerson(t, desk)
	promoted.in("alice")
	if me := promoted.worksAs(); !strings.Contains(me, "alice@customer.example</bdi>, Admin") {
		t.Errorf("promoted, she works as:\n%s", me)
	}
	change("bob", "Agent")
	for name, want := range map[string]string{"alice": "none of the groups at Acme ID", "bob": "does not say that a mail address is yours"} {
		late := newPerson(t, desk)
		if in := late.in(name); in.status != http.StatusUnprocessableEntity || !strings.Contains(in.source, want) || late.worksAs() != "" {
			t.Errorf("%s, as the groups are now: %d\n%s", name, in.status, in.source)
		}
	}
	if list := desk.Command(t, "agent", "list", "--account", "support"); strings.Contains(list, "bob@") || strings.Count(list, "alice@customer.example") != 1 {
		t.Errorf("agents:\n%s", list)
	}
}
