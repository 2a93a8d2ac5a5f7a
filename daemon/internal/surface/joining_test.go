package surface

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

const nora = "nora@staff.example"

// person is somebody on the page of all agents, by address.
func (d *desk) person(t *testing.T, admin *visitor, address string) string {
	t.Helper()
	page := admin.get(t, "/agent/people").body
	m := regexp.MustCompile(`href="(/agent/people/agents/[a-z0-9]+)"[^@]*` + regexp.QuoteMeta(address)).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no agent %s on the page:\n%s", address, page)
	}
	return m[1]
}

func asked(role string) url.Values {
	return url.Values{"name": {"Nora"}, "role": {role}, "mail": {"Mine"}}
}

// An admin asks somebody to join, who sets a password by the link that the mail brings,
// once, and is in, with what their role lets them and nothing else.
//
// covers: P10
func TestAgentJoins(t *testing.T) {
	t.Parallel()
	d := &desk{Dev: peers.StartDev(t, manifests)}
	admin := d.agentAt(t, "acme")
	form := asked("agent")
	form.Set("address", nora)
	d.must(t, admin.post(t, "/agent/people/agents/new", form))
	if again := admin.post(t, "/agent/people/agents/new", form); again.status == http.StatusSeeOther || !strings.Contains(again.body, "already") {
		t.Errorf("asked twice: %d", again.status)
	}
	at := d.person(t, admin, nora)
	if page := admin.get(t, at).body; !strings.Contains(page, "Has not joined yet") {
		t.Error("the page does not tell that she has not joined")
	}
	first := d.LetterWith(t, nora, "/agent/join/").Link(t, "/agent/join/")
	d.must(t, admin.post(t, at+"/link", nil))
	link := d.LetterWith(t, nora, "/agent/join/").Link(t, "/agent/join/")

	her, elsewhere := d.visit(t, "acme"), d.visit(t, "rival")
	_, token, _ := strings.Cut(link, "/agent/join/")
	for _, tt := range []struct {
		name string
		got  answer
		want int
	}{
		{"the link before", her.get(t, first), http.StatusNotFound},
		{"at another help center", elsewhere.get(t, "/agent/join/"+token), http.StatusNotFound},
		{"another letter in it", her.get(t, link[:len(link)-5]+"AAAAA"), http.StatusNotFound},
		{"looked at", her.get(t, link), http.StatusOK},
		{"looked at again", her.get(t, link), http.StatusOK},
		{"too short a password", her.post(t, link, url.Values{"password": {"short"}}), http.StatusUnprocessableEntity},
		{"her address as password", her.post(t, link, url.Values{"password": {nora}}), http.StatusUnprocessableEntity},
		{"a password before she has one", her.post(t, "/agent/sign-in", url.Values{"address": {nora}, "password": {""}}), http.StatusUnprocessableEntity},
		{"a password", her.post(t, link, url.Values{"password": {password}}), http.StatusSeeOther},
		{"the link once more", her.get(t, link), http.StatusNotFound},
		{"another password", her.post(t, link, url.Values{"password": {"nine green umbrellas"}}), http.StatusNotFound},
		{"nothing but the link", her.get(t, "/agent/me"), http.StatusSeeOther},
		{"that other password", her.post(t, "/agent/sign-in", url.Values{"address": {nora}, "password": {"nine green umbrellas"}}), http.StatusUnprocessableEntity},
		{"at the other account", elsewhere.post(t, "/agent/sign-in", url.Values{"address": {nora}, "password": {password}}), http.StatusUnprocessableEntity},
	} {
		if tt.got.status != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, tt.got.status, tt.want)
		}
	}
	d.must(t, her.post(t, "/agent/sign-in", url.Values{"address": {nora}, "password": {password}}))
	for path, want := range map[string]int{"/agent/me": 200, "/agent/people": 403, at: 403, "/agent/people/audit": 403, "/agent/people/roles/new": 403} {
		if got := her.get(t, path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	if got := her.post(t, at, asked("admin")); got.status != http.StatusForbidden {
		t.Errorf("she makes herself an admin: %d", got.status)
	}
	// Her role is another at once, in the session that she has.
	d.must(t, admin.post(t, at, asked("admin")))
	if got := her.get(t, "/agent/people"); got.status != http.StatusOK {
		t.Errorf("as an admin: %d", got.status)
	}
	d.lastAdmin(t, admin, her, at)
}

// lastAdmin has one of two admins step down; the other can't, nor be disabled.
func (d *desk) lastAdmin(t *testing.T, admin, her *visitor, at string) {
	t.Helper()
	own := d.person(t, admin, d.Agent)
	d.must(t, admin.post(t, own, asked("agent")))
	if got := admin.get(t, "/agent/people"); got.status != http.StatusForbidden {
		t.Errorf("who stepped down still manages people: %d", got.status)
	}
	disabled := asked("admin")
	disabled.Set("disabled", "yes")
	for name, form := range map[string]url.Values{"steps down": asked("agent"), "is disabled": disabled} {
		if got := her.post(t, at, form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "last admin who can sign in") {
			t.Errorf("the last admin %s: %d", name, got.status)
		}
	}
	if got := her.get(t, "/agent/people"); got.status != http.StatusOK {
		t.Errorf("the last admin after that: %d", got.status)
	}
}

var (
	shownKey  = regexp.MustCompile(`<code class="key">([A-Z2-7 ]+)</code>`)
	shownCode = regexp.MustCompile(`<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>`)
)

// Where a role wants codes, a password opens nothing but the page that asks for one,
// and what was typed once is worth nothing after.
//
// covers: P10
func TestAgentSignsInWithCodes(t *testing.T) {
	t.Parallel()
	d := &desk{Dev: peers.StartDev(t, manifests)}
	var made struct{ Password string }
	d.tell(t, &made, "agent", "add", nora, "--name", "Nora", "--role", "agent")
	admin := d.agentAt(t, "acme")
	before := d.visit(t, "acme")
	enter := url.Values{"address": {nora}, "password": {made.Password}}
	d.must(t, before.post(t, "/agent/sign-in", enter))
	d.must(t, admin.post(t, "/agent/people/roles/new", url.Values{"name": {"Night"}, "sees": {string(helpdesk.SeesAll)}, "second": {"yes"}}))
	role := regexp.MustCompile(`/agent/people/roles/([a-z0-9]+)"[^/]*Night`).FindStringSubmatch(admin.get(t, "/agent/people/roles").body)
	if role == nil {
		t.Fatal("the page shows no such role")
	}
	d.must(t, admin.post(t, d.person(t, admin, nora), asked(role[1])))
	if got := before.get(t, "/agent/me"); got.status != http.StatusSeeOther {
		t.Errorf("a session from before, without a code: %d", got.status)
	}

	her := d.visit(t, "acme")
	page := her.post(t, "/agent/sign-in", enter)
	key := shownKey.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || key == nil || !strings.Contains(page.header.Get("Cache-Control"), "no-store") {
		t.Fatalf("nothing is set up: %d\n%s", page.status, page.body)
	}
	if got := her.get(t, "/agent/me"); got.status != http.StatusSeeOther {
		t.Errorf("signed in by a password alone: %d", got.status)
	}
	now := time.Now()
	code := func(at time.Time) url.Values {
		got, err := totp.GenerateCode(strings.ReplaceAll(key[1], " ", ""), at)
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"code": {got}}
	}
	set := her.post(t, "/agent/sign-in/second", code(now))
	recovery := shownCode.FindAllStringSubmatch(set.body, -1)
	if set.status != http.StatusOK || len(recovery) != 10 {
		t.Fatalf("set up: %d with %d codes\n%s", set.status, len(recovery), set.body)
	}
	if got := her.get(t, "/agent/me"); got.status != http.StatusOK || strings.Contains(got.body, recovery[0][1]) {
		t.Errorf("in: %d", got.status)
	}

	next := code(now.Add(30 * time.Second)) // an app that is a little ahead
	for _, tt := range []struct {
		name string
		code url.Values
		want int
	}{
		{"a wrong code", url.Values{"code": {"12345"}}, http.StatusUnprocessableEntity},
		{"the next code", next, http.StatusSeeOther},
		{"the same again", next, http.StatusUnprocessableEntity},
		{"a code of recovery", url.Values{"code": {recovery[3][1]}}, http.StatusSeeOther},
		{"the same again, written otherwise", url.Values{"code": {strings.ToUpper(strings.ReplaceAll(recovery[3][1], "-", ""))}}, http.StatusUnprocessableEntity},
		{"too many tries", url.Values{"code": {recovery[4][1]}}, http.StatusServiceUnavailable},
	} {
		v := d.visit(t, "acme")
		if page := v.post(t, "/agent/sign-in", enter); page.status != http.StatusOK || strings.Contains(page.body, key[1]) || !strings.Contains(page.body, "Enter your code") {
			t.Fatalf("%s: asked %d\n%s", tt.name, page.status, page.body)
		}
		got := v.post(t, "/agent/sign-in/second", tt.code)
		if got.status != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got.status, tt.want)
		}
		in := map[bool]int{true: http.StatusOK, false: http.StatusSeeOther}[tt.want == http.StatusSeeOther]
		if got := v.get(t, "/agent/me"); got.status != in {
			t.Errorf("%s, then the own page: %d, want %d", tt.name, got.status, in)
		}
	}
	d.auditOf(t, "agent.second.on", "agent.recovery", "agent.signin", "agent.signin.refused", "role.add", "agent.change")
}

// auditOf wants records of these acts.
func (d *desk) auditOf(t *testing.T, acts ...string) {
	t.Helper()
	var log []helpdesk.AuditRecord
	d.tell(t, &log, "audit", "list")
	for _, act := range acts {
		if !slices.ContainsFunc(log, func(r helpdesk.AuditRecord) bool { return r.Act == act }) {
			t.Errorf("no %s in the audit log: %+v", act, log)
		}
	}
}

// fails runs a command that is to end with an error, and returns all that it says.
func (d *desk) fails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), peers.Program(t), append(args, "--dir", d.Dir)...).CombinedOutput()
	if err == nil {
		t.Errorf("postern %s succeeds:\n%s", strings.Join(args, " "), out)
	}
	return string(out)
}

// The audit log is read and checked from the command line, and what somebody with the
// store in their hands does to it is found out.
//
// covers: P10
func TestAuditFromTheCommandLine(t *testing.T) {
	t.Parallel()
	d := &desk{Dev: peers.StartDev(t, manifests)}
	for _, name := range []string{"ann", "ben", "cid"} {
		d.Command(t, "agent", "add", name+"@staff.example", "--name", name, "--account", "support")
	}
	d.Command(t, "agent", "set", "cid@staff.example", "--disable", "--account", "support")
	if got := d.Command(t, "audit", "list", "--act", "agent.change", "--account", "support"); strings.Count(got, "\n") != 1 || !strings.Contains(got, "operator") || !strings.Contains(got, "disabled=yes") {
		t.Errorf("changes:\n%s", got)
	}
	all := d.Command(t, "audit", "list", "--account", "support")
	if newest := d.Command(t, "audit", "list", "--limit", "1", "--account", "support"); !strings.HasPrefix(all, newest) || strings.Count(newest, "\n") != 1 {
		t.Errorf("the newest is\n%sof\n%s", newest, all)
	}
	if strings.Contains(all, "staff.example") {
		t.Errorf("addresses in the log:\n%s", all)
	}
	sound := d.Command(t, "verify", "--audit", "--account", "support")
	head := regexp.MustCompile(`head: (\d+:[0-9a-f]{64})`).FindStringSubmatch(sound)
	if head == nil || !strings.Contains(sound, "none changed") {
		t.Fatalf("checked:\n%s", sound)
	}
	d.Command(t, "verify", "--audit", "--head", head[1], "--account", "support")
	if got := d.fails(t, "verify", "--audit", "--head", "1:"+strings.Repeat("0", 64), "--account", "support"); !strings.Contains(got, "audit log was changed") {
		t.Errorf("another head:\n%s", got)
	}

	store := d.Etcd(t)
	var key, value string
	for _, k := range d.Keys(t) {
		if got, err := store.Get(t.Context(), k); err == nil && strings.Contains(k, "/accounts/support/audit/") && strings.Contains(string(got.Kvs[0].Value), `"disabled":"yes"`) {
			key, value = k, string(got.Kvs[0].Value)
		}
	}
	put := func(value string) {
		t.Helper()
		if _, err := store.Put(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	put(strings.Replace(value, `"disabled":"yes"`, `"disabled":"no"`, 1))
	if got := d.fails(t, "verify", "--audit", "--account", "support"); !strings.Contains(got, "was changed") {
		t.Errorf("a word of a record changed:\n%s", got)
	}
	var told struct{ Wrong string }
	if out, _, _ := strings.Cut(d.fails(t, "verify", "--audit", "--account", "support", "--json"), "\npostern"); json.Unmarshal([]byte(out), &told) == nil && told.Wrong == "" {
		t.Errorf("with --json nothing is wrong:\n%s", out)
	}
	put(value)
	d.Command(t, "verify", "--audit", "--head", head[1], "--account", "support")
	if _, err := store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := d.fails(t, "verify", "--audit", "--account", "support"); !strings.Contains(got, "audit log was changed") {
		t.Errorf("a record taken out:\n%s", got)
	}
}
