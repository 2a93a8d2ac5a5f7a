package browser

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// scan does with a mail what programs do that look for viruses: it asks for every
// link with HEAD and GET, opens it in a browser that runs scripts, and presses every
// button there. It must not get in anywhere by that.
func scan(t *testing.T, desk *peers.Dev, letter peers.Letter) {
	t.Helper()
	for _, link := range append(letter.Links, letter.UnsubscribeHeader...) {
		if !strings.HasPrefix(link, "http") {
			continue
		}
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			r, err := http.NewRequestWithContext(t.Context(), method, link, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close() // its status and cookies count
			if len(resp.Cookies()) > 0 {
				t.Errorf("%s of a link in %q sets cookies", method, letter.Subject)
			}
		}
		scanner := person(t, chrome.Look{})
		scanner.Open(link)
		for i := range scanner.Buttons() {
			scanner.PressButton(i)
			scanner.Open(link)
		}
		for _, cookie := range scanner.Cookies() {
			t.Errorf("a scanner of %q has the cookie %s", letter.Subject, cookie.Name)
		}
		scanner.Open(desk.URL() + "/en/requests")
		if scanner.Path() != "/en/sign-in" {
			t.Errorf("a scanner of %q got to %s", letter.Subject, scanner.Path())
		}
	}
}

// TestScannerOfPasses lets a scanner have each mail about a sign-in first. Whoever
// it was sent to gets in all the same.
//
// covers: M03, S24, S28
func TestScannerOfPasses(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	tab := person(t, chrome.Look{})
	tab.Open(desk.URL() + "/en/sign-up")
	tab.Fill("Your mail address", "alice@customer.example")
	tab.Press("Send me the link")
	letter := desk.LetterWith(t, "alice@customer.example", "/pass/")
	scan(t, desk, letter)
	tab.Open(letter.Link(t, "/pass/"))
	tab.Fill("New password", password)
	tab.Press("Sign up")
	tab.See("My requests")

	tab = person(t, chrome.Look{})
	tab.Open(desk.URL() + "/en/forgot")
	tab.Fill("Your mail address", "alice@customer.example")
	tab.Press("Send me the link")
	letter = desk.LetterWith(t, "alice@customer.example", "/pass/")
	scan(t, desk, letter)
	tab.Open(letter.Link(t, "/pass/"))
	tab.Fill("New password", "eleven green teapots")
	tab.Press("Set the password")
	tab.See("My requests")

	ask(t, desk, "bob@customer.example", "Mine")
	desk.Command(t, "contact", "invite", "bob@customer.example")
	letter = desk.LetterWith(t, "bob@customer.example", "/pass/")
	scan(t, desk, letter)
	tab = person(t, chrome.Look{})
	tab.Open(letter.Link(t, "/pass/"))
	tab.Fill("New password", password)
	tab.Press("Activate the account")
	tab.See("My requests", "Mine")

	tab = person(t, chrome.Look{})
	tab.Open(desk.URL() + "/en/sign-in/code")
	tab.Fill("Your mail address", "bob@customer.example")
	tab.Press("Send me a code")
	letter = desk.Letter(t, "bob@customer.example", "")
	scan(t, desk, letter)
	tab.Fill("Code", regexp.MustCompile(`\b\d{8}\b`).FindString(letter.Text))
	tab.Press("Sign in")
	tab.See("My requests", "Mine")
}

// TestScannerOfRequests lets a scanner have each mail about a request first. It
// closes nothing, takes nobody out, and says nothing in anybody's name.
//
// covers: M03, S06, S22, S23
func TestScannerOfRequests(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	tab := person(t, chrome.Look{})
	tab.Open(desk.URL() + "/en/submit/contact")
	tab.Fill("Your mail address", "zoe@customer.example")
	tab.Fill("Subject", "By the form")
	tab.Fill("What is it about?", "I filled it in")
	tab.Press("Send")
	letter := desk.Letter(t, "zoe@customer.example", "")
	scan(t, desk, letter)
	link := letter.Link(t, "/t/")
	tab.Open(link)
	tab.See("By the form", "We are looking into it")
	tab.Open(letter.Link(t, "/not-me/"))
	tab.Tick("Yes, I am sure")
	tab.Press("Say that this was not me")
	tab.See("We closed that request")

	_, number := ask(t, desk, "alice@customer.example", "By mail")
	robin := agent(t, desk, chrome.Look{Width: screen}) // who takes part stands beside the request
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.Touch("Add somebody")
	robin.Fill("Mail address", "carol@customer.example")
	robin.Touch("Add to the request")
	letter = desk.Letter(t, "carol@customer.example", "")
	scan(t, desk, letter)
	tab.Open(letter.Link(t, "/t/"))
	tab.See("By mail")
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.See("carol@customer.example")
	robin.SeeNone("Carol left")
	leave := stopLink(t, letter)
	tab.Open(leave)
	tab.Tick("Yes, I am sure")
	tab.Press("Leave the request")
	tab.See("You get no more mail about this request")
	tab.Open(letter.Link(t, "/t/"))
	tab.See("This link is no longer valid")
}

// stopLink is where a mail says that it leads to no more mails.
func stopLink(t *testing.T, letter peers.Letter) string {
	t.Helper()
	for _, link := range append(letter.Links, letter.UnsubscribeHeader...) {
		if strings.Contains(link, "/stop/") {
			return link
		}
	}
	t.Fatalf("the mail %q leads to no end of mails", letter.Subject)
	return ""
}
