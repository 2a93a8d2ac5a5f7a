package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// shelf is secrets by NAME/KEY, of the account "support" alone.
type shelf map[string]string

func (s shelf) Secret(_ context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	secret, ok := s[ref.Name+"/"+ref.Key]
	if !ok || account != "support" {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is not there", ref.Name)
	}
	return []byte(secret), nil
}

// memory is a Keeper.
type memory struct {
	mu   sync.Mutex
	kept map[string]string
}

func (m *memory) RefreshToken(_ context.Context, account, declared string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[account+" "+declared], nil
}

func (m *memory) KeepRefreshToken(_ context.Context, account, declared, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[account+" "+declared] = token
	return nil
}

// issuer is a token endpoint.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string                                  // forms, in order
	refresh string                                    // the one refresh token that is good
	rotate  bool                                      // each answer replaces it
	fail    func(w http.ResponseWriter) (failed bool) // nil: never
	expires int
}

func startIssuer(t *testing.T) *issuer {
	i := &issuer{refresh: "declared-token", expires: 3600}
	i.Server = httptest.NewTLSServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = r.ParseForm()
	i.asked = append(i.asked, r.Form.Get("grant_type")+" "+r.Form.Get("refresh_token")+" "+r.Form.Get("scope"))
	if i.fail != nil && i.fail(w) {
		return
	}
	answer := map[string]any{"access_token": fmt.Sprintf("access-%d", len(i.asked)), "token_type": "Bearer", "expires_in": i.expires}
	if r.Form.Get("client_id") != "postern" || r.Form.Get("client_secret") != "hush" ||
		r.Form.Get("grant_type") == "refresh_token" && r.Form.Get("refresh_token") != i.refresh {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"error": "invalid_grant", "error_description": "the token was withdrawn"}
	} else if i.rotate {
		i.refresh = fmt.Sprintf("rotated-%d", len(i.asked))
		answer["refresh_token"] = i.refresh
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newSource(i *issuer, keeper Keeper, c *clock) *Source {
	s := New(shelf{"mail/password": "geheim", "mail/client-secret": "hush", "mail/refresh-token": "declared-token"}, keeper, c.Now)
	s.http.Transport = limited{i.Client().Transport}
	return s
}

func byPassword() helpdesk.Login {
	return helpdesk.Login{Account: "support", Username: "support@acme.example", Password: helpdesk.SecretRef{Name: "mail", Key: "password"}}
}

func byClient(i *issuer) helpdesk.Login {
	return helpdesk.Login{Account: "support", Username: "support@acme.example", OAuth: helpdesk.OAuth{
		TokenURL: i.URL, Scopes: "mail.read mail.send", ClientID: "postern", ClientSecret: helpdesk.SecretRef{Name: "mail", Key: "client-secret"},
	}}
}

func byRefresh(i *issuer) helpdesk.Login {
	l := byClient(i)
	l.OAuth.RefreshToken = helpdesk.SecretRef{Name: "mail", Key: "refresh-token"}
	return l
}

// covers: P01, P11
func TestClient(t *testing.T) {
	i := startIssuer(t)
	source := newSource(i, nil, &clock{now: time.Now()})
	absent := byPassword()
	absent.Password.Key = "absent"
	foreign := byPassword()
	foreign.Account = "other"
	tests := []struct {
		name    string
		login   helpdesk.Login
		offered []string
		want    string // mechanism and first bytes
	}{
		{"password", byPassword(), []string{"LOGIN", "PLAIN"}, "PLAIN \x00support@acme.example\x00geheim"},
		{"password by an old server", byPassword(), []string{"LOGIN"}, "LOGIN support@acme.example"},
		{"no password taken", byPassword(), []string{"XOAUTH2"}, ""},
		{"no such secret", absent, []string{"PLAIN"}, ""},
		{"of another account", foreign, []string{"PLAIN"}, ""},
		{"OAUTHBEARER first", byClient(i), []string{"XOAUTH2", "OAUTHBEARER"},
			"OAUTHBEARER n,a=support@acme.example,\x01host=imap.acme.example\x01port=993\x01auth=Bearer access-1\x01\x01"},
		{"XOAUTH2", byClient(i), []string{"XOAUTH2", "PLAIN"}, "XOAUTH2 user=support@acme.example\x01auth=Bearer access-1\x01\x01"},
		{"no token taken", byClient(i), []string{"PLAIN"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, err := source.Client(t.Context(), test.login, "imap.acme.example", 993, test.offered)
			if test.want == "" {
				if !errors.Is(err, ErrSetup) {
					t.Fatalf("got %v, want an error of the setup", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mechanism, first, err := client.Start()
			if got := mechanism + " " + string(first); err != nil || got != test.want {
				t.Fatalf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestTokenIsKeptWhileItIsGood(t *testing.T) {
	i, c := startIssuer(t), &clock{now: time.Now()}
	source := newSource(i, nil, c)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if token, err := source.token(t.Context(), byRefresh(i)); err != nil || token != "access-1" {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
	group.Wait()
	steps := []struct {
		do   func()
		want string
	}{
		{func() { c.pass(54 * time.Minute) }, "access-1"},
		{func() { c.pass(2 * time.Minute) }, "access-2"}, // within five minutes of its end
		{func() {}, "access-2"},
		{func() { source.Rejected(byRefresh(i)) }, "access-3"},
	}
	for n, step := range steps {
		step.do()
		if token, err := source.token(t.Context(), byRefresh(i)); err != nil || token != step.want {
			t.Errorf("step %d: got %q, %v, want %q", n, token, err, step.want)
		}
	}
	if want := "refresh_token declared-token "; i.asked[0] != want {
		t.Errorf("asked %q, want %q", i.asked[0], want)
	}
}

func TestRotatedTokensSurviveARestart(t *testing.T) {
	i, c, keeper := startIssuer(t), &clock{now: time.Now()}, &memory{kept: map[string]string{}}
	i.rotate = true
	for n := range 3 { // each is a process of its own
		if _, err := newSource(i, keeper, c).token(t.Context(), byRefresh(i)); err != nil {
			t.Fatalf("process %d: %v", n, err)
		}
	}
	// The operator declares another one under the same name: the kept ones are none
	// of it.
	i.refresh = "new-token"
	source := newSource(i, keeper, c)
	source.secrets.(shelf)["mail/refresh-token"] = "new-token"
	if _, err := source.token(t.Context(), byRefresh(i)); err != nil {
		t.Fatal(err)
	}
	// A kept one that is not good any more makes way for the declared one.
	keeper.kept["support new-token"] = "stale"
	i.refresh = "new-token"
	source = newSource(i, keeper, c)
	source.secrets.(shelf)["mail/refresh-token"] = "new-token"
	if _, err := source.token(t.Context(), byRefresh(i)); err != nil {
		t.Fatal(err)
	}
}

// late is a Keeper that tells once what was there before another replica kept a
// newer one.
type late struct {
	*memory
	before []string
}

func (l *late) RefreshToken(ctx context.Context, account, declared string) (string, error) {
	if len(l.before) > 0 {
		old := l.before[0]
		l.before = l.before[1:]
		return old, nil
	}
	return l.memory.RefreshToken(ctx, account, declared)
}

// Two replicas ask at the same time: the token that one of them has read is used up
// when it asks.
func TestRotatedByAnotherReplicaMeanwhile(t *testing.T) {
	for _, before := range []string{"rotated-1", ""} {
		i := startIssuer(t)
		i.refresh = "rotated-2"
		keeper := &late{memory: &memory{kept: map[string]string{"support declared-token": "rotated-2"}}, before: []string{before}}
		if _, err := newSource(i, keeper, &clock{now: time.Now()}).token(t.Context(), byRefresh(i)); err != nil {
			t.Errorf("after %q: %v, asked %q", before, err, i.asked)
		}
	}
}

// full is a Keeper whose store can be read, and takes nothing more.
type full struct {
	*memory
	is bool
}

func (f *full) KeepRefreshToken(ctx context.Context, account, declared, token string) error {
	if f.is {
		return errors.New("no space")
	}
	return f.memory.KeepRefreshToken(ctx, account, declared, token)
}

// A token that cannot be kept is the only good one all the same.
func TestRotatedWhileTheStoreIsFull(t *testing.T) {
	i, keeper := startIssuer(t), &full{memory: &memory{kept: map[string]string{}}, is: true}
	i.rotate = true
	source := newSource(i, keeper, &clock{now: time.Now()})
	for range 3 {
		if _, err := source.token(t.Context(), byRefresh(i)); err == nil || errors.Is(err, ErrSetup) {
			t.Errorf("while it is full: %v", err)
		}
	}
	keeper.is = false
	if _, err := source.token(t.Context(), byRefresh(i)); err != nil {
		t.Fatalf("when there is room again: %v, asked %q", err, i.asked)
	}
	if len(i.asked) != 2 {
		t.Errorf("asked %q", i.asked)
	}
	if _, err := newSource(i, keeper, &clock{now: time.Now()}).token(t.Context(), byRefresh(i)); err != nil {
		t.Errorf("after a restart: %v, asked %q", err, i.asked)
	}
}

func TestIssuerFails(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	tests := []struct {
		name  string
		fail  func(http.ResponseWriter) bool
		setup bool
	}{
		{"withdrawn", answer(400, `{"error":"invalid_grant","error_description":"AADSTS700082: expired"}`), true},
		{"unknown client", answer(401, `{"error":"invalid_client"}`), true},
		{"too many", answer(429, `{}`), false},
		{"broken", answer(503, "<html>secret-of-the-proxy</html>"), false},
		{"no token in it", answer(200, `{}`), false},
		{"endless", func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"`)
			for range 64 {
				fmt.Fprint(w, strings.Repeat("x", maxTokenAnswer/32))
			}
			fmt.Fprint(w, `"}`)
			return true
		}, false},
		{"elsewhere", func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "https://192.0.2.1/")
			w.WriteHeader(307)
			return true
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			i.fail = test.fail
			token, err := newSource(i, nil, &clock{now: time.Now()}).token(t.Context(), byClient(i))
			if err == nil || errors.Is(err, ErrSetup) != test.setup {
				t.Fatalf("got %.40q, %v, want setup %v", token, err, test.setup)
			}
			if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "secret-of-the-proxy") {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

// covers: P01
func TestXOAUTH2Refused(t *testing.T) {
	client := &xoauth2Client{username: "support@acme.example", token: "secret"}
	for challenge, want := range map[string]string{
		`{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}`: "401",
		"no json": "no json",
	} {
		if _, err := client.Next([]byte(challenge)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", challenge, err)
		}
	}
}

func TestStamp(t *testing.T) {
	secrets := shelf{"mail/password": "geheim"}
	source, l := New(secrets, nil, time.Now), byPassword()
	first := source.Stamp(t.Context(), l)
	if again := source.Stamp(t.Context(), l); again != first {
		t.Error("the stamp of the same secret differs")
	}
	if other := New(secrets, nil, time.Now).Stamp(t.Context(), l); other == first {
		t.Error("the stamp can be recognised in another process")
	}
	secrets["mail/password"] = "anders"
	changed := source.Stamp(t.Context(), l)
	delete(secrets, "mail/password")
	if gone := source.Stamp(t.Context(), l); changed == first || gone == changed || gone == first {
		t.Error("the stamp of another secret is the same")
	}
}
