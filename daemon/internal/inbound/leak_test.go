package inbound

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const secret = "SECRET this customer never pays before the third reminder has gone out."

// unsaid fails if a text of agents alone came before customers.
func (o *office) unsaid(got helpdesk.Outcome, words string) {
	o.t.Helper()
	if got.Entry == 0 {
		return
	}
	if e := o.entry(got); e.Public() && strings.Contains(e.Text, words) {
		o.t.Errorf("%q reached %v:\n%s", words, o.copies(got, helpdesk.AgentReply), e.Text)
	}
}

// What agents wrote and customers must not read is kept back in a request that
// others were merged into, too.
//
// covers: P09, S30
func TestNothingLeaksAfterAMerge(t *testing.T) {
	o := newOffice(t)
	o.accept(mail(ann, "<n@x>", secret), o.address(o.ann, true))
	env := Envelope{ID: "t", From: helpdesk.MustAddress("x@elsewhere.example"), Peer: "192.0.2.1"}
	hidden := "Please send everything from now on to my new address in the harbour street, and tell nobody at home about it."
	if got, err := o.tryEnvelope(env, mail(alice, "<h@x>", hidden), o.replyAddress(o.number, 1)); err != nil || !o.entry(got[0]).Hidden {
		t.Fatal(got, err)
	}
	notice, to := o.notice(3), o.address(o.ann, false)
	second := o.accept(mail(mary, "<m@x>", "my question"), "support@acme.example")
	o.merge(o.number, second.Number)
	wrapped := "It comes on Monday.\r\n\r\n" + strings.Replace(quoted(notice), "to my new address in the harbour", "to my new\r\naddress in the harbour", 1) + "\r\nBye"
	o.unsaid(o.accept(mail(ann, "<a@l>", wrapped), to), "harbour")
	o.unsaid(o.accept(mail(ann, "<b@l>", "It comes on Monday.\r\n\r\n"+secret), to), "SECRET")
}

// Neither length nor number pushes a note out of what is compared.
//
// covers: P09
func TestNotesAreAlwaysCompared(t *testing.T) {
	for _, tt := range []struct {
		name         string
		note         string
		before, late int // automatic mails of 16 KiB
	}{
		{"long note", strings.Repeat("some words that fill the note up\r\n", 600) + secret, 0, 0},
		{"long mails after it", secret, 0, 12},
		{"long mails before it", secret, 12, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			n := 0
			flood := func(mails int) {
				for range mails {
					n++
					var words strings.Builder
					for j := range 5400 {
						fmt.Fprintf(&words, "%x ", j%200+n)
						if j%12 == 11 {
							words.WriteString("\r\n")
						}
					}
					got := o.accept(mail("robot@shop.example", fmt.Sprintf("<r%d@x>", n), words.String(), "Auto-Submitted: auto-generated", "In-Reply-To: <1@x>"), "support@acme.example")
					if e := o.entry(got); !e.Hidden || got.Number != o.number {
						t.Fatal(said(got))
					}
				}
			}
			flood(tt.before)
			o.accept(mail(ann, "<n@x>", tt.note), o.address(o.ann, true))
			flood(tt.late)
			o.unsaid(o.accept(mail(ann, "<b@l>", "It comes on Monday.\r\n\r\n"+secret), o.address(o.ann, false)), "SECRET")
		})
	}
}

// Who came later without the history reads nothing of it in an agent's quotes.
//
// covers: P09
func TestInlineAnswerQuotesNothingToNewcomers(t *testing.T) {
	for _, newcomer := range []bool{false, true} {
		t.Run(fmt.Sprint("newcomer ", newcomer), func(t *testing.T) {
			o := newOffice(t)
			notice := o.notice(1)
			if newcomer {
				o.change(o.number, func(tk *helpdesk.Ticket) {
					tk.Join(helpdesk.NewID(), "", helpdesk.MustAddress("new@stranger.example"), noon.Add(time.Minute))
				})
			}
			later := o.bench.with(t, func(p *Pipeline) { p.Now = func() time.Time { return noon.Add(time.Hour) } })
			var lines []string
			for l := range strings.SplitSeq(strings.TrimSpace(notice), "\r\n") {
				lines = append(lines, "> "+l)
				if strings.Contains(l, "blue lamp") {
					lines = append(lines, "", "On its way.", "")
				}
			}
			text := "On Wed, Mar 4, 2026 at 12:00 PM Acme Support <support@acme.example> wrote:\r\n\r\n" + strings.Join(lines, "\r\n")
			e := o.entry(later.accept(mail(ann, "<a@l>", text), o.address(o.ann, false)))
			if !strings.Contains(e.Text, "On its way.") || strings.Contains(e.Text, "blue lamp") == newcomer {
				t.Errorf("the answer says:\n%s", e.Text)
			}
		})
	}
}

// What somebody quotes of the request that theirs was, is for those who were there.
//
// covers: S30
func TestQuotesOfAMergedRequest(t *testing.T) {
	o := newOffice(t)
	private := "Dear Alice, the combination of your safe is seventeen four nine, please keep it to yourself."
	o.accept(mail(ann, "<a@l>", private), o.address(o.ann, false))
	reply := o.replyAddress(o.number, 1)
	second := o.accept(mail(mary, "<m@x>", "my question"), "support@acme.example")
	o.merge(o.number, second.Number)
	o.accept(mail(alice, "<2@x>", "Thanks!\r\n\r\nOn Wed, Mar 4, 2026 at 12:00 PM Acme Support <support@acme.example> wrote:\r\n\r\n> "+private+"\r\n"), reply)
	into := o.ticket(second.Number)
	for _, who := range []string{"mary@elsewhere.example", "alice@customer.example"} {
		p := into.ParticipantByAddress(helpdesk.MustAddress(who))
		seen := false
		for _, m := range into.CustomerView(p, o.entries(second), helpdesk.HelpCenter{}).Thread {
			seen = seen || strings.Contains(m.Quoted+m.Text, "seventeen")
		}
		if want := strings.HasPrefix(who, "alice"); seen != want {
			t.Errorf("%s reads what was quoted: %t, want %t", who, seen, want)
		}
	}
}
