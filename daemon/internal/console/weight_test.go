package console_test

import (
	"regexp"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// mostWeight of all that a page of the console loads besides itself, before it is
// compressed.
const mostWeight = 300_000

func TestWeight(t *testing.T) {
	h := serve(&desk{newest: 3})
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/q/open", session))
	all := 0
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		all += len(webtest.Body(t, webtest.Get(t, h, base+m[1])))
	}
	if all == 0 || all > mostWeight {
		t.Errorf("the console loads %d bytes, want at most %d", all, mostWeight)
	}
	t.Logf("the console loads %d bytes", all)
}
