// Package chrome drives Debian's Chromium for tests, as people use it: it opens
// pages, fills in what a label names, and presses what a button says. Each tab is
// a person of its own, with its own cookies, screen and taste.
//
// A tab also notes what no page may do: complain in the console, break the policy
// of its content, or ask another host for anything. Its test fails for that.
package chrome

import (
	"context"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/posterndesk/postern/test/peers"
)

// Browser is a running Chromium.
type Browser struct {
	ctx  context.Context
	stop func()
}

// onlyHere keeps Chromium from asking anybody but this machine, its own makers
// included. Hosts below .test (RFC 6761) are this machine under a name that browsers do
// not take for safe, as they do localhost.
const onlyHere = "MAP *.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE *.localhost , EXCLUDE 127.0.0.1"

// Start runs a Chromium until the test ends. Where there is none the test is
// skipped, loudly; with CI set it fails.
func Start(t testing.TB) *Browser {
	t.Helper()
	b, err := Launch(peers.Need(t, "chromium", "chromium"))
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// Launch runs the program until Close.
func Launch(program string) (*Browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.Flag("host-resolver-rules", onlyHere),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("lang", "en"),
		// Without a graphics card, painting goes through an emulated one, which costs
		// more than painting itself.
		chromedp.Flag("disable-gpu", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with it
	}
	outer, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(outer)
	b := &Browser{ctx: ctx, stop: func() {
		stop()
		stopAll()
	}}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// Close ends Chromium with all that it started.
func (b *Browser) Close() {
	_ = chromedp.Cancel(b.ctx) // waits; a browser that has died already is ended too
	b.stop()
}
