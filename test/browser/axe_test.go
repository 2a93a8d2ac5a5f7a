package browser

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// sight is how a page is looked at.
type sight struct {
	chrome.Look
	axe bool // by axe too
}

// sights are in both languages, light and dark, with a mouse on a wide screen and
// with fingers on the smallest, and each of them with each other at least once. For
// axe a language is other words in the same page: one look in the second will do. A
// page is loaded once for each language.
var sights = map[string][]sight{
	"en": {{chrome.Look{}, true}, {chrome.Look{Width: chrome.Narrow, Touch: true, Dark: true}, true}},
	"de": {{chrome.Look{Dark: true}, true}, {chrome.Look{Width: chrome.Narrow, Touch: true}, false}},
}

// watchers are the tabs that look at pages side by side. Two keep two cores busy
// while a third waits for an answer.
const watchers = 3

// TestEveryPage looks at every page in every state and language. Nothing keeps
// somebody from using it, it fits on its screen, what is there to be pressed is
// large enough for a finger, and it breaks no rule of ours.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	chrome.NeedAxe(t)
	desk := peers.StartDev(t, "")
	pages := gallery(t, desk)
	queue := make(chan shown, len(pages)) // a watcher that breaks off leaves the rest to the others
	of := regexp.MustCompile(*picturesOf)
	for _, p := range pages {
		if of.MatchString(p.Name) {
			queue <- p
		}
	}
	close(queue)
	var wg sync.WaitGroup
	for range watchers {
		tab := person(t, chrome.Look{})
		wg.Go(func() {
			for p := range queue {
				for locale, path := range p.Paths {
					judge(t, tab, p.Name, desk.URL()+path, sights[locale])
				}
			}
		})
	}
	wg.Wait()
}

// judge opens a page and looks at it, in each way.
func judge(t *testing.T, tab *chrome.Tab, name, address string, sights []sight) {
	t.Helper()
	if len(sights) == 0 {
		t.Errorf("%s: nobody looks at the page in this language", address)
	}
	for i, look := range sights {
		tab.Look(look.Look)
		if i == 0 {
			tab.Open(address)
		}
		faults := faultsOf(tab, look.axe)
		if look.Touch {
			if small := chrome.Eval[[]string](tab, tooSmall); len(small) > 0 {
				faults = append(faults, "it is hard to press: "+strings.Join(small, "; "))
			}
		}
		for _, fault := range faults {
			t.Errorf("%s, %s, %+v: %s", name, address, look.Look, fault)
		}
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
		faults = append(faults, fmt.Sprintf("it is %d px wider than the screen: %s", wide, chrome.Eval[string](tab, tooWide)))
	}
	return faults
}

// tooWide tells which element sticks out.
const tooWide = `[...document.querySelectorAll('body *')].filter(e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().right > innerWidth + .5)
	.map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + (e.name || e.id)).slice(-3).join(', ')`

// tooSmall lists what to press that is below 44 pixels high or wide. A link inside
// a sentence is as high as its line (WCAG 2.2, 2.5.8), and a box that its label
// belongs to is as large as that.
const tooSmall = `[...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select, textarea')].filter(e => {
	if (e.closest('.skip') || !e.checkVisibility({visibilityProperty: true}) || getComputedStyle(e).display === 'inline') return false;
	const box = (e.closest('label') || e).getBoundingClientRect();
	return box.height > 0 && (box.height < 43.5 || box.width < 43.5) && !e.closest('.unseen');
}).map(e => e.tagName + ' ' + (e.innerText || e.name) + ' ' + Math.round(e.getBoundingClientRect().width) + '×' + Math.round(e.getBoundingClientRect().height))`
