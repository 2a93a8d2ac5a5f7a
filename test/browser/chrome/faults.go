package chrome

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// notes are what a tab saw that no page may do.
type notes struct {
	mu        sync.Mutex
	faults    []string
	documents map[string]bool // addresses of pages: that one is missing is no fault of a page
	hosts     map[string]bool // that were opened by hand
}

// Faults takes what was noted so far.
func (tab *Tab) Faults() []string {
	tab.seen.mu.Lock()
	defer tab.seen.mu.Unlock()
	taken := tab.seen.faults
	tab.seen.faults = nil
	return taken
}

func (n *notes) allow(address string) {
	if u, err := url.Parse(address); err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.hosts[u.Host] = true
	}
}

// hear is told of every event of the tab, in order.
func (n *notes) hear(event any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		n.request(e)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			n.documents[e.Response.URL] = true
		}
	case *log.EventEntryAdded:
		n.entry(e.Entry)
	case *runtime.EventExceptionThrown:
		d := e.ExceptionDetails
		what := []*runtime.RemoteObject{}
		if d.Exception != nil {
			what = append(what, d.Exception)
		}
		n.fault("exception: %s %s (%s:%d)", d.Text, words(what), d.URL, d.LineNumber+1)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			n.fault("console: %s", words(e.Args))
		}
	}
}

func (n *notes) request(e *network.EventRequestWillBeSent) {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return // data: and the like ask nobody
	}
	if !n.hosts[u.Host] {
		n.fault("%s asks another host: %s", e.DocumentURL, e.Request.URL)
	}
}

func (n *notes) entry(e *log.Entry) {
	// The log has a line for each answer of 400 and more, also for the page itself.
	if e.Source == log.EntrySourceNetwork && n.documents[e.URL] {
		return
	}
	if e.Level == log.EntryLevelError || e.Level == log.EntryLevelWarning || e.Source == log.EntrySourceSecurity {
		n.fault("%s %s: %s (%s)", e.Source, e.Level, e.Text, e.URL)
	}
}

func (n *notes) fault(format string, args ...any) {
	n.faults = append(n.faults, fmt.Sprintf(format, args...))
}

func words(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a.Description != "" {
			all = append(all, a.Description)
		} else {
			all = append(all, strings.Trim(string(a.Value), `"`))
		}
	}
	return strings.Join(all, " ")
}
