package upgrade

import (
	"fmt"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// story is what is known about data that a release has written, by what it answered
// then.
type story struct {
	Release string    // that wrote it
	At      time.Time // when
	Agent   person    // who signs in with a password
	Token   string    // of a program, without an end
	Alice   person    // a customer who signs in
	Link    string    // to her request, in a mail
	ReplyTo string    // her reply address there
	Number  int64     // her request
	Asked   string    // who has asked for a sign-up and was not mailed yet
	Gone    string    // who was erased
	// Waiting are mails that were in the outbox.
	Waiting []outgoing
	// Told is what the API answered, by path.
	Told map[string]any
	Head string // SEQ:HASH of the audit log
}

// person signs in; Cookies are of a browser that is signed in.
type person struct {
	Address, Password string
	Cookies           map[string]string
}

const (
	support   = "support@acme.example"
	umbrellas = "nine purple umbrellas"
)

// newDesk is a folder for a release to begin with.
func newDesk(t *testing.T, s *sink) *daemon {
	t.Helper()
	d := &daemon{dir: filepath.Join(t.TempDir(), "state"), relay: s.address}
	manifests, err := os.ReadFile(filepath.Join("testdata", "desk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(d.dir, "manifests"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "manifests", "desk.yaml"), manifests, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// mail brings one with a file, from an address that the relay in front believes.
func (d *daemon) mail(t *testing.T, from, to, subject, text string) {
	t.Helper()
	if err := send(d.smtp, from, to, subject, text); err != nil {
		t.Fatal(err)
	}
}

func send(server, from, to, subject, text string) error {
	return smtp.SendMail(server, nil, from, []string{to}, fmt.Appendf(nil, strings.ReplaceAll(`From: %s
To: %s
Subject: %s
Message-ID: <%s.%s>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

%s
--b
Content-Type: text/plain
Content-Disposition: attachment; filename=note.txt

%s
--b--
`, "\n", "\r\n"), from, to, subject, url.PathEscape(strings.ReplaceAll(subject, "@", ".")), from, text, file))
}

// file is what is attached to each mail.
const file = "a file of mine"

var numbered = regexp.MustCompile(`#(\d{1,9})`)

var shownSecret = regexp.MustCompile(`<code>(pt_[A-Za-z0-9_-]{43})</code>`)

// tell has a release do everything that leaves records of another kind, and ends
// with an outbox that its relay does not take.
func tell(t *testing.T, d *daemon, s *sink, release string) *story {
	t.Helper()
	st := &story{Release: release, Asked: "helen@customer.example", Gone: "ivan@customer.example", Told: map[string]any{}}
	api := st.begin(t, d, s)
	st.work(t, d, s, api)
	st.contacts(t, d, s, api)
	st.settings(t, api)
	st.hold(t, d, api)
	st.fill(t, d, s, api)
	st.remember(t, d, api)
	return st
}

// begin makes agents, a token, and a customer who has a request and signs in.
func (st *story) begin(t *testing.T, d *daemon, s *sink) *caller {
	t.Helper()
	st.Agent.Address = "robin@acme.example"
	_, password, _ := strings.Cut(d.command(t, "agent", "add", st.Agent.Address, "--name", "Robin Sample"), "password: ")
	st.Agent.Password = strings.TrimSpace(password)
	d.command(t, "agent", "add", "sam@acme.example", "--name", "Sam Second")
	robin := d.browser(nil)
	robin.fill(t, "/agent/sign-in", url.Values{"address": {st.Agent.Address}, "password": {st.Agent.Password}})
	st.Agent.Cookies = robin.cookies
	form := url.Values{"name": {"Everything"}, "days": {"0"}}
	for _, scope := range []string{"tickets", "contacts", "held"} {
		form.Add("scope", scope+":read")
		form.Add("scope", scope+":write")
	}
	for _, scope := range []string{"contacts:remove", "people", "desk", "access", "audit", "export"} {
		form.Add("scope", scope)
	}
	secret := shownSecret.FindStringSubmatch(robin.fill(t, "/agent/access/tokens", form))
	if secret == nil {
		t.Fatal("the page of tokens shows no secret")
	}
	st.Token = secret[1]

	st.Alice = person{Address: "alice@customer.example", Password: umbrellas}
	d.mail(t, st.Alice.Address, support, "My kaleidoscope", "It shows one colour.\r\n"+strings.Repeat("A long story. ", 2000))
	letter := s.letter(t, st.Alice.Address, "/t/")
	replyTo, err := letter.Header.AddressList("Reply-To")
	if err != nil {
		t.Fatal(err)
	}
	st.Link, st.ReplyTo = letter.Link(t, "/t/"), replyTo[0].Address
	number := numbered.FindStringSubmatch(letter.Text)
	if number == nil {
		t.Fatalf("the mail names no number:\n%s", letter.Text)
	}
	st.Number, _ = strconv.ParseInt(number[1], 10, 64) // a few digits
	alice := d.browser(nil)
	alice.fill(t, "/en/sign-up", url.Values{"address": {st.Alice.Address}})
	alice.fill(t, s.letter(t, st.Alice.Address, "/pass/").Link(t, "/pass/"), url.Values{"password": {umbrellas}})
	st.Alice.Cookies = alice.cookies
	return d.api(st.Token)
}

// work brings requests to each status and does to them what agents do.
func (st *story) work(t *testing.T, d *daemon, s *sink, api *caller) {
	t.Helper()
	numbers := map[string]string{}
	for _, subject := range []string{"Pending", "Resolved", "Closed", "Spam", "Snoozed", "Merged", "Shared"} {
		var made struct{ Number int64 }
		api.do(t, http.MethodPost, "/tickets", map[string]any{"address": strings.ToLower(subject) + "@customer.example", "name": subject, "subject": subject + " things", "text": "About " + subject}, &made)
		numbers[subject] = fmt.Sprintf("/tickets/%d", made.Number)
	}
	for _, status := range []string{"Pending", "Resolved", "Closed"} {
		api.do(t, http.MethodPatch, numbers[status], map[string]any{"status": status, "addTags": []string{"early"}, "priority": "High"}, nil)
	}
	api.do(t, http.MethodPatch, numbers["Spam"], map[string]any{"spam": true}, nil)
	api.do(t, http.MethodPatch, numbers["Snoozed"], map[string]any{"snooze": time.Now().AddDate(1, 0, -1).UTC().Format(time.RFC3339)}, nil)
	api.do(t, http.MethodPost, numbers["Merged"]+"/merge", map[string]any{"into": st.Number}, nil)
	api.do(t, http.MethodPost, numbers["Shared"]+"/participants", map[string]any{"address": "colleague@customer.example"}, nil)
	api.do(t, http.MethodPost, numbers["Shared"]+"/notes", map[string]any{"text": "A word among us", "files": []any{map[string]any{"name": "n.txt", "mediaType": "text/plain", "content": "aGVsbG8K"}}}, nil)
	api.do(t, http.MethodPut, numbers["Pending"]+"/draft", map[string]any{"kind": "message", "text": "Half an answ"}, nil)
	st.Told[numbers["Pending"]+"/draft"] = api.read(t, numbers["Pending"]+"/draft")
	api.do(t, http.MethodPost, fmt.Sprintf("/tickets/%d/replies", st.Number), map[string]any{"text": "Turn it round."}, nil)
	status, answer := d.browser(nil).ask(t, http.MethodPost, "/api/v1/forms/contact/requests", "application/json",
		`{"name": "Gina", "address": "gina@customer.example", "subject": "My harp", "message": "It is out of tune", "fields": {"order": "ORD-1"}}`)
	if status/100 != 2 {
		t.Fatalf("submitting a form answers %d\n%s", status, answer)
	}
	for _, who := range []string{"pending", "colleague", "gina"} {
		s.letter(t, who+"@customer.example", "/")
	}
}

// contacts begins to erase one, and blocks another. Files go after a quarter of an hour,
// so that it is not over when the release ends.
func (st *story) contacts(t *testing.T, d *daemon, s *sink, api *caller) {
	t.Helper()
	for _, who := range []string{st.Gone, "judith@customer.example"} {
		d.mail(t, who, support, "Words of "+who, "Nothing much.")
		s.letter(t, who, "/t/")
		var found struct{ Items []struct{ ID string } }
		api.do(t, http.MethodGet, "/contacts?q="+url.QueryEscape(who), nil, &found)
		if len(found.Items) != 1 {
			t.Fatalf("%d contacts have the address %s", len(found.Items), who)
		}
		at := "/contacts/" + found.Items[0].ID
		if who != st.Gone {
			api.do(t, http.MethodPost, at+"/block", nil, nil)
			continue
		}
		api.do(t, http.MethodDelete, at, nil, nil)
		api.do(t, http.MethodPost, at+"/erase", map[string]any{"sure": "erase"}, nil)
	}
	peers.Eventually(t, peers.Patience, func() error {
		var under struct{ Items []struct{ Step string } }
		if api.do(t, http.MethodGet, "/erasures", nil, &under); len(under.Items) != 1 || under.Items[0].Step != "blobs" {
			return fmt.Errorf("erasing did not come to its last step, for which it waits: %v", under.Items)
		}
		return nil
	})
}

// settings are what agents set up.
func (st *story) settings(t *testing.T, api *caller) {
	t.Helper()
	var agents struct {
		Items []struct{ ID, Address string }
	}
	api.do(t, http.MethodGet, "/agents", nil, &agents)
	if len(agents.Items) != 2 {
		t.Fatalf("there are %d agents", len(agents.Items))
	}
	api.do(t, http.MethodPost, "/teams", map[string]any{"name": "Opticians", "members": []string{agents.Items[0].ID}}, nil)
	api.do(t, http.MethodPost, "/views", map[string]any{"name": "Early", "shared": true, "filter": map[string]any{"tags": []string{"early"}}}, nil)
	api.do(t, http.MethodPost, "/canned", map[string]any{"name": "Hello", "text": "Hello, and thank you.", "shared": true}, nil)
	api.do(t, http.MethodPost, "/hooks", map[string]any{"name": "Elsewhere", "url": "http://127.0.0.1:9/", "events": []string{"ticket.created", "entry.created", "held.created"}}, nil)
}

// hold brings mail that is held: one is let in, one is called spam, one waits.
func (st *story) hold(t *testing.T, d *daemon, api *caller) {
	t.Helper()
	for i, verdict := range []string{"accept", "spam", ""} {
		d.mail(t, fmt.Sprintf("stranger%d@customer.example", i), st.ReplyTo, "Re: My kaleidoscope", "I was told of it.")
		if verdict == "" {
			continue
		}
		var held struct{ Items []struct{ ID string } }
		if api.do(t, http.MethodGet, "/held", nil, &held); len(held.Items) != 1 {
			t.Fatalf("%d mails are held, want 1", len(held.Items))
		}
		api.do(t, http.MethodPost, "/held/"+held.Items[0].ID+"/decision", map[string]any{"verdict": verdict}, nil)
	}
}

// fill leaves mail of each kind in the outbox: tried without success, not tried
// as the relay is left alone, and asked for by somebody who waits.
func (st *story) fill(t *testing.T, d *daemon, s *sink, api *caller) {
	t.Helper()
	settle(t, d)
	s.refusing.Store(true)
	for i := range lates {
		d.mail(t, fmt.Sprintf("late%d@customer.example", i), support, fmt.Sprintf("Late %d", i), "Is anybody there?")
	}
	api.do(t, http.MethodPost, fmt.Sprintf("/tickets/%d/replies", st.Number), map[string]any{"text": "Did it help?"}, nil)
	d.browser(nil).fill(t, "/en/sign-up", url.Values{"address": {st.Asked}})
	peers.Eventually(t, peers.Patience, func() error {
		tried := strings.Count(d.command(t, "outbox", "list"), "451")
		if tried < 5 {
			return fmt.Errorf("%d mails were tried", tried)
		}
		return nil
	})
}

// lates is how many mails come while the relay takes nothing.
const lates = 12

// answerLate answers each of them as an agent, and leaves it as it was.
func (st *story) answerLate(t *testing.T, d *daemon, words string) {
	t.Helper()
	var all struct {
		Items []struct {
			Number  int64
			Subject string
		}
	}
	api := d.api(st.Token)
	api.do(t, http.MethodGet, "/tickets?limit=60", nil, &all)
	for _, one := range all.Items {
		if strings.HasPrefix(one.Subject, "Late ") {
			api.do(t, http.MethodPost, fmt.Sprintf("/tickets/%d/replies", one.Number), map[string]any{"text": words, "status": "Open"}, nil)
		}
	}
}

// settle waits until nothing is on its way.
func settle(t *testing.T, d *daemon) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		if waiting := d.outbox(t, "waiting"); len(waiting) > 0 {
			return fmt.Errorf("%d mails wait, such as %+v", len(waiting), waiting[0])
		}
		return nil
	})
}

// lists are what is compared later.
var lists = []string{"/me", "/views", "/canned", "/hooks", "/teams", "/roles", "/agents", "/tokens", "/settings", "/held", "/contacts", "/queues", "/tickets?limit=60"}

// remember asks for everything.
func (st *story) remember(t *testing.T, d *daemon, api *caller) {
	t.Helper()
	for _, path := range lists {
		st.Told[path] = api.read(t, path)
	}
	var all struct{ Items []struct{ Number int64 } }
	api.do(t, http.MethodGet, "/tickets?limit=60", nil, &all)
	if len(all.Items) < 20 {
		t.Fatalf("there are %d requests", len(all.Items))
	}
	for _, one := range all.Items {
		path := fmt.Sprintf("/tickets/%d", one.Number)
		st.Told[path] = api.read(t, path)
	}
	st.Waiting = d.outbox(t, "waiting")
	_, head, _ := strings.Cut(d.command(t, "verify", "--audit"), "head: ")
	st.Head, st.At = strings.TrimSpace(head), time.Now().UTC()
}
