package console_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

var agents = []helpdesk.Agent{*robin, {ID: "kim", Name: "Kim"}, {ID: "gone", Name: "Gone", Disabled: true}}

func (d *desk) Agents(_ context.Context, by actions.Actor) ([]helpdesk.Agent, error) {
	return agents, d.check(by)
}

// covers: P10
func TestSorting(t *testing.T) {
	for _, test := range []struct {
		name string
		act  string
		form url.Values
		done string
		want []string
	}{
		{"assign", "assign", url.Values{"assignee": {"kim"}}, "Who works on it is saved.", []string{`assign 7 "kim"`}},
		{"assign to nobody", "assign", url.Values{"assignee": {""}}, "Who works on it is saved.", []string{`assign 7 ""`}},
		{"only what the page showed is taken off", "tags", url.Values{"tags": {"lamp, VIP new"}, "had": {"lamp old"}},
			"The tags are saved.", []string{`tags 7 +["vip" "new"] -["old"]`}},
		{"priority", "priority", url.Values{"priority": {"High"}}, "The priority is changed.", []string{"priority 7 High"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full()}
			h := serve(d)
			r := webtest.Post(t, h, base+"/agent/tickets/7/"+test.act, test.form, session)
			if got, want := r.Header.Get("Location"), "/agent/tickets/7?done="+test.act; r.StatusCode != http.StatusSeeOther || got != want {
				t.Fatalf("status %d, Location %q, want %q", r.StatusCode, got, want)
			}
			has(t, webtest.Page(t, webtest.Get(t, h, base+r.Header.Get("Location"), session)), test.done)
			if diff := cmp.Diff(test.want, d.changes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What was typed stays, and the words of the error are shown.
func TestSortingRefused(t *testing.T) {
	d := &desk{detail: full(), writeErr: helpdesk.Errorf(helpdesk.Invalid, "%q is not a tag", "a<b")}
	r := webtest.Post(t, serve(d), base+"/agent/tickets/7/tags", url.Values{"tags": {"a<b"}}, session)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(d.changes) != 1 {
		t.Errorf("status %d, changes %v", r.StatusCode, d.changes)
	}
	has(t, page, `value="a&lt;b"`, `data-label="Tags" open`, `id="tags-error"`, "is not a tag")
}

// Who works on a request, and what it may have to do with, is beside it.
func TestWork(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*actions.Detail)
		has    []string
		hasNot []string
	}{
		{"nothing of it", func(*actions.Detail) {}, []string{`value="" aria-current="true"`, `value="kim">`, "Take it"},
			[]string{"May belong to", "Goes on from", "Brought in by", ">Gone<"}},
		{"all of it", func(d *actions.Detail) {
			d.Ticket.Assignee, d.Ticket.Watchers, d.Ticket.Submitter = "kim", []helpdesk.ID{"robin", "kim"}, &helpdesk.Author{Name: "Jo <J>"}
			d.Maybe, d.Follows = 12, 11
		}, []string{`value="kim" aria-current="true"><span class=""><bdi>Kim</bdi>`, "<bdi>Robin &lt;Sample&gt;</bdi> (you)", "<li><bdi>Kim</bdi>", "Jo &lt;J&gt;", "May belong to", "Merge into #12", `name="into" value="12"`,
			`Goes on from <a href="/agent/tickets/11">`}, nil},
		{"disabled since", func(d *actions.Detail) { d.Ticket.Assignee = "gone" }, []string{`value="gone" aria-current="true"><span class=""><bdi>Gone</bdi>`}, nil},
		{"gone since", func(d *actions.Detail) { d.Ticket.Assignee = "deleted" }, []string{`value="deleted" aria-current="true"><span class=""><bdi>An agent who is gone</bdi>`}, nil},
		{"merged", func(d *actions.Detail) {
			d.Ticket.Assignee, d.Ticket.Merged, d.Maybe = "kim", &helpdesk.Merge{Number: 9}, 12
		}, []string{"<bdi>Kim</bdi>"}, []string{"May belong to", "/assign", "/tags"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := full()
			test.change(d)
			page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
			has(t, page, test.has...)
			hasNot(t, page, test.hasNot...)
		})
	}
}

// The side panel has an end, however many mails went out.
func TestOldDeliveriesAreFolded(t *testing.T) {
	d := full()
	d.Deliveries = slices.Repeat([]helpdesk.Delivery{{State: helpdesk.Sent, Purpose: helpdesk.AgentReply, Entry: 1}}, 6)
	d.Deliveries = append(d.Deliveries, helpdesk.Delivery{State: helpdesk.Sent, Purpose: helpdesk.AgentNotice, Entry: 1},
		helpdesk.Delivery{State: helpdesk.Failed, Purpose: helpdesk.AgentNotice, Entry: 1})
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
	has(t, page, "<summary>4 more</summary>")
}

// What an agent passed on is not proven by the agent's own proof.
// An agent who fills a form in for a customer is known by their sign-in.
// covers: S40
func TestWhyOfAFormByAnAgent(t *testing.T) {
	d := full()
	d.Entries = []helpdesk.Entry{{Seq: 1, Kind: helpdesk.Message, Channel: helpdesk.ByPortal, Author: robin.Author(), At: webtest.Now}}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
	has(t, page, "An agent who was signed in submitted it with a form.")
	hasNot(t, page, "proved nothing")
}

func TestWhyOfForwarded(t *testing.T) {
	d := full()
	d.Entries = []helpdesk.Entry{
		{Seq: 1, Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: webtest.Now, Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Greta"},
			Recognised: &helpdesk.Recognition{Token: helpdesk.TokenForward, Sender: helpdesk.SenderAgent, Trust: helpdesk.Trust{Proof: helpdesk.ProofPass}}},
		{Seq: 2, Kind: helpdesk.Note, Channel: helpdesk.ByMail, Author: robin.Author(), At: webtest.Now},
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
	has(t, page, "Nothing proves who wrote it, only which agent passed it on.", "An agent wrote this by mail.")
	hasNot(t, page, "Who wrote it is proven.", "who was signed in")
}
