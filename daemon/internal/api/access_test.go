package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// TestScopes asks for each operation with all scopes but one that it needs, and with
// those that it needs alone.
func TestScopes(t *testing.T) {
	b := newBench(t)
	b.request("alice@customer.example", "My lamp")
	tokens := map[string]string{}
	tokenOf := func(scopes []helpdesk.Scope) string {
		key := ""
		for _, s := range scopes {
			key += string(s) + " "
		}
		if tokens[key] == "" {
			tokens[key] = b.token(b.ada, scopes...)
		}
		return tokens[key]
	}
	for _, op := range b.api.table {
		path := Root + inPath.ReplaceAllString(op.Path, "999")
		if len(op.Scopes) == 0 && op.Name != "whoAmI" {
			t.Errorf("%s needs no scope", op.Name)
		}
		for _, lacking := range op.Scopes {
			rest := slices.DeleteFunc(slices.Clone(helpdesk.Scopes), func(s helpdesk.Scope) bool { return s == lacking })
			if got := b.ask(tokenOf(rest), op.Method, path, "{}"); got.StatusCode != http.StatusForbidden || got.code() != "scope" {
				t.Errorf("%s without %s: %s %s", op.Name, lacking, got.Status, got.body)
			}
		}
		if len(op.Scopes) == 0 {
			continue
		}
		if got := b.ask(tokenOf(op.Scopes), op.Method, path, "{}"); got.code() == "scope" || got.StatusCode == http.StatusUnauthorized || got.StatusCode >= 500 {
			t.Errorf("%s with %v: %s %s", op.Name, op.Scopes, got.Status, got.body)
		}
	}
}

// TestWhoIsLetIn covers tokens that let somebody in, and all that do not.
//
// covers: P10
func TestWhoIsLetIn(t *testing.T) {
	b := newBench(t)
	good := b.token(b.ada, helpdesk.ReadTickets)
	short, _, err := b.desk.AddToken(t.Context(), b.ada, actions.NewToken{Name: "short", Scopes: []helpdesk.Scope{helpdesk.ReadTickets}, Expires: b.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	brief := b.token(b.ada, helpdesk.ReadTickets)
	for _, c := range []struct {
		name, token string
		how         func(r *http.Request)
		want        int
	}{
		{"a token", good, nil, 200},
		{"none", "", nil, 401},
		{"half of one", good[:20], nil, 401},
		{"one letter more", good + "A", nil, 401},
		{"without its beginning", strings.TrimPrefix(good, "pt_"), nil, 401},
		{"another one", "pt_" + strings.Repeat("A", 43), nil, 401},
		{"bits that count nothing", good[:len(good)-1] + "_", nil, 401},
		{"with another scheme", "", func(r *http.Request) { r.Header.Set("Authorization", "Basic "+good) }, 401},
		{"twice", good, func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+good) }, 401},
		{"as a cookie", "", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-postern_agent", Value: good}) }, 401},
		{"in the address", "", func(r *http.Request) { r.URL.RawQuery = "access_token=" + good }, 401},
		{"at another account", good, func(r *http.Request) { r.Host = "help.rival.example" }, 401},
		{"at no help center", good, func(r *http.Request) { r.Host = "nowhere.example" }, 421},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://"+host+Root+"/tickets", nil)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		if c.how != nil {
			c.how(r)
		}
		if got := b.do(r); got.StatusCode != c.want || got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %s, want %d\n%s", c.name, got.Status, c.want, got.body)
		}
	}
	b.wait(time.Hour)
	all, err := b.desk.Tokens(t.Context(), b.ada)
	if err != nil || len(all) != 3 {
		t.Fatalf("tokens: %v, %v", all, err)
	}
	if err := b.desk.EndToken(t.Context(), b.ada, short.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.ask(brief, "GET", Root+"/me", ""); got.StatusCode != 200 {
		t.Errorf("a token without an end, later: %s", got.Status)
	}
	// An agent who is disabled has no token that lets anybody in.
	agent, err := b.db.Agent(t.Context(), "support", b.ada.Agent.ID)
	if err != nil {
		t.Fatal(err)
	}
	agent.Disabled = true
	if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Agent: agent}); err != nil {
		t.Fatal(err)
	}
	if got := b.ask(good, "GET", Root+"/me", ""); got.StatusCode != 401 {
		t.Errorf("a token of a disabled agent: %s", got.Status)
	}
}

// TestTokenEnds covers expiry, and that a token that was ended is dead at once.
func TestTokenEnds(t *testing.T) {
	b := newBench(t)
	token, secret, err := b.desk.AddToken(t.Context(), b.ada, actions.NewToken{Name: "short", Scopes: []helpdesk.Scope{helpdesk.ReadTickets}, Expires: b.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	other := b.token(b.ada, helpdesk.ReadTickets)
	if got := b.ask(secret, "GET", Root+"/me", ""); got.StatusCode != 200 {
		t.Fatalf("before: %s", got.Status)
	}
	b.wait(time.Hour)
	if got := b.ask(secret, "GET", Root+"/me", ""); got.StatusCode != 401 {
		t.Errorf("after its time: %s", got.Status)
	}
	if err := b.desk.EndToken(t.Context(), b.ada, token.ID); err != nil {
		t.Fatal(err)
	}
	all, err := b.desk.Tokens(t.Context(), b.ada)
	if err != nil || len(all) != 1 {
		t.Fatalf("tokens: %v, %v", all, err)
	}
	if got := b.ask(other, "GET", Root+"/me", ""); got.StatusCode != 200 {
		t.Errorf("before it was ended: %s", got.Status)
	}
	if err := b.desk.EndToken(t.Context(), b.ada, all[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := b.ask(other, "GET", Root+"/me", ""); got.StatusCode != 401 {
		t.Errorf("after it was ended: %s", got.Status)
	}
}

// TestNobodyGivesMore: no token may do what its maker may not.
func TestNobodyGivesMore(t *testing.T) {
	b := newBench(t)
	bob := b.agent("Bob", "bob@acme.example", helpdesk.AgentRole)
	keeper := b.agent("Kim", "kim@acme.example", "keeper")
	keeper.Role = helpdesk.DeskRole{ID: "keeper", Permissions: []helpdesk.Permission{helpdesk.ManageAccess}}
	chief := b.agent("Lee", "lee@acme.example", "chief")
	chief.Role = helpdesk.DeskRole{ID: "chief", Permissions: helpdesk.Permissions}
	narrow := b.ada
	narrow.Token = &helpdesk.AccessToken{ID: "x", Scopes: []helpdesk.Scope{helpdesk.ScopeAccess, helpdesk.ReadTickets}}
	for _, c := range []struct {
		name   string
		by     actions.Actor
		agent  helpdesk.ID
		scopes []helpdesk.Scope
		want   helpdesk.Kind // Internal: it may be made
	}{
		{"for oneself", bob, "", helpdesk.Scopes, helpdesk.Internal},
		{"for another, without the permission", bob, b.ada.Agent.ID, []helpdesk.Scope{helpdesk.ReadTickets}, helpdesk.Forbidden},
		{"for another, with it", b.ada, bob.Agent.ID, helpdesk.Scopes, helpdesk.Internal},
		{"for who may more", keeper, b.ada.Agent.ID, []helpdesk.Scope{helpdesk.ScopePeople}, helpdesk.Forbidden},
		{"for an admin, who makes admins", chief, b.ada.Agent.ID, []helpdesk.Scope{helpdesk.ScopePeople}, helpdesk.Forbidden},
		{"for who may more, and does not", keeper, b.ada.Agent.ID, []helpdesk.Scope{helpdesk.ReadTickets}, helpdesk.Internal},
		{"by a token that has less", narrow, "", []helpdesk.Scope{helpdesk.WriteTickets}, helpdesk.Forbidden},
		{"by a token that has as much", narrow, "", []helpdesk.Scope{helpdesk.ReadTickets}, helpdesk.Internal},
		{"with no scope", b.ada, "", nil, helpdesk.Invalid},
		{"with a scope that is none", b.ada, "", []helpdesk.Scope{"everything"}, helpdesk.Invalid},
		{"for nobody", b.ada, "nobody", []helpdesk.Scope{helpdesk.ReadTickets}, helpdesk.Invalid},
	} {
		_, _, err := b.desk.AddToken(t.Context(), c.by, actions.NewToken{Name: "x", Agent: c.agent, Scopes: c.scopes})
		if (err == nil) != (c.want == helpdesk.Internal) || err != nil && helpdesk.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestOnce repeats answers under one key.
func TestOnce(t *testing.T) {
	b := newBench(t)
	lamp := b.request("alice@customer.example", "My lamp")
	token, other := b.token(b.ada, helpdesk.WriteTickets), b.token(b.ada, helpdesk.WriteTickets)
	notes := Root + "/tickets/1/notes"
	if lamp != 1 {
		t.Fatalf("the first request is #%d", lamp)
	}
	ask := func(token, body, key string) answer { return b.ask(token, "POST", notes, body, keyHeader, key) }
	first := ask(token, `{"text":"one"}`, "k")
	if first.StatusCode != 201 || first.Header.Get(replayHeader) != "" || first.Header.Get("Location") != Root+"/tickets/1" {
		t.Fatalf("first: %s %s", first.Status, first.body)
	}
	for _, c := range []struct {
		name, token, body, key string
		status                 int
		code                   string
		again                  bool
	}{
		{"the same", token, `{"text":"one"}`, "k", 201, "", true},
		{"another body", token, `{"text":"two"}`, "k", 422, "key-reused", false},
		{"another token", other, `{"text":"one"}`, "k", 201, "", false},
		{"another key", token, `{"text":"one"}`, "l", 201, "", false},
		{"no key", token, `{"text":"one"}`, "", 201, "", false},
		{"a long key", token, `{"text":"one"}`, strings.Repeat("k", 300), 422, "invalid", false},
		{"what failed", token, `{"text":""}`, "m", 422, "invalid", false},
		{"is not remembered", token, `{"text":"three"}`, "m", 201, "", false},
	} {
		got := ask(c.token, c.body, c.key)
		again := got.Header.Get(replayHeader) == "true"
		if got.StatusCode != c.status || got.code() != c.code || again != c.again || c.again && string(got.body) != string(first.body) {
			t.Errorf("%s: %s, again %t: %s", c.name, got.Status, again, got.body)
		}
	}
	b.wait(helpdesk.OnceLifetime + time.Hour)
	if _, err := b.db.Sweep(t.Context(), "support", b.now()); err != nil {
		t.Fatal(err)
	}
	if got := ask(token, `{"text":"one"}`, "k"); got.StatusCode != 201 || got.Header.Get(replayHeader) != "" {
		t.Errorf("after its time: %s %s", got.Status, got.body)
	}
}

// TestOnceAtOnce sends the same many times at once: it happens once.
func TestOnceAtOnce(t *testing.T) {
	b := newBench(t)
	b.request("alice@customer.example", "My lamp")
	token := b.token(b.ada, helpdesk.WriteTickets, helpdesk.ReadTickets)
	answers := make([]answer, 12)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = b.ask(token, "POST", Root+"/tickets/1/replies", `{"text":"Here it is"}`, keyHeader, "same")
		})
	}
	wg.Wait()
	first := 0
	for _, got := range answers {
		if got.StatusCode != 201 || string(got.body) != string(answers[0].body) {
			t.Errorf("%s %s", got.Status, got.body)
		}
		if got.Header.Get(replayHeader) == "" {
			first++
		}
	}
	var read struct {
		Thread []struct{ Text string } `json:"thread"`
	}
	b.ask(token, "GET", Root+"/tickets/1", "").into(t, &read)
	there := 0
	for _, e := range read.Thread {
		if e.Text == "Here it is" {
			there++
		}
	}
	if first != 1 || there != 1 {
		t.Errorf("it was done %d times, and stands there %d times", first, there)
	}
}

// TestRefusals covers what is wrong with a request itself.
func TestRefusals(t *testing.T) {
	b := newBench(t)
	b.request("alice@customer.example", "My lamp")
	token := b.token(b.ada, helpdesk.Scopes...)
	for _, c := range []struct {
		name, method, path, body string
		more                     []string
		want                     int
		code                     string
	}{
		{"nothing there", "GET", "/nowhere", "", nil, 404, "not-found"},
		{"another method", "DELETE", "/tickets", "", nil, 405, "method"},
		{"asking beforehand, as browsers do", "OPTIONS", "/tickets", "", nil, 405, "method"},
		{"no number", "GET", "/tickets/one", "", nil, 404, "not-found"},
		{"a number that is none", "GET", "/tickets/99999999999999999999", "", nil, 404, "not-found"},
		{"no such request", "GET", "/tickets/999", "", nil, 404, "not-found"},
		{"another type", "POST", "/tickets/1/notes", "text=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "media-type"},
		{"no JSON", "POST", "/tickets/1/notes", "text", nil, 422, "invalid"},
		{"half of it", "POST", "/tickets/1/notes", `{"text":`, nil, 422, "invalid"},
		{"something behind", "POST", "/tickets/1/notes", `{"text":"x"} {}`, nil, 422, "invalid"},
		{"an unknown member", "POST", "/tickets/1/notes", `{"text":"x","txet":"y"}`, nil, 422, "invalid"},
		{"another kind of value", "POST", "/tickets/1/notes", `{"text":7}`, nil, 422, "invalid"},
		{"too much", "POST", "/tickets/1/notes", `{"text":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, "too-large"},
		{"a body where none belongs", "POST", "/tickets/1/unmerge", `{"x":1}`, nil, 422, "invalid"},
		{"a slip in a parameter", "GET", "/tickets?limt=3", "", nil, 422, "invalid"},
		{"no limit", "GET", "/tickets?limit=0", "", nil, 422, "invalid"},
		{"no cursor", "GET", "/tickets?cursor=%21", "", nil, 422, "invalid"},
		{"another's cursor", "GET", "/tickets?cursor=eHl6", "", nil, 422, "invalid"},
		{"no status", "PATCH", "/tickets/1", `{"status":"Done"}`, nil, 422, "invalid"},
		{"a file that is blocked", "POST", "/tickets/1/replies", `{"text":"x","files":[{"name":"a.exe","content":"AA=="}]}`, nil, 422, "invalid"},
		{"a file that nobody kept", "POST", "/tickets/1/notes", `{"text":"x","files":[{"token":"{}"}]}`, nil, 422, "invalid"},
		{"from another site", "POST", "/tickets/1/notes", `{"text":"x"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
	} {
		got := b.ask(token, c.method, Root+c.path, c.body, c.more...)
		if got.StatusCode != c.want || got.code() != c.code {
			t.Errorf("%s: %s, want %d %s\n%s", c.name, got.Status, c.want, c.code, got.body)
		}
		if c.code != "" && got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: told as %s", c.name, got.Header.Get("Content-Type"))
		}
	}
}

// TestTooManyRequests covers the limit of one token.
func TestTooManyRequests(t *testing.T) {
	b := newBench(t)
	token, other := b.token(b.ada, helpdesk.ReadTickets), b.token(b.ada, helpdesk.ReadTickets)
	for range tokenBurst {
		if got := b.ask(token, "GET", Root+"/me", ""); got.StatusCode != 200 {
			t.Fatalf("within the limit: %s", got.Status)
		}
	}
	if got := b.ask(token, "GET", Root+"/me", ""); got.StatusCode != 429 || got.code() != "too-many" || got.Header.Get("Retry-After") != "1" {
		t.Errorf("over it: %s %s %s", got.Status, got.body, got.Header.Get("Retry-After"))
	}
	if got := b.ask(other, "GET", Root+"/me", ""); got.StatusCode != 200 {
		t.Errorf("another token: %s", got.Status)
	}
	b.wait(tokenEvery)
	if got := b.ask(token, "GET", Root+"/me", ""); got.StatusCode != 200 {
		t.Errorf("a moment later: %s", got.Status)
	}
}
