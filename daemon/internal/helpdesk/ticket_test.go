package helpdesk

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		name  string
		entry Entry
		want  []string // thread ids
	}{
		{"message", Entry{Kind: Message, MessageID: "<2@x>"}, []string{"<1@x>", "<2@x>"}},
		{"message without an id", Entry{Kind: Message}, []string{"<1@x>"}},
		{"hidden message", Entry{Kind: Message, Hidden: true, MessageID: "<2@x>"}, []string{"<1@x>"}},
		{"note", Entry{Kind: Note, MessageID: "<2@x>"}, []string{"<1@x>"}},
		{"event", Entry{Kind: Event, MessageID: "<2@x>"}, []string{"<1@x>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ticket := &Ticket{ID: 7, Entries: 4, MessageIDs: []string{"<1@x>"}}
			e := tt.entry
			e.At = noon
			ticket.Append(&e)
			if e.Ticket != 7 || e.Seq != 5 || ticket.Entries != 5 || !ticket.Updated.Equal(noon) {
				t.Errorf("entry %d of ticket %d, %d in all, updated %v; want entry 5 of 7, 5 in all, at noon", e.Seq, e.Ticket, ticket.Entries, ticket.Updated)
			}
			if diff := cmp.Diff(tt.want, ticket.MessageIDs); diff != "" {
				t.Errorf("thread ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendKeepsTheFirstID(t *testing.T) {
	ticket := &Ticket{}
	var want []string
	for i := range 3 * MaxThreadIDs {
		before := ticket.MessageIDs
		snapshot := append([]string{}, before...)
		ticket.Append(&Entry{Kind: Message, MessageID: fmt.Sprintf("<%d@x>", i)})
		if diff := cmp.Diff(snapshot, before, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the list that was read before changed under its reader (-want +got):\n%s", diff)
		}
		if i == 0 || i > 3*MaxThreadIDs-MaxThreadIDs {
			want = append(want, fmt.Sprintf("<%d@x>", i))
		}
	}
	if diff := cmp.Diff(want, ticket.MessageIDs); diff != "" || len(ticket.MessageIDs) != MaxThreadIDs {
		t.Errorf("%d ids, want the first and the %d newest (-want +got):\n%s", len(ticket.MessageIDs), MaxThreadIDs-1, diff)
	}
}

// covers: P03
func TestCustomerReplied(t *testing.T) {
	for _, tt := range []struct{ name, want Status }{
		{Open, Open}, {Pending, Open}, {Resolved, Open}, {Closed, Closed},
	} {
		t.Run(string(tt.name), func(t *testing.T) {
			ticket := &Ticket{Status: tt.name}
			if ticket.CustomerReplied(); ticket.Status != tt.want {
				t.Errorf("status = %s, want %s", ticket.Status, tt.want)
			}
		})
	}
}

// covers: P03
func TestParseStatus(t *testing.T) {
	for _, s := range Statuses {
		if got, err := ParseStatus(string(s)); got != s || err != nil {
			t.Errorf("ParseStatus(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "open", "Open ", "Deleted"} {
		if got, err := ParseStatus(s); err == nil || KindOf(err) != Invalid {
			t.Errorf("ParseStatus(%q) = %q, %v, want Invalid", s, got, err)
		}
	}
}

func TestParticipants(t *testing.T) {
	left := noon
	ticket := &Ticket{Participants: []Participant{
		{Number: 1, Name: "Alice", Address: MustAddress("alice@a.example"), Role: Requester},
		{Number: 2, Address: MustAddress("bob@a.example"), Role: Collaborator},
		{Number: 3, Address: MustAddress("eve@a.example"), Role: Collaborator, Left: &left},
	}}
	for _, tt := range []struct {
		name string
		got  *Participant
		want uint16 // number; 0 = nobody
	}{
		{"requester", ticket.Requester(), 1},
		{"requester of a broken record", (&Ticket{}).Requester(), 0},
		{"by number", ticket.Participant(2), 2},
		{"by number of who left", ticket.Participant(3), 0},
		{"by number of nobody", ticket.Participant(9), 0},
		{"by address in another case", ticket.ParticipantByAddress(MustAddress("BOB@A.example")), 2},
		{"by address of who left", ticket.ParticipantByAddress(MustAddress("eve@a.example")), 0},
		{"by no address", ticket.ParticipantByAddress(Address{}), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got uint16
			if tt.got != nil {
				got = tt.got.Number
			}
			if got != tt.want {
				t.Errorf("participant %d, want %d", got, tt.want)
			}
		})
	}
	if a, b := ticket.Participants[0].DisplayName(), ticket.Participants[1].DisplayName(); a != "Alice" || b != "bob@a.example" {
		t.Errorf("names %q and %q, want the name, and the address where there is none", a, b)
	}
}

// Every record reads back as it was written, but for its revision.
func TestRecordsInJSON(t *testing.T) {
	alice, when := MustAddress(`"a b"@customer.example`), noon
	recognised := Recognition{Rule: "r", Token: TokenOwn, Sender: SenderAgent, Class: ClassMessage, Trust: Trust{Proof: ProofPass, Reasons: []string{"x"}}, Evidence: []string{"y"}, Faults: []string{"z"}}
	outcome := Outcome{Result: Created, Account: "a", Mailbox: "m", Ticket: 1 << 63, Number: 4, Entry: 1, Held: "h", Recognised: &recognised}
	roundTrip(t, Ticket{
		Schema: 1, ID: 1<<64 - 1, Number: 12, Subject: "S", Status: Open, Channel: ByMail, HelpCenter: "h", Mailbox: "m", Priority: "High",
		Tags: []string{"t"}, Follows: 1<<53 + 1, Opened: noon, Updated: noon, Entries: 3, MessageIDs: []string{"<1@x>"},
		Participants: []Participant{{Number: 1, Contact: "c", Name: "A", Address: alice, Role: Requester, LinkGen: 65535, Joined: noon, Left: &when}},
		Form:         &FormAnswer{Form: "f", Revision: "r", Values: []FormValue{{Name: "n", Label: "l", Text: "t"}}, Raw: map[string]any{"n": "v", "l": []any{"a"}}},
	})
	roundTrip(t, Entry{
		Schema: 1, Ticket: 1 << 63, Seq: 2, Kind: Message, Channel: ByPortal, Author: Author{Customer, "c", "A", alice}, At: noon, Text: "t", TextBlob: "b",
		Quoted: "q", QuotedBlob: "b2", Attachments: []Attachment{{"n", "m/t", 5, "b", "<c>", true}}, Hidden: true, MessageID: "<m>", Raw: "r", Recognised: &recognised,
	})
	roundTrip(t, Contact{Schema: 1, ID: "c", Name: "A", Addresses: []ContactAddress{{alice, &when, "mail"}}, Created: noon})
	roundTrip(t, Agent{Schema: 1, ID: "a", Name: "A", Address: alice, Password: "p", Disabled: true, Created: noon})
	roundTrip(t, Session{Agent: "a", Created: noon, Expires: noon})
	roundTrip(t, Receipt{Schema: 1, Key: "k", At: noon, Channel: ByMail, Raw: "r", Path: &Path{"t", "p", "h", alice, []string{"x"}}, Outcome: outcome})
	roundTrip(t, MessageRef{"<m>", 1 << 63, 3, true})
	roundTrip(t, HeldItem{Schema: 1, ID: "h", Cause: NoSender, Mailbox: "m", Ticket: 9, Number: 4, From: alice, FromName: "A", Subject: "s", Text: "t", Raw: "r", At: noon, Recognised: recognised})
	roundTrip(t, Budget{Used: 3, Until: noon})
	roundTrip(t, Delivery{
		Schema: 1, ID: "d", Ticket: 1 << 63, Entry: 2, Participant: 1, To: alice, Purpose: AgentReply, Mailbox: "m", MessageID: "<m>", Created: noon, State: Queued,
		Attempts: 2, Next: noon, Last: &Attempt{noon, "r", 451, "4.3.0", "w"}, Sent: &when, Copy: "b", Claim: "c", Until: noon,
	})
}

func roundTrip[T any](t *testing.T, in T) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var got T
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, got, cmp.AllowUnexported(Address{})); diff != "" {
		t.Errorf("%T reads back otherwise (-want +got):\n%s", in, diff)
	}
}
