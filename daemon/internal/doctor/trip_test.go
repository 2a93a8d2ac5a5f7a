package doctor

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// desk is a daemon in which a probe lands after some looks.
type desk struct {
	sent    Sent
	landed  Landed
	after   int
	sendErr error
	findErr error
	endErr  error
	ended   bool
}

func (d *desk) SendProbe(context.Context, string, string) (Sent, error) { return d.sent, d.sendErr }

func (d *desk) FindProbe(context.Context, string, string, string) (Landed, error) {
	if d.after--; d.after >= 0 {
		return Landed{}, d.findErr
	}
	return d.landed, d.findErr
}

func (d *desk) EndProbe(context.Context, string, string, string) error {
	d.ended = true
	return d.endErr
}

func TestRoundTrip(t *testing.T) {
	sent := Sent{MessageID: "<doctor.x@acme.example>", Relay: "smtp.acme.example:465", Words: "queued"}
	ticket := Landed{Found: true, Ticket: 12, Trust: helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"DKIM passed."}}, Subject: "round trip x", NoLink: "the portal is off"}
	with := func(change func(*Landed)) Landed {
		l := ticket
		change(&l)
		return l
	}
	for _, test := range []struct {
		name  string
		desk  desk
		want  []string // state and step
		ended bool
	}{
		{"well", desk{sent: sent, landed: ticket, after: 3}, []string{"ok send", "ok arrive", "ok proof", "skipped link", "ok put away"}, true},
		{"it can't be sent", desk{sendErr: errors.New("no key")}, []string{"wrong send"}, false},
		{"the relay refuses", desk{sent: Sent{Relay: "r", Step: "AUTH", Words: "535"}}, []string{"wrong send AUTH"}, false},
		{"it never comes", desk{sent: sent, after: 1000}, []string{"ok send", "wrong arrive"}, false},
		{"the daemon has gone", desk{sent: sent, findErr: errors.New("gone")}, []string{"ok send", "wrong arrive"}, false},
		{"nothing proves it", desk{sent: sent, landed: with(func(l *Landed) { l.Trust.Proof = helpdesk.ProofNone })},
			[]string{"ok send", "ok arrive", "warning proof", "skipped link", "ok put away"}, true},
		{"it counts as forged", desk{sent: sent, landed: with(func(l *Landed) { l.Trust.Proof, l.Held, l.Ticket = helpdesk.ProofFail, helpdesk.UnprovenSender, 0 })},
			[]string{"ok send", "warning arrive", "wrong proof", "skipped link", "ok put away"}, true},
		{"it can't be put away", desk{sent: sent, landed: ticket, endErr: errors.New("etcd is away")},
			[]string{"ok send", "ok arrive", "ok proof", "skipped link", "wrong put away"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &Doctor{Now: time.Now}
				var told []Finding
				chapter := d.RoundTrip(t.Context(), &test.desk, support, time.Minute, func(f Finding) { told = append(told, f) })
				var got []string
				for _, f := range chapter.Findings {
					got = append(got, string(f.State)+" "+f.What)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(chapter.Findings, told); diff != "" {
					t.Errorf("told otherwise (-chapter +told):\n%s", diff)
				}
				if test.desk.ended != test.ended {
					t.Errorf("put away is %t, want %t", test.desk.ended, test.ended)
				}
			})
		})
	}
}

func TestTheLinkIsOpened(t *testing.T) {
	for _, test := range []struct {
		name  string
		page  http.Handler
		state State
		words string
	}{
		{"it shows the request", page(200, "<h1>round trip x</h1>"), OK, "shows the request"},
		{"it shows another page", page(200, "Welcome"), Wrong, "does not show"},
		{"it does not open", page(404, "round trip x"), Wrong, "404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := doctorOf(t, "")
			d.At, d.Roots = host(t, test.page, "help.acme.example")
			const secret = "pl1_secret"
			p := &desk{landed: Landed{Found: true, Ticket: 1, Trust: helpdesk.Trust{Proof: helpdesk.ProofPass}, Subject: "round trip x", Link: "https://help.acme.example/t/" + secret}}
			chapter := d.RoundTrip(t.Context(), p, support, time.Minute, func(Finding) {})
			f := finding(t, Report{Chapters: []Chapter{chapter}}, "RoundTrip", "link")
			if f.State != test.state || !strings.Contains(f.Words, test.words) {
				t.Errorf("it is %s: %s, want %s: …%s…", f.State, f.Words, test.state, test.words)
			}
			if strings.Contains(f.Words, secret) {
				t.Errorf("the link is told: %s", f.Words)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	report := Report{Chapters: []Chapter{
		{Kind: "Server", Title: "mx.acme.example", Findings: []Finding{{What: "address", State: OK, Words: "203.0.113.25"}}},
		{Kind: "Mailbox", Account: "acme", Name: "support", Title: "support@acme.example", Findings: []Finding{
			{What: "SPF", State: Missing, Words: "nothing says\x1b[31m", Is: []string{"a. IN TXT \"x\x07\""}, Set: []string{`acme.example. IN TXT "v=spf1 mx -all"`}},
		}},
		{Kind: "RoundTrip", Title: "support@acme.example", Findings: []Finding{{What: "send", State: OK, Words: "queued", Took: 1235}}},
	}}
	var b bytes.Buffer
	report.Print(&b)
	report.Sum(&b)
	const want = `Mail server mx.acme.example
  ok       address      203.0.113.25

Mailbox support@acme.example (acme/support)
  missing  SPF          nothing says [31m
           is:  a. IN TXT "x "
           set: acme.example. IN TXT "v=spf1 mx -all"

Round trip of support@acme.example
  ok       send         queued (1235 ms)

Something has to be done: 1 missing.
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		name   string
		states []State
		want   string
	}{
		{"well", []State{OK}, "All is well.\n"},
		{"nearly", []State{OK, Warning, Skipped}, "Nothing has to be done (1 warning, 1 skipped).\n"},
		{"ill", []State{Wrong, Wrong, OK}, "Something has to be done: 2 wrong.\n"},
	} {
		r := Report{Chapters: []Chapter{{}}}
		for _, s := range test.states {
			r.Chapters[0].Findings = append(r.Chapters[0].Findings, Finding{State: s})
		}
		var b bytes.Buffer
		r.Sum(&b)
		if b.String() != test.want {
			t.Errorf("%s: %q, want %q", test.name, b.String(), test.want)
		}
	}
}
