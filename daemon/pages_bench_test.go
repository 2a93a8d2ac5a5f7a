package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

var (
	benchTickets     = flag.Int("tickets", 100_000, "tickets of BenchmarkPages")
	benchConnections = flag.Int("connections", 8, "connections of BenchmarkPages, each with one request at a time")
	benchProfile     = flag.String("profiled", "", "file for a processor profile of the daemon of BenchmarkPages; run one of its parts only. BenchmarkDesk adds FILE.heap, of its memory at the end")
	benchState       = flag.String("state", "", "folder of BenchmarkDesk's daemon, to use it again: what a whole run left there is not written anew")
	benchCalm        = flag.Int("calm", 100, "pages of each kind that BenchmarkDesk asks for at a rate, 20 a second")
)

// profileEnv names the file for a processor profile of the daemon, which is this
// test binary: it lasts from one SIGUSR1 to the next.
const profileEnv = "POSTERN_BENCH_PROFILE"

func init() {
	name := os.Getenv(profileEnv)
	if name == "" {
		return
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	memory := make(chan os.Signal, 1)
	signal.Notify(memory, syscall.SIGUSR2)
	go func() { // ends with the process
		for range memory {
			if file, err := os.Create(name + ".heap"); err == nil {
				runtime.GC()
				_ = pprof.WriteHeapProfile(file)
				_ = file.Close()
			}
		}
	}()
	go func() { // ends with the process
		for range asked {
			if file, err := os.Create(name); err == nil && pprof.StartCPUProfile(file) == nil {
				<-asked
				pprof.StopCPUProfile()
				_ = file.Close()
			}
		}
	}()
}

// BenchmarkPages asks the real program for customers' pages over connections that
// are kept, each page of another customer: with a link, signed in, and the list of
// somebody with 200 requests. Who asks runs on the same machine.
func BenchmarkPages(b *testing.B) {
	w := &pagesWorld{B: b, dir: filepath.Join(b.TempDir(), "state")}
	w.seed()
	w.serve()
	for _, page := range []struct {
		name string
		ask  func() string
	}{
		{"link", func() string { return get("/t/"+w.links[rand.IntN(len(w.links))], "") }},
		{"signed-in", func() string {
			p := w.people[1+rand.IntN(len(w.people)-1)]
			return get("/en/requests/"+strconv.FormatInt(p.number, 10), p.cookie)
		}},
		{"list", func() string { return get("/en/requests", w.people[0].cookie) }},
	} {
		b.Run(page.name, func(b *testing.B) { w.measure(b, page.ask) })
	}
}

func get(path, cookie string) string {
	request := "GET " + path + " HTTP/1.1\r\nHost: help.acme.example\r\nAccept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br\r\n"
	if cookie != "" {
		request += "Cookie: __Host-postern_customer=" + cookie + "\r\n"
	}
	return request + "\r\n"
}

// pagesWorld is a daemon with many tickets.
type pagesWorld struct {
	*testing.B
	dir, http string
	links     []string
	people    []pagesPerson
	daemon    *os.Process
	log       string
	// vary makes of a ticket another one, before it is written; nil leaves all alike.
	vary func(n int, t *helpdesk.Ticket, entries []helpdesk.Entry)
}

// pagesPerson is somebody who is signed in; the first one has 200 tickets.
type pagesPerson struct {
	cookie string
	number int64 // of their newest ticket
}

const (
	manyTickets   = 200
	signedInPeers = 5000
)

func (w *pagesWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// seed writes tickets as the daemon would, many at once.
func (w *pagesWorld) seed() {
	w.must(os.MkdirAll(w.dir, 0o700))
	server, err := embedded.Start(w.Context(), filepath.Join(w.dir, "etcd"))
	w.must(err)
	defer server.Close()
	db, err := store.New(server.Client(), "default", store.Local())
	w.must(err)
	defer db.Close()
	s := &settings{keyFile: filepath.Join(w.dir, "key")}
	key, err := s.sealingKey()
	w.must(err)
	signer, err := openSigner(w.Context(), &database{Store: db}, key, s.keyFile, time.Now, func([]byte) error { return nil })
	w.must(err)
	w.links = make([]string, *benchTickets)
	w.people = make([]pagesPerson, min(signedInPeers, *benchTickets-manyTickets))
	began := time.Now()
	many := contactOf(0)
	w.must(db.Commit(w.Context(), &helpdesk.Change{Account: "support", Contact: many}))
	w.people[0] = w.signIn(db, many, manyTickets)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= *benchTickets; n = int(next.Add(1)) {
				w.links[n-1] = w.ticket(db, signer, n, many)
			}
		})
	}
	wg.Wait()
	w.Logf("%d tickets were written in %v", *benchTickets, time.Since(began).Round(time.Second))
}

func contactOf(n int) *helpdesk.Contact {
	now := time.Now()
	return &helpdesk.Contact{
		ID: helpdesk.NewID(), Name: "Customer " + strconv.Itoa(n), Created: now, SignIn: &helpdesk.PortalSignIn{Since: now},
		Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(fmt.Sprintf("customer%d@customer.example", n)), Proven: &now, How: "mail"}},
	}
}

func (w *pagesWorld) ticket(db *store.Store, signer *links.Signer, n int, many *helpdesk.Contact) string {
	change := &helpdesk.Change{Account: "support"}
	contact := many
	if n > manyTickets {
		contact = contactOf(n)
		change.Contact = contact
	}
	at := time.Now().Add(-time.Duration(*benchTickets-n) * time.Minute)
	customer := helpdesk.Author{Role: helpdesk.Customer, ID: contact.ID, Name: contact.Name, Address: contact.Addresses[0].Address}
	agent := helpdesk.Author{Role: helpdesk.AgentAs, ID: "agent", Name: "Robin Sample", Address: helpdesk.MustAddress("robin@acme.example")}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: int64(n), Subject: fmt.Sprintf("Where is parcel %d?", n), Status: helpdesk.Pending, Channel: helpdesk.ByMail,
		HelpCenter: "acme", Mailbox: "support", Opened: at,
		Participants: []helpdesk.Participant{{Number: 1, Contact: contact.ID, Name: contact.Name, Address: customer.Address, Role: helpdesk.Requester, LinkGen: 1, Joined: at}},
	}
	entries := make([]helpdesk.Entry, 5)
	text := strings.Repeat("The parcel has not come yet, and I would like to know where it is.\n", 6)
	for i, by := range []helpdesk.Author{customer, agent, agent, customer, agent} {
		e := helpdesk.Entry{Kind: helpdesk.Message, Channel: helpdesk.ByMail, Author: by, At: at.Add(time.Duration(i) * time.Hour), Text: text, Quoted: "> " + text[:200],
			MessageID: fmt.Sprintf("<%d.%d@customer.example>", n, i)}
		if i == 2 {
			e.Kind = helpdesk.Note
		}
		entries[i] = e
	}
	if w.vary != nil {
		w.vary(n, t, entries)
	}
	for i := range entries {
		t.Append(&entries[i])
	}
	change.Entries = entries
	change.Ticket = t
	if err := db.Commit(w.Context(), change); err != nil {
		w.Error(err)
	}
	if i := n - manyTickets; i > 0 && i < len(w.people) {
		w.people[i] = w.signIn(db, contact, int64(n))
	}
	return signer.Link(links.AudienceOf("support", "HelpCenter", "acme"), links.Link{
		Scope: links.View, Expires: time.Now().Add(time.Hour), Gen: 1, Ticket: uint64(t.ID), Participant: 1,
	})
}

func (w *pagesWorld) signIn(db *store.Store, c *helpdesk.Contact, number int64) pagesPerson {
	secret := "secret-of-" + string(c.ID)
	sum := sha256.Sum256([]byte(secret))
	stored, err := db.Contact(w.Context(), "support", c.ID)
	if err == nil {
		err = db.PutCustomerSession(w.Context(), "support", hex.EncodeToString(sum[:]), helpdesk.CustomerSession{
			ID: helpdesk.NewID(), Contact: c.ID, Expires: time.Now().Add(time.Hour),
		}, stored.Rev)
	}
	if err != nil {
		w.Error(err)
	}
	return pagesPerson{cookie: string(c.ID) + "." + secret, number: number}
}

const pagesDesk = plainDesk + `---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact, namespace: support}
spec:
  title: {default: Anything}
  publication: Published
  helpCenterRefs: [{name: acme}]
`

// serve runs the real program on what was written. Its log goes to a file.
func (w *pagesWorld) serve() {
	manifests := w.TempDir()
	declared := strings.Replace(pagesDesk, "portal: {ticketSubmission: Enabled}",
		"portal: {ticketSubmission: Enabled, view: AnyoneWithLink}\n  locales: {default: en, supported: [en, de]}\n  signUp: {mode: Open, methods: [Password]}", 1)
	w.must(os.WriteFile(filepath.Join(manifests, "desk.yaml"), []byte(declared), 0o600))
	self, err := os.Executable()
	w.must(err)
	program := filepath.Join(w.TempDir(), "postern")
	w.must(os.Symlink(self, program))
	log, err := os.Create(filepath.Join(w.TempDir(), "log"))
	w.must(err)
	cmd := exec.Command(program, "serve", "--dir", w.dir, "--manifests", manifests, "--relay", "127.0.0.1:9",
		"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	cmd.Stderr = log
	if *benchProfile != "" {
		cmd.Env = append(os.Environ(), profileEnv+"="+*benchProfile)
	}
	began := time.Now()
	w.must(cmd.Start())
	w.daemon, w.log = cmd.Process, log.Name()
	w.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = log.Close()
	})
	said := w.readLog(log.Name(), "serving", "list of tickets is ready")
	w.http = said["serving"].HTTP
	w.Logf("serving, and all tickets in the list, after %v (the list took %v)", time.Since(began).Round(time.Millisecond), time.Duration(said["list of tickets is ready"].Took))
}

// profile begins or ends a profile, if one is asked for.
func (w *pagesWorld) profile() {
	if *benchProfile != "" {
		w.must(w.daemon.Signal(syscall.SIGUSR1))
	}
}

// tell writes down the last warnings of the daemon: why it answers as it does.
func (w *pagesWorld) tell() {
	raw, err := os.ReadFile(w.log)
	w.must(err)
	var warnings []string
	for line := range strings.Lines(string(raw)) {
		if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
			warnings = append(warnings, line)
		}
	}
	w.Log(strings.Join(warnings[max(0, len(warnings)-5):], ""))
}

type logLine struct {
	Msg, HTTP string
	Took      int64
}

// readLog waits until the log has lines with the messages.
func (w *pagesWorld) readLog(name string, messages ...string) map[string]logLine {
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		raw, err := os.ReadFile(name)
		w.must(err)
		found := map[string]logLine{}
		for line := range bytes.Lines(raw) {
			var l logLine
			if json.Unmarshal(line, &l) == nil && slices.Contains(messages, l.Msg) {
				found[l.Msg] = l
			}
		}
		if len(found) == len(messages) {
			return found
		}
	}
	w.Fatal("the daemon does not serve")
	return nil
}
