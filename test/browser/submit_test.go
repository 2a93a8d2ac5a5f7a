package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// eachWay runs a journey with scripts and without them.
func eachWay(t *testing.T, journey func(*testing.T, chrome.Look)) {
	t.Helper()
	for name, look := range map[string]chrome.Look{
		"with scripts": {}, "without scripts, narrow and dark": {NoScript: true, Width: chrome.Narrow, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, look)
		})
	}
}

// covers: S03, S08, S10, S19, S22, S31
func TestSubmitAsAnyone(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		tab := somebody(t, look)
		tab.Open(desk.URL() + "/")
		tab.Press("Submit a request")
		tab.Follow("Billing question")

		// One answer is wrong, one is missing: everything typed is still there.
		tab.Fill("Your name", "Zoë O'Neill")
		tab.Fill("Your mail address", "zoë at home")
		tab.Fill("Subject", "Is <b>this</b> mine?")
		tab.Fill("Message", "First line\n\nLast line & more")
		tab.Choose("Topic", "Invoice copy")
		if status := tab.Press("Send"); status != http.StatusUnprocessableEntity {
			t.Errorf("a form with a mistake answers %d", status)
		}
		if got := tab.Value("Subject"); got != "Is <b>this</b> mine?" {
			t.Errorf("the subject has become %q", got)
		}
		if !chrome.Eval[bool](tab, `document.activeElement === document.querySelector("[aria-invalid=true]")`) {
			t.Error("the field with the mistake is not focused")
		}
		tab.Fill("Your mail address", address)
		tab.Press("Send")
		tab.See("Your request was sent", address)

		letter := desk.Letter(t, address, "")
		if status := tab.Open(letter.Link(t, "/t/")); status != http.StatusOK {
			t.Errorf("the link answers %d", status)
		}
		tab.See("Is <b>this</b> mine?", "First line", "Last line & more", address)
		if cookies := tab.Cookies(); len(cookies) > 0 {
			t.Errorf("a link sets cookies: %v", cookies)
		}
	})
}

// addressOf is a customer of this test alone.
func addressOf(t *testing.T) string {
	t.Helper()
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(t.Name()))
	return letters + "@customer.example"
}

// file is one to attach.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
