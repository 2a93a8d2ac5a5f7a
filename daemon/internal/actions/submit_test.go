package actions

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: S03
func TestSubmit(t *testing.T) {
	b := newBench(t)
	got, err := b.Submit(t.Context(), center(), filled(nil))
	if err != nil {
		t.Fatal(err)
	}
	d := b.detail(got.Number)
	if got.Address.String() != "alice@customer.example" || d.Ticket.Channel != helpdesk.ByPortal || d.Ticket.HelpCenter != "acme" ||
		d.Ticket.Mailbox != "support" || d.Ticket.Priority != "High" || d.Ticket.Subject != "Order" || d.Ticket.Status != helpdesk.Open {
		t.Errorf("submitted %+v, ticket %+v", got, d.Ticket)
	}
	want := &helpdesk.FormAnswer{
		Form: "contact", Revision: "r1", Values: []helpdesk.FormValue{{Name: "topic", Label: "Topic", Text: "order"}}, Raw: map[string]any{"topic": "order"},
	}
	if diff := cmp.Diff(want, d.Ticket.Form); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if len(d.Entries) != 1 || d.Entries[0].Text != "Where is it?" || !d.Entries[0].Public() {
		t.Errorf("entries = %+v", d.Entries)
	}
	if len(d.Deliveries) != 1 || d.Deliveries[0].Purpose != helpdesk.Confirmation {
		t.Errorf("deliveries = %+v, want one fixed text: who typed the address proved nothing", d.Deliveries)
	}
}

// Whatever is wrong is told at once, also of files that were not kept.
// covers: S31
func TestSubmitRejected(t *testing.T) {
	refused := func(field string) []helpdesk.FieldProblem {
		return []helpdesk.FieldProblem{{Field: field, Message: "Please send a smaller one."}}
	}
	b := newBench(t)
	before := b.revision()
	for _, tt := range []struct {
		name   string
		change func(*Submission)
		want   []string // fields
	}{
		{"name", func(in *Submission) { in.Name = strings.Repeat("n", MaxName+1) }, []string{"name"}},
		{"no address", func(in *Submission) { in.Address = "" }, []string{"address"}},
		{"two addresses", func(in *Submission) { in.Address = "a@b.example, c@d.example" }, []string{"address"}},
		{"header in the address", func(in *Submission) { in.Address = "a@b.example\r\nBcc: c@d.example" }, []string{"address"}},
		{"no subject", func(in *Submission) { in.Subject = " \u200b\r\n\u202e" }, []string{"subject"}},
		{"long subject", func(in *Submission) { in.Subject = strings.Repeat("s", MaxSubject+1) }, []string{"subject"}},
		{"no message", func(in *Submission) { in.Message = " \n\x00\x1b" }, []string{"message"}},
		{"long message", func(in *Submission) { in.Message = strings.Repeat("m", MaxText+1) }, []string{"message"}},
		{"field", func(in *Submission) { in.Fields = nil }, []string{"field.topic"}},
		{"all at once", func(in *Submission) { *in = Submission{Form: "contact"} }, []string{"address", "subject", "message", "field.topic"}},
		{"a refused file", func(in *Submission) { in.Refused = refused("files") }, []string{"files"}},
		{"a refused file and more", func(in *Submission) { in.Subject, in.Refused = "", refused("files") }, []string{"subject", "files"}},
		{"a field for files that is empty now", func(in *Submission) { in.Fields, in.Refused = nil, refused("field.topic") }, []string{"field.topic"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Submit(t.Context(), center(), filled(tt.change))
			rejected, ok := errors.AsType[*Rejected](err)
			if !ok {
				t.Fatalf("error = %v, want Rejected", err)
			}
			var got []string
			for _, p := range rejected.Problems {
				got = append(got, p.Field)
				if !strings.HasPrefix(p.Message, "Please ") || !strings.HasSuffix(p.Message, ".") {
					t.Errorf("%q is no request to a visitor", p.Message)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}
}

// covers: S18, S41
func TestMaySubmit(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name   string
		center func(h *helpdesk.HelpCenter)
		form   string
		want   helpdesk.Kind
	}{
		{"portal off", func(h *helpdesk.HelpCenter) { h.PortalOn = false }, "contact", helpdesk.NotFound},
		{"no forms", func(h *helpdesk.HelpCenter) { h.Forms = nil }, "contact", helpdesk.NotFound},
		{"unknown form", nil, "other", helpdesk.NotFound},
		{"form for others", nil, "agents", helpdesk.NotFound},
		{"form behind a sign-in", nil, "members", helpdesk.SignIn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := center()
			if tt.center != nil {
				tt.center(&h)
			}
			got, err := b.Submit(t.Context(), h, filled(func(in *Submission) { in.Form = tt.form }))
			if err == nil || helpdesk.KindOf(err) != tt.want {
				t.Errorf("submitted %+v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestSubmitRoutes(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name, form, topic, subject string
		want                       string // mailbox and subject
	}{
		{"help center's mailbox", "contact", "order", "Mine", "support Mine"},
		{"form's mailbox", "contact", "bill", "Mine", "billing Mine"},
		{"form's mailbox is gone", "contact", "gone", "Mine", "support Mine"},
		{"fixed subject", "fixed", "order", "Mine", "support Broken"},
		{"fixed subject and none typed", "fixed", "order", "", "support Broken"},
		{"line breaks and overrides", "contact", "order", "a\r\nBcc: b\u202ec\u2066\u200f\u0085d", "support a Bcc: b c d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Submit(t.Context(), center(), filled(func(in *Submission) {
				in.Form, in.Fields, in.Subject, in.Nonce, in.Name = tt.form, map[string][]string{"topic": {tt.topic}}, tt.subject, tt.name, "Al\r\nice\u202e"
			}))
			if err != nil {
				t.Fatal(err)
			}
			ticket := b.detail(got.Number).Ticket
			if said := ticket.Mailbox + " " + ticket.Subject; said != tt.want {
				t.Errorf("ticket = %q, want %q", said, tt.want)
			}
			if name := ticket.Requester().Name; name != "Al ice" {
				t.Errorf("name = %q, want it on one line", name)
			}
		})
	}
	h := center()
	h.Mailbox = "gone"
	if _, err := b.Submit(t.Context(), h, filled(nil)); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("no mailbox at all: %v, want Unavailable", err)
	}
}

// covers: S03
func TestSubmitOnce(t *testing.T) {
	b := newBench(t)
	first := b.ticket("n1")
	for _, tt := range []struct {
		name   string
		change func(*Submission)
		want   bool // the same ticket
	}{
		{"sent again", nil, true},
		{"address in another case", func(in *Submission) { in.Address = "ALICE@customer.example" }, true},
		{"another page", func(in *Submission) { in.Nonce = "n2" }, false},
		{"another message", func(in *Submission) { in.Message = "Found it" }, false},
		{"another answer", func(in *Submission) { in.Fields = map[string][]string{"topic": {"bill"}} }, false},
		{"another name", func(in *Submission) { in.Name = "Bob" }, false},
		{"another form", func(in *Submission) { in.Form = "fixed" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Submit(t.Context(), center(), filled(tt.change))
			if err != nil || (got.Number == first) != tt.want {
				t.Errorf("ticket %d, %v; the first is %d, want the same: %t", got.Number, err, first, tt.want)
			}
		})
	}
	if one, two := b.ticket(""), b.ticket(""); one == two {
		t.Error("two requests without a nonce are one ticket")
	}
}

// covers: S03
func TestSubmitAtOnce(t *testing.T) {
	b := newBench(t)
	var numbers [12]int64
	atOnce(len(numbers), func(i int) { numbers[i] = b.ticket("n1") })
	for _, n := range numbers {
		if n != numbers[0] {
			t.Fatalf("tickets = %v, want one", numbers)
		}
	}
	all, err := b.Tickets(t.Context(), operator, 0, 100)
	if err != nil || len(all) != 1 || len(b.detail(numbers[0]).Deliveries) != 1 {
		t.Errorf("%d tickets, %v, want one with one confirmation", len(all), err)
	}
}
