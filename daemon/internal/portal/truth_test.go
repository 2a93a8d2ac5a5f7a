package portal_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/store"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// whole is the portal on a real store, a real desk and real manifests, which tests
// change.
type whole struct {
	http.Handler
	*live.Live
	t    *testing.T
	db   *store.Store
	desk *actions.Desk
	dir  string
}

func newWhole(t *testing.T) *whole {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	w := &whole{t: t, dir: t.TempDir()}
	if w.db, err = store.New(server.Client(), "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := links.NewSigner(ring, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.declare("")
	lists := index.New(index.Options{Source: w.db, Accounts: func() []string { return []string{"a"} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	following, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { lists.Run(following) })
	t.Cleanup(func() { stop(); done.Wait() })
	w.desk = actions.New(actions.Options{
		Store: w.db, Blobs: blobs, Directory: w, Signer: signer, Planner: &outbound.Planner{Budgets: w.db, Contacts: w.db, Signer: signer},
		Lists: lists,
		Log:   slog.New(slog.DiscardHandler), Now: time.Now,
	})
	w.serve()
	return w
}

// serve begins anew: nobody has used up their tries.
func (w *whole) serve() {
	site := web.NewSite(w, web.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	w.Handler = site.Handler(portal.New(w.desk, w, site))
}

// declare loads other manifests beside the mailbox.
func (w *whole) declare(manifests string) {
	w.t.Helper()
	const mailbox = `
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: a}
spec: {address: support@acme.example, inbound: {type: SMTP}, relay: {host: smtp.acme.example, port: 465}}
`
	if err := os.WriteFile(filepath.Join(w.dir, "all.yaml"), []byte(mailbox+"---"+manifests), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if w.Live, err = live.Load(w.dir, live.Options{}, slog.New(slog.DiscardHandler)); err != nil {
		w.t.Fatal(err)
	}
}

// customer signs one in and returns their cookie.
func (w *whole) customer(address string) *http.Cookie {
	w.t.Helper()
	now := time.Now()
	c := &helpdesk.Contact{
		ID: helpdesk.NewID(), Name: "Carol", Created: now, SignIn: &helpdesk.PortalSignIn{Since: now},
		Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(address), Proven: &now, How: "test"}},
	}
	if err := w.db.Commit(w.t.Context(), &helpdesk.Change{Account: "a", Contact: c}); err != nil {
		w.t.Fatal(err)
	}
	kept, err := w.db.Contact(w.t.Context(), "a", c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	session := helpdesk.CustomerSession{ID: helpdesk.NewID(), Contact: c.ID, How: "password", Created: now, Expires: now.Add(time.Hour)}
	if err := w.db.PutCustomerSession(w.t.Context(), "a", hex.EncodeToString(sum[:]), session, kept.Rev); err != nil {
		w.t.Fatal(err)
	}
	return &http.Cookie{Name: "__Host-postern_customer", Value: string(c.ID) + "." + secret}
}

// agent signs one in and returns their cookie.
func (w *whole) agent(address string) *http.Cookie {
	w.t.Helper()
	const password = "correct horse battery"
	if _, _, err := w.desk.AddAgent(w.t.Context(), actions.Actor{Account: "a", Operator: true}, actions.NewAgent{Name: "Robin", Address: address, Password: password}); err != nil {
		w.t.Fatal(err)
	}
	entered, err := w.desk.SignIn(w.t.Context(), "a", actions.AgentTry{Address: address, Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Cookie{Name: "__Host-postern_agent", Value: entered.Cookie}
}

// Whether submitting is there, by everything that it hangs on, as everybody meets
// it: the button, the page, a POST, and both ways of the API.
// covers: S18, S41, S12, S13, S15, S17, S19, S20, S32, S33, S37, S39
func TestSubmissionTruthTable(t *testing.T) {
	w := newWhole(t)
	cookies := map[string][]*http.Cookie{
		"anonymous": nil, "customer": {w.customer("carol@customer.example")}, "agent": {w.agent("robin@acme.example")},
	}
	const form = `
---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact, namespace: a}
spec: {title: {default: Contact}, publication: %s, helpCenterRefs: [%s], audience: %s}
`
	forms := []struct{ name, manifest string }{
		{"no form", ""},
		{"draft", fmt.Sprintf(form, "Draft", "{name: acme}", "Everyone")},
		{"unconnected", fmt.Sprintf(form, "Published", "", "Everyone")},
		{"connected", fmt.Sprintf(form, "Published", "{name: acme}", "Everyone")},
		{"for who is signed in", fmt.Sprintf(form, "Published", "{name: acme}", "SignedIn")},
		{"for agents", fmt.Sprintf(form, "Published", "{name: acme}", "Agents")},
	}
	// What is not hidden, by form, submit and visitor; everything else is, and so is
	// all of it where submission is off.
	open := map[string]string{
		"connected/Anyone/anonymous": "open", "connected/Anyone/customer": "open", "connected/Anyone/agent": "open",
		"connected/SignedIn/anonymous": "sign-in", "connected/SignedIn/customer": "open", "connected/SignedIn/agent": "open",
		"for who is signed in/Anyone/anonymous": "sign-in", "for who is signed in/Anyone/customer": "open", "for who is signed in/Anyone/agent": "open",
		"for who is signed in/SignedIn/anonymous": "sign-in", "for who is signed in/SignedIn/customer": "open", "for who is signed in/SignedIn/agent": "open",
		"for agents/Anyone/agent": "open", "for agents/SignedIn/agent": "open",
	}
	cases := 0
	for _, enabled := range []string{"Enabled", "Disabled"} {
		for _, f := range forms {
			for _, submit := range []string{"Anyone", "SignedIn"} {
				w.declare(fmt.Sprintf(`
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: a}
spec: {displayName: Acme, host: help.acme.example, mailboxRef: {name: support}, portal: {ticketSubmission: %s, submit: %s}, signUp: {mode: Open, methods: [Password]}}
`, enabled, submit) + f.manifest)
				w.serve()
				for visitor, cookie := range cookies {
					cases++
					want := "hidden"
					if access := open[f.name+"/"+submit+"/"+visitor]; enabled == "Enabled" && access != "" {
						want = access
					}
					t.Run(fmt.Sprintf("%s, %s, %s, %s", enabled, f.name, submit, visitor), func(t *testing.T) {
						checkSubmission(t, w, visitor, want, cookie)
					})
				}
			}
		}
	}
	if cases != 72 || len(open) != 14 {
		t.Errorf("%d cases", cases)
	}
}

// statuses that each way of submitting answers.
var statuses = map[string]struct{ page, post, list, api int }{
	"hidden":  {http.StatusNotFound, http.StatusNotFound, http.StatusNotFound, http.StatusNotFound},
	"sign-in": {http.StatusSeeOther, http.StatusForbidden, http.StatusOK, http.StatusForbidden},
	"open":    {http.StatusOK, http.StatusOK, http.StatusOK, http.StatusCreated},
}

func checkSubmission(t *testing.T, w *whole, visitor, want string, cookies []*http.Cookie) {
	t.Helper()
	status := statuses[want]
	if want == "open" && visitor == "agent" {
		status.post = http.StatusSeeOther // to the ticket
	}
	before := tickets(t, w)
	home := webtest.Page(t, webtest.Get(t, w, base+"/en/", cookies...))
	if got := strings.Contains(home, `href="/en/submit"`); got != (want != "hidden") {
		t.Errorf("the button is there: %t", got)
	}
	if r := webtest.Get(t, w, base+"/en/submit/contact", cookies...); r.StatusCode != status.page {
		t.Errorf("the page answers %d, want %d", r.StatusCode, status.page)
	} else if want == "sign-in" && r.Header.Get("Location") != "/en/sign-in?next=%2Fen%2Fsubmit%2Fcontact" {
		t.Errorf("the page leads to %q", r.Header.Get("Location"))
	}
	if r := webtest.Get(t, w, base+"/en/submit", cookies...); (r.StatusCode == http.StatusNotFound) != (want == "hidden") {
		t.Errorf("the choice answers %d", r.StatusCode)
	}
	address := "alice@customer.example"
	if visitor == "customer" {
		address = ""
	}
	typed := url.Values{"nonce": {rand.Text()}, "address": {address}, "subject": {"S"}, "message": {"M"}}
	if r := webtest.Post(t, w, base+"/en/submit/contact", typed, cookies...); r.StatusCode != status.post {
		t.Errorf("a POST answers %d, want %d", r.StatusCode, status.post)
	}
	if r := webtest.Get(t, w, base+"/api/v1/forms", cookies...); r.StatusCode != status.list {
		t.Errorf("the list of forms answers %d, want %d", r.StatusCode, status.list)
	}
	r := webtest.Do(t, w, apiRequest("contact", fmt.Sprintf(`{"address": %q, "subject": "S", "message": "M"}`, address)), cookies...)
	if r.StatusCode != status.api || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("a request of a program answers %d, %s, want %d", r.StatusCode, r.Header.Get("Content-Type"), status.api)
	}
	made := 0
	if want == "open" {
		made = 2
	}
	if got := tickets(t, w) - before; got != made {
		t.Errorf("%d tickets were made, want %d", got, made)
	}
}

func apiRequest(form, body string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, base+"/api/v1/forms/"+form+"/requests", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.RemoteAddr = "198.51.100.7:1234" // not that of the pages
	r.Header.Set("Content-Type", "application/json")
	return r
}

func tickets(t *testing.T, w *whole) int {
	t.Helper()
	all, err := w.db.Tickets(t.Context(), "a", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
