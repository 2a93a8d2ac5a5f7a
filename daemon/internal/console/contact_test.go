package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const aliceID = "aaaabbbbccccdddd"

func aliceContact() *actions.ContactDetail {
	proven := webtest.Now.Add(-time.Hour)
	return &actions.ContactDetail{Contact: helpdesk.Contact{ID: aliceID, Name: "Alice <b>", Addresses: []helpdesk.ContactAddress{
		{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &proven, How: "mail"},
		{Address: helpdesk.MustAddress("alice@home.example")},
	}}}
}

func (d *desk) ContactDetail(_ context.Context, by actions.Actor, id string) (*actions.ContactDetail, error) {
	if id != aliceID {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no contact %s", id)
	}
	if d.contact == nil {
		d.contact = aliceContact()
	}
	return d.contact, d.check(by)
}

func (d *desk) ContactTickets(_ context.Context, by actions.Actor, c *helpdesk.Contact, helpCenter string) (*actions.ContactTickets, error) {
	out := &actions.ContactTickets{Here: 22, Elsewhere: 3}
	if c.ID == aliceID && helpCenter == "acme" {
		out.Newest = []helpdesk.Ticket{{Number: 1042, Subject: "Skates <b>", Status: helpdesk.Open}}
	}
	return out, d.check(by)
}

func (d *desk) InviteContact(_ context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error) {
	d.changes = append(d.changes, fmt.Sprintf("invite %s %s %s", in.Contact, in.Address, in.HelpCenter))
	return &actions.Invited{}, errors.Join(d.check(by), d.writeErr)
}

// covers: S27
func TestContact(t *testing.T) {
	signIn := aliceContact()
	signIn.SignIn, signIn.Sessions = &helpdesk.PortalSignIn{Since: webtest.Now, Password: "secret-hash", PasswordSet: &webtest.Now}, 2
	invited := aliceContact()
	invited.Invitation = &helpdesk.Invitation{By: robin.Author(), To: helpdesk.MustAddress("alice@home.example"), At: webtest.Now}
	invited.InvitedUntil = webtest.Now.Add(time.Hour)
	lapsed := aliceContact()
	lapsed.Invitation = invited.Invitation
	for _, tt := range []struct {
		name    string
		contact *actions.ContactDetail
		has     []string
		hasNot  []string
	}{
		{"without a sign-in", aliceContact(), []string{"Alice &lt;b&gt;", "alice@customer.example", "Proven by a mail whose sender was proven", "Nothing has proven",
			"They cannot sign in", "Send an activation link to alice@home.example", `action="/agent/contacts/` + aliceID + `/invite"`}, []string{"sent an activation link"}},
		{"with one", signIn, []string{"They can sign in", "With a password", "Signed in in 2 browsers"}, []string{"/invite", "secret-hash"}},
		{"invited", invited, []string{"sent an activation link to", "The link stops working", "Send another activation link", "The link before it stops working"}, nil},
		{"invited long ago", lapsed, []string{"The link does not work any more", "Send an activation link"}, []string{"The link before it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := webtest.Get(t, serveSignUp(&desk{contact: tt.contact}), base+"/agent/contacts/"+aliceID, session)
			page := webtest.Page(t, r)
			has(t, page, tt.has...)
			has(t, page, `href="/agent/tickets/1042"`, "Skates &lt;b&gt;", "the newest of 22", "3 in other help centers")
			hasNot(t, page, tt.hasNot...)
		})
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/contacts/"+aliceID, session))
	has(t, page, "Customers cannot sign in to this help center")
	hasNot(t, page, "/invite")
	if r := webtest.Get(t, serve(&desk{}), base+"/agent/contacts/x", session); r.StatusCode != http.StatusNotFound {
		t.Errorf("no such contact: status %d", r.StatusCode)
	}
}

// covers: S27
func TestInvite(t *testing.T) {
	d := &desk{}
	address := url.Values{"address": {"alice@home.example"}}
	r := webtest.Post(t, serveSignUp(d), base+"/agent/contacts/"+aliceID+"/invite", address, session)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/agent/contacts/"+aliceID+"?done=invited" {
		t.Errorf("status %d, to %s", r.StatusCode, r.Header.Get("Location"))
	}
	if want := "invite " + aliceID + " alice@home.example acme"; len(d.changes) != 1 || d.changes[0] != want {
		t.Errorf("changes = %v, want %s", d.changes, want)
	}
	d.contact = aliceContact()
	d.contact.Invitation = &helpdesk.Invitation{By: robin.Author(), To: helpdesk.MustAddress("alice@home.example"), At: webtest.Now}
	has(t, webtest.Page(t, webtest.Get(t, serveSignUp(d), base+"/agent/contacts/"+aliceID+"?done=invited", session)), "is on its way to alice@home.example")

	d = &desk{writeErr: helpdesk.Errorf(helpdesk.Invalid, "that is an agent")}
	r = webtest.Post(t, serveSignUp(d), base+"/agent/contacts/"+aliceID+"/invite", address, session)
	if page := webtest.Page(t, r); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.StatusCode)
	} else {
		has(t, page, "That is an agent.")
	}
}

// covers: P10
func TestContactActs(t *testing.T) {
	for _, tt := range []struct {
		act  string
		form url.Values
		done string
		want string
	}{
		{"block", nil, "blocked", "block " + aliceID},
		{"unblock", nil, "unblocked", "unblock " + aliceID},
		{"sign-out", nil, "signed-out", "sign out " + aliceID},
		{"addresses", url.Values{"do": {"add"}, "address": {"a@b.example"}}, "addresses", "address " + aliceID + " +a@b.example"},
		{"addresses", url.Values{"do": {"remove"}, "address": {"a@b.example"}}, "addresses", "address " + aliceID + " -a@b.example"},
		{"edit", url.Values{"rev": {"7"}, "name": {"Al"}, "field-plan": {"Gold"}, "field-other": {"x"}}, "edited", `edit ` + aliceID + ` "Al" map[plan:Gold] 7`},
		{"edit", url.Values{"name": {"Al"}}, "edited", `edit ` + aliceID + ` "Al" map[plan:] -1`},
	} {
		t.Run(tt.want, func(t *testing.T) {
			d := &desk{settings: &helpdesk.DeskSettings{ContactFields: []helpdesk.FieldSpec{{Name: "plan", Label: "Plan", Type: helpdesk.TextField}}}}
			at := base + "/agent/contacts/" + aliceID + "/" + tt.act
			r := webtest.Post(t, serve(d), at, tt.form, session)
			if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/agent/contacts/"+aliceID+"?done="+tt.done {
				t.Errorf("status %d, to %s", r.StatusCode, r.Header.Get("Location"))
			}
			if len(d.changes) != 1 || d.changes[0] != tt.want {
				t.Errorf("changes = %q, want %q", d.changes, tt.want)
			}
			has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/"+aliceID+"?done="+tt.done, session)), contactDoneWords[tt.done])
			d.writeErr = helpdesk.Errorf(helpdesk.Invalid, "not so")
			r = webtest.Post(t, serve(d), at, tt.form, session)
			page := webtest.Page(t, r)
			has(t, page, "Not so.", tt.form.Get("address"), tt.form.Get("name"))
			if r.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("refused: status %d", r.StatusCode)
			}
		})
	}
}

var contactDoneWords = map[string]string{
	"blocked": "The contact is blocked", "unblocked": "heard again", "signed-out": "signed in nowhere", "addresses": "addresses are saved", "edited": "contact is saved",
}

// What is unsaid of a contact, the page does not offer.
//
// covers: P10
func TestContactOffers(t *testing.T) {
	at := &helpdesk.Called{By: robin.Author(), At: webtest.Now}
	blocked, deleted := aliceContact(), aliceContact()
	blocked.Blocked = at
	deleted.Deleted, deleted.Erases = at, webtest.Now.Add(helpdesk.DeletedFor)
	for _, tt := range []struct {
		name    string
		contact *actions.ContactDetail
		has     []string
		hasNot  []string
	}{
		{"as ever", aliceContact(), []string{"/block", "Remove the address"}, []string{"/unblock", "Blocked"}},
		{"blocked", blocked, []string{"/unblock", "Robin &lt;Sample&gt;</bdi> blocked this contact"}, []string{"Block this contact", "Send an activation link"}},
		{"deleted", deleted, []string{"deleted this contact", "They come back when they write"}, []string{"Block this contact", "Send an activation link"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Get(t, serveSignUp(&desk{contact: tt.contact}), base+"/agent/contacts/"+aliceID, session))
			has(t, page, tt.has...)
			hasNot(t, page, tt.hasNot...)
		})
	}
}

// covers: P10
func TestContactsList(t *testing.T) {
	proven := webtest.Now
	d := &desk{contacts: &actions.ContactsPage{Total: 70, Older: "bbbbbbbbbbbbbbbb", Contacts: []helpdesk.Contact{
		{ID: aliceID, Name: "Alice <b>", SignIn: &helpdesk.PortalSignIn{}, Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &proven}, {Address: helpdesk.MustAddress("a@b.example")}}},
		{ID: "bbbbbbbbbbbbbbbb", Blocked: &helpdesk.Called{}, Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("bob@customer.example")}}},
	}}}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts?q=cust&show=blocked&before="+aliceID, session))
	has(t, page, "Alice &lt;b&gt;", "and 1 more", "Signs in", "Blocked", "not proven", "70 contacts found", "before=bbbbbbbbbbbbbbbb", "One contact is being erased", `value="cust"`)
	if want := (actions.ContactsQuery{Words: "cust", Blocked: true, Before: aliceID}); d.lookedFor != want {
		t.Errorf("asked for %+v, want %+v", d.lookedFor, want)
	}
	for _, path := range []string{"/agent/contacts", "/agent/contacts?show=deleted", "/agent/contacts?show=blocked", "/agent/contacts?q=nobody"} {
		if r := webtest.Get(t, serve(&desk{}), base+path, session); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

// Who types an address is offered contacts who can be written to, a few of them.
func TestContactsAreOffered(t *testing.T) {
	d := &desk{contacts: &actions.ContactsPage{Contacts: []helpdesk.Contact{
		{ID: aliceID, Name: "Alice <b>", Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example")}, {Address: helpdesk.MustAddress("a@b.example")}}},
		{ID: "b", Blocked: &helpdesk.Called{}, Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("blocked@customer.example")}}},
		{ID: "c", Deleted: &helpdesk.Called{}, Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("deleted@customer.example")}}},
		{ID: "d", Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("bob@customer.example")}}},
	}}}
	for i := range 20 {
		d.contacts.Contacts = append(d.contacts.Contacts, helpdesk.Contact{ID: helpdesk.ID(fmt.Sprint(i)), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(fmt.Sprintf("c%d@customer.example", i))}}})
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+"/agent/contacts?q=cust", nil)
	r.Header.Set("Accept", "application/json")
	answer := webtest.Do(t, serve(d), r, session)
	var got []struct{ Name, Address string }
	if err := json.Unmarshal([]byte(webtest.Body(t, answer)), &got); err != nil || answer.Header.Get("Content-Type") != "application/json" || !slices.Contains(answer.Header.Values("Vary"), "Accept") {
		t.Fatalf("%v: %v", err, answer.Header)
	}
	if len(got) != 8 || got[0].Name != "Alice <b>" || got[0].Address != "alice@customer.example" || got[1].Address != "bob@customer.example" {
		t.Errorf("offered %+v", got)
	}
	if d.lookedFor.Words != "cust" {
		t.Errorf("looked for %+v", d.lookedFor)
	}
	has(t, webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/new", session)), `list="new-known"`, `<datalist class="known-contacts" id="new-known">`)
}

// covers: P10
func TestContactFates(t *testing.T) {
	const bob = "bbbbccccddddeeee"
	for _, tt := range []struct {
		act  string
		form url.Values
		to   string
		want string
	}{
		{"/" + aliceID + "/delete", nil, "/" + aliceID + "?done=deleted", "delete " + aliceID},
		{"/" + aliceID + "/restore", nil, "/" + aliceID + "?done=restored", "restore " + aliceID},
		{"/" + aliceID + "/erase", url.Values{"sure": {"erase"}}, "?done=erasing", "erase " + aliceID + ` "erase"`},
		{"/" + aliceID + "/merge", url.Values{"into": {bob}}, "/" + bob + "?done=merged", "merge " + aliceID + " " + bob},
		{"/new", url.Values{"name": {"New"}, "address": {"n@b.example"}}, "/" + aliceID + "?done=added", "add contact New n@b.example"},
	} {
		t.Run(tt.act, func(t *testing.T) {
			d := &desk{}
			r := webtest.Post(t, serve(d), base+"/agent/contacts"+tt.act, tt.form, session)
			if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/agent/contacts"+tt.to {
				t.Errorf("status %d, to %s", r.StatusCode, r.Header.Get("Location"))
			}
			if len(d.changes) != 1 || d.changes[0] != tt.want {
				t.Errorf("changes = %q, want %q", d.changes, tt.want)
			}
			d.writeErr = helpdesk.Errorf(helpdesk.Invalid, "not so")
			r = webtest.Post(t, serve(d), base+"/agent/contacts"+tt.act, tt.form, session)
			if has(t, webtest.Page(t, r), "Not so."); r.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("refused: status %d", r.StatusCode)
			}
		})
	}
	d := &desk{}
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/"+aliceID+"/erase", session)), "This cannot be undone", "Type “erase”")
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/"+aliceID+"/merge", session)), "Name the other one")
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/"+aliceID+"/merge?with="+aliceID, session)), "That is this contact")
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/"+aliceID+"/merge?with=nobody", session)), "There is no contact nobody")
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/new", session)), "Write them down")
	if len(d.changes) > 0 {
		t.Errorf("looking changed %q", d.changes)
	}
}

// covers: P10
func TestContactFiles(t *testing.T) {
	for at, want := range map[string]string{"/agent/contacts/" + aliceID + "/export": "PK", "/agent/contacts/export": "id,name\n"} {
		d := &desk{}
		r := webtest.Post(t, serve(d), base+at, nil, session)
		if raw, _ := io.ReadAll(r.Body); string(raw) != want || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") || len(d.changes) != 1 {
			t.Errorf("%s: %q, %v, %q", at, raw, r.Header, d.changes)
		}
		d = &desk{writeErr: helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")}
		if r := webtest.Post(t, serve(d), base+at, nil, session); r.StatusCode != http.StatusForbidden || r.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s, not allowed: %d, %v", at, r.StatusCode, r.Header)
		}
	}
}

// covers: P10
func TestContactsImport(t *testing.T) {
	d := &desk{}
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/contacts/import", session)), "first name", "Look at it")
	r := webtest.Post(t, serve(d), base+"/agent/contacts/import", url.Values{}, session)
	has(t, webtest.Page(t, r), "Choose a file first.")
	r = webtest.Post(t, serve(d), base+"/agent/contacts/import", url.Values{"file": {"token"}, "name": {"people.csv"}}, session)
	has(t, webtest.Page(t, r), "2 new", "1 left out", "Nothing is done yet", "Shoe &lt;size&gt;", "A &lt;b&gt;", "enter a mail address", "Import people.csv", `value="token"`)
	r = webtest.Post(t, serve(d), base+"/agent/contacts/import", url.Values{"file": {"token"}, "do": {"import"}}, session)
	has(t, webtest.Page(t, r), "Done: 2 new")
	if diff := cmp.Diff([]string{"import false", "import true"}, d.changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
