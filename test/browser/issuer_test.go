package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// withIssuer declares a help center whose customers may sign in at an issuer, and
// with a password.
const withIssuer = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
  signUp:
    mode: %s
    methods: [Password, OIDC]
    oidc:
    - {name: id, issuer: "%s", displayName: Acme ID, clientID: web, clientSecretRef: {name: id}}
  locales: {default: en, supported: [en, de]}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
`

// withUsers starts a desk where sign-up is Open or InviteOnly, and an issuer that
// knows the users.
func withUsers(t *testing.T, signUp string, users ...peers.User) (*peers.Dev, *peers.Issuer) {
	t.Helper()
	pages := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
	_, port, _ := strings.Cut(pages, ":")
	issuer := peers.StartIssuer(t, users, "http://localhost:"+port+"/sign-in/back/id")
	desk := peers.StartDev(t, fmt.Sprintf(withIssuer, signUp, issuer.URL), "--http", pages)
	folder := filepath.Join(desk.Dir, "secrets", "support", "id")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "client-secret"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return desk, issuer
}

// visitor is a person who may visit the issuer too, which lacks an icon.
func visitor(t *testing.T, look chrome.Look, issuer *peers.Issuer) *chrome.Tab {
	t.Helper()
	tab := person(t, look)
	t.Cleanup(func() {
		for _, fault := range tab.Faults() {
			if !strings.Contains(fault, issuer.URL+"favicon.ico") {
				t.Errorf("in the browser: %s", fault)
			}
		}
	})
	tab.Open(issuer.URL + "healthz")
	return tab
}

// signInAt goes to the issuer from a page with its button, signs in there, and
// comes back. Where no scripts run the last step is a button.
func signInAt(tab *chrome.Tab, look chrome.Look, name string) {
	tab.Touch("Continue with Acme ID")
	tab.Await(`!!document.querySelector("form[action='/login/username']")`)
	tab.Fill("Username:", name)
	tab.Fill("Password:", name+"'s")
	tab.Touch("Login")
	if look.NoScript {
		tab.See("Back from Acme ID")
		tab.Touch("Continue")
	}
}

// Somebody signs up at an issuer, and comes back to where they were going.
//
// covers: S25, S02
func TestSignInAtAnIssuer(t *testing.T) {
	t.Parallel()
	user := func(name string) peers.User {
		return peers.User{ID: name, Username: name, Password: name + "'s", FirstName: "Zoë", LastName: "O'Neill", Email: name + "@customer.example", EmailVerified: true}
	}
	desk, issuer := withUsers(t, "Open", user("scripted"), user("plain"))
	eachWay(t, func(t *testing.T, look chrome.Look) {
		name := "scripted"
		if look.NoScript {
			name = "plain"
		}
		tab := visitor(t, look, issuer)
		tab.Open(desk.URL() + "/en/account")
		tab.See("Continue with Acme ID")
		signInAt(tab, look, name)
		tab.See("Your account", "Zoë O'Neill", name+"@customer.example", "with Acme ID")
		if got := tab.Path(); got != "/en/account" {
			t.Errorf("they were led to %s", got)
		}
		for _, c := range tab.Cookies() {
			if c.Name == "postern_away" {
				t.Error("what was begun is not over")
			}
		}
	})
}

// Somebody has a password already: a mail asks them, and its link works in the
// browser that began alone.
//
// covers: S25, M03
func TestAnIssuerForWhoHasAPassword(t *testing.T) {
	t.Parallel()
	const address = "alice@customer.example"
	desk, issuer := withUsers(t, "Open", peers.User{ID: "a", Username: "alice", Password: "alice's", Email: address, EmailVerified: true})
	tab := visitor(t, chrome.Look{}, issuer)
	tab.Open(desk.URL() + "/en/sign-up")
	tab.Fill("Your mail address", address)
	tab.Press("Send me the link")
	tab.Open(desk.Letter(t, address, "").Link(t, "/pass/"))
	tab.Fill("New password", "seven quiet otters sing")
	tab.Press("Sign up")
	tab.Open(desk.URL() + "/en/account")
	tab.Press("Sign out here")

	tab.Open(desk.URL() + "/en/sign-in?next=/en/account")
	signInAt(tab, chrome.Look{}, "alice")
	tab.See("Look into your mail", address)
	link := desk.Letter(t, address, "").Link(t, "/pass/")
	other := person(t, chrome.Look{})
	other.Open(link)
	other.See("Was this you?", "open this link in the browser")
	if other.Has("Yes, sign me in") {
		t.Error("another browser can say yes")
	}
	tab.Open(link)
	tab.See("Was this you?", address)
	tab.Press("Yes, sign me in")
	tab.See("Your account", address, "Connected")
	if got := tab.Path(); got != "/en/account" {
		t.Errorf("they were led to %s", got)
	}
	tab.Press("Sign out here")
	tab.Open(desk.URL() + "/en/sign-in?next=/en/account")
	signInAt(tab, chrome.Look{}, "alice")
	tab.See("Your account", address)
}

// Where sign-up is closed, an issuer's identity alone lets nobody in. Who is
// invited uses theirs instead of a password, whatever address it has.
//
// covers: S25, S26, S28, S29
func TestInvitedWithAnIssuer(t *testing.T) {
	t.Parallel()
	const address = "alice@customer.example"
	desk, issuer := withUsers(t, "InviteOnly", peers.User{ID: "a", Username: "alice", Password: "alice's", Email: "alice@home.example", EmailVerified: true})
	desk.Send(t, address, "support@acme.example", "From: Alice <"+address+">\nTo: support@acme.example\nSubject: Where is my order?\nMessage-ID: <1@customer.example>\n\nHello.\n")
	peers.Eventually(t, peers.Patience, func() error {
		if list := desk.Command(t, "ticket", "list"); !strings.Contains(list, "Where is my order?") {
			return fmt.Errorf("no request: %s", list)
		}
		return nil
	})
	tab := visitor(t, chrome.Look{}, issuer)
	tab.Open(desk.URL() + "/en/sign-in")
	signInAt(tab, chrome.Look{}, "alice")
	tab.See("Sign-up is by invitation")

	desk.Command(t, "contact", "invite", address)
	link := desk.Letter(t, address, "Activate").Link(t, "/pass/")
	tab.Open(link)
	signInAt(tab, chrome.Look{}, "alice")
	tab.See("My requests", "Where is my order?")
	tab.Open(desk.URL() + "/en/account")
	tab.See(address, "with Acme ID")
	tab.SeeNone("alice@home.example")
	tab.Open(link)
	tab.See("This link no longer works")
}
