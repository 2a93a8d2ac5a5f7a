package helpdesk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	alice = Participant{Number: 1, Contact: "alice", Name: "Alice", Address: MustAddress("alice@a.example"), Role: Requester, Joined: noon}
	bob   = Participant{Number: 2, Contact: "bob", Name: "Bob", Address: MustAddress("bob@a.example"), Role: Collaborator, Joined: noon.Add(time.Hour)}
	agent = Author{Role: AgentAs, ID: "agent", Name: "Ada Love Lace", Address: MustAddress("ada@acme.example")}
)

func customer(p Participant) Author {
	return Author{Role: Customer, ID: p.Contact, Name: p.Name, Address: p.Address}
}

// covers: S30, S05
func TestCustomerView(t *testing.T) {
	secret := "secret"
	entries := []Entry{
		{Seq: 1, Kind: Message, Author: customer(alice), At: noon, Text: "one", Quoted: "q", Attachments: []Attachment{{Name: "f"}}},
		{Seq: 2, Kind: Note, Author: agent, At: noon.Add(2 * time.Hour), Text: secret},
		{Seq: 3, Kind: Event, Author: Author{Role: System, Name: secret}, At: noon.Add(2 * time.Hour), Text: secret},
		{Seq: 4, Kind: Message, Hidden: true, Author: customer(alice), At: noon.Add(2 * time.Hour), Text: secret, Attachments: []Attachment{{Name: secret}}},
		{Seq: 5, Kind: Message, Author: agent, At: noon.Add(time.Hour), Text: "five"},
		{Seq: 6, Kind: Message, Author: customer(bob), At: noon.Add(3 * time.Hour), Text: "six", Quoted: "one"},
		{Seq: 7, Kind: Message, Author: customer(alice), At: noon.Add(3 * time.Hour), Text: "seven", Quoted: "one"},
		{Seq: 8, Kind: Message, Author: Author{Role: Customer, ID: "carol", Name: "Carol"}, At: noon, Text: "eight", Released: &Release{By: agent, At: noon.Add(4 * time.Hour)}},
	}
	ticket := &Ticket{
		Number: 12, Subject: "Order", Status: Pending, Opened: noon, Updated: noon.Add(3 * time.Hour), Tags: []string{secret}, Priority: secret,
		Form: &FormAnswer{Values: []FormValue{{Name: "order", Label: "Order", Text: "ORD-1"}, {Name: "rating", Label: "Rating", Text: secret}}, Raw: map[string]any{"rating": secret}},
	}
	center := HelpCenter{DisplayName: "Acme", AgentNames: FirstName, ShowsField: func(name string) bool { return name == "order" }}
	one := PublicMessage{Seq: 1, Name: "Alice", At: noon, Text: "one", Quoted: "q", Files: []PublicFile{{Attachment{Name: "f"}, 1}}}
	five := PublicMessage{Seq: 5, FromAgent: true, Name: "Ada", At: noon.Add(time.Hour), Text: "five"}
	six := PublicMessage{Seq: 6, Name: "Bob", At: noon.Add(3 * time.Hour), Text: "six", Quoted: "one"}
	seven := PublicMessage{Seq: 7, Name: "Alice", At: noon.Add(3 * time.Hour), Text: "seven", Quoted: "one"}
	eight := PublicMessage{Seq: 8, Name: "Carol", At: noon, Text: "eight"}
	form := []FormValue{{Name: "order", Label: "Order", Text: "ORD-1"}}
	mine := func(m PublicMessage) PublicMessage { m.Mine = true; return m }
	unquoted := func(m PublicMessage) PublicMessage { m.Quoted = ""; return m }
	told := bob
	told.History = true
	for _, tt := range []struct {
		name   string
		viewer Participant
		form   []FormValue
		want   []PublicMessage
	}{
		{"requester sees all that is public", alice, form, []PublicMessage{mine(one), five, six, mine(seven), eight}},
		{"collaborator sees from joining on", bob, nil, []PublicMessage{five, mine(six), unquoted(seven), eight}},
		{"collaborator with the history sees all", told, form, []PublicMessage{one, five, mine(six), seven, eight}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ticket.CustomerView(&tt.viewer, entries, center)
			got.Look = "" // has a test of its own
			want := CustomerView{
				Number: 12, Subject: "Order", Status: Pending, Opened: noon, Updated: noon.Add(3 * time.Hour),
				Thread: tt.want, Form: tt.form,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("view (-want +got):\n%s", diff)
			}
			if b, _ := json.Marshal(got); strings.Contains(string(b), secret) || strings.Contains(string(b), "acme.example") {
				t.Errorf("the view tells what customers must not see: %s", b)
			}
		})
	}
}

// Whatever a history holds, nothing comes through that is not public.
//
// covers: S30
func TestCustomerViewProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Entry {
			return Entry{
				Kind: rapid.SampledFrom([]EntryKind{Message, Note, Event, "unknown"}).Draw(t, "kind"), Hidden: rapid.Bool().Draw(t, "hidden"),
				Author: rapid.SampledFrom([]Author{customer(alice), customer(bob), agent, {Role: System}}).Draw(t, "author"),
				At:     noon.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "minute")) * time.Minute),
			}
		})).Draw(t, "entries")
		for i := range entries {
			entries[i].Seq = i + 1
		}
		told := bob
		told.History = true
		viewer := rapid.SampledFrom([]Participant{alice, bob, told}).Draw(t, "viewer")
		var want []int
		for _, e := range entries {
			late := viewer.Role == Requester || viewer.History || !e.At.Before(viewer.Joined)
			if e.Kind == Message && !e.Hidden && late {
				want = append(want, e.Seq)
			}
		}
		var got []int
		for _, m := range (&Ticket{}).CustomerView(&viewer, entries, HelpCenter{}).Thread {
			got = append(got, m.Seq)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("entries (-want +got):\n%s", diff)
		}
	})
}

// covers: S30
func TestAgentName(t *testing.T) {
	for _, tt := range []struct {
		name    string
		setting AgentNames
		agent   string
		want    string
	}{
		{"full", FullName, "Ada Lovelace", "Ada Lovelace"},
		{"first", FirstName, "Ada Lovelace", "Ada"},
		{"hidden", HiddenName, "Ada Lovelace", "Acme"},
		{"full, but none", FullName, "", "Acme"},
		{"first, but none", FirstName, "", "Acme"},
		{"not set", "", "Ada Lovelace", "Acme"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := HelpCenter{DisplayName: "Acme", AgentNames: tt.setting}
			if got := h.AgentName(Author{Role: AgentAs, Name: tt.agent, Address: agent.Address}); got != tt.want {
				t.Errorf("name = %q, want %q", got, tt.want)
			}
		})
	}
}

// covers: S05
func TestStatusLabel(t *testing.T) {
	h := HelpCenter{StatusLabels: map[Status]string{Open: "In Arbeit"}}
	if got := h.StatusLabel(Open); got != "In Arbeit" {
		t.Errorf("label = %q, want the declared one", got)
	}
	for _, s := range Statuses[1:] {
		if h.StatusLabel(s) == "" {
			t.Errorf("%s has no label", s)
		}
	}
}

// covers: S18, S41
func TestFormsFor(t *testing.T) {
	forms := []Form{
		{Name: "open", Access: map[Visitor]Access{Anonymous: Granted, SignedIn: Granted}},
		{Name: "members", Access: map[Visitor]Access{Anonymous: NeedsSignIn, SignedIn: Granted}},
		{Name: "agents", Access: map[Visitor]Access{AgentVisitor: Granted}},
	}
	for _, tt := range []struct {
		name    string
		center  HelpCenter
		visitor Visitor
		want    []string
	}{
		{"anyone", HelpCenter{PortalOn: true, Forms: forms}, Anonymous, []string{"open", "members"}},
		{"agent", HelpCenter{PortalOn: true, Forms: forms}, AgentVisitor, []string{"agents"}},
		{"portal off", HelpCenter{Forms: forms}, Anonymous, nil},
		{"no forms", HelpCenter{PortalOn: true}, Anonymous, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range tt.center.FormsFor(tt.visitor) {
				got = append(got, f.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("forms (-want +got):\n%s", diff)
			}
		})
	}
}
