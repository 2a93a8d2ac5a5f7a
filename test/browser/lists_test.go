package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// rowOf is the row of a request in the list, for scripts.
func rowOf(number string) string {
	return fmt.Sprintf(`document.querySelector('#list .row[data-number="%s"]')`, number)
}

// inList waits until the list has exactly these requests.
func inList(tab *chrome.Tab, numbers ...string) {
	tab.Await(fmt.Sprintf(`document.readyState === "complete" && [...document.querySelectorAll("#list .row")].map(r => r.dataset.number).join() === %q`, strings.Join(numbers, ",")))
}

// counted waits for the number beside a place in the rail; "" is none.
func counted(tab *chrome.Tab, place, n string) {
	tab.Await(fmt.Sprintf(`(c => (c.hidden ? "" : c.querySelector(".n").textContent) === %q)(document.querySelector('[data-place="%s"] .count'))`, n, place))
}

// An agent goes through the requests of the morning with the keys: takes what nobody
// has, reads one after another, is done with several at once, and takes that back.
//
// covers: P10
func TestWorkingThroughLists(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	var n [5]string
	for i, who := range []string{"alice", "bob", "carol", "dave"} {
		_, n[i+1] = ask(t, desk, who+"@customer.example", "About the lamp of "+who)
	}
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Keys("gu") // to the unassigned ones
	inList(robin, n[4], n[3], n[2], n[1])
	counted(robin, "unassigned", "4")

	robin.Keys("jjxjx") // the second and the third
	robin.See("2 ticked")
	robin.Keys("a")
	inList(robin, n[4], n[1])
	counted(robin, "unassigned", "2")
	counted(robin, "mine", "2")

	robin.Keys("gm")
	inList(robin, n[3], n[2])
	robin.Keys("j\r")
	robin.See("About the lamp of carol", "Hello, here I am.")
	robin.Await(rowOf(n[3]) + `.classList.contains("here")`)
	robin.Await(`!` + rowOf(n[3]) + `.classList.contains("unread")`)
	if got, want := robin.Path(), "/agent/tickets/"+n[3]; got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
	robin.Keys("j")
	robin.Await(`document.querySelector("#main h1")?.innerText.includes("lamp of bob")`)
	robin.Await(rowOf(n[2]) + `.classList.contains("here")`)
	robin.Keys("k")
	robin.Await(`document.querySelector("#main h1")?.innerText.includes("lamp of carol")`)
	robin.Keys("u")
	robin.Await(`document.querySelector("#main").hidden && document.activeElement.closest(".row") === ` + rowOf(n[3]))

	robin.Keys("Xe") // all of them are resolved
	inList(robin)
	robin.See("Nothing waits for you", "Undo")
	robin.Keys("z")
	inList(robin, n[3], n[2])
	counted(robin, "mine", "2")
}

// What others do and what comes in is shown without anything being pressed, and what
// is ticked stays so.
func TestListsAreLive(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, first := ask(t, desk, "alice@customer.example", "The first one")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/q/unassigned")
	robin.Tick("Choose request #" + first)
	_, second := ask(t, desk, "bob@customer.example", "The second one")
	inList(robin, second, first)
	robin.See("1 ticked")
	robin.Await(rowOf(first) + `.querySelector("input").checked && !` + rowOf(second) + `.querySelector("input").checked`)
	desk.Command(t, "ticket", "merge", second, first)
	inList(robin, first)
	counted(robin, "unassigned", "1")
}

// All of it goes with forms and links alone.
func TestListsWithoutScripts(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, first := ask(t, desk, "alice@customer.example", "The first one")
	_, second := ask(t, desk, "bob@customer.example", "The second one")
	robin := agent(t, desk, chrome.Look{Width: 1440, NoScript: true})
	robin.Open(desk.URL() + "/agent/q/unassigned")
	robin.Tick("Choose request #" + first)
	robin.Press("Resolve")
	robin.See("1 request was changed.")
	inList(robin, second)
	robin.Press("Undo")
	inList(robin, second, first)
	robin.Tick("Choose request #" + second)
	robin.Touch("More that can be done with what is ticked")
	robin.Choose("Priority", "Urgent")
	robin.Fill("Add tags", "vip")
	robin.Press("Change")
	robin.See("Urgent", "vip")
	robin.Follow("Open bob@customer.example")
	robin.See("Hello, here I am.")
	robin.Touch("Order and look")
	robin.Press("Compact")
	robin.Await(`document.querySelector("#shell").classList.contains("compact")`)
}

// covers: P10
func TestViews(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, first := ask(t, desk, "alice@customer.example", "The first one")
	_, second := ask(t, desk, "bob@customer.example", "The second one")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/q/unassigned")
	robin.Tick("Choose request #" + first)
	robin.Touch("More that can be done with what is ticked")
	robin.Choose("Status", "Pending")
	robin.Touch("Change")
	inList(robin, second)
	robin.Press("New view")
	robin.Press("Make the view")
	robin.See("A view needs a name")
	robin.Fill("Name", "Waiting for them")
	robin.Tick("Pending")
	robin.Press("Look what fits")
	robin.See("1 request fits now", "The first one")
	robin.Press("Make the view")
	robin.See("The view is saved.")
	inList(robin, first)
	robin.Touch("Order and look")
	robin.Press("Change this view")
	robin.Tick("Open")
	robin.Press("Save")
	inList(robin, second, first)
	counted(robin, "view:"+strings.TrimPrefix(robin.Path(), "/agent/views/"), "2")
	robin.Touch("Order and look")
	robin.Press("Change this view")
	robin.Touch("Remove this view")
	robin.Press("Remove the view")
	robin.See("The view is gone.")
	robin.SeeNone("Waiting for them")
}

// A mail that a stranger sent to somebody else's address is a question with its
// answers beside it.
//
// covers: P10
func TestHeldIsAQuestion(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	desk.Send(t, "alice@customer.example", "support@acme.example", "From: alice@customer.example\nTo: support@acme.example\nSubject: The lamp\nMessage-ID: <1@x>\n\nIt flickers.\n")
	to := desk.Letter(t, "alice@customer.example", "").Header.Get("Reply-To")
	to = to[strings.LastIndex(to, "<")+1:]
	to = strings.TrimSuffix(to, ">")
	desk.Send(t, "carol@elsewhere.example", to, "From: Carol <carol@elsewhere.example>\nTo: "+to+"\nSubject: Re: The lamp\nMessage-ID: <2@x>\n\nMine flickers too.\n")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	counted(robin, "held", "1")
	robin.Keys("gh")
	robin.See("takes no part in the request")
	robin.Await(`document.readyState === "complete"`) // keys are heard from then on
	robin.Keys("j\r")
	robin.See("What shall become of it?", "Who wrote it is proven.", "Mine flickers too.")
	robin.Follow("Accept once")
	robin.Await(`location.pathname.startsWith("/agent/tickets/")`)
	robin.See("It flickers.", "Mine flickers too.")
	counted(robin, "held", "")
}

// Commands are found by their words, and keys are told.
func TestPalette(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/q/pending")
	robin.Keys("?")
	robin.See("Next in the list", "g then u")
	robin.Keys("\x1b")
	robin.Control("k")
	robin.Keys("unas\r")
	robin.Await(`location.pathname === "/agent/q/unassigned"`)
	inList(robin, number)
	robin.Control("k")
	robin.Keys("#" + number + "\r")
	robin.Await(`!!document.querySelector("#reply")`)
	chrome.Eval[bool](robin, `(document.querySelector("#reply").focus(), true)`)
	robin.Keys("jx?") // are letters in a field
	if got := robin.Value("Reply"); got != "jx?" {
		t.Errorf("the answer is %q", got)
	}
}

// A change that failed comes back with the reason, and what was ticked is ticked.
func TestFailedChangeComesBack(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/q/unassigned")
	robin.Tick("Choose request #" + number)
	// The line is cut while the change is on its way.
	chrome.Eval[bool](robin, `(window.fetch = () => Promise.reject(new Error("cut")), true)`)
	robin.Touch("Resolve")
	robin.See("The server did not answer. What you did was not saved", "1 ticked")
	inList(robin, number)
}
