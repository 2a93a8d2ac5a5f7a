package actions

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What is counted, recorded and told to programs tells who sees the requests of their
// teams of no others.
//
// covers: P10
func TestSightEndsCountsAndRecords(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.role("Team", helpdesk.SeesTeams, helpdesk.Permissions...)
	eve, ann := b.as("eve@acme.example", "Team"), b.as("ann@acme.example", "admin")
	other, theirs := b.ticket("other"), b.ticket("theirs")
	b.change(theirs, func(t *helpdesk.Ticket) { t.Assignee = eve.Agent.ID })
	b.hold(other, nil)
	must(t, b.CallSpam(ctx, ann, other, true))
	for _, tt := range []struct {
		by   Actor
		held int
		spam bool
	}{{eve, 0, false}, {ann, 1, true}} {
		counts, err := b.Counts(ctx, tt.by)
		must(t, err)
		if counts["held"] != tt.held {
			t.Errorf("%s: %d held mails are counted, want %d", tt.by.Role.Name, counts["held"], tt.held)
		}
		log, err := b.AuditLog(ctx, tt.by, AuditQuery{Limit: MostAudited})
		must(t, err)
		spam := slices.ContainsFunc(log.Records, func(r helpdesk.AuditRecord) bool { return strings.HasPrefix(r.Subject, "ticket/") })
		if spam != tt.spam || len(log.Records) == 0 {
			t.Errorf("%s: the audit log names a request: %t, want %t", tt.by.Role.Name, spam, tt.spam)
		}
		if _, err := b.Hooks(ctx, tt.by); (err == nil) != tt.spam {
			t.Errorf("%s: hooks: %v", tt.by.Role.Name, err)
		}
	}
}

// A token makes no way round its scopes: neither by people, nor by other tokens.
func TestTokensGiveNoMore(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin := b.as("admin@acme.example", "admin")
	export := b.role("Export", helpdesk.SeesAll, helpdesk.ExportData)
	plain := b.role("Plain", helpdesk.SeesAll)
	by := admin
	by.Token = &helpdesk.AccessToken{ID: "x", Scopes: []helpdesk.Scope{helpdesk.ScopePeople, helpdesk.ScopeAccess}, Expires: b.time().Add(time.Hour)}
	kim := b.as("kim@acme.example", "Plain")
	invite := func(role string) error {
		_, err := b.newAgent(ctx, by, NewAgent{Name: "New", Address: role + "@elsewhere.example", Role: role})
		return err
	}
	set := func(role string) error {
		_, err := b.SetAgent(ctx, by, string(kim.Agent.ID), AgentChange{Role: &role})
		return err
	}
	save := func(r helpdesk.DeskRole, p ...helpdesk.Permission) error {
		r.Permissions = p
		_, err := b.SaveRole(ctx, by, r)
		return err
	}
	token := func(expires time.Time) error {
		_, _, err := b.AddToken(ctx, by, NewToken{Name: "x", Scopes: []helpdesk.Scope{helpdesk.ScopeAccess}, Expires: expires})
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"an admin", invite("admin"), "forbidden"},
		{"who may more", invite("Export"), "forbidden"},
		{"an agent", invite("agent"), "ok"},
		{"make an admin", set("admin"), "forbidden"},
		{"make somebody who may more", set(string(export.ID)), "forbidden"},
		{"make an agent", set("agent"), "ok"},
		{"a role that may more", save(helpdesk.DeskRole{Name: "More"}, helpdesk.RemoveContacts), "forbidden"},
		{"more for a role", save(*plain, helpdesk.ReadAudit), "forbidden"},
		{"a role that may as much", save(helpdesk.DeskRole{Name: "Same"}, helpdesk.ManagePeople), "ok"},
		{"a token for ever", token(time.Time{}), "forbidden"},
		{"a token for longer", token(b.time().Add(2 * time.Hour)), "forbidden"},
		{"a token for as long", token(b.time().Add(time.Hour)), "ok"},
	} {
		if kindOf(tt.err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, tt.err, tt.want)
		}
	}
}

// What somebody asks for costs no more than what a person would ask for.
func TestAsksAreBounded(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.named("Ada Lovelace")
	number := b.ticket("n1")
	tags := make([]string, helpdesk.MaxTags+1)
	for i := range tags {
		tags[i] = "t" + numeral(int64(i))
	}
	if err := b.SetTags(ctx, ada, number, nil, tags); kindOf(err) != "invalid" {
		t.Errorf("tags to remove: %v", err)
	}
	quote := make([]int, mostChosen+1)
	for i := range quote {
		quote[i] = 1
	}
	if _, err := b.OpenSide(ctx, ada, number, NewSide{Address: "sam@supplier.example", Subject: "x", Text: "x", Quote: quote}); kindOf(err) != "invalid" || !strings.Contains(helpdesk.Public(err), "passed on at once") {
		t.Errorf("quotes: %v", err)
	}
}

// An outsider in a side thread can bring nobody in, who might be a customer of the
// request that it is about, and nothing is split off it.
//
// covers: P10
func TestSideThreadsStayApart(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.named("Ada Lovelace")
	_, side := b.asides(ada, "canary")
	sam := b.proven("sam@supplier.example")
	if err := b.AddPerson(ctx, shared(), sam, side, "alice@customer.example", ""); kindOf(err) != "not found" {
		t.Errorf("the outsider adds a customer: %v", err)
	}
	seen, err := b.Request(ctx, shared(), sam, side, "")
	must(t, err)
	if seen.MayAdd {
		t.Error("the outsider is asked to add people")
	}
	for _, text := range []string{"one", "two"} {
		_, err := b.AnswerRequest(ctx, shared(), sam, side, Answer{Text: text, Nonce: text})
		must(t, err)
	}
	d := b.detail(side)
	if _, err := b.Split(ctx, ada, side, d.Ticket.Entries, "x"); kindOf(err) != "invalid" || !strings.Contains(helpdesk.Public(err), "side thread") {
		t.Errorf("split: %v", err)
	}
}

// What is exported of a person has none of their requests that who exports may not see,
// and nothing long goes on for who may no more.
//
// covers: P10
func TestContactExportKeepsToSight(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	s.role("Team", helpdesk.SeesTeams, helpdesk.ExportData, helpdesk.EditContacts)
	eve := s.as("eve@acme.example", "Team")
	s.change(s.bobs, func(t *helpdesk.Ticket) { t.Assignee = eve.Agent.ID })
	names := func() (all []string) {
		var out bytes.Buffer
		must(t, s.ExportContact(ctx, eve, s.alice, &out))
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		must(t, err)
		for _, f := range z.File {
			all = append(all, f.Name)
		}
		return all
	}
	theirs := "requests/" + numeral(s.bobs) + "/request.json"
	if got := names(); slices.Contains(got, "requests/"+numeral(s.own)+"/request.json") || slices.Contains(got, "held.json") || !slices.Contains(got, theirs) {
		t.Errorf("files %q", got)
	}
	now, err := s.db.Agent(ctx, "support", eve.Agent.ID)
	must(t, err)
	now.Disabled = true
	must(t, s.db.Commit(ctx, &helpdesk.Change{Account: "support", Agent: now}))
	// eve is who they were when they began.
	if err := s.ExportContact(ctx, eve, s.alice, io.Discard); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("an export goes on: %v", err)
	}
	if err := s.WriteContacts(ctx, eve, io.Discard); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("a list goes on: %v", err)
	}
	if _, err := s.ImportContacts(ctx, eve, strings.NewReader("address\nnew@customer.example\n"), true); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("an import goes on: %v", err)
	}
}
