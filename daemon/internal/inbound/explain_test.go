package inbound

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What is explained happens, and explaining does nothing.
//
// covers: M06
func TestExplainEqualsAccept(t *testing.T) {
	o := newOffice(t)
	b := o.under(t, helpdesk.Policy{ColleagueDomains: []string{"customer.example"}, ChangedSubject: helpdesk.ForkChanged, MostPerHour: 12})
	first := b.accept(mail(alice, "<first@x>", "question", "References: <past@x>"), "support@acme.example")
	reply, agents := b.replyAddress(first.Number, 1), o.address(o.ann, false)
	merged := b.accept(mail(mary, "<merged@x>", "question"), "support@acme.example")
	mergedReply := b.replyAddress(merged.Number, 1)
	b.merge(merged.Number, first.Number)
	closed := b.accept(mail(mary, "<closed@x>", "question"), "support@acme.example")
	b.change(closed.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed })
	tests := []struct {
		name    string
		raw, to string
		trusted bool
	}{
		{"new ticket", mail("Bob <bob@new.example>", "<1@x>", "hello"), "support@acme.example", true},
		{"unproven new ticket", mail("Bob <bob@other.example>", "<2@x>", "hello"), "support@acme.example", false},
		{"answer", mail(alice, "<3@x>", "more"), reply, true},
		{"unproven answer", mail(alice, "<4@x>", "more"), reply, false},
		{"stranger", mail("Eve <eve@evil.example>", "<5@x>", "let me in"), reply, true},
		{"answer to a closed ticket", mail(mary, "<6@x>", "again", "In-Reply-To: <closed@x>"), "support@acme.example", true},
		{"the same again", mail(alice, "<first@x>", "question"), "support@acme.example", true},
		{"program", mail(alice, "<7@x>", "away", "Auto-Submitted: auto-replied"), reply, true},
		{"two senders", mail("a@x.example, b@x.example", "<8@x>", "hello"), "support@acme.example", true},
		{"an agent answers", mail(ann, "<9@x>", "#resolve\r\nYes."), agents, true},
		{"an agent, unproven", mail(ann, "<10@x>", "#resolve\r\nYes."), agents, false},
		{"a customer at an agent's address", mail(alice, "<11@x>", "#close"), agents, true},
		{"an agent forwards", forwarded(ann, "<12@x>", inlineForward), "support@acme.example", true},
		{"a colleague", mail(bob, "<13@x>", "I too", "In-Reply-To: <first@x>"), "support@acme.example", true},
		{"another subject", strings.Replace(mail(alice, "<14@x>", "by the way"), "Order", "A cat", 1), reply, true},
		{"number in the subject", strings.Replace(mail(alice, "<15@x>", "more"), "Order", fmt.Sprintf("Order [#%d]", first.Number), 1), "support@acme.example", true},
		{"a mail that never came", mail(alice, "<16@x>", "more", "References: <past@x>"), "support@acme.example", true},
		{"address of a merged request", mail(mary, "<17@x>", "and this"), mergedReply, true},
		{"same Message-ID, other words", mail(alice, "<first@x>", "something else"), "support@acme.example", true},
		{"more of an address that wrote much", mail(alice, "<18@x>", "more"), reply, true},
		{"and more", mail(alice, "<19@x>", "more"), reply, true},
		{"and still more", mail(alice, "<20@x>", "more"), reply, true},
		{"too many", mail(alice, "<21@x>", "more"), reply, true},
	}
	rows := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := helpdesk.Path{Transfer: "t1", Peer: "192.0.2.1", From: helpdesk.MustAddress("bounces@customer.example"), To: []string{tt.to}}
			var relays Relays
			if tt.trusted {
				relays = Relays{{Network: netip.MustParsePrefix("192.0.2.0/24")}}
			}
			before := b.ticket(first.Number).Rev
			said, err := b.Explain(t.Context(), Inquiry{Path: path, Relay: relays.Find(path.Peer), Raw: []byte(tt.raw)})
			if err != nil || len(said) != 1 {
				t.Fatalf("explained %+v, %v", said, err)
			}
			if after := b.ticket(first.Number).Rev; after != before {
				t.Error("explaining changed the ticket")
			}
			env := Envelope{ID: "t1", From: path.From, Peer: path.Peer, Trusted: tt.trusted}
			done, err := b.tryEnvelope(env, tt.raw, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			if said[0].Result != done[0].Result {
				t.Errorf("said %s, was %s", said[0].Result, done[0].Result)
			}
			if diff := cmp.Diff(said[0].Recognised, done[0].Recognised); diff != "" {
				t.Errorf("recognition (-said +was):\n%s", diff)
			}
			if done[0].Recognised != nil {
				rows[done[0].Recognised.Rule] = true
			}
			if said[0].Result != helpdesk.Created && said[0].Number != done[0].Number {
				t.Errorf("said #%d, was #%d", said[0].Number, done[0].Number)
			}
		})
	}
	for _, row := range []string{"agent-answer", "agent-forward", "proven-colleague", "proven-other-subject", "too-many"} {
		if !rows[row] {
			t.Errorf("no mail came to the row %s", row)
		}
	}
}

func TestExplainRecipients(t *testing.T) {
	b := newBench(t)
	said, err := b.Explain(t.Context(), Inquiry{Raw: []byte(mail(alice, "<1@x>", "to whom the header says"))})
	if err != nil || len(said) != 1 || said[0].Mailbox != "support" {
		t.Errorf("by To: %+v, %v", said, err)
	}
	for _, to := range []string{"nobody@acme.example", "no address"} {
		if _, err := b.Explain(t.Context(), Inquiry{Path: helpdesk.Path{To: []string{to}}, Raw: []byte(mail(alice, "<1@x>", "x"))}); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("to %q: %v, want it refused", to, err)
		}
	}
}

// A proposed configuration is asked in place of the one that is served: what it
// says is what would happen under it, and those whom it leaves out are told.
//
// covers: M06
func TestExplainProposed(t *testing.T) {
	b := newBench(t)
	help := box("support", "help", "help@acme.example")
	help.Results = "mx.acme.example"
	proposed := directory{b.Directory.(directory)[1], help} // support is gone
	relay := &Relay{Network: netip.MustParsePrefix("192.0.2.1/32")}
	raw := mail(alice, "<1@x>", "question", "Cc: help@acme.example, billing@acme.example, bob@elsewhere.example")

	tests := []struct {
		name     string
		proposed Directory
		to       []string
		want     []string // result, mailbox or recipient, proof
	}{
		{"served", nil, nil, []string{"created support pass", "created billing pass"}},
		{"proposed", proposed, nil, []string{"created help none", "created billing pass", "refused support@acme.example"}},
		{"named", proposed, []string{"help@acme.example", "bob@elsewhere.example"}, []string{"created help none", "refused bob@elsewhere.example"}},
		{"none is ours", proposed, []string{"support@acme.example"}, []string{"refused support@acme.example"}},
		{"none was ours", nil, []string{"help@acme.example"}, nil},
		{"empty", directory{}, nil, []string{"refused support@acme.example", "refused billing@acme.example"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := helpdesk.Path{Peer: "192.0.2.1", From: helpdesk.MustAddress("alice@customer.example"), To: tt.to}
			said, err := b.Explain(t.Context(), Inquiry{Path: path, Relay: relay, Raw: []byte(raw), Proposed: tt.proposed})
			if (err != nil) != (tt.want == nil) || err != nil && helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Fatalf("error = %v", err)
			}
			var got []string
			for _, e := range said {
				if e.Proposed != (tt.proposed != nil) {
					t.Errorf("%+v is told as proposed %t", e, e.Proposed)
				}
				if e.Recognised == nil {
					got = append(got, string(e.Result)+" "+e.Recipient)
				} else {
					got = append(got, string(e.Result)+" "+e.Mailbox+" "+string(e.Recognised.Trust.Proof))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
	if tickets, _ := b.all(); tickets != 0 {
		t.Errorf("explaining made %d tickets", tickets)
	}
	if _, err := b.Route(help.Address); err == nil {
		t.Error("what was proposed is served")
	}
}

// Explain tells the answer to what goes on in a new ticket, and the ticket that a
// held mail may mean.
//
// covers: M06
func TestExplainTellsWhatFollows(t *testing.T) {
	b := newBench(t)
	o := b.accept(mail(alice, "<1@x>", "hello"), "support@acme.example")
	b.change(o.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed })
	later := b.with(t, func(p *Pipeline) { p.Now = func() time.Time { return noon.Add(time.Hour) } })
	explain := func(b *bench, raw, to string) helpdesk.Expectation {
		t.Helper()
		found, err := b.Explain(t.Context(), Inquiry{
			Path: helpdesk.Path{From: helpdesk.MustAddress("a@customer.example"), To: []string{to}, Peer: "192.0.2.1"}, Relay: &Relay{}, Raw: []byte(raw),
		})
		if err != nil {
			t.Fatal(err)
		}
		return found[0]
	}
	raw, to := mail(alice, "<2@x>", "more"), b.replyAddress(o.Number, 1)
	expected, got := explain(later, raw, to), later.accept(raw, to)
	if answers := later.deliveries(got); len(answers) != 1 || expected.Answer != helpdesk.Acknowledgement {
		t.Errorf("explained %q, and sent %v", expected.Answer, answers)
	}
	closed := later.under(t, helpdesk.Policy{NewTickets: helpdesk.FromNobody})
	raw = strings.Replace(mail(mary, "<3@x>", "what"), "Order", "Order [#1]", 1)
	if expected, got := explain(closed, raw, "support@acme.example"), closed.accept(raw, "support@acme.example"); expected.Number != 1 || got.Number != 1 {
		t.Errorf("explained #%d, held for #%d, want #1", expected.Number, got.Number)
	}
}
