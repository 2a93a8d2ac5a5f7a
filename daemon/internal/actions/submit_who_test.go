package actions

import (
	"errors"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// knownCustomer makes a contact with a sign-in, whose addresses are proven but for those
// behind the "?".
func (b *bench) knownCustomer(name string, addresses ...string) *Customer {
	b.t.Helper()
	at := b.time()
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Name: name, Created: at, SignIn: &helpdesk.PortalSignIn{Since: at}}
	for _, a := range addresses {
		known := helpdesk.ContactAddress{Proven: &at, How: "test"}
		if a[0] == '?' {
			known.Proven, a = nil, a[1:]
		}
		known.Address = helpdesk.MustAddress(a)
		c.Addresses = append(c.Addresses, known)
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	kept, err := b.db.Contact(b.t.Context(), "support", c.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return &Customer{Account: "support", Contact: kept}
}

// forAll opens the form to who is signed in too.
func forAll() helpdesk.HelpCenter {
	h := center()
	h.Locale = "de"
	for i := range h.Forms {
		access := map[helpdesk.Visitor]helpdesk.Access{helpdesk.SignedIn: helpdesk.Granted, helpdesk.AgentVisitor: helpdesk.Granted}
		for v, a := range h.Forms[i].Access {
			access[v] = a
		}
		h.Forms[i].Access = access
	}
	return h
}

// covers: S20, S19, S24
func TestSubmitAsCustomer(t *testing.T) {
	b := newBench(t)
	alice := b.knownCustomer("Alice", "?typed@customer.example", "alice@customer.example", "alice@home.example")
	submit := func(address, nonce string) (Submitted, error) {
		return b.Submit(t.Context(), forAll(), filled(func(in *Submission) {
			in.Customer, in.Address, in.Name, in.Nonce = alice, address, "Somebody else", nonce
		}))
	}
	for _, tt := range []struct{ name, address, want string }{
		{"nothing chosen", "", "alice@customer.example"},
		{"the other one", "alice@home.example", "alice@home.example"},
		{"not proven", "typed@customer.example", ""},
		{"somebody else's", "bob@customer.example", ""},
		{"no address", "alice", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := submit(tt.address, tt.name)
			if tt.want == "" {
				if rejected, ok := errors.AsType[*Rejected](err); !ok || rejected.Problems[0].Field != "address" {
					t.Errorf("submitted %+v, %v, want the address rejected", got, err)
				}
				return
			}
			if err != nil || got.Address.String() != tt.want {
				t.Fatalf("submitted %+v, %v", got, err)
			}
			d := b.detail(got.Number)
			r := d.Ticket.Requester()
			if r.Contact != alice.Contact.ID || r.Name != "Alice" || d.Entries[0].Author.ID != alice.Contact.ID || d.Ticket.Submitter != nil || d.Ticket.Locale != "de" {
				t.Errorf("requester %+v, author %+v, locale %q", r, d.Entries[0].Author, d.Ticket.Locale)
			}
			if len(d.Deliveries) != 1 || d.Deliveries[0].Purpose != helpdesk.Acknowledgement || d.Deliveries[0].To.String() != tt.want {
				t.Errorf("deliveries = %+v, want an acknowledgement: the address is theirs", d.Deliveries)
			}
		})
		b.wait(time.Hour) // acknowledgements are few
	}
	t.Run("the sign-in is over meanwhile", func(t *testing.T) {
		now, err := b.db.Contact(t.Context(), "support", alice.Contact.ID)
		if err != nil {
			t.Fatal(err)
		}
		now.SignIn = nil
		if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Contact: now}); err != nil {
			t.Fatal(err)
		}
		if got, err := submit("", "over"); helpdesk.KindOf(err) != helpdesk.SignIn || err == nil {
			t.Errorf("submitted %+v, %v, want SignIn", got, err)
		}
	})
}

// Who sends the same as somebody else does not get theirs.
// covers: S03
func TestSubmitOnceForEach(t *testing.T) {
	b := newBench(t)
	alice := b.knownCustomer("Alice", "alice@customer.example")
	anonymous, err := b.Submit(t.Context(), forAll(), filled(nil))
	if err != nil {
		t.Fatal(err)
	}
	signedIn, err := b.Submit(t.Context(), forAll(), filled(func(in *Submission) { in.Customer = alice }))
	if err != nil || signedIn.Number == anonymous.Number {
		t.Errorf("signed in: %+v, %v; without a sign-in it was %d", signedIn, err, anonymous.Number)
	}
}

// covers: S37, S39, S40
func TestSubmitAsAgent(t *testing.T) {
	b := newBench(t)
	robin, other := b.agent("robin@acme.example"), b.agent("kim@acme.example")
	for _, tt := range []struct {
		name, address string
		requester     string
		mail          helpdesk.Purpose // to the requester; "" for none
	}{
		{"as themselves", "", "robin@acme.example", ""},
		{"as themselves, by their address", "Robin@acme.example", "robin@acme.example", ""},
		{"on behalf of a customer", "alice@customer.example", "alice@customer.example", helpdesk.Opened},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Submit(t.Context(), forAll(), filled(func(in *Submission) {
				in.Agent, in.Address, in.Nonce = &robin, tt.address, tt.name
			}))
			if err != nil {
				t.Fatal(err)
			}
			d := b.detail(got.Number)
			if d.Ticket.Submitter == nil || d.Ticket.Submitter.ID != robin.Agent.ID || !d.Ticket.Requester().Address.Same(helpdesk.MustAddress(tt.requester)) {
				t.Errorf("submitter %+v, requester %+v", d.Ticket.Submitter, d.Ticket.Requester())
			}
			if e := d.Entries[0]; e.Author.Role != helpdesk.AgentAs || e.Author.ID != robin.Agent.ID || !e.Public() {
				t.Errorf("entry = %+v, want it by the agent", e)
			}
			var toRequester []helpdesk.Purpose
			for _, sent := range d.Deliveries {
				if sent.Agent == robin.Agent.ID {
					t.Errorf("the agent is told of what they did: %+v", sent)
				}
				if sent.Participant != 0 {
					toRequester = append(toRequester, sent.Purpose)
				}
			}
			if len(toRequester) > 1 || len(toRequester) == 1 && toRequester[0] != tt.mail || len(toRequester) == 0 && tt.mail != "" {
				t.Errorf("mailed the requester %v, want %q", toRequester, tt.mail)
			}
			if !other.Agent.Disabled && len(d.Ticket.Watchers) != 1 {
				t.Errorf("watchers = %v, want the agent", d.Ticket.Watchers)
			}
		})
	}
	t.Run("disabled meanwhile", func(t *testing.T) {
		b.disable(robin.Agent.ID)
		got, err := b.Submit(t.Context(), forAll(), filled(func(in *Submission) { in.Agent, in.Nonce = &robin, "late" }))
		if helpdesk.KindOf(err) != helpdesk.SignIn || err == nil {
			t.Errorf("submitted %+v, %v, want SignIn", got, err)
		}
	})
	t.Run("the operator is no agent", func(t *testing.T) {
		if _, err := b.Submit(t.Context(), forAll(), filled(func(in *Submission) { in.Agent = &operator })); helpdesk.KindOf(err) != helpdesk.SignIn {
			t.Errorf("error = %v", err)
		}
	})
}

// Mail to an address of ours would come back to us.
// covers: M04, P06
func TestSubmitFromOurAddress(t *testing.T) {
	b := newBench(t)
	_, err := b.Submit(t.Context(), center(), filled(func(in *Submission) { in.Address = "support+x@acme.example" }))
	if rejected, ok := errors.AsType[*Rejected](err); !ok || rejected.Problems[0].Field != "address" {
		t.Errorf("error = %v, want the address rejected", err)
	}
}
