// Package browser plays in a real browser, against the real program, what
// customers and agents do in the portal.
package browser

import (
	"fmt"
	"regexp"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) {
	peers.RunTests(m, func() {
		if running != nil {
			running.Close()
		}
	})
}

// running is the one Chromium of all tests: each tab in it is a person of its own.
var (
	running *chrome.Browser
	launch  = sync.OnceValues(func() (_ *chrome.Browser, err error) {
		running, err = chrome.Launch("chromium")
		return running, err
	})
)

// judgedBefore has the titles and looks of pages that axe has looked at. Titles
// tell pages apart, but for numbers in them.
var (
	judgedBefore sync.Map
	digits       = regexp.MustCompile("[0-9]+")
)

// person opens the browser of somebody new, whose test fails for every fault of a
// page.
func person(t *testing.T, look chrome.Look) *chrome.Tab {
	t.Helper()
	chrome.NeedAxe(t)
	peers.Need(t, "chromium", "chromium")
	b, err := launch()
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return b.Tab(t, look)
}

// somebody is a person whose every page is judged too: each kind of page once in a
// look, as journeys pass the same ones again and again.
func somebody(t *testing.T, look chrome.Look) *chrome.Tab {
	t.Helper()
	tab := person(t, look)
	tab.OnPage = func() {
		_, judged := judgedBefore.LoadOrStore(fmt.Sprintf("%s in %+v", digits.ReplaceAllString(tab.Title(), "0"), look), true)
		for _, fault := range faultsOf(tab, !judged && !look.NoScript) {
			t.Errorf("%s %.100s: %s", tab.Path(), tab.Title(), fault)
		}
	}
	return tab
}
