package live

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestMailboxOfDomain(t *testing.T) {
	address := helpdesk.MustAddress
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	s := &snapshot{boxes: []helpdesk.Mailbox{
		{Account: "b", Name: "a", Address: address("x@acme.example")},
		{Account: "a", Name: "z", Address: address("y@acme.example")},
		{Account: "a", Name: "c", Address: address("z@acme.example")},
		{Account: "a", Name: "a", Address: address("z@other.example")},
		{Account: "a", Name: "file", Address: address("a@aged.example")},
		{Account: "c", Name: "young", Address: address("postmaster@aged.example"), Since: at(3)},
		{Account: "z", Name: "old", Address: address("x@aged.example"), Since: at(1)},
		{Account: "a", Name: "middle", Address: address("y@aged.example"), Since: at(2)},
		{Account: "a", Name: "a", Address: address("a@files.example")},
		{Account: "z", Name: "z", Address: address("postmaster@files.example")},
	}}
	for _, tt := range []struct{ of, want string }{
		{"postmaster@acme.example", "a/c"}, {"postmaster@ACME.example", "a/c"}, {"x@acme.example", "b/a"},
		{"postmaster@other.example", "a/a"}, {"postmaster@example", "/"}, {"postmaster@x.acme.example", "/"},
		{"postmaster@aged.example", "z/old"}, {"postmaster@files.example", "z/z"}, {"abuse@files.example", "a/a"},
	} {
		m, ok := s.MailboxOfDomain(address(tt.of))
		if got := m.Account + "/" + m.Name; got != tt.want || ok != (tt.want != "/") {
			t.Errorf("%q: %s, %v; want %s", tt.of, got, ok, tt.want)
		}
	}
}

// A mailbox that is declared later takes nothing of a domain's postmaster, whatever it
// and its account are called.
//
// covers: K02
func TestPostmasterStays(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	declare := func(account, address string, created int64) *wire.Account {
		documents := op.Documents(strings.Replace(mailbox(account, "support", ""), "support@"+account+".example", address, 1))
		for ref, doc := range documents {
			doc.Created = time.Unix(created, 0).UTC()
			documents[ref] = doc
		}
		return op.Declare(account, documents)
	}
	declare("victim", "support@victim.example", 1)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	for _, address := range []string{"x@victim.example", "postmaster@victim.example"} {
		list := declare("attacker", address, 2)
		eventually(t, "the other account is loaded", func() bool { l := op.Loaded("replica-1", "attacker"); return l != nil && l.Account == list.Hash })
		if m, ok := d.Live().MailboxOfDomain(helpdesk.MustAddress("postmaster@victim.example")); !ok || m.Account != "victim" {
			t.Errorf("with %s the postmaster is of %q", address, m.Account)
		}
	}
}
