package browser

import (
	"net/http"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// TestCollaborator adds somebody to a request and takes them off it again.
//
// covers: S06
func TestCollaborator(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		friend := "friend." + address
		ask(t, desk, address, "Ours")
		tab := customer(t, desk, look, address)
		tab.Follow("Ours")
		tab.Touch("Add somebody")
		tab.Fill("Mail address", "not an address")
		tab.Press("Add to this request")
		tab.Fill("Mail address", friend)
		tab.Press("Add to this request")
		tab.See("They can take part from now on.", friend)

		link := desk.Letter(t, friend, "").Link(t, "/t/")
		guest := somebody(t, look)
		if status := guest.Open(link); status != http.StatusOK {
			t.Errorf("the link of who was added answers %d", status)
		}
		guest.See("Ours")
		guest.SeeNone("Hello, here I am.") // what was written before stays between the others

		tab.Touch("Remove " + friend)
		tab.See("their link to it stops working")
		tab.Press("Remove " + friend)
		tab.See("They do not take part any more.")
		if status := guest.Open(link); status != http.StatusNotFound {
			t.Errorf("the link of who was removed answers %d", status)
		}
		guest.See("This link is no longer valid")
		guest.SeeNone("Ours")
	})
}
