package actions

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestContactsAreFound(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AdminRole, "ada@acme.example")
	for _, one := range [][2]string{{"Zoë Müller", "zoe@customer.example"}, {"Bob", "bob@customer.example"}, {"", "carol@elsewhere.example"}, {"山田太郎", "taro@customer.example"}} {
		if _, err := b.AddContact(ctx, ada, NewContact{Name: one[0], Address: one[1]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.BlockContact(ctx, ada, b.idOf("bob@customer.example")); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteContact(ctx, ada, b.idOf("carol@elsewhere.example")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		q    ContactsQuery
		want []string
	}{
		{"all that are not deleted", ContactsQuery{}, []string{"bob", "zoe", "taro"}},
		{"a name without its marks", ContactsQuery{Words: "muller ZO"}, []string{"zoe"}},
		{"the middle of a name in another script", ContactsQuery{Words: "太郎"}, []string{"taro"}},
		{"a domain", ContactsQuery{Words: "customer.ex"}, []string{"bob", "zoe", "taro"}},
		{"the middle of a word", ContactsQuery{Words: "ustomer"}, nil},
		{"a deleted one by words", ContactsQuery{Words: "carol@"}, []string{"carol"}},
		{"blocked", ContactsQuery{Blocked: true}, []string{"bob"}},
		{"deleted", ContactsQuery{Deleted: true}, []string{"carol"}},
		{"a page", ContactsQuery{Limit: 1}, []string{"bob"}},
		{"the next", ContactsQuery{Limit: 1, Before: b.idOf("bob@customer.example")}, []string{"zoe"}},
		{"and back", ContactsQuery{Limit: 1, After: b.idOf("zoe@customer.example")}, []string{"bob"}},
		{"from nowhere", ContactsQuery{Limit: 1, Before: "nobody"}, []string{"bob"}},
	} {
		page, err := b.Contacts(ctx, ada, tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range page.Contacts {
			got = append(got, c.MainAddress().Local())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// covers: P10
func TestDeleteAndRestore(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AdminRole, "ada@acme.example")
	number := b.ticket("n1")
	id := b.idOf("alice@customer.example")
	link := b.linkOf(number, 1)
	if err := b.DeleteContact(ctx, b.in(helpdesk.AgentRole, "eve@acme.example"), id); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("without the permission: %v", err)
	}
	c := b.contact(helpdesk.MustAddress("alice@customer.example"))
	c.SignIn = &helpdesk.PortalSignIn{Since: noon, Subjects: []helpdesk.Subject{{Issuer: "https://id.example", Subject: "alice"}}}
	if err := b.db.Commit(ctx, &helpdesk.Change{Account: "support", Contact: c, Subjects: c.SignIn.Subjects}); err != nil {
		t.Fatal(err)
	}
	entered, err := b.enter(ctx, shared(), id, ByPassword, "Firefox")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteContact(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CustomerSignedIn(ctx, "support", entered.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("the session: %v", err)
	}
	if _, _, err := b.ViewByLink(ctx, center(), link); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the link: %v", err)
	}
	if _, err := b.db.ContactBySubject(ctx, "support", c.SignIn.Subjects[0]); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the issuer's identity: %v", err)
	}
	if err := b.Reply(ctx, ada, number, Reply{Text: "Hello"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("answering: %v", err)
	}
	if err := b.RestoreContact(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.ViewByLink(ctx, center(), link); err != nil {
		t.Errorf("the link afterwards: %v", err)
	}
	if err := b.DeleteContact(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Submit(ctx, center(), filled(func(in *Submission) { in.Nonce = "n2" })); err != nil || b.contact(helpdesk.MustAddress("alice@customer.example")).Deleted != nil {
		t.Errorf("a form does not bring them back: %v", err)
	}
	want := []string{"contact.delete", "contact.restore", "contact.delete", "contact.restore"}
	if diff := cmp.Diff(want, b.acts()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

// covers: P10
func TestDeletedAreErasedInTime(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AdminRole, "ada@acme.example")
	for _, a := range []string{"alice@customer.example", "bob@customer.example"} {
		b.known(false, a)
	}
	if err := b.DeleteContact(ctx, ada, b.idOf("alice@customer.example")); err != nil {
		t.Fatal(err)
	}
	b.wait(time.Hour)
	if err := b.DeleteContact(ctx, ada, b.idOf("bob@customer.example")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		wait time.Duration
		want int
	}{{helpdesk.DeletedFor - 2*time.Hour, 0}, {time.Hour + time.Second, 1}, {0, 0}, {time.Hour, 1}} {
		b.wait(tt.wait)
		if err := b.roster.Await(ctx, "support"); err != nil {
			t.Fatal(err)
		}
		if n, err := b.EraseDeleted(ctx, "support"); n != tt.want || err != nil {
			t.Errorf("after %s: %d begun, want %d; %v", tt.wait, n, tt.want, err)
		}
	}
	b.eraseAll()
	if left := b.traces("alice@customer.example", "bob@customer.example"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// covers: P10
func TestMergeContacts(t *testing.T) {
	b := newBench(t)
	b.fieldsOfContacts(someFields...)
	ctx, ada := t.Context(), b.in(helpdesk.AgentRole, "ada@acme.example")
	number := b.ticket("n1")
	home := b.idOf("alice@customer.example")
	work := b.known(true, "!alice@work.example")
	for id, company := range map[helpdesk.ID]string{home: "Home", work.ID: ""} {
		if err := b.EditContact(ctx, ada, id, ContactEdit{Fields: map[string]string{"company": company}}); err != nil {
			t.Fatal(err)
		}
	}
	b.known(false, "x@customer.example")
	if err := b.BlockContact(ctx, ada, b.idOf("x@customer.example")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from, into helpdesk.ID
		want       string
	}{{home, home, "one contact"}, {home, b.idOf("x@customer.example"), "blocked"}} {
		if err := b.MergeContacts(ctx, ada, tt.from, tt.into); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), tt.want) {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
	if err := b.MergeContacts(ctx, ada, home, work.ID); err != nil {
		t.Fatal(err)
	}
	c := b.contact(helpdesk.MustAddress("alice@customer.example"))
	if c.ID != work.ID || len(c.Addresses) != 2 || c.SignIn == nil || c.Name != "Alice" || c.Fields["company"] != "Home" || !slices.Equal(c.Was, []helpdesk.ID{home}) || c.Proves(helpdesk.MustAddress("alice@customer.example")) {
		t.Errorf("merged = %+v", c)
	}
	if got := b.detail(number).Ticket.Requester().Contact; got != work.ID {
		t.Errorf("the request is %s's, want %s's", got, work.ID)
	}
	if found, err := b.ContactDetail(ctx, ada, string(home)); err != nil || found.ID != work.ID {
		t.Errorf("the old id leads to %+v, %v", found, err)
	}
	if page, err := b.Contacts(ctx, ada, ContactsQuery{Words: "alice"}); err != nil || page.Total != 1 {
		t.Errorf("found %+v, %v", page, err)
	}
	if left := b.traces(`"` + string(home) + `"`); len(left) != 3 { // its stub, who it is now, and what it wrote
		t.Errorf("the old id is in:\n%s", strings.Join(left, "\n"))
	}
}

// covers: P10
func TestExportContact(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	if err := s.Note(ctx, s.ada, s.own, Note{Text: "They shout"}); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportContact(ctx, s.in(helpdesk.AgentRole, "eve@acme.example"), s.alice, io.Discard); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("without the permission: %v", err)
	}
	var out bytes.Buffer
	if err := s.ExportContact(ctx, s.ada, s.alice, &out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(raw)
	}
	for name, has := range map[string]string{
		"contact.json": "alice@customer.example", "requests/1/thread.json": "How is zanzibar?", "requests/1/internal.json": "They shout",
		"requests/1/files/1.eml": "alice alone wrote", "requests/1/files/1-1-zanzibar.jpg": "a picture", "requests/2/thread.json": "I was in zanzibar too", "held.json": "zanzibar again",
	} {
		if !strings.Contains(files[name], has) {
			t.Errorf("%s = %q, want %q in it", name, files[name], has)
		}
	}
	all := strings.Join(slices.Collect(func(yield func(string) bool) {
		for _, text := range files {
			if !yield(text) {
				return
			}
		}
	}), "")
	for _, not := range []string{"My own problem", "So I hear", "ada@acme.example"} { // of others
		if strings.Contains(all, not) {
			t.Errorf("the export has %q", not)
		}
	}
	if got := s.acts(); !slices.Equal(got, []string{"contact.export"}) {
		t.Errorf("audit = %v", got)
	}
}
