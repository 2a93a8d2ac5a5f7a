// Package surface holds the tests that go over all that the world can ask the
// daemon for: every route has its headers, its readers, and changes nothing when
// it is only read. A route without a row in the tables here fails them.
package surface

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) { peers.RunTests(m) }

// patterns are those of all pages of customers and agents.
func patterns() []string {
	site := webtest.Site(io.Discard)
	return slices.Concat(portal.New(nil, nil, site).Patterns(), console.New(nil, site).Patterns())
}

// customers tells whether an address is one of the customers' pages.
func customers(at string) bool { return at != "/agent" && !strings.HasPrefix(at, "/agent/") }

// TestEveryRoute compares the table with the routes that there are: no row may lack
// and none may be left over.
func TestEveryRoute(t *testing.T) {
	there, rows := patterns(), map[string]bool{}
	for _, r := range routes {
		if rows[r.pattern] {
			t.Errorf("the route %q has two rows", r.pattern)
		}
		rows[r.pattern] = true
		if !slices.Contains(there, r.pattern) {
			t.Errorf("there is a row for %q, which is no route", r.pattern)
		}
		if len(r.probes) == 0 {
			t.Errorf("nothing is asked of %q", r.pattern)
		}
	}
	for _, p := range there {
		if !rows[p] {
			t.Errorf("the route %q has no row: say in the table what holds for it", p)
		}
	}
}
