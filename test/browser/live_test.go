package browser

import (
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// TestOpenPage reads an answer on a page that was open before it was written, and
// keeps what is being written there.
//
// covers: S04, S05
func TestOpenPage(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	link, number := ask(t, desk, "alice@customer.example", "While you wait")
	alice := customer(t, desk, chrome.Look{}, "alice@customer.example")
	alice.Follow("While you wait")
	alice.Fill("Your message", "Half a sen")
	reader := somebody(t, chrome.Look{Dark: true, Width: chrome.Narrow})
	reader.Open(link)

	robin := agent(t, desk, chrome.Look{})
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.Fill("Reply", "Here is the answer")
	robin.Touch("Send to alice@customer.example")
	alice.See("Here is the answer")
	reader.See("Here is the answer")
	if got := alice.Value("Your message"); got != "Half a sen" {
		t.Errorf("of what was being written there is %q", got)
	}
}
