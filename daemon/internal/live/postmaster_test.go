package live

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestMailboxOfDomain(t *testing.T) {
	address := helpdesk.MustAddress
	s := &snapshot{boxes: []helpdesk.Mailbox{
		{Account: "b", Name: "a", Address: address("x@acme.example")},
		{Account: "a", Name: "z", Address: address("y@acme.example")},
		{Account: "a", Name: "c", Address: address("z@acme.example")},
		{Account: "a", Name: "a", Address: address("z@other.example")},
	}}
	for _, tt := range []struct{ domain, want string }{
		{"acme.example", "a/c"}, {"ACME.example", "a/c"}, {"other.example", "a/a"}, {"example", "/"}, {"x.acme.example", "/"}, {"", "/"},
	} {
		m, ok := s.MailboxOfDomain(tt.domain)
		if got := m.Account + "/" + m.Name; got != tt.want || ok != (tt.want != "/") {
			t.Errorf("%q: %s, %v; want %s", tt.domain, got, ok, tt.want)
		}
	}
}
