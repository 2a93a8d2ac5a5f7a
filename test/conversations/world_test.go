package conversations

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) { peers.RunTests(m) }

// patience is how long anything that is under way may take. It only passes in
// full when something is broken.
const patience = 30 * time.Second

// world is all that a run needs: two desks, the names that mail comes from, the
// mailboxes of everybody outside, and what is known about who wrote what.
type world struct {
	t      testing.TB
	seed   uint64
	names  *names
	sink   *sink
	acme   *desk // under test: two accounts, three mailboxes
	globex *desk // another installation, for two desks that answer each other
	book   *book
	ledger *ledger

	mu     sync.Mutex
	tally  *tally
	faults []string // what went wrong with the run itself
}

// tell writes into the tally.
func (w *world) tell(count func(*tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	count(w.tally)
}

// The desks. Each account is one namespace.
const (
	support = "support@acme.test"
	billing = "billing@acme.test" // takes 1 MiB at most
	beta    = "desk@beta.test"    // another account of the same installation

	agentAddress = "robin@acme.test"
	freelancer   = "sam@loose.test" // an agent whose domain proves nothing
	betaAgent    = "kim@beta.test"

	acmeHost   = "help.acme.test"
	betaHost   = "help.beta.test"
	globexHost = "help.globex.test"
)

const acmeManifests = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.test
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact, namespace: support}
spec:
  title: {default: General question}
  publication: Published
  helpCenterRefs: [{name: acme}]
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec: {address: support@acme.test, displayName: Acme Support, inbound: {type: SMTP}}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: billing, namespace: support}
spec: {address: billing@acme.test, displayName: Acme Billing, inbound: {type: SMTP}, maxMessageMiB: 1}
---
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: beta, namespace: beta}
spec:
  displayName: Beta Help
  host: help.beta.test
  mailboxRef: {name: desk}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: desk, namespace: beta}
spec: {address: desk@beta.test, inbound: {type: SMTP}}
`

const globexManifests = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: globex, namespace: support}
spec:
  displayName: Globex
  host: help.globex.test
  mailboxRef: {name: help}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: help, namespace: support}
spec: {address: help@globex.test, inbound: {type: SMTP}}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: info, namespace: support}
spec: {address: info@globex.test, inbound: {type: SMTP}}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: service, namespace: support}
spec: {address: service@globex.test, inbound: {type: SMTP}}
`

// newWorld starts everything. It is ended with the test.
func newWorld(t *testing.T, seed uint64, c *tally) *world {
	t.Helper()
	w := &world{t: t, seed: seed, book: newBook(), ledger: newLedger(), tally: c}
	w.names = startNames(t, seed)
	w.sink = startSink(t)
	program := peers.Program(t) // without the race detector: its own tests have it
	w.acme = startDesk(t, program, acmeManifests, w.names.address, w.sink.address)
	w.globex = startDesk(t, program, globexManifests, w.names.address, w.sink.address)
	w.acme.addAgent(t, "support", "Robin Sample", agentAddress)
	w.acme.addAgent(t, "support", "Sam Free", freelancer)
	w.acme.addAgent(t, "beta", "Kim Beta", betaAgent)
	if err := w.acme.order("/accounts/beta/agents/"+betaAgent, map[string]string{"mail": "all"}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	w.acme.signIn(t, acmeHost, agentAddress)
	w.acme.signIn(t, betaHost, betaAgent)
	return w
}

// random is a source of its own for each part of the run, so that what one part
// does never depends on how fast another one is.
func (w *world) random(part string, n int) *rand.Rand {
	var h uint64 = 14695981039346656037 // FNV-1a
	for _, c := range []byte(part) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(w.seed^h, uint64(n)))
}

// fault notes that the run itself could not go on as planned. It fails the test:
// what was not tried was not proven.
func (w *world) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// each calls do for 0 to n-1, some at once.
func each(n, atOnce int, do func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// share is one of several things, and how many of a thousand it is.
type share[T any] struct {
	thing T
	mille int
}

// draw takes one by its share. The shares must add up to a thousand.
func draw[T any](r *rand.Rand, shares []share[T]) T {
	at := r.IntN(1000)
	for _, s := range shares {
		if at -= s.mille; at < 0 {
			return s.thing
		}
	}
	panic("shares do not add up to a thousand")
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
