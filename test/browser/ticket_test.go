package browser

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// second makes another agent, and signs them in.
func second(t *testing.T, desk *peers.Dev, look chrome.Look, address, name string) *chrome.Tab {
	t.Helper()
	var made struct {
		Password string `json:"password"`
	}
	if err := json.Unmarshal([]byte(desk.Command(t, "agent", "add", address, "--name", name, "--json")), &made); err != nil {
		t.Fatal(err)
	}
	tab := somebody(t, look)
	tab.Open(desk.URL() + "/agent/sign-in")
	tab.Fill("Mail address", address)
	tab.Fill("Password", made.Password)
	tab.Press("Sign in")
	return tab
}

// choose takes something from a menu of the page's header.
func choose(tab *chrome.Tab, menu, choice string) {
	tab.Await(`!!document.querySelector("#pick-` + menu + ` > summary")`)
	chrome.Eval[bool](tab, `(document.querySelector("#pick-`+menu+`").open = true)`)
	chrome.Eval[bool](tab, `([...document.querySelectorAll("#pick-`+menu+` button")].find(b => b.innerText.trim().startsWith("`+choice+`")).click(), true)`)
}

// TestWorkingOnATicket answers, notes and files a request as an agent does all day,
// with keys and without leaving its page.
//
// covers: P10
func TestWorkingOnATicket(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	page := robin.Address()

	robin.Touch("Take it")
	robin.See("Assigned to Robin Sample.")
	choose(robin, "priority", "High")
	robin.See("Priority set to High.")
	choose(robin, "status", "Resolved")
	robin.See("The status is changed.", "Status set to Resolved.")
	robin.Touch("Undo")
	robin.Await(`document.querySelector("#pick-status > summary").innerText.includes("Open")`)

	robin.Touch("Note")
	robin.Fill("Note", "She is a big customer")
	robin.Touch("Save note")
	robin.See("Only agents see this", "She is a big customer")

	robin.Touch("Reply")
	robin.Fill("Reply", "A new one is on its way")
	robin.Touch("Send to alice@customer.example")
	robin.See("A new one is on its way", "Your reply is saved and on its way.", "Status: Pending")
	robin.See("Sent to alice@customer.example") // the delivery is told where the answer stands
	if got := robin.Value("Reply"); got != "" {
		t.Errorf("what was sent is still there to be sent: %q", got)
	}
	if got := robin.Address(); got != page {
		t.Errorf("working led from %s to %s", page, got)
	}
	if letter := desk.Letter(t, "alice@customer.example", "The lamp"); !strings.Contains(letter.Text, "A new one") || strings.Contains(letter.Text, "big customer") {
		t.Errorf("the mail says\n%s", letter.Text)
	}
}

// TestMergeAndUndo makes one request of two, and two of one again, of which one is put
// aside for a while.
//
// covers: P10
func TestMergeAndUndo(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, first := ask(t, desk, "alice@customer.example", "The lamp flickers")
	_, other := ask(t, desk, "bob@customer.example", "Our lamp too")
	robin := agent(t, desk, chrome.Look{Width: 1440, Zone: "Asia/Tokyo"})
	robin.Open(desk.URL() + "/agent/tickets/" + other)
	chrome.Eval[bool](robin, `(document.querySelector("#pick-more").open = true)`)
	robin.Fill("Merge into request", first)
	robin.Press("Merge…")
	robin.See("bob@customer.example takes part in #" + first)
	robin.Press("Merge into #" + first)
	robin.See("The requests are merged", "Our lamp too")
	if got, want := robin.Path(), "/agent/tickets/"+first; got != want {
		t.Errorf("merging leads to %s, want %s", got, want)
	}
	robin.Press("Undo")
	robin.See("The merge is undone.")
	if got, want := robin.Path(), "/agent/tickets/"+other; got != want {
		t.Errorf("undoing leads to %s, want %s", got, want)
	}

	// It is put aside for a while, in the time of who does it, and brought back.
	robin.Touch("Snooze")
	robin.See("Out of sight until", "Later today", "In your time, Asia/Tokyo")
	robin.SeeNone("9:00 UTC")
	day := time.Now().AddDate(0, 2, 0).Format(time.DateOnly)
	robin.Fill("A day and a time", day+"T09:30")
	robin.Touch("Set")
	robin.Await(`document.querySelector("main .notice time")?.dateTime.startsWith("` + day + `T00:30")`)
	const knob = `document.querySelector("#pick-snooze summary").textContent.trim()`
	robin.Await(knob + ` === "Snoozed"`)
	robin.Touch("Bring it back")
	robin.Await(`!document.querySelector("main .notice time")`)
	robin.Await(knob + ` === "Snooze"`)
}

// TestNewRequest begins a request for a customer, who gets a mail (row S40).
//
// covers: S40, P10
func TestNewRequest(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	for name, look := range map[string]chrome.Look{"with scripts": {}, "without": {NoScript: true}, "phone": {Width: 390, Touch: true, Dark: true}} {
		address := strings.ReplaceAll(name, " ", "") + "@customer.example"
		robin := agent(t, desk, look)
		robin.Open(desk.URL() + "/agent/new")
		robin.Fill("Requester’s mail address", address)
		robin.Fill("Name", "Lin "+name)
		robin.Fill("Subject", "Your broken lamp")
		robin.Fill("Message", "You called about it "+name)
		robin.Attach("Files", file(t, "plan.txt", "first this, then that"))
		robin.Choose("Priority", "High")
		robin.Press("Send and make the request")
		robin.See("Your broken lamp", "You called about it "+name, "plan.txt")
		if letter := desk.Letter(t, address, "Your broken lamp"); !strings.Contains(letter.Text, "You called about it "+name) {
			t.Errorf("the mail says\n%s", letter.Text)
		}
		if look.NoScript {
			continue
		}
		// They are known now: offered while the address is typed, and by their name.
		robin.Open(desk.URL() + "/agent/new")
		robin.Fill("Requester’s mail address", address[:5])
		robin.Await(`[...document.querySelector("#new-known").options].some(o => o.value === "` + address + `")`)
		robin.Fill("Requester’s mail address", address)
		if got := robin.Value("Name"); got != "Lin "+name {
			t.Errorf("the name that is filled in is %q", got)
		}
		robin.Fill("Name", "Lin's brother")
		robin.Fill("Requester’s mail address", address[:5])
		robin.Fill("Requester’s mail address", address)
		if got := robin.Value("Name"); got != "Lin's brother" {
			t.Errorf("a name that was typed became %q", got)
		}
	}
}

// TestDraftIsKept leaves a page in the middle of a sentence, and finds it elsewhere.
//
// covers: P10
func TestDraftIsKept(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	at := desk.URL() + "/agent/tickets/" + number
	robin := agent(t, desk, chrome.Look{})
	robin.Open(at)
	robin.Fill("Reply", "Half a sen")
	robin.See("Draft kept")
	robin.Open(at)
	if got := robin.Value("Reply"); got != "Half a sen" {
		t.Errorf("after a reload there is %q", got)
	}
	elsewhere := agent(t, desk, chrome.Look{NoScript: true})
	elsewhere.Open(at)
	if got := elsewhere.Value("Reply"); got != "Half a sen" {
		t.Errorf("in another browser there is %q", got)
	}
	robin.Touch("Send to alice@customer.example")
	robin.See("Your reply is saved and on its way.")
	elsewhere.Open(at)
	if got := elsewhere.Value("Reply"); got != "" {
		t.Errorf("after it was sent there still is %q", got)
	}
}

// TestTwoAgentsAtOnce work on one request: they see each other, and neither sends
// without knowing what the other sent.
//
// covers: P10
func TestTwoAgentsAtOnce(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	at := desk.URL() + "/agent/tickets/" + number
	robin := agent(t, desk, chrome.Look{})
	kim := second(t, desk, chrome.Look{Dark: true}, "kim@acme.example", "Kim Second")
	robin.Open(at)
	kim.Open(at)
	robin.See("Kim Second is here")
	kim.Fill("Reply", "Use the other switch")
	robin.See("Kim Second is writing a reply")

	robin.Fill("Reply", "We send you a new one")
	kim.Touch("Send to alice@customer.example")
	robin.See("Use the other switch") // it comes in while the other one writes
	if got := robin.Value("Reply"); got != "We send you a new one" {
		t.Fatalf("of what was being written there is %q", got)
	}
	robin.Touch("Send to alice@customer.example")
	robin.See("Kim Second answered", "Nothing was sent yet.", "Send anyway")
	if got := robin.Value("Reply"); got != "We send you a new one" {
		t.Errorf("of what was not sent there is %q", got)
	}
	robin.Touch("Send anyway")
	robin.See("Your reply is saved and on its way.")
	kim.See("We send you a new one")
	mails := desk.Letter(t, "alice@customer.example", "The lamp").Text + desk.Letter(t, "alice@customer.example", "The lamp").Text
	for _, words := range []string{"Use the other switch", "We send you a new one"} {
		if strings.Count(mails, words) != 1 {
			t.Errorf("%q is not in one of both mails:\n%s", words, mails)
		}
	}
	for _, fault := range robin.Faults() { // browsers note every refusal, this one too
		if !strings.Contains(fault, "409 (Conflict)") {
			t.Errorf("in the browser: %s", fault)
		}
	}

	// Both change what it is filed under: nothing of either is lost.
	choose(robin, "priority", "Urgent")
	choose(kim, "assign", "Kim Second")
	robin.See("Priority set to Urgent.", "Assigned to Kim Second.")
	kim.See("Priority set to Urgent.", "Assigned to Kim Second.")
}

// TestTicketWithoutScripts does the same with forms alone.
//
// covers: P10
func TestTicketWithoutScripts(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	robin := agent(t, desk, chrome.Look{NoScript: true, Width: 390})
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.Press("Take it")
	robin.See("Who works on it is saved.", "Assigned to Robin Sample.")
	robin.Touch("Status: Open")
	robin.Press("Closed")
	robin.See("The status is changed.")
	robin.Touch("Note")
	robin.Fill("Note", "Only for us")
	robin.Press("Save note")
	robin.See("Your note is saved.", "Only for us")
	robin.Fill("Reply", "It is done")
	robin.Press("Send to alice@customer.example")
	robin.See("Your reply is saved and on its way.", "It is done")
}

// TestForwardToAnOutsider begins a side thread.
//
// covers: P10
func TestForwardToAnOutsider(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, "alice@customer.example", "The lamp flickers")
	robin := agent(t, desk, chrome.Look{})
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	chrome.Eval[bool](robin, `(document.querySelector("#pick-more").open = true)`)
	robin.Press("Forward to an outsider…")
	robin.Fill("Outsider’s mail address", "maker@elsewhere.example")
	robin.Fill("Message", "Have you seen this?")
	robin.Tick("alice@customer.example")
	robin.Press("Send and begin the side thread")
	robin.See("Side thread of #"+number, "Have you seen this?")
	letter := desk.Letter(t, "maker@elsewhere.example", "The lamp flickers")
	if !strings.Contains(letter.Text, "Have you seen this?") || !strings.Contains(letter.Text, "Hello, here I am.") {
		t.Errorf("the outsider does not get what was chosen:\n%s", letter.Text)
	}
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.Look(chrome.Look{Width: 1440})
	robin.See("Side threads", "with maker@elsewhere.example")
}
