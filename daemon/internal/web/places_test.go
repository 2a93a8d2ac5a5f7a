package web_test

import (
	"net/netip"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/web"
)

func TestPlaces(t *testing.T) {
	p := web.NewPlaces(4, 2)
	take := func(a string, want bool) func() {
		t.Helper()
		leave, ok := p.Take(netip.MustParseAddr(a))
		if ok != want {
			t.Errorf("a place for %s: %t, want %t", a, ok, want)
		}
		return leave
	}
	first := take("192.0.2.1", true)
	take("192.0.2.1", true)
	take("192.0.2.1", false)
	take("2001:db8::1", true)
	take("2001:db8::2", true) // the same subscriber
	take("2001:db8::3", false)
	take("192.0.2.2", false) // all are taken
	first()
	first()
	take("192.0.2.2", true)
	take("192.0.2.3", false)
}
