package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// A question that follows an answer appears as soon as that is given, and the
// reader stays where they are.
// covers: S31, P12
func TestQuestionsAndFilesWithScripts(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	tab := person(t, chrome.Look{})
	tab.Open(desk.URL() + "/en/submit/contact")
	tab.SeeNone("Serial number")
	chrome.Eval[bool](tab, `(document.getElementById("field.product").focus(), true)`)
	tab.Choose("Product", "Rocket skates")
	tab.See("Serial number")
	tab.Await(`document.querySelector("[data-changed]").textContent !== ""`)
	if !chrome.Eval[bool](tab, `document.activeElement.id === "field.product"`) {
		t.Error("the reader was led elsewhere")
	}
	tab.Fill("Serial number", "R2-D2")
	tab.Choose("Product", "Anvil")
	tab.Await(`document.getElementById("field.serial").getClientRects().length === 0`)
	tab.Choose("Product", "Rocket skates")
	tab.See("Serial number")
	if got := tab.Value("Serial number"); got != "R2-D2" {
		t.Errorf("what was typed has become %q", got)
	}

	// One file too many is told before anything is sent, and can be taken out.
	picture := "GIF89a and so on"
	tab.Attach("Pictures", file(t, "a.gif", picture), file(t, "b.gif", picture), file(t, "c.gif", picture), file(t, "d.gif", picture))
	tab.See("a.gif", "d.gif", "one file too many")
	tab.Touch("Remove: a.gif")
	tab.Await(`!document.body.innerText.includes("one file too many")`)

	tab.Fill("Your mail address", addressOf(t))
	tab.Fill("Subject", "Skates")
	tab.Fill("What is it about?", "A wheel is loose.")
	tab.Touch("Send")
	tab.See("Your request was sent", addressOf(t))
	shown := desk.Command(t, "ticket", "show", "1", "--json")
	for _, want := range []string{"R2-D2", "b.gif", "c.gif", "d.gif"} {
		has(t, shown, want)
	}
}

// Without scripts nobody is sent past a question that they have not seen, and files
// survive it.
// covers: S31, P12
func TestQuestionsAndFilesWithoutScripts(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	tab := person(t, chrome.Look{NoScript: true, Width: chrome.Narrow})
	tab.Open(desk.URL() + "/de/submit/contact")
	tab.Fill("Ihre E-Mail-Adresse", addressOf(t))
	tab.Fill("Betreff", "Schuhe")
	tab.Fill("Worum geht es?", "Ein Rad ist lose.")
	tab.Choose("Produkt", "Raketenrollschuhe")
	tab.Attach("Bilder", file(t, "rad.gif", "GIF89a and so on"))
	if status := tab.Press("Senden"); status != http.StatusUnprocessableEntity {
		t.Errorf("a form with a new question answers %d", status)
	}
	tab.See("noch eine Frage", "rad.gif")
	if got := tab.Value("Betreff"); got != "Schuhe" {
		t.Errorf("the subject has become %q", got)
	}
	tab.Fill("Seriennummer", "R2")
	tab.Choose("Produkt", "Amboss")
	tab.Press("Weitere Fragen anzeigen")
	tab.SeeNone("Seriennummer", "noch eine Frage")
	tab.See("rad.gif")
	tab.Press("Senden")
	tab.See("Ihre Anfrage ist angekommen")
	has(t, desk.Command(t, "ticket", "show", "1", "--json"), "rad.gif")
}

// An agent is known in the help center, and brings a request in for somebody.
// covers: S37, S38, S39, S40, S40a
func TestAgentSubmitsForACustomer(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	tab := person(t, chrome.Look{Width: screen}) // who brought it in stands beside the request
	tab.Open(desk.URL() + "/agent/sign-in?next=/en/submit/contact")
	tab.Fill("Mail address", desk.Agent)
	tab.Fill("Password", desk.Password)
	tab.Press("Sign in")
	tab.See("You are here as an agent")
	tab.Fill("Mail address of the customer", addressOf(t))
	tab.Fill("Subject", "Called")
	tab.Fill("What is it about?", "She called about a wheel.")
	tab.Press("Send")
	tab.See("Brought in by", addressOf(t))
	letter := desk.Letter(t, addressOf(t), "")
	tab.Open(letter.Link(t, "/t/"))
	tab.See("Called")
}

func has(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("there is no %q in %s", want, text)
	}
}
