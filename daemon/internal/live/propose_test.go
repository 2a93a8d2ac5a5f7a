package live

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func propose(l *Live, manifests ...string) (Proposed, error) {
	return l.Propose([]config.Source{{Name: "proposed.yaml", Data: []byte(strings.Join(manifests, ""))}})
}

// A proposal changes nothing of what is served, and finds what it would find if
// it were.
//
// covers: M06, K03
func TestPropose(t *testing.T) {
	l := load(t, Options{}, center("a", "one", ""), mailbox("a", "support", ""))
	p, err := propose(l, center("a", "two", ""), strings.Replace(mailbox("a", "support", ""), "inbound:", "aliases: [old@a.example], inbound:", 1), mailbox("b", "support", ""))
	if err != nil {
		t.Fatal(err)
	}
	type directory interface {
		MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool)
		HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
		IsAlias(account string, a helpdesk.Address) bool
	}
	for _, tt := range []struct {
		name string
		of   directory
		want []bool
	}{
		{"served", l, []bool{true, false, true, false, false}},
		{"proposed", p, []bool{true, true, false, true, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, ours := tt.of.MailboxByAddress(helpdesk.MustAddress("support@a.example"))
			_, theirs := tt.of.MailboxByAddress(helpdesk.MustAddress("support@b.example"))
			_, one := tt.of.HelpCenter("a", "one")
			_, two := tt.of.HelpCenter("a", "two")
			got := []bool{ours, theirs, one, two, tt.of.IsAlias("a", helpdesk.MustAddress("old@a.example"))}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

// Who holds an address keeps it: by the names alone another mailbox would get it.
//
// covers: K03
func TestProposeHonoursWhatIsSettled(t *testing.T) {
	held := strings.Replace(mailbox("a", "support", ""), "support@a.example", "desk@a.example", 1)
	rival := strings.Replace(mailbox("a", "aardvark", ""), "aardvark@a.example", "desk@a.example", 1)
	fresh := load(t, Options{}, mailbox("a", "support", ""))
	for _, tt := range []struct {
		name string
		live *Live
		want string // who is told to have lost
	}{
		{"nobody held it", fresh, "Mailbox a/support"},
		{"held", load(t, Options{}, held), "Mailbox a/aardvark"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := propose(tt.live, held, rival)
			if err == nil || !strings.Contains(err.Error(), tt.want+": spec.address") || !strings.Contains(err.Error(), "proposed.yaml:") {
				t.Errorf("error = %v, want one about %s", err, tt.want)
			}
		})
	}
	if _, err := propose(fresh, center("a", "one", ", view: Nobody")); err == nil || !strings.Contains(err.Error(), "spec.portal.view") {
		t.Errorf("error = %v, want one about the view", err)
	}
}
