package browser

import (
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// TestGerman goes the whole way in German, by what the browser prefers.
//
// covers: S43
func TestGerman(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		look.Language = "de-AT, de;q=0.9, en;q=0.5"
		address := addressOf(t)
		tab := somebody(t, look)
		tab.Open(desk.URL() + "/")
		if tab.Path() != "/de/" {
			t.Errorf("a German browser is led to %s", tab.Path())
		}
		german(t, tab)
		tab.Press("Anfrage senden")
		tab.Follow("Allgemeine Frage")
		tab.Fill("Ihr Name", "Jürgen Groß")
		tab.Fill("Ihre E-Mail-Adresse", address)
		tab.Fill("Betreff", "Größe")
		tab.Fill("Worum geht es?", "Welche Größe brauche ich?")
		tab.Press("Senden")
		german(t, tab)
		letter := desk.Letter(t, address, "")
		tab.Open(letter.Link(t, "/t/"))
		german(t, tab)
		tab.See("Größe", "Welche Größe brauche ich?", "Wir kümmern uns darum")
	})
}

// german fails for a page that says it is in another language, or has English words
// that every page has in German.
func german(t *testing.T, tab *chrome.Tab) {
	t.Helper()
	if lang := chrome.Eval[string](tab, "document.documentElement.lang"); lang != "de" {
		t.Errorf("%s is in %q", tab.Path(), lang)
	}
	tab.SeeNone("Your ", "request", "Sign in", "message", "Submit")
}
