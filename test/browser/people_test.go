package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// password of all customers.
const password = "nine purple umbrellas"

// ask sends a first mail, and returns the link to its request and its number.
func ask(t *testing.T, desk *peers.Dev, address, subject string) (link, number string) {
	t.Helper()
	desk.Send(t, address, "support@acme.example", fmt.Sprintf("From: %s\nTo: support@acme.example\nSubject: %s\nMessage-ID: <%s>\n\nHello, here I am.\n",
		address, subject, address))
	letter := desk.Letter(t, address, "")
	m := regexp.MustCompile(`#(\d+)`).FindStringSubmatch(letter.Text)
	if m == nil {
		t.Fatalf("the mail names no number:\n%s", letter.Text)
	}
	return letter.Link(t, "/t/"), m[1]
}

// signUp makes a sign-in from the page to sign in that a tab shows, and stays where
// that leads.
func signUp(t *testing.T, desk *peers.Dev, tab *chrome.Tab, address string) {
	t.Helper()
	tab.Press("Sign up")
	tab.Fill("Your mail address", address)
	tab.Press("Send me the link")
	tab.See("Look into your mail", address)
	activate(t, desk, tab, address, "Sign up")
}

// activate follows the link that was mailed, and chooses a password.
func activate(t *testing.T, desk *peers.Dev, tab *chrome.Tab, address, button string) {
	t.Helper()
	tab.Open(desk.LetterWith(t, address, "/pass/").Link(t, "/pass/"))
	tab.Fill("New password", password)
	tab.Press(button)
}

// customer is somebody signed in, at the list of their requests.
func customer(t *testing.T, desk *peers.Dev, look chrome.Look, address string) *chrome.Tab {
	t.Helper()
	tab := somebody(t, look)
	tab.Open(desk.URL() + "/en/sign-in")
	signUp(t, desk, tab, address)
	tab.See("My requests")
	return tab
}

// agent is the sample agent, signed in.
func agent(t *testing.T, desk *peers.Dev, look chrome.Look) *chrome.Tab {
	t.Helper()
	tab := somebody(t, look)
	tab.Open(desk.URL() + "/agent/sign-in?next=" + url.QueryEscape("/agent"))
	tab.Fill("Mail address", desk.Agent)
	tab.Fill("Password", desk.Password)
	tab.Press("Sign in")
	return tab
}
