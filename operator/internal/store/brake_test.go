package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/test/etcd"
)

// centers is what is desired of an account with n help centers, and one form.
func centers(account string, n int, title string) plan.Desired {
	documents := []wire.Document{document(account, config.KindTicketForm, "form", title)}
	for i := range n {
		documents = append(documents, document(account, config.KindHelpCenter, fmt.Sprint(i), "x"))
	}
	return desired(account, documents...)
}

// covers: K05
func TestBrakeHoldsAnAccount(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", centers("acme", 20, "old"))
	err := s.Write(t.Context(), "acme", centers("acme", 5, "new"), noSecrets)
	held, ok := errors.AsType[*HeldError](err)
	if !ok || held.HelpCenters != 15 || held.All != 20 {
		t.Fatalf("error %v", err)
	}
	stored := s.Stored("acme", nil, nil)
	if len(stored.Documents) != 21 || len(stored.Account.Documents) != 21 {
		t.Errorf("%d documents are there, and %d are named", len(stored.Documents), len(stored.Account.Documents))
	}
	form := wire.Ref{Kind: wire.TicketForms, Name: "form"}
	if want := document("acme", config.KindTicketForm, "form", "new").Hash; stored.Documents[form].Hash != want || stored.Account.Documents[form] != want {
		t.Error("what is no deletion was not written")
	}
	before, _ := dump(t, client)
	if err := s.Write(t.Context(), "acme", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Errorf("error %v", err)
	}
	after, _ := dump(t, client)
	if before["operator/held/acme"] != "15" || after["operator/held/acme"] != "20" {
		t.Errorf("it is noted that %q and then %q are held", before["operator/held/acme"], after["operator/held/acme"])
	}
	before["operator/held/acme"] = "20"
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("an account that vanishes was not left as it is:\n%s", diff)
	}
	if testutil.ToFloat64(s.held) != 1 {
		t.Error("no metric tells it")
	}
	s.mustWrite("acme", centers("acme", 20, "new")) // they are back
	if testutil.ToFloat64(s.held) != 0 {
		t.Error("the metric tells what is over")
	}

	allowed := lead(t, client, func(o *Options) { o.AllowMassDelete = true })
	allowed.mustWrite("acme", plan.Desired{})
	if got := keysOf(t, client); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
}

// vanish has all accounts vanish that there are, and returns how many are held.
func vanish(t *testing.T, s *running) (held int) {
	t.Helper()
	for _, account := range s.Accounts() {
		if err := s.Write(t.Context(), account, plan.Desired{}, noSecrets); IsHeld(err) {
			held++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return held
}

// windowEnds is what etcd does when the window is over.
func windowEnds(t *testing.T, s *running) {
	t.Helper()
	leases, err := s.o.Client.Leases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leases.Leases {
		if _, err := s.o.Client.Revoke(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	etcd.Eventually(t, "the window is over", func() bool {
		none := true
		s.operator.Each(keys.Vanisheds(), func(string, []byte, int64) { none = false })
		return none
	})
}

// The sign-up of help centers that are held is held as well, though nobody declares
// one any more and what was overruled is remembered.
func TestBrakeKeepsTheSignUp(t *testing.T) {
	s := lead(t, etcd.Start(t).Client())
	d := centers("acme", 20, "x")
	holds := &config.EstablishedSignUp{Holder: "1", Declared: "sha256:00", Applied: config.SignUp{Mode: config.SignUpOpen}}
	d.Account.SignUp = holds
	d.Account.Seal()
	s.mustWrite("acme", d)
	none := centers("acme", 0, "x")
	none.Account.SignUp = &config.EstablishedSignUp{Applied: config.SignUp{Mode: config.SignUpInviteOnly}, Overruled: map[string]string{"2": "sha256:01"}}
	none.Account.Seal()
	if err := s.Write(t.Context(), "acme", none, noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	if diff := cmp.Diff(holds, s.Stored("acme", nil, nil).Account.SignUp); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// covers: K05
func TestBrakeCountsAllAccounts(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	for _, account := range names(30) {
		s.mustWrite(account, helpCenter(account, account+".example"))
	}
	if held := vanish(t, s); held != 15 {
		t.Errorf("%d of 30 are held", held)
	}
	_, before := dump(t, client)
	if held := vanish(t, s); held != 15 {
		t.Errorf("%d are held of those that wait", held)
	}
	if _, after := dump(t, client); after != before {
		t.Error("something is written though nothing changes")
	}
	s = lead(t, client) // one that is started anew
	if held := vanish(t, s); held != 15 {
		t.Errorf("after a restart %d are held", held)
	}
	windowEnds(t, s) // those that wait are not forgotten when the window is over
	if held := vanish(t, s); held != 15 {
		t.Errorf("later %d are held", held)
	}
	s = lead(t, client)
	if held := vanish(t, s); held != 15 || testutil.ToFloat64(s.held) != 15 {
		t.Errorf("after another restart %d are held", held)
	}
	s = lead(t, client, func(o *Options) { o.AllowMassDelete = true })
	if held := vanish(t, s); held != 0 {
		t.Errorf("%d are held that may go", held)
	}
	if got := keysOf(t, client); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
}

// Those that wait for others go once these are back, or have been gone for long.
func TestBrakeLetsGoWithTime(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", centers("acme", 20, "x"))
	s.mustWrite("big", centers("big", 12, "x"))
	s.mustWrite("acme", centers("acme", 8, "x"))
	if err := s.Write(t.Context(), "big", centers("big", 6, "x"), noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	told := s.told("big")
	windowEnds(t, s)
	etcd.Eventually(t, "it is to be looked at again", func() bool { return s.told("big") > told })
	s.mustWrite("big", centers("big", 6, "x"))

	windowEnds(t, s)
	s.mustWrite("acme", plan.Desired{})
	if err := s.Write(t.Context(), "big", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	told = s.told("big")
	s.mustWrite("acme", centers("acme", 8, "x")) // they are back
	if s.told("big") == told {
		t.Error("who waits is not looked at again when others are back")
	}
	s.mustWrite("big", plan.Desired{})
}

// What waits in an account that is not looked after any more holds nobody up, nor
// does what somebody has taken away by hand.
func TestBrakeForgetsWhatIsNotThere(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", centers("acme", 20, "x"))
	s.mustWrite("big", centers("big", 18, "x"))
	if err := s.Write(t.Context(), "acme", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	if err := s.Write(t.Context(), "big", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	s = lead(t, client, func(o *Options) { o.Mine = func(account string) bool { return account != "acme" } })
	s.mustWrite("big", plan.Desired{})
	if _, err := client.Delete(t.Context(), keys.AccountPrefix("acme"), clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	s = lead(t, client)
	vanish(t, s)
	for _, key := range keysOf(t, client) {
		if strings.HasPrefix(key, "operator/held/") {
			t.Errorf("%s is left", key)
		}
	}
}

func TestBrakeLetsFewGo(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", centers("acme", 10, "x"))
	s.mustWrite("acme", plan.Desired{})
	s.mustWrite("big", centers("big", 30, "x"))
	s.mustWrite("big", centers("big", 25, "x"))
	if got := len(s.Stored("big", nil, nil).Documents); got != 26 {
		t.Errorf("%d documents are left", got)
	}
}
