package interop

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/posterndesk/postern/test/peers"
)

// withIssuer declares a help center whose customers may sign in at an issuer.
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
    mode: Open
    methods: [OIDC]
    oidc:
    - {name: id, issuer: "%s", displayName: Acme ID, clientID: web, clientSecretRef: {name: id}}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
`

const wayBack = "https://help.acme.example/sign-in/back/id"

// person sits at a browser of their own, without scripts. It reaches the help
// center as behind a web server that has its TLS.
type person struct {
	t      *testing.T
	client *http.Client
}

type ways struct {
	desk *peers.Desk
	next http.RoundTripper
}

func (w ways) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "help.acme.example" {
		return w.next.RoundTrip(r)
	}
	inner := r.Clone(r.Context())
	inner.Host, inner.URL.Scheme, inner.URL.Host = r.URL.Host, "http", w.desk.HTTP
	if r.Method == http.MethodPost {
		inner.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := w.next.RoundTrip(inner)
	if err == nil {
		resp.Request = r // what the browser takes for its address
	}
	return resp, err
}

func newPerson(t *testing.T, desk *peers.Desk) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, client: &http.Client{Jar: jar, Transport: ways{desk, transport}}}
}

// view is a page that somebody sees.
type view struct {
	address *url.URL
	status  int
	header  http.Header
	source  string
	root    *html.Node
}

func (p *person) see(r *http.Response, err error) *view {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(raw)))
	if err != nil {
		p.t.Fatal(err)
	}
	return &view{r.Request.URL, r.StatusCode, r.Header, string(raw), root}
}

func (p *person) open(address string) *view {
	p.t.Helper()
	return p.see(p.client.Get(address))
}

// send fills in the form of the page that leads to an address with the words, and
// sends it.
func (p *person) send(v *view, action string, typed url.Values) *view {
	p.t.Helper()
	for n := range v.root.Descendants() {
		if n.Data != "form" || !strings.Contains(attribute(n, "action"), action) {
			continue
		}
		form := url.Values{}
		for field := range n.Descendants() {
			if field.Data == "input" && attribute(field, "name") != "" {
				form.Set(attribute(field, "name"), attribute(field, "value"))
			}
		}
		for name := range typed {
			form[name] = typed[name]
		}
		to, err := v.address.Parse(attribute(n, "action"))
		if err != nil {
			p.t.Fatal(err)
		}
		return p.see(p.client.PostForm(to.String(), form))
	}
	p.t.Fatalf("%s has no form that leads to %s:\n%s", v.address, action, v.source)
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// atIssuer goes to the issuer from the page and gives name and password there. It
// ends where the issuer leads back to.
func (p *person) atIssuer(from *view, name, password string) *view {
	p.t.Helper()
	on := p.send(from, "/sign-in/with/id", nil)
	address, ok := strings.CutPrefix(on.header.Get("Refresh"), "0; url=")
	if on.status != http.StatusOK || !ok || !strings.Contains(on.source, "&amp;code_challenge_method=S256") {
		p.t.Fatalf("on to the issuer: %d, refresh %q\n%s", on.status, on.header.Get("Refresh"), on.source)
	}
	if policy := on.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self';") {
		p.t.Errorf("policy %q", policy)
	}
	login := p.open(address)
	return p.send(login, "/login/username", url.Values{"username": {name}, "password": {password}})
}

// signedInAs is the account's page, or where it leads who is not signed in.
func (p *person) signedInAs(address string) bool {
	p.t.Helper()
	account := p.open("https://help.acme.example/en/account")
	return account.address.Path == "/en/account" && strings.Contains(account.source, address)
}

var issuerUsers = []peers.User{
	{ID: "u1", Username: "alice", Password: "alice's", FirstName: "Alice", LastName: "Morgan", Email: "alice@customer.example", EmailVerified: true},
	{ID: "u2", Username: "bob", Password: "bob's", Email: "bob@customer.example"},
}

func startWithIssuer(t *testing.T, redirects ...string) (*peers.Desk, *peers.Issuer) {
	t.Helper()
	issuer := peers.StartIssuer(t, issuerUsers, redirects...)
	desk := peers.StartDesk(t, fmt.Sprintf(withIssuer, issuer.URL), "--issuer-network", "127.0.0.0/8", "--issuer-network", "::1")
	desk.Secret(t, "support", "id", "client-secret", "secret")
	return desk, issuer
}

// A real issuer as a process of its own, the real program, and browsers that do
// what people do.
//
// covers: S25, S42
func TestSignInAtAnIssuer(t *testing.T) {
	t.Parallel()
	desk, _ := startWithIssuer(t, wayBack)
	alice := newPerson(t, desk)
	start := alice.open("https://help.acme.example/en/sign-in?next=/en/account")
	back := alice.atIssuer(start, "alice", "alice's")
	if back.address.Path != "/sign-in/back/id" || back.address.Query().Get("code") == "" || back.status != http.StatusOK {
		t.Fatalf("back at %s, %d\n%s", back.address, back.status, back.source)
	}
	if alice.signedInAs("alice@customer.example") {
		t.Fatal("looking at the page signed her in")
	}
	// A page that was carried to another browser signs nobody in there: neither to
	// look at it nor to press its button does.
	mallory := newPerson(t, desk)
	if stolen := mallory.open(back.address.String()); stolen.status != http.StatusUnprocessableEntity || strings.Contains(stolen.source, "data-press") {
		t.Errorf("in another browser: %d\n%s", stolen.status, stolen.source)
	}
	if pressed := mallory.send(back, "/sign-in/back/id", nil); pressed.status != http.StatusUnprocessableEntity || mallory.signedInAs("@customer.example") {
		t.Errorf("pressed in another browser: %d", pressed.status)
	}
	in := alice.send(back, "/sign-in/back/id", nil)
	if in.address.Path != "/en/account" || !strings.Contains(in.source, "Alice Morgan") || !alice.signedInAs("alice@customer.example") {
		t.Fatalf("signed in: %s %d\n%s", in.address, in.status, in.source)
	}
	// The same page a second time does nothing.
	if again := alice.send(back, "/sign-in/back/id", nil); again.status != http.StatusUnprocessableEntity {
		t.Errorf("sent a second time: %d", again.status)
	}
	// Out, and in again in another browser: it is the same account, which two
	// browsers are signed in to.
	second := newPerson(t, desk)
	second.send(second.atIssuer(second.open("https://help.acme.example/en/sign-in"), "alice", "alice's"), "/sign-in/back/id", nil)
	account := second.open("https://help.acme.example/en/account")
	if n := strings.Count(account.source, "/account/sessions/"); n < 2 || !strings.Contains(account.source, "with Acme ID") {
		t.Errorf("%d buttons to end sessions\n%s", n, account.source)
	}
	second.send(account, "/sign-out", nil)
	if second.signedInAs("@customer.example") || !alice.signedInAs("alice@customer.example") {
		t.Error("signing out ends the wrong session")
	}
	// The only way in cannot be given up.
	if kept := alice.send(alice.open("https://help.acme.example/en/account"), "/account/issuers/id/end", nil); kept.status != http.StatusUnprocessableEntity {
		t.Errorf("gave up the only way in: %d", kept.status)
	}
}

// covers: S25
func TestAnIssuerDoesNotVouchForTheAddress(t *testing.T) {
	t.Parallel()
	desk, _ := startWithIssuer(t, wayBack)
	bob := newPerson(t, desk)
	page := bob.send(bob.atIssuer(bob.open("https://help.acme.example/en/sign-in"), "bob", "bob's"), "/sign-in/back/id", nil)
	if page.status != http.StatusOK || !strings.Contains(page.source, "Look into your mail") || bob.signedInAs("bob@customer.example") {
		t.Errorf("%d\n%s", page.status, page.source)
	}
}

func TestAnIssuerThatRefusesUs(t *testing.T) {
	t.Parallel()
	desk, issuer := startWithIssuer(t, wayBack)
	alice := newPerson(t, desk)
	back := alice.atIssuer(alice.open("https://help.acme.example/en/sign-in"), "alice", "alice's")
	desk.Secret(t, "support", "id", "client-secret", "not the secret")
	if page := alice.send(back, "/sign-in/back/id", nil); page.status != http.StatusServiceUnavailable || !strings.Contains(page.source, "Acme ID does not answer as it should") {
		t.Errorf("with a wrong secret: %d\n%s", page.status, page.source)
	}
	if err := os.Remove(filepath.Join(desk.Secrets, "support", "id", "client-secret")); err != nil {
		t.Fatal(err)
	}
	back = alice.atIssuer(alice.open("https://help.acme.example/en/sign-in"), "alice", "alice's")
	if page := alice.send(back, "/sign-in/back/id", nil); page.status != http.StatusServiceUnavailable || strings.Contains(page.source, "secret") {
		t.Errorf("without a secret: %d\n%s", page.status, page.source)
	}
	issuer.Kill()
	if page := alice.send(back, "/sign-in/back/id", nil); page.status != http.StatusServiceUnavailable {
		t.Errorf("with an issuer that is gone: %d", page.status)
	}
}

// Where no --issuer-network has it, an issuer of this machine is never asked.
func TestAnIssuerOfThisMachine(t *testing.T) {
	t.Parallel()
	issuer := peers.StartIssuer(t, issuerUsers, wayBack)
	desk := peers.StartDesk(t, fmt.Sprintf(withIssuer, issuer.URL))
	alice := newPerson(t, desk)
	if page := alice.send(alice.open("https://help.acme.example/en/sign-in"), "/sign-in/with/id", nil); page.status != http.StatusServiceUnavailable || page.header.Get("Refresh") != "" {
		t.Errorf("%d\n%s", page.status, page.source)
	}
	if strings.Contains(issuer.Log.String(), "openid-configuration") {
		t.Errorf("it was asked:\n%s", issuer.Log)
	}
}
