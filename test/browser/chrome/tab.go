package chrome

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/posterndesk/postern/test/peers"
)

// Look is the screen and the taste of a person.
type Look struct {
	Width, Height int    // 0 is 1280 × 900
	Dark          bool   // asks for dark pages
	NoScript      bool   // runs no script of a page
	Touch         bool   // has no mouse
	Language      string // Accept-Language; "" is English
	Zone          string // where their clock is, as in Asia/Tokyo; "" is where the machine's is
}

// Widths of the smallest screen that pages fit on, and of a common one.
const (
	Narrow = 320
	Wide   = 1280

	usualHeight = 900
)

// patience is how long one step in a page may take. It only passes in full when
// something is broken.
const patience = peers.Patience

// Tab is one person with one open page.
type Tab struct {
	// OnPage is called with each new page that is shown; it may be nil.
	OnPage func()

	t      testing.TB
	ctx    context.Context
	seen   *notes
	status int64
}

// Tab opens one that ends with the test. The test fails for every fault that was
// noted until then and not taken by [Tab.Faults].
func (b *Browser) Tab(t testing.TB, look Look) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx, seen: &notes{documents: map[string]bool{}, hosts: map[string]bool{}}}
	t.Cleanup(func() {
		for _, fault := range tab.Faults() {
			t.Errorf("in the browser: %s", fault)
		}
		if t.Failed() {
			tab.keep()
		}
		cancel()
	})
	tab.do(chromedp.Func(func(context.Context, *chromedp.Target) error { return nil })) // opens it
	if err := chromedp.Listen(ctx, tab.seen.hear); err != nil {
		t.Fatal(err)
	}
	tab.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		return err
	})
	tab.Look(look)
	return tab
}

// Look changes the person's screen and taste.
func (tab *Tab) Look(look Look) {
	tab.t.Helper()
	if look.Width == 0 {
		look.Width = Wide
	}
	if look.Height == 0 {
		look.Height = usualHeight
	}
	if look.Language == "" {
		look.Language = "en"
	}
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	tab.call(func(ctx context.Context) error {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(look.Width), int64(look.Height))); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: look.Touch}); err != nil {
			return err
		}
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
			return err
		}
		script := emulation.SetScriptExecutionDisabledParams{Value: look.NoScript}
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, script); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: look.Zone}); err != nil {
			return err
		}
		headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": look.Language}}
		_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, headers)
		return err
	})
}

// Open goes to an address, waits until it is shown, and returns the status that
// it was answered with.
func (tab *Tab) Open(address string) int {
	tab.t.Helper()
	tab.seen.allow(address)
	tab.lead("open "+address, chromedp.Navigate(address))
	return tab.Status()
}

// Status is that of the page that is shown.
func (tab *Tab) Status() int { return int(tab.status) }

// Address is that of the page.
func (tab *Tab) Address() string {
	tab.t.Helper()
	return Eval[string](tab, "location.href")
}

// Path is the address without its host, and without its query.
func (tab *Tab) Path() string {
	tab.t.Helper()
	u, err := url.Parse(tab.Address())
	if err != nil {
		tab.t.Fatal(err)
	}
	return u.Path
}

// Title is that of the page.
func (tab *Tab) Title() string {
	tab.t.Helper()
	return Eval[string](tab, "document.title")
}

// Text is what is to be read on the page.
func (tab *Tab) Text() string {
	tab.t.Helper()
	return Eval[string](tab, "document.body.innerText")
}

// Eval runs a script in the page, whether the page itself may run any or not, and
// returns its value. Promises are waited for.
func Eval[T any](tab *Tab, script string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("evaluate %.100q: %v", script, err)
	}
	return value
}

// Picture is the page as PNG: all of it, not only what fits on the screen.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	const lossless = 100
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(lossless))
	if err != nil {
		tab.t.Fatalf("take a picture: %v", err)
	}
	return png
}

// Cookies are those that the person has for the page.
func (tab *Tab) Cookies() []*network.Cookie {
	tab.t.Helper()
	var all []*network.Cookie
	tab.call(func(ctx context.Context) error {
		got, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
		all = got.Cookies
		return err
	})
	return all
}

// lead does what brings a new page, and waits for it.
func (tab *Tab) lead(what string, step chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		tab.t.Fatalf("%s: %v; the page is %s", what, err, tab.where())
	}
	tab.status = 0
	if response != nil {
		tab.status = response.Status
	}
	if tab.OnPage != nil {
		tab.OnPage()
	}
}

func (tab *Tab) do(step chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, step); err != nil {
		tab.t.Fatal(err)
	}
}

func (tab *Tab) call(do func(context.Context) error) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := do(ctx); err != nil {
		tab.t.Fatal(err)
	}
}

// where tells, for a failure, what is shown.
func (tab *Tab) where() string {
	ctx, cancel := context.WithTimeout(tab.ctx, time.Second)
	defer cancel()
	words, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return words
}

// keep leaves a picture of where a test failed, in the folder that
// POSTERN_PICTURES names.
func (tab *Tab) keep() {
	folder := os.Getenv("POSTERN_PICTURES")
	if folder == "" {
		const most = 500
		tab.t.Logf("the page was %.*s", most, tab.where())
		return
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		tab.t.Logf("take a picture: %v", err)
		return
	}
	path := filepath.Join(folder, fmt.Sprintf("%s.png", url.PathEscape(tab.t.Name())))
	if err := os.WriteFile(path, shot.Data, 0o644); err != nil {
		tab.t.Logf("keep the picture: %v", err)
	}
}
