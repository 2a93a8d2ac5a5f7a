package actions

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Whatever is done to the log in the store is found out: of what was cut off its end,
// with the end set back, by a head that was kept.
func TestTampering(t *testing.T) {
	const root = "/postern/test/accounts/support/"
	key := func(seq string) string { return root + "audit/" + strings.Repeat("0", 19-len(seq)) + seq }
	for _, tt := range []struct {
		name string
		do   func(b *bench)
		want string // a part of what is told, "" for nothing wrong
	}{
		{"nothing", func(*bench) {}, ""},
		{"changed", func(b *bench) {
			b.edit(key("3"), func(r *helpdesk.AuditRecord) { r.Subject = "agent/somebody" })
		}, "record 3 was changed"},
		{"changed, with a hash that fits", func(b *bench) {
			b.edit(key("3"), func(r *helpdesk.AuditRecord) { r.Subject = "agent/somebody"; r.Hash = r.Sum() })
		}, "record 4 does not follow"},
		{"the last one changed, with a hash that fits", func(b *bench) {
			b.edit(key("5"), func(r *helpdesk.AuditRecord) { r.By.Agent = "somebody"; r.Hash = r.Sum() })
		}, "record 5 is not the one"},
		{"taken out", func(b *bench) { b.drop(key("2")) }, "record 3 stands where 2 should"},
		{"the first taken out", func(b *bench) { b.drop(key("1")) }, "record 2 stands where 1 should"},
		{"cut off", func(b *bench) { b.drop(key("5")) }, "missing at the end"},
		{"cut off, the end set back", func(b *bench) {
			b.drop(key("5"))
			b.setBack(root, key("4"))
		}, "you noted down 5"},
		{"cut off and written anew", func(b *bench) {
			b.drop(key("5"))
			b.setBack(root, key("4"))
			b.as("new@acme.example", "agent")
		}, "record 5 is not the one that you noted down"},
		{"all gone", func(b *bench) {
			for _, n := range []string{"1", "2", "3", "4", "5"} {
				b.drop(key(n))
			}
			b.drop(root + "audithead")
		}, "you noted down 5"},
		{"no record any more", func(b *bench) { b.raw(key("2"), "{") }, "can't be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			for _, a := range []string{"a", "b", "c", "d", "e"} {
				b.as(a+"@acme.example", "agent")
			}
			before, err := b.CheckAudit(t.Context(), operator, helpdesk.AuditHead{})
			if err != nil || before.Wrong != "" || before.Head.Seq != 5 || before.Records != 5 {
				t.Fatalf("%+v, %v", before, err)
			}
			tt.do(b)
			got, err := b.CheckAudit(t.Context(), operator, before.Head)
			if err != nil || (tt.want == "") != (got.Wrong == "") || !strings.Contains(got.Wrong, tt.want) {
				t.Errorf("%+v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// What was done to somebody is told for ever; that nobody is there any more to look at,
// too. Who became part of another contact is found there.
//
// covers: P10
func TestErasedInAudit(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AdminRole, "ada@acme.example")
	ids := map[string]helpdesk.ID{}
	for _, name := range []string{"gone", "part-of-gone", "here", "part-of-here", "going"} {
		ids[name] = b.known(false, name+"@customer.example").ID
		if err := b.EditContact(ctx, ada, ids[name], ContactEdit{Name: new("Mx " + name)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"gone", "here"} {
		if err := b.MergeContacts(ctx, ada, ids["part-of-"+name], ids[name]); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := b.AuditLog(ctx, ada, AuditQuery{Act: "contact", Limit: MostAudited}); err != nil || len(page.Records) < len(ids) || len(page.Erased) != 0 {
		t.Fatalf("before = %+v, %v", page, err)
	}
	if err := b.EraseContact(ctx, ada, ids["gone"], EraseWord); err != nil {
		t.Fatal(err)
	}
	b.eraseAll()
	if err := b.EraseContact(ctx, ada, ids["going"], EraseWord); err != nil {
		t.Fatal(err)
	}
	page, err := b.AuditLog(ctx, ada, AuditQuery{Act: "contact", Limit: MostAudited})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range ids {
		if want := strings.Contains(name, "go"); page.Erased[id] != want {
			t.Errorf("%s: erased %t, want %t", name, page.Erased[id], want)
		}
	}
}

func (b *bench) raw(key, value string) {
	b.t.Helper()
	if _, err := b.etcd.Put(b.t.Context(), key, value); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) drop(key string) {
	b.t.Helper()
	if resp, err := b.etcd.Delete(b.t.Context(), key); err != nil || resp.Deleted != 1 {
		b.t.Fatalf("delete %s: %+v, %v", key, resp, err)
	}
}

func (b *bench) read(key string) helpdesk.AuditRecord {
	b.t.Helper()
	resp, err := b.etcd.Get(b.t.Context(), key)
	if err != nil || len(resp.Kvs) != 1 {
		b.t.Fatalf("read %s: %v, %v", key, resp, err)
	}
	var r helpdesk.AuditRecord
	if err := json.Unmarshal(resp.Kvs[0].Value, &r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) edit(key string, how func(r *helpdesk.AuditRecord)) {
	b.t.Helper()
	r := b.read(key)
	how(&r)
	raw, err := json.Marshal(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.raw(key, string(raw))
}

// setBack makes a record the end of the chain.
func (b *bench) setBack(root, key string) {
	b.t.Helper()
	r := b.read(key)
	raw, err := json.Marshal(helpdesk.AuditHead{Seq: r.Seq, Hash: r.Hash})
	if err != nil {
		b.t.Fatal(err)
	}
	b.raw(root+"audithead", string(raw))
}

func TestAuditLog(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.as("ada@acme.example", "admin")
	b.role("Lead", helpdesk.SeesAll)
	if _, err := b.SaveTeam(ctx, ada, helpdesk.Team{Name: "Berlin"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		q    AuditQuery
		want string
	}{
		{"all", AuditQuery{Limit: 10}, "team.add role.add agent.add"},
		{"a kind of act", AuditQuery{Act: "agent", Limit: 10}, "agent.add"},
		{"no beginning of one", AuditQuery{Act: "age", Limit: 10}, ""},
		{"by whom", AuditQuery{Agent: ada.Agent.ID, Limit: 10}, "team.add"},
		{"about what", AuditQuery{Subject: "agent/" + string(ada.Agent.ID), Limit: 10}, "agent.add"},
		{"older", AuditQuery{Before: 3, Limit: 1}, "role.add"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := b.AuditLog(ctx, ada, tt.q)
			if err != nil {
				t.Fatal(err)
			}
			var acts []string
			for _, r := range page.Records {
				acts = append(acts, r.Act)
			}
			if got := strings.Join(acts, " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
