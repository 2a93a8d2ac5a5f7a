package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// openContact goes from the list of contacts to one of them, by their name there.
func openContact(tab *chrome.Tab, desk *peers.Dev, address, name string) {
	tab.Open(desk.URL() + "/agent/contacts")
	tab.Fill("Name, address or domain", address)
	tab.Press("Search")
	tab.See("1 contact found.")
	tab.Follow(name)
	tab.See("Addresses", "Sign-in to the portal")
}

// writes sends a mail of somebody to an address of ours.
func writes(t *testing.T, desk *peers.Dev, from, to, subject, text string, headers ...string) {
	t.Helper()
	desk.Send(t, from, to, fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\n%s\n%s\n", from, to, subject, strings.Join(append(headers, ""), "\n"), text))
}

// replyTo is where an answer to a letter goes.
func replyTo(letter peers.Letter) string {
	to := letter.Header.Get("Reply-To")
	return strings.TrimSuffix(to[strings.LastIndex(to, "<")+1:], ">")
}

// TestActivationLink: an agent opens a contact and sends an activation link, and the
// customer activates their sign-in and uses it (rows S27 to S29).
//
// covers: S27, S28, S29, P10
func TestActivationLink(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		ask(t, desk, address, "Before I could sign in")
		robin := agent(t, desk, look)
		openContact(robin, desk, address, address)
		robin.See("They cannot sign in.", "Before I could sign in")
		robin.Touch("Send an activation link…")
		robin.Press("Send the activation link")
		robin.See("A mail with the activation link is on its way to "+address, "The link stops working")

		alice := somebody(t, look)
		activate(t, desk, alice, address, "Activate the account")
		alice.See("My requests", "Before I could sign in")
		alice.Open(desk.URL() + "/en/account")
		alice.Press("Sign out here")
		alice.Open(desk.URL() + "/en/requests")
		alice.Fill("Your mail address", address)
		alice.Fill("Password", password)
		alice.Press("Sign in")
		alice.Follow("Before I could sign in")
		alice.See("Hello, here I am.")

		robin.Open(robin.Address())
		robin.See("They can sign in", "With a password", "Signed in in one browser now.")
		robin.SeeNone("Send an activation link…")
	})
}

// TestBlocking holds the mail of who is blocked as spam, refuses answers to them, and
// tells them nothing; then all is as before.
//
// covers: P10
func TestBlocking(t *testing.T) {
	t.Parallel()
	const alice = "alice@customer.example"
	desk := peers.StartDev(t, "")
	_, number := ask(t, desk, alice, "The lamp flickers")
	hers := customer(t, desk, chrome.Look{}, alice)
	robin := agent(t, desk, chrome.Look{Width: 1440})
	openContact(robin, desk, alice, alice)
	robin.Touch("Block…")
	robin.Press("Block this contact")
	robin.See("The contact is blocked.", "Robin Sample blocked this contact")
	profile := robin.Address()

	writes(t, desk, alice, "support@acme.example", "Read this", "Cheap lamps for all.")
	robin.Open(desk.URL() + "/agent/held")
	robin.See("Read this")
	if got := desk.Letters(t); len(got) > 0 && strings.Contains(fmt.Sprint(got), "Read this") {
		t.Errorf("a mail of who is blocked was answered: %v", got)
	}
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.Fill("Reply", "Here you are")
	robin.Touch("Send to " + alice)
	robin.See("is blocked: unblock them before you answer")
	if got := robin.Value("Reply"); got != "Here you are" {
		t.Errorf("of what was not sent there is %q", got)
	}
	for _, fault := range robin.Faults() { // browsers note every refusal, this one too
		if !strings.Contains(fault, "422 (Unprocessable Entity)") {
			t.Errorf("in the browser: %s", fault)
		}
	}

	for _, path := range []string{"/en/requests", "/en/account", "/en/submit/contact"} {
		hers.Open(desk.URL() + path)
		for _, word := range []string{"block", "spam"} {
			if strings.Contains(strings.ToLower(hers.Text()), word) {
				t.Errorf("%s says %q to who is blocked:\n%s", path, word, hers.Text())
			}
		}
	}
	hers.Open(desk.URL() + "/en/requests")
	hers.Follow("The lamp flickers")
	hers.Fill("Your message", "Do you hear me?")
	hers.Press("Send")
	hers.See("Do you hear me?")

	robin.Open(profile)
	robin.Press("Unblock")
	robin.See("The contact is heard again.")
	robin.SeeNone("Their mail is held as spam")
	robin.Open(desk.URL() + "/agent/tickets/" + number)
	robin.See("Do you hear me?")
	robin.Fill("Reply", "Here you are again")
	robin.Touch("Send to " + alice)
	robin.See("Your reply is saved and on its way.")
	if letter := desk.Letter(t, alice, "The lamp"); !strings.Contains(letter.Text, "Here you are again") || strings.Contains(letter.Text, "block") {
		t.Errorf("the mail tells of it:\n%s", letter.Text)
	}
}

// TestImportingContacts looks at what would become of a table, and does it.
//
// covers: P10
func TestImportingContacts(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		own := addressOf(t)
		table := file(t, "people.csv", "E-mail;Name;Shoe size\n"+own+";\"Grünwald; Anna\";38\nnot an address;Nobody;1\n"+own+";Twice;2\n")
		robin := agent(t, desk, look)
		robin.Open(desk.URL() + "/agent/contacts/import")
		robin.Attach("File", table)
		robin.Press("Look at it")
		robin.See("1 new, 0 changed, 0 as they are, 2 left out.", "Nothing is done yet.", "Grünwald; Anna", "Shoe size")
		elsewhere := agent(t, desk, look)
		elsewhere.Open(desk.URL() + "/agent/contacts?q=" + own)
		elsewhere.See("Nobody is found")
		robin.Press("Import people.csv")
		robin.See("Done: 1 new, 0 changed, 0 as they were, 2 left out.")
		openContact(robin, desk, own, "Grünwald; Anna")
		robin.See("Grünwald; Anna", "Nothing has proven that it is theirs")
		robin.Open(desk.URL() + "/agent/contacts/import")
		robin.Attach("File", table)
		robin.Press("Look at it")
		robin.See("0 new, 0 changed, 1 as they are, 2 left out.")
	})
}

// TestErasing asks to type a word; afterwards nothing is left, and what leads there
// says so and brings nothing back.
//
// covers: P10
func TestErasing(t *testing.T) {
	t.Parallel()
	const alice = "alice@customer.example"
	desk := peers.StartDev(t, "")
	writes(t, desk, alice, "support@acme.example", "The lamp flickers", "Hello, here I am.", "Message-ID: <first@customer.example>")
	letter := desk.Letter(t, alice, "")
	link := letter.Link(t, "/t/")
	robin := agent(t, desk, chrome.Look{Width: 1440})
	robin.Open(desk.URL() + "/agent/q/unassigned")
	inList(robin, "1")
	openContact(robin, desk, alice, alice)
	profile := robin.Address()
	robin.Press("Erase…")
	robin.See("This cannot be undone")
	robin.Fill("Type", "yes")
	robin.Press("Erase everything about this person")
	robin.See("Nothing was erased")
	robin.Fill("Type", "erase")
	robin.Press("Erase everything about this person")
	robin.Await(`location.pathname === "/agent/contacts"`)
	desk.Settled(t)
	robin.Open(desk.URL() + "/agent/contacts?q=alice")
	robin.See("Nobody is found")

	for _, path := range []string{profile, desk.URL() + "/agent/tickets/1"} {
		if status := robin.Open(path); status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, status)
		}
		robin.SeeNone("lamp", alice)
	}
	robin.Open(desk.URL() + "/agent/people/audit?act=contact.erase")
	robin.See(strings.TrimPrefix(profile, desk.URL()+"/agent/contacts/") + " erased")
	robin.Await(`!document.querySelector('a[href^="/agent/contacts/"]')`) // and no way to a page that is gone
	hers := somebody(t, chrome.Look{})
	if status := hers.Open(link); status >= http.StatusInternalServerError {
		t.Errorf("the link that she has answers %d", status)
	}
	hers.SeeNone("lamp", alice)

	writes(t, desk, alice, replyTo(letter), "Re: The lamp flickers", "Still flickering.", "Message-ID: <second@customer.example>", "In-Reply-To: <first@customer.example>")
	robin.Open(desk.URL() + "/agent/tickets/2")
	robin.See("Still flickering.")
	robin.SeeNone("Hello, here I am.")
}
