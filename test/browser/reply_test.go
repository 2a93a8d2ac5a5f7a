package browser

import (
	"net/http"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// TestReplyFromLink writes an answer on the page that a mail's link opens. It waits
// while its writer signs up, and is sent after that.
//
// covers: S04, S22, S23, S24
func TestReplyFromLink(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		link, number := ask(t, desk, address, "A question")
		tab := somebody(t, look)
		tab.Open(link)
		tab.Fill("Your message", "Written before\nsigning in")
		tab.Press("Go on to sign in")
		signUp(t, desk, tab, address)
		if got, want := tab.Path(), "/en/requests/"+number; got != want {
			t.Errorf("signing up led to %s, want %s", got, want)
		}
		if got := tab.Value("Your message"); got != "Written before\nsigning in" {
			t.Errorf("of what was written there is %q", got)
		}
		tab.SeeNone("Your message was sent")
		tab.Attach("Files", file(t, "plan.txt", "first this, then that"))
		tab.Press("Send")
		tab.See("Your message was sent.", "Written before", "plan.txt")
		if got := tab.Value("Your message"); got != "" {
			t.Errorf("what was sent is still there to be sent: %q", got)
		}
		robin := agent(t, desk, chrome.Look{})
		robin.Open(desk.URL() + "/agent/tickets/" + number)
		robin.See("Written before", "plan.txt")
	})
}

// TestLinkOfSomebodyElse opens a link that was passed on.
//
// covers: S22
func TestLinkOfSomebodyElse(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	link, number := ask(t, desk, "alice@customer.example", "A secret question")
	bob := customer(t, desk, chrome.Look{}, "bob@customer.example")
	bob.SeeNone("A secret question")
	if status := bob.Open(link); status != http.StatusOK {
		t.Errorf("the link answers %d", status)
	}
	bob.See("A secret question", "This link was sent to alice@customer.example; you are signed in as bob@customer.example.")
	if bob.Has("Send") || bob.Has("Go on to sign in") {
		t.Error("somebody else may write")
	}
	if status := bob.Open(desk.URL() + "/en/requests/" + number); status != http.StatusNotFound {
		t.Errorf("somebody else's request answers %d", status)
	}
	robin := agent(t, desk, chrome.Look{})
	robin.Open(link) // covers: S40a
	if got, want := robin.Path(), "/agent/tickets/"+number; got != want {
		t.Errorf("the link leads an agent to %s, want %s", got, want)
	}
}
