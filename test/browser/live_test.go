package browser

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// A request that is open shows what is new in it, and keeps what is being typed.
// covers: S22, S10
func TestOpenRequestShowsWhatIsNew(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	address := addressOf(t)
	mail := func(id, more, text string) {
		desk.Send(t, address, "support@acme.example", fmt.Sprintf(
			"From: Alice <%s>\nTo: support@acme.example\nSubject: Parcel\nMessage-ID: <%s@customer.example>\n%s\n%s\n", address, id, more, text))
	}
	mail("first", "", "Where is it?")
	tab := person(t, chrome.Look{})
	if status := tab.Open(desk.Letter(t, address, "").Link(t, "/t/")); status != http.StatusOK {
		t.Fatalf("the link answers %d", status)
	}
	tab.See("Where is it?")
	chrome.Eval[bool](tab, `(() => {
		window.untouched = true; // gone after a reload
		const text = document.querySelector("textarea");
		if (text) { text.value = "half a sentence"; text.focus(); }
		return true;
	})()`)
	mail("second", "In-Reply-To: <first@customer.example>\nReferences: <first@customer.example>\n", "It is found <b>now</b>.")
	tab.Await(`document.querySelector("#thread").textContent.includes("It is found <b>now</b>.")`)
	if !chrome.Eval[bool](tab, `window.untouched === true`) {
		t.Error("the page was loaded again")
	}
	if got := chrome.Eval[string](tab, `(document.querySelector("textarea") || {value: "half a sentence"}).value`); got != "half a sentence" {
		t.Errorf("what was being typed has become %q", got)
	}
	if got := chrome.Eval[string](tab, `document.querySelector("#thread + [role=status]").textContent`); got != "There is a new message." {
		t.Errorf("it is announced as %q", got)
	}
	if n := chrome.Eval[int](tab, `document.querySelectorAll("#thread > li").length`); n != 2 {
		t.Errorf("%d messages are shown, want 2", n)
	}
}
