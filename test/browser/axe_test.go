package browser

import (
	"fmt"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// sights are how each page is looked at: in both languages, light and dark, on a
// small screen and on a wide one, and each of them with each other at least once.
var sights = []struct {
	locale string
	look   chrome.Look
}{
	{"en", chrome.Look{}},
	{"en", chrome.Look{Width: chrome.Narrow, Dark: true}},
	{"de", chrome.Look{Dark: true}},
	{"de", chrome.Look{Width: chrome.Narrow}},
}

// watchers are the tabs that look at pages side by side. Two keep two cores busy
// while a third waits for an answer.
const watchers = 3

// TestEveryPage looks at every page in every state. Nothing keeps somebody from
// using it, it fits on its screen, and it breaks no rule of ours.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	chrome.NeedAxe(t)
	desk := peers.StartDev(t, "")
	pages := gallery(t, desk)
	for _, sight := range sights {
		queue := make(chan shown, len(pages)) // a watcher that breaks off leaves the rest to the others
		for _, p := range pages {
			queue <- p
		}
		close(queue)
		var wg sync.WaitGroup
		for range watchers {
			tab := person(t, sight.look)
			wg.Go(func() {
				for p := range queue {
					judge(t, tab, p.Name, desk.URL()+p.Paths[sight.locale])
				}
			})
		}
		wg.Wait()
	}
}

// judge opens a page and looks at it.
func judge(t *testing.T, tab *chrome.Tab, name, address string) {
	t.Helper()
	tab.Open(address)
	for _, fault := range faultsOf(tab, true) {
		t.Errorf("%s, %s: %s", name, address, fault)
	}
}

// faultsOf tells what is wrong with the page that a tab shows. Axe runs scripts.
func faultsOf(tab *chrome.Tab, axe bool) []string {
	faults := tab.Faults()
	if axe {
		for _, f := range tab.Axe() {
			if f.Serious() {
				faults = append(faults, f.String())
			}
		}
	}
	if wide := chrome.Eval[int](tab, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
		faults = append(faults, fmt.Sprintf("it is %d px wider than the screen", wide))
	}
	return faults
}
