package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

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
	_, before := dump(t, client)
	if err := s.Write(t.Context(), "acme", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Errorf("error %v", err)
	}
	if _, after := dump(t, client); after != before {
		t.Error("an account that vanishes was not left as it is")
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

func TestBrakeCountsAllAccounts(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	now := time.Now()
	s.brake.now = func() time.Time { return now }
	for _, account := range names(30) {
		s.mustWrite(account, helpCenter(account, account+".example"))
	}
	held := 0
	all := func() {
		held = 0
		for _, account := range s.Accounts() {
			if err := s.Write(t.Context(), account, plan.Desired{}, noSecrets); IsHeld(err) {
				held++
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	all()
	if held != 15 {
		t.Errorf("%d of 30 are held", held)
	}
	now = now.Add(2 * brakeWindow)
	all() // those that wait are not forgotten when the window is over
	if held != 15 {
		t.Errorf("later %d are held", held)
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
